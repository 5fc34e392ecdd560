"""Names are data: what a project calls its scenarios, tags, processes and services does nothing but stand there."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import polars as pl
import vedro

from tests.contexts.engine import NO_ENGINE, no_engine
from tests.contexts.engine import Project as Containers
from tests.contexts.project import Project, ended
from vedro_profiling import load, read_facts

RUN: Final = "../../run \x1b]0;owned\x07|`</script><b>"
TAG: Final = '=HYPERLINK("x")|`</script>\x1b[2J\u202e\r\n../../tag'
SUBJECT: Final = "[x](javascript:y) |`<img src=x onerror=z>\x1b[31m\u202e\n# heading"
PROCESS: Final = b"../|`<b>\x1b[7m\xff"
"""At most 15 bytes, as the kernel has it."""

SCENARIOS: Final = f"""
import vedro


class Hostile(vedro.Scenario):
    subject = {SUBJECT!r}

    def then_it_passes(self):
        assert sum(range(1_000_000))
"""

NAMED_PROCESS: Final = """
import ctypes, sys
ctypes.CDLL(None).prctl(15, {name!r}, 0, 0, 0)
print("named", flush=True)
sys.stdin.read()
"""

UNSAFE: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def named_process(name: bytes) -> int:
    """Start a process of that name, which ends with the scenario, and return its pid."""
    process = subprocess.Popen(
        [sys.executable, "-c", NAMED_PROCESS.format(name=name)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    vedro.defer(process.communicate)
    assert process.stdout
    assert process.stdout.readline() == b"named\n"
    return process.pid


def links(profiling: Path, elsewhere: Path) -> None:
    """Put links to files and folders elsewhere where the run is going to write."""
    profiling.mkdir()
    names = ("profiling.ndjson", "profiling.parquet", "summary.json", "python_profile.png", "system_profile.png")
    for name in (*names, "resource_comparison.png"):
        (elsewhere / name).write_text("theirs")
        (profiling / name).symlink_to(elsewhere / name)
    (elsewhere / "journal").mkdir()
    (profiling / ".journal").symlink_to(elsewhere / "journal")


class AHostileProject(vedro.Scenario):
    subject = (
        "hostile names of run, tags, scenarios and processes end a run like all others, and leave its folder alone"
    )

    def given_a_process_of_a_hostile_name(self) -> None:
        self.pid = named_process(PROCESS)

    def given_a_project_of_hostile_names(self) -> None:
        options = {"additional_tags": repr({"evil": TAG}), "processes": f"[{self.pid}]"}
        self.project = Project(options=options, scenarios=SCENARIOS)

    def given_links_that_lead_out_of_its_folder(self) -> None:
        self.elsewhere = vedro.create_tmp_dir()
        links(self.project.profiling, self.elsewhere)
        vedro.defer(os.umask, os.umask(0o027))

    def when_it_is_run(self) -> None:
        self.run = self.project.run("--run-id", RUN, "--draw-plots", "--profiling-summary", ".profiling/page.md")

    def then_it_passes(self) -> None:
        assert self.run.returncode == 0, self.run.stdout + self.run.stderr
        assert self.run.stderr == ""

    def and_nothing_was_written_elsewhere(self) -> None:
        assert {path.read_text() for path in self.elsewhere.iterdir() if path.is_file()} == {"theirs"}
        assert list((self.elsewhere / "journal").iterdir()) == []
        around = {path.name for path in self.project.folder.iterdir()}
        assert around <= {".profiling", "scenarios", "vedro.cfg.py", "other.py", "__pycache__", ".vedro"}

    def and_the_files_have_the_mode_that_the_umask_leaves(self) -> None:
        files = [path for path in self.project.profiling.iterdir() if path.is_file()]
        assert {path.stat().st_mode & 0o777 for path in files} == {0o640}
        assert len([path for path in files if path.suffix == ".png"]) == 4

    def and_both_files_hold_the_names_as_they_are_or_escaped(self) -> None:
        points = load(self.project.profiling / "profiling.parquet", strict=True)
        assert points.equals(load(self.project.profiling / "profiling.ndjson", strict=True))
        self.targets = {str(target) for target in points["target"].unique()}
        assert any(target.startswith("../|`<b>\x1b[7m") for target in self.targets)
        assert points["evil"].unique().to_list() == [TAG]
        assert "[x](javascript:y) |`<img src=x onerror=z>" in str(points["subject"].drop_nulls()[0])

    def and_every_line_is_json(self) -> None:
        for line in (self.project.profiling / "profiling.ndjson").read_bytes().split(b"\n")[:-1]:
            json.loads(line)

    def and_the_facts_are_there(self) -> None:
        assert read_facts(self.project.profiling / "profiling.parquet")[0]["tags"] == {"evil": TAG}

    def and_no_control_character_of_ours_reaches_the_terminal(self) -> None:
        ours = [line for line in self.run.stdout.split("\n") if line.lstrip().startswith("# ")]
        assert any("profiling ../../run" in line for line in ours)
        assert [line for line in ours if UNSAFE.search(line)] == []

    def and_on_the_page_names_stand_in_code_spans_only(self) -> None:
        page = (self.project.profiling / "page.md").read_text(encoding="utf-8")
        assert not UNSAFE.search(page)
        outside = re.sub(r"`[^`\n]*`", "", page)
        assert "`" not in outside
        assert [line for line in outside.split("\n") if re.search(r"<(?!/?(details|summary)>)|javascript", line)] == []


class ARunWithoutAName(vedro.Scenario):
    subject = "a run id that is no text is refused before the first scenario"

    def given_a_project(self) -> None:
        self.project = Project()

    def when_it_is_run_with_an_id_of_any_bytes(self) -> None:
        self.run = self.project.run("--run-id", "\udcff")

    def then_the_option_is_named(self) -> None:
        assert self.run.returncode != 0
        assert "profiling_run_id = '\\udcff': expected a text" in self.run.stdout + self.run.stderr

    def and_no_scenario_was_run(self) -> None:
        assert not self.project.profiling.exists()


@vedro.skip_if(no_engine, NO_ENGINE)
class AHostileService(vedro.Scenario):
    subject = "a container whose compose labels are hostile is a target like all others"

    def given_containers_of_hostile_labels(self) -> None:
        self.containers = Containers()
        self.project_name = f"{self.containers.name}|`</script>\x1b[31m ../"
        self.service = "=cmd|' /C calc'!A0|`<b>\x1b[2J\u202e"
        self.container = self.containers.client.containers.run(
            "vedro-profiling-test:busybox",
            ["sleep", "600"],
            detach=True,
            name=f"{self.containers.name}-Con.",
            labels={"com.docker.compose.project": self.project_name, "com.docker.compose.service": self.service},
        )
        vedro.defer(lambda: self.container.remove(force=True))

    def when_a_project_is_run_beside_them(self) -> None:
        options = {
            "profiling_methods": '["docker"]',
            "docker_compose_project_name": repr(self.project_name),
            "poll_time": "0.02",
        }
        self.project = Project(options=options)
        self.run = ended(self.project.start("--draw-plots"))

    def then_it_passes(self) -> None:
        assert self.run.returncode == 0, self.run.stdout + self.run.stderr

    def and_its_points_bear_the_name_as_it_is(self) -> None:
        points = load(self.project.profiling)
        containers = points.filter(pl.col("service").is_not_null())
        assert containers["target"].unique().to_list() == [f"{self.containers.name}-Con."]
        assert containers["service"].unique().to_list() == [self.service]

    def and_nothing_of_it_reaches_the_terminal(self) -> None:
        assert not UNSAFE.search("".join(line for line in self.run.stdout.split("\n") if line.startswith("# ")))

    def and_its_picture_has_a_plain_name(self) -> None:
        assert [path.name for path in self.project.profiling.glob("*.png")] == [
            f"{self.containers.name}-Con_profile.png"
        ]
