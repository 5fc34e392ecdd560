"""The top of the report: verdict, numbers, facts and faults."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import polars as pl
import vedro
from vedro import params

from tests.contexts.long_runs import make_run
from tests.contexts.series import make_series, put_together
from vedro_profiling.charts.report.overview import faults, numbers, runs, verdict

FACTS: Final[Mapping[str, Any]] = {
    "run": "run-1",
    "host": {"name": "ci-7", "cpus": 2, "system": "Linux"},
    "versions": {"python": "3.11.7", "vedro": "1.15.1"},
    "poll_time": 0.5,
    "methods": ["default", "docker"],
    "projects": [],
    "tags": {"branch": "main"},
    "arguments": ["run", "--enable-profiling"],
    "cost": {"cpu_seconds": 0.3, "wall_seconds": 60.0, "ticks": 120, "late": 2, "missed": 1},
}


class OneSentence(vedro.Scenario):
    subject = "{statuses} is told as «{text}»"

    @params([], "none", "No budgets set")
    @params(["passed"], "good", "The budget passed")
    @params(["passed", "passed"], "good", "All 2 budgets passed")
    @params(["passed", "broken"], "bad", "1 of 2 budgets broken")
    @params(["broken", "not judged"], "bad", "1 of 2 budgets broken")
    @params(["broken"], "bad", "1 of 1 budget broken")
    @params(["passed", "not judged"], "unsure", "1 of 2 budgets passed")
    def __init__(self, statuses: list[str], tone: str, text: str) -> None:
        self.statuses, self.tone, self.text = statuses, tone, text

    def when_it_is_judged(self) -> None:
        self.verdict = verdict(pl.DataFrame({"status": self.statuses}, {"status": pl.String}))

    def then_it_is_told_so(self) -> None:
        assert (self.verdict.tone, self.verdict.text) == (self.tone, self.text)

    def and_what_was_not_judged_is_not_kept_back(self) -> None:
        assert ("could not be judged" in self.verdict.detail) == ("not judged" in self.statuses)


class InAFewNumbers(vedro.Scenario):
    subject = "duration, scenarios, CPU and memory are told, the host's left out"

    def given_a_run(self) -> None:
        self.points = put_together(
            make_series([1000, 1000], seconds=[0, 90], metric="cpu_time"),
            make_series([6000], metric="cpu_time", target="db"),
            make_series([300], metric="memory_peak", target="db"),
            make_series([200], metric="memory_usage"),
            make_series([64_000], metric="memory_usage", target="system", method="default"),
            make_series([99_000], metric="cpu_time", target="system", method="default"),
            make_series([5], metric="scenario_duration", scenario="a", status="passed", seconds=[1]),
            make_series([5], metric="scenario_duration", scenario="b", status="failed", seconds=[2]),
            make_series([5], metric="scenario_duration", scenario="b", status="passed", seconds=[3]),
        )

    def when_it_is_told(self) -> None:
        self.told = [tuple(number) for number in numbers(self.points)]

    def then_each_number_says_whose_it_is(self) -> None:
        assert self.told == [
            ("Duration", "1 min 30 s", "2026-01-26 10:00 UTC"),
            ("Scenarios", "2", "2 passed"),
            ("CPU time", "8.00 s", "75.0 % of it in db"),
            ("Highest memory", "300.0 MB", "db"),
        ]


class OfSeveralRuns(vedro.Scenario):
    subject = "several runs are counted, and their durations added up"

    def when_they_are_told(self) -> None:
        self.told = numbers(put_together(make_series([0] * 11), make_series([0] * 21, run="run-2")))

    def then_there_is_their_number_first(self) -> None:
        assert [tuple(number) for number in self.told] == [
            ("Runs", "2", "since 2026-01-26 10:00 UTC"),
            ("Duration", "30.0 s", "of all runs"),
        ]


class NoCpuAtAll(vedro.Scenario):
    subject = "where no CPU was used, no share of it is told"

    def when_it_is_told(self) -> None:
        self.told = numbers(make_series([0, 0], metric="cpu_time"))

    def then_there_is_the_sum_alone(self) -> None:
        assert tuple(self.told[-1]) == ("CPU time", "0.0 ms", "")


class WhatIsKnown(vedro.Scenario):
    subject = "the facts of a run are told in words, and its own cost"

    def when_they_are_told(self) -> None:
        [self.run] = runs(make_run(seconds=60), [FACTS, {"run": "another"}])

    def then_each_has_its_term(self) -> None:
        assert dict(self.run.facts) == {
            "started": "2026-01-26 10:00:01 UTC",
            "duration": "59.0 s",
            "host": "ci-7, 2 CPUs, Linux",
            "a reading every": "0.5 s",
            "methods": "default, docker",
            "compose projects": "none",
            "versions": "python 3.11.7, vedro 1.15.1",
            "tags": "branch=main",
            "arguments": "run --enable-profiling",
            "own cost of profiling": "0.5 % of a core (0.30 s of CPU)",
            "ticks": "120 in all, 2 late, 1 missed",
        }


class WhatCannotBeKnown(vedro.Scenario):
    subject = "facts that are {what} leave a page without them, and no error"

    @params("missing", [])
    @params("of other kinds", [{"run": "run-1", "host": 7, "versions": [], "methods": "x", "cost": None, "tags": 1}])
    @params("in parts", [{"run": "run-1", "cost": {"cpu_seconds": "much", "wall_seconds": 0}, "notes": 3}])
    def __init__(self, what: str, facts: Sequence[Mapping[str, Any]]) -> None:
        self.what, self.facts = what, facts

    def when_they_are_told(self) -> None:
        self.points = make_run(seconds=60)
        [self.run] = runs(self.points, self.facts)

    def then_there_is_what_the_points_know(self) -> None:
        assert [term for term, _ in self.run.facts] == ["started", "duration"]
        assert faults(self.points, self.facts) == []


class Faults(vedro.Scenario):
    subject = "what the recording missed is told, with the run where there are several"

    def given_facts_of_two_runs_and_one_that_is_not_there(self) -> None:
        self.facts = [
            {"run": "run-1", "finished": False, "notes": ["the disk was full"]},
            {"run": "run-2", "finished": True, "unavailable_methods": ["docker"]},
            {"run": "run-3", "finished": False},
        ]

    def when_they_are_told(self) -> None:
        one = make_series([1])
        self.of_one = faults(one, self.facts)
        self.of_two = faults(put_together(one, make_series([1], run="run-2")), self.facts)

    def then_one_run_needs_no_name(self) -> None:
        assert self.of_one == [
            "the run was cut off before it could end; this is what was read until then",
            "the disk was full",
        ]

    def and_two_have_theirs(self) -> None:
        assert self.of_two[1:] == ["run-1: the disk was full", "run-2: not available, so not read: docker"]
