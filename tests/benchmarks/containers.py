"""How often ten containers are read at `poll_time = 0.1`, and what that costs."""

import sys
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, Final, NamedTuple

import polars as pl

from tests.benchmarks.idle_containers import idle_containers
from tests.benchmarks.rival import RIVAL, rival_python
from tests.benchmarks.rows import Row, Spread, claim, figure
from tests.benchmarks.sample_project import SampleProject, sample_project
from tests.benchmarks.sample_scenarios import working_scenario
from tests.benchmarks.side_by_side import differences, side_by_side
from tests.contexts.engine import NO_ENGINE, no_engine

__all__ = ("measure",)

_CONTAINERS: Final = 10
_POLL_SECONDS: Final = 0.1
_SHORT, _LONG = 4, 24
_ROUNDS: Final = 3
_SCENARIO: Final = "idle"


class _Seen(NamedTuple):
    """What one run used."""

    cpu_seconds: float
    own_percent: float
    """CPU of the threads that profile while the scenario went on, percent of a core."""


def measure() -> list[Row]:
    """Run a scenario that sleeps, short and long, with and without profiling."""
    if no_engine():
        return [Row(f"{_CONTAINERS} containers", f"not measured: {NO_ENGINE}")]
    with idle_containers(_CONTAINERS) as name, ExitStack() as stack:
        options = {"enable_profiling": True, "poll_time": _POLL_SECONDS, "docker_compose_project_name": name}

        def make(seconds: int, options: dict[str, Any] | None, python: str = sys.executable) -> SampleProject:
            scenarios = {_SCENARIO: working_scenario(f"time.sleep({seconds})")}
            return stack.enter_context(sample_project(scenarios, options=options, python=python))

        recorded = make(_LONG, options)
        sides = {"bare short": make(_SHORT, None), "short": make(_SHORT, options), "bare": make(_LONG, None)}
        seen = side_by_side(
            {side: _look_at(project) for side, project in {**sides, "long": recorded}.items()}, rounds=_ROUNDS
        )
        rival = rival_python()
        return [*_ours(recorded, seen), *_rival(make(_LONG, options, rival) if rival else None)]


def _look_at(project: SampleProject) -> Callable[[], _Seen]:
    def run() -> _Seen:
        spent = project.run()
        before, after = project.clocks(_SCENARIO)
        own = (after.own_cpu_ns - before.own_cpu_ns) / (after.at_ns - before.at_ns)
        return _Seen(spent.cpu_seconds, 100 * own)

    return run


def _ours(recorded: SampleProject, seen: dict[str, list[_Seen]]) -> list[Row]:
    cpu = {side: [run.cpu_seconds for run in runs] for side, runs in seen.items()}
    once = differences(cpu["short"], cpu["bare short"])
    more_short = [side - base for side, base in zip(cpu["short"], cpu["bare short"], strict=True)]
    more_long = [side - base for side, base in zip(cpu["long"], cpu["bare"], strict=True)]
    percent = Spread.of(
        100 * (long - short) / (_LONG - _SHORT) for long, short in zip(more_long, more_short, strict=True)
    )
    cost = recorded.facts()["cost"]
    ticks = f"{cost['ticks']} ticks of 2 methods, {cost['late']} late, {cost['missed']} missed"
    of_a_core = " % of a core"
    return [
        claim("readings a second, the container with fewest", min(_rates(recorded)), at_least=9.5),
        Row("ticks of the last run", ticks),
        claim("own cost, as the run says", 100 * cost["cpu_seconds"] / cost["wall_seconds"], of_a_core, at_most=1),
        claim(
            "own cost, CPU clocks of its threads",
            Spread.of(run.own_percent for run in seen["long"]),
            of_a_core,
            at_most=1,
        ),
        claim("own cost, CPU of whole processes: each second more", percent, of_a_core, at_most=1),
        figure(f"once a run, in {_SHORT} s: imports, files, summary", once, " s CPU"),
    ]


def _rates(project: SampleProject) -> list[float]:
    """Count the ticks in the scenario for each container: `cpu_percent` is the metric that only ticks make."""
    before, after = project.clocks(_SCENARIO)
    inside = (pl.col("method") == "docker") & (pl.col("metric") == "cpu_percent") & pl.col("scenario").is_not_null()
    counts = project.points().filter(inside)["target"].value_counts()["count"].to_list()
    return [count * 1e9 / (after.at_ns - before.at_ns) for count in counts]


def _rival(project: SampleProject | None) -> list[Row]:
    what = f"{RIVAL}, the same containers"
    if project is None:
        return [Row(what, "not measured: it could not be installed")]
    project.run()
    inside = (pl.col("method") == "docker") & (pl.col("metric") == "memory_usage")
    counts = project.points().filter(inside)["target"].value_counts()["count"].to_list()
    average = sum(counts) / _CONTAINERS
    before, after = project.clocks(_SCENARIO)
    return [
        figure(f"{what}: readings a second", average * 1e9 / (after.at_ns - before.at_ns)),
        Row(f"{what}: readings in {_LONG} s", f"{average:.1f} of each on average"),
    ]
