"""What the README prints works as printed."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import vedro
from vedro import params

import vedro_profiling
from tests.contexts.project import Project
from vedro_profiling import schema

ROOT: Final = Path(__file__).parents[2]
README: Final = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS: Final = re.findall(r"^```(python|sh)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def first_line(block: str) -> str:
    return next(line for line in block.splitlines() if line and not line.startswith(("import", "from")))


@vedro.skip_if(lambda: shutil.which("jq") is None, "needs jq")
class Recipes(vedro.Scenario):
    subject = "every block of code in the README runs beside a profiled run"

    def given_a_profiled_run(self) -> None:
        self.project = Project()
        self.run = self.project.run()

    def when_each_block_is_run(self) -> None:
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        commands = {"python": [sys.executable, "-c"], "sh": ["bash", "-euo", "pipefail", "-c"]}
        self.results = {
            block: subprocess.run(
                [*commands[language], block],
                cwd=self.project.folder,
                env={**os.environ, "PATH": path},
                capture_output=True,
                text=True,
                check=False,
            )
            for language, block in BLOCKS
        }

    def then_none_fails(self) -> None:
        assert len(self.results) >= 7
        failures = {first_line(block): result.stderr for block, result in self.results.items() if result.returncode}
        assert failures == {}

    def and_those_that_print_say_something(self) -> None:
        silent = [
            block
            for block, result in self.results.items()
            if ("print(" in block or "jq" in block) and not result.stdout
        ]
        assert silent == []


class Options(vedro.Scenario):
    subject = "the README's table has every option, with its default"

    def given_the_options(self) -> None:
        config = vedro_profiling.VedroProfiling
        self.options = set(config.__annotations__)

    def when_the_table_is_read(self) -> None:
        section = README.split("## Options")[1].split("\n## ")[0]
        self.documented = set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE))

    def then_they_are_the_same(self) -> None:
        assert self.documented == self.options


class Names(vedro.Scenario):
    subject = "the README names every {what}"

    @params("metric", list(schema.METRICS))
    @params("column", schema.COLUMN_NAMES)
    @params("file format", ["profiling.ndjson", "profiling.parquet", "summary.json", "resource_comparison.png"])
    def __init__(self, what: str, names: list[str]) -> None:
        self.what, self.names = what, names

    def then_each_is_there(self) -> None:
        assert [name for name in self.names if f"`{name}`" not in README] == []


class Commands(vedro.Scenario):
    subject = "every recipe of just that the README names is in the justfile"

    def given_the_recipes(self) -> None:
        self.recipes = set(
            re.findall(r"^(\w[\w-]*)[^\n:=]*:(?!=)", (ROOT / "justfile").read_text(encoding="utf-8"), re.MULTILINE)
        )

    def then_the_readme_names_no_other(self) -> None:
        named = set(re.findall(r"uv run just ([a-z][\w-]*)", README))
        assert named >= {"demo", "test", "bench"}
        assert named - self.recipes == set()


class Faults(vedro.Scenario):
    subject = "each scenario that the README names for what can go wrong is there"

    def given_the_table(self) -> None:
        table = README.split("## What can go wrong")[1].split("\n## ")[0]
        self.rows = [row.rsplit(" | ", 1)[1] for row in table.splitlines() if row.startswith("| ")][1:]
        assert len(self.rows) >= 25

    def when_each_name_is_looked_up(self) -> None:
        self.missing = []
        for row in self.rows:
            for path, names in re.findall(r"`([\w/]+\.py)` (\w+(?:, \w+)*)", row) or [(row, "a test")]:
                source = ROOT / "tests" / path
                scenarios = re.findall(
                    r"^class (\w+)", source.read_text("utf-8") if source.is_file() else "", re.MULTILINE
                )
                self.missing += [f"{path} {name}" for name in names.split(", ") if name not in scenarios]

    def then_none_is_missing(self) -> None:
        assert self.missing == []
