"""How often ten containers are read at `poll_time = 0.1`, and what that costs."""

import sys
from contextlib import ExitStack
from typing import Final

import polars as pl

from tests.benchmarks.idle_containers import idle_containers
from tests.benchmarks.rival import RIVAL, rival_python
from tests.benchmarks.rows import Row, Spread, claim, figure
from tests.benchmarks.sample_project import SampleProject, sample_project
from tests.benchmarks.sample_scenarios import working_scenario
from tests.benchmarks.side_by_side import differences, side_by_side
from tests.benchmarks.watched import Seen, watched
from tests.contexts.engine import NO_ENGINE, no_engine

__all__ = ("measure",)

_CONTAINERS: Final = 10
_OPTIONS: Final = {"enable_profiling": True, "poll_time": 0.1, "profiling_methods": ["default", "docker"]}
_SHORT, _LONG = 4, 24
_ROUNDS: Final = 3
_MOST_PERCENT: Final = 1
_LEAST_RATE: Final = 9.5
_SCENARIO: Final = "idle"


def measure() -> list[Row]:
    """Run a scenario that sleeps, short and long, with and without profiling."""
    if no_engine():
        return [Row(f"{_CONTAINERS} containers", f"not measured: {NO_ENGINE}")]
    with idle_containers(_CONTAINERS) as name, ExitStack() as stack:

        def make(seconds: int, *, profiled: bool, python: str = sys.executable) -> SampleProject:
            options = {**_OPTIONS, "docker_compose_project_name": name}
            scenarios = {_SCENARIO: working_scenario(f"time.sleep({seconds})")}
            return stack.enter_context(sample_project(scenarios, options=options if profiled else None, python=python))

        ours = make(_LONG, profiled=True)
        sides = {
            "bare, short": make(_SHORT, profiled=False),
            "short": make(_SHORT, profiled=True),
            "bare, long": make(_LONG, profiled=False),
            "long": ours,
        }
        seen = side_by_side({side: watched(project, _SCENARIO) for side, project in sides.items()}, rounds=_ROUNDS)
        rival = rival_python()
        return [
            *_pace(ours),
            *_cost(ours, seen),
            *(_rival(make(_LONG, profiled=True, python=rival)) if rival else [Row(RIVAL, "could not be installed")]),
        ]


def _pace(project: SampleProject) -> list[Row]:
    counts, seconds = _readings(project, made_by_ticks="cpu_percent")
    fewest = min(counts) if len(counts) == _CONTAINERS else 0
    cost = project.facts()["cost"]
    return [
        claim("readings a second, of the container with fewest", fewest / seconds, at_least=_LEAST_RATE),
        Row("ticks of the last run, of both methods", "{ticks}, {late} late, {missed} missed".format(**cost)),
    ]


def _cost(project: SampleProject, seen: dict[str, list[Seen]]) -> list[Row]:
    of_a_core, bounded = " % of a core", {"at_most": _MOST_PERCENT}
    cost = project.facts()["cost"]
    told = 100 * cost["cpu_seconds"] / cost["wall_seconds"]
    threads = Spread.of(run.threads_percent for run in seen["long"])
    process = _more(seen, "long", "process_percent")
    return [
        claim("own cost, as the run itself says", told, of_a_core, **bounded),
        claim("own cost, by the CPU clocks of all its threads", threads, of_a_core, **bounded),
        claim("own cost, by the CPU clock of the process, less that of bare Vedro", process, of_a_core, **bounded),
        *(
            figure(f"CPU more than bare Vedro, start to end, {seconds} s: imports, files", _more(seen, side), " s")
            for side, seconds in (("short", _SHORT), ("long", _LONG))
        ),
    ]


def _more(seen: dict[str, list[Seen]], side: str, what: str = "cpu_seconds") -> Spread:
    profiled, bare = ([getattr(run, what) for run in seen[name]] for name in (side, f"bare, {side}"))
    return Spread.of(differences(profiled, bare))


def _rival(project: SampleProject) -> list[Row]:
    seen = watched(project, _SCENARIO)()
    counts, seconds = _readings(project, made_by_ticks="memory_usage")
    counts += [0] * (_CONTAINERS - len(counts))
    return [
        figure(f"{RIVAL}: readings a second, of the average container", sum(counts) / _CONTAINERS / seconds),
        Row(f"{RIVAL}: readings of each container in {_LONG} s", f"{min(counts)} to {max(counts)}"),
        figure(f"{RIVAL}: own cost, by the CPU clocks of its threads", seen.threads_percent, " % of a core"),
    ]


def _readings(project: SampleProject, *, made_by_ticks: str) -> tuple[list[int], float]:
    """Count the readings of each container during the scenario, by a metric that has one for each tick."""
    before, after = project.clocks(_SCENARIO)
    points = project.points().filter(
        pl.col("method") == "docker",
        pl.col("metric") == made_by_ticks,
        pl.col("time").dt.epoch("ns").is_between(before.unix_ns, after.unix_ns),
    )
    return points["target"].value_counts()["count"].to_list(), (after.at_ns - before.at_ns) / 1e9
