"""Whether ticks keep their grid, beside a main thread that burns Python code and beside one that sleeps."""

from typing import Any, Final

import polars as pl

from tests.benchmarks.idle_containers import idle_containers
from tests.benchmarks.rows import Row, Spread, claim
from tests.benchmarks.sample_project import SampleProject, sample_project
from tests.benchmarks.sample_scenarios import working_scenario
from tests.contexts.engine import NO_ENGINE, no_engine

__all__ = ("measure",)

_SECONDS: Final = 20
_POLL_SECONDS: Final = 0.05
_CONTAINERS: Final = 10
_WORK: Final = {"burning": f"burn({_SECONDS})", "idle": f"time.sleep({_SECONDS})"}


def measure() -> list[Row]:
    """Look at the gaps between the instants that were stored."""
    alone = _gaps("process and host", {"profiling_methods": ["default"]})
    if no_engine():
        return [*alone, Row(f"the same with {_CONTAINERS} containers", f"not measured: {NO_ENGINE}")]
    with idle_containers(_CONTAINERS) as name:
        options = {"profiling_methods": ["default", "docker"], "docker_compose_project_name": name}
        return [*alone, *_gaps(f"process, host and {_CONTAINERS} containers", options)]


def _gaps(read: str, options: dict[str, Any]) -> list[Row]:
    scenarios = {name: working_scenario(work) for name, work in _WORK.items()}
    recorded = {"enable_profiling": True, "poll_time": _POLL_SECONDS, **options}
    with sample_project(scenarios, options=recorded) as project:
        project.run()
        return [
            row
            for scenario in scenarios
            for method in options["profiling_methods"]
            for row in _rows(project, read, scenario, method)
        ]


def _rows(project: SampleProject, read: str, scenario: str, method: str) -> list[Row]:
    gaps = _gaps_ms(project.points(), scenario, method)
    percentile = float(gaps.quantile(0.99, "higher") or 0)
    of = f"{read}, {scenario} for {_SECONDS} s, {method}"
    return [
        claim(f"{of}: gap", Spread.of(gaps), " ms", at_least=49.5, at_most=50.5),
        claim("the same: 99th percentile", percentile, " ms", at_most=60),
    ]


def _gaps_ms(points: pl.DataFrame, scenario: str, method: str) -> pl.Series:
    """List the gaps between ticks, in each target by itself: `cpu_percent` is the metric that only ticks make."""
    ticks = points.filter(
        pl.col("metric") == "cpu_percent",
        pl.col("method") == method,
        pl.col("target") != "system",
        pl.col("scenario").cast(pl.String).str.contains(f"{scenario}.py", literal=True),
    )
    gaps = ticks.select(pl.col("time").diff().over("target").dt.total_microseconds() / 1000)
    return gaps.to_series().drop_nulls()
