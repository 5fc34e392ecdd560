"""The summary in the console: what it says, and how it fits."""

import re
from dataclasses import replace
from pathlib import Path

import polars as pl
import vedro
from vedro import params

from tests.contexts.outcomes import make_outcome, make_verdicts
from tests.contexts.series import make_series, put_together
from vedro_profiling.reporting.console import summary_lines

_REDIS = {"default": 900, "docker": 100}


def points_of(targets: int = 1, *, name: str = "app") -> pl.DataFrame:
    """Make a scenario with targets that cost it something each, and the host."""
    return put_together(
        make_series([1000], metric="scenario_duration", target="vedro", scenario="pay.py::Pay", subject="it pays"),
        *(
            make_series([500 - number], metric="cpu_time", target=f"{name}-{number}", scenario="pay.py::Pay")
            for number in range(targets)
        ),
        make_series([9000], metric="cpu_time", target="system", method="default"),
    )


class Verdicts(vedro.Scenario):
    subject = "budgets that are broken or not judged are named, the others counted"

    def when_the_lines_are_made(self) -> None:
        self.lines = summary_lines(
            make_outcome(points_of(), notes=["a note"]),
            verdicts=make_verdicts(
                ("cpu_time", "count<9", "not judged", "no scenario ran"),
                ("memory_usage", "max<5", "broken", "max is 6 megabytes"),
                ("memory_usage", "max<9", "passed", None),
            ),
        )

    def then_they_stand_so(self) -> None:
        place = self.lines.index("budgets: 1 broken, 1 not judged, 1 passed")
        assert self.lines[place + 1 : place + 4] == [
            "! budget broken: memory_usage max<5: max is 6 megabytes",
            "! budget not judged: cpu_time count<9: no scenario ran",
            "! a note",
        ]


class SharedName(vedro.Scenario):
    subject = "a process and a container of one name are two rows, and a container named system is no host"

    def when_the_lines_are_made(self) -> None:
        points = put_together(
            *(make_series([cpu], metric="cpu_time", target="redis", method=method) for method, cpu in _REDIS.items()),
            *(make_series([5000], metric="cpu_time", target="system", method=method) for method in _REDIS),
            make_series([1000], metric="scenario_duration", target="vedro", scenario="pay.py::Pay", subject="it pays"),
            make_series([700], metric="cpu_time", target="system", method="docker", scenario="pay.py::Pay"),
        )
        self.lines = summary_lines(make_outcome(points), width=98)

    def then_each_has_its_own_numbers(self) -> None:
        rows = [re.split(r"  +", line)[:4] for line in self.lines if line.startswith(("redis", "system"))]
        assert [(name, used) for name, _, _, used in rows] == [
            ("system (docker)", "5.70 s"),
            ("redis (default)", "0.90 s"),
            ("redis (docker)", "0.10 s"),
            ("system (default)", "5.00 s"),
        ]

    def and_the_container_counts_for_the_scenario(self) -> None:
        assert any(line.endswith("system (0.70 s)") for line in self.lines)


class ManyTargets(vedro.Scenario):
    subject = "of many targets the dearest are shown and the host, the others counted"

    def when_the_lines_are_made(self) -> None:
        self.lines = summary_lines(make_outcome(points_of(30)), width=98)

    def then_twenty_stand_there_with_the_host_at_the_end(self) -> None:
        rows = [line.split()[0] for line in self.lines if line.startswith(("app-", "system"))]
        assert rows == [*(f"app-{number}" for number in range(19)), "system"]

    def and_the_others_are_counted(self) -> None:
        assert "(11 more targets are in the files)" in self.lines


class Narrow(vedro.Scenario):
    subject = "in {width} columns names are folded and columns left out, numbers never cut"

    @params(38, ["target", "CPU avg", "CPU max"])
    @params(60, ["target", "CPU avg", "CPU max", "CPU time", "mem avg"])
    def __init__(self, width: int, titles: list[str]) -> None:
        self.width, self.titles = width, titles

    def when_the_lines_are_made(self) -> None:
        points = points_of(name="a-container-with-quite-a-long-name")
        self.lines = summary_lines(make_outcome(points), width=self.width)

    def then_the_table_fits(self) -> None:
        place = next(place for place, line in enumerate(self.lines) if line.startswith("target"))
        assert re.split(r"\s{2,}", self.lines[place]) == self.titles
        assert max(map(len, self.lines[place : place + 4])) <= self.width


class SharedSubject(vedro.Scenario):
    subject = "scenarios that share a subject are told apart by file and number"

    def when_the_lines_are_made(self) -> None:
        points = put_together(
            *(
                make_series([900], metric=metric, target="vedro", scenario=f"suite/{name}", subject=subject)
                for name, subject in (("pay.py::Pay#1", "pays"), ("pay.py::Pay#2", "pays"), ("ask.py::A", "asks"))
                for metric in ("scenario_duration", "cpu_time")
            )
        )
        self.lines = summary_lines(make_outcome(points), width=98)

    def then_each_has_its_own_name(self) -> None:
        rows = [line.split("  ")[0] for line in self.lines if line.startswith(("pays", "asks"))]
        assert sorted(rows) == ["asks", "pays (pay.py::Pay#1)", "pays (pay.py::Pay#2)"]


class Files(vedro.Scenario):
    subject = "files, pictures and kept readings are told relative to the project"

    def when_the_lines_are_made(self) -> None:
        outcome = replace(make_outcome(points_of()), journal=Path("/project/.profiling/.journal/run-1"))
        pictures = [Path("/project/.profiling/app_profile.png"), Path("/project/.profiling/db_profile.png")]
        self.lines = summary_lines(outcome, pictures=pictures, base=Path("/project"))

    def then_they_stand_at_the_end(self) -> None:
        assert self.lines[-3:] == [
            "files: .profiling/profiling.parquet",
            "pictures: 2 in .profiling",
            "! raw readings are kept in .profiling/.journal/run-1: vedro-profiling recover .profiling can write them",
        ]


class Nothing(vedro.Scenario):
    subject = "a run without points says so by having no table"

    def when_the_lines_are_made(self) -> None:
        self.lines = summary_lines(make_outcome(points_of().clear()), verdicts=None)

    def then_there_is_no_table(self) -> None:
        assert self.lines == [
            "profiling run-1: 10.0 s, a reading every 0.5 s",
            "",
            "own cost: 0.25 % of a core, 0.025 s CPU; 20 ticks, 1 late, 2 missed",
            "files: /project/.profiling/profiling.parquet",
        ]


class ShortRun(vedro.Scenario):
    subject = "of a run of milliseconds the own cost is told in CPU time, for a percent of it would alarm for nothing"

    def given_a_run_of_five_milliseconds(self) -> None:
        outcome = make_outcome(points_of())
        self.outcome = replace(outcome, cost=outcome.cost._replace(wall_seconds=0.005))

    def when_the_lines_are_made(self) -> None:
        self.lines = summary_lines(self.outcome, width=98)

    def then_there_is_no_percent(self) -> None:
        assert "own cost: 0.025 s CPU; 20 ticks, 1 late, 2 missed" in self.lines


class ScenariosOnly(vedro.Scenario):
    subject = "a run that read no target has no table of targets, and no line that explains one"

    def when_the_lines_are_made(self) -> None:
        points = make_series(
            [1000], metric="scenario_duration", target="vedro", scenario="pay.py::Pay", subject="it pays"
        )
        self.lines = summary_lines(make_outcome(points), width=98)

    def then_nothing_is_explained(self) -> None:
        assert [line for line in self.lines if line.startswith(("target", "(100 %"))] == []
