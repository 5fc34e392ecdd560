"""What is written of the verdicts on budgets, for k6's reporters, and which verdicts there are without containers."""

import json
import os
from typing import Any, Final

import polars as pl
import vedro
from vedro import params

import vedro_profiling as vp
from tests.contexts.engine import NO_ENGINE, no_engine
from tests.contexts.project import Project

WITH_COMMA: Final = """
import vedro

from vedro_profiling import budget


@budget("memory_usage{target:python}", "max<1")
class Scenario(vedro.Scenario):
    subject = "buy, then pay"

    def when_it_does_little(self):
        pass
"""

# A busy engine may answer later than a short run ends.
UNTIL_TOLD_OF_DOCKER: Final = """
import time
from pathlib import Path

import vedro


class Waits(vedro.Scenario):
    subject = "it waits until there is a word of docker"

    def when_it_waits(self):
        journal = Path(__file__).parents[1] / ".profiling" / ".journal"
        give_up = time.monotonic() + 30
        while not any(word in notes.read_text() for notes in journal.glob("*/notes.ndjson") for word in {words}):
            assert time.monotonic() < give_up
            time.sleep(0.05)
""".format(words=("no running container", "no engine to be reached"))

OF_CONTAINERS: Final = {
    "profiling_methods": '["default", "docker"]',
    "docker_compose_project_name": '"mispelt"',
    "thresholds": '{"memory_usage{service:app}": "max<512"}',
}


def read_metrics(project: Project) -> dict[str, Any]:
    """Read the metrics of the summary as k6's reporters do."""
    metrics: dict[str, Any] = json.loads((project.profiling / "summary.json").read_text())["metrics"]
    return metrics


class ForReportersOfK6(vedro.Scenario):
    subject = "summary.json tells what k6 hands to its reporters: each budget by its key, with its values and verdict"

    def given_budgets_of_the_run_and_of_a_scenario_with_a_comma_in_its_name(self) -> None:
        thresholds = '{"memory_usage{target:python}": ["max<1", "avg>1"], "cpu_time": "count<900000"}'
        self.project = Project(options={"thresholds": thresholds})
        (self.project.folder / "scenarios" / "buy, pay.py").write_text(WITH_COMMA)

    def when_they_are_run(self) -> None:
        self.run = self.project.run()
        self.metrics = read_metrics(self.project)
        self.memory = vp.load(self.project.profiling).filter(metric="memory_usage", target="python")

    def then_the_budget_of_the_run_has_both_verdicts(self) -> None:
        of_run = self.metrics["memory_usage{target:python}"]
        assert of_run["thresholds"] == {"max<1": {"ok": False}, "avg>1": {"ok": True}}
        assert (of_run["type"], of_run["contains"]) == ("gauge", "default")
        assert of_run["values"]["max"] == self.memory["value"].max()

    def and_that_of_the_scenario_has_the_values_of_its_points(self) -> None:
        of_scenario = self.metrics['memory_usage{target:python,scenario:"scenarios/buy, pay.py::Scenario"}']
        assert of_scenario["thresholds"] == {"max<1": {"ok": False}}
        points = self.memory.filter(scenario="scenarios/buy, pay.py::Scenario")
        assert of_scenario["values"]["max"] == points["value"].max()

    def and_a_sum_is_of_all_but_the_host(self) -> None:
        cpu_time = vp.load(self.project.profiling).filter(pl.col("target") != "system", metric="cpu_time")
        told = self.metrics["cpu_time"]
        assert abs(told["values"]["count"] - sum(cpu_time["value"])) < 0.001
        assert told["thresholds"] == {"count<900000": {"ok": True}}

    def and_the_console_names_the_same(self) -> None:
        assert self.run.returncode == 99
        assert "# budgets: 2 broken, 2 passed" in self.run.stdout
        assert '{target:python,scenario:"scenarios/buy, pay.py::Scenario"} max<1: max is ' in self.run.stdout
        assert "profiling.parquet, .profiling/summary.json" in self.run.stdout


@vedro.skip_if(no_engine, NO_ENGINE)
class WithoutContainers(vedro.Scenario):
    subject = "where {what}, a budget of a container is {verdict} and the run exits {status}"

    @params(
        "the engine has none of the project", os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock"), "broken", 99
    )
    @params("no engine answers", "unix:///nowhere/docker.sock", "not judged", 0)
    def __init__(self, what: str, socket: str, verdict: str, status: int) -> None:
        self.what, self.socket, self.verdict, self.status = what, socket, verdict, status

    def given_a_project_with_such_a_budget(self) -> None:
        self.project = Project(options=OF_CONTAINERS, scenarios=UNTIL_TOLD_OF_DOCKER)

    def when_it_is_run(self) -> None:
        self.run = self.project.run(DOCKER_HOST=self.socket)

    def then_that_is_the_verdict(self) -> None:
        assert self.run.returncode == self.status, self.run.stdout + self.run.stderr
        assert f"# ! budget {self.verdict}: memory_usage{{service:app}} max<512: " in self.run.stdout

    def and_the_file_knows_why(self) -> None:
        [facts] = vp.read_facts(self.project.profiling / "profiling.parquet")
        assert facts["unavailable_methods"] == ([] if self.status else ["docker"])
