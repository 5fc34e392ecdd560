"""Runs of a scenario each, whose costs a scenario of ours states run by run."""

from collections.abc import Sequence
from datetime import timedelta

import polars as pl

from tests.contexts.series import START
from vedro_profiling.storage.frame import as_points

__all__ = ("CPU", "WHOLE_RUN", "make_runs")

CPU = {"scenario": "pay.py::Scenario", "target": "app", "metric": "cpu_time"}
"""The row of the scenario's CPU time."""

WHOLE_RUN = {**CPU, "scenario": None}


def make_runs(
    cpu_ms: Sequence[float],
    *,
    scenario: str = "pay.py::Scenario",
    target: str = "app",
    attempts: int = 1,
    first: int = 1,
) -> pl.DataFrame:
    """Make a run for each amount of CPU time, which each attempt of its scenario consumed in a container.

    A run has as much CPU time again between its scenarios, holds 100 MB with a peak of 120 MB within the scenario,
    and its attempts take a second each. The host consumes ten times what the container does.
    """
    rows = [
        (f"run-{number}", second, *point)
        for number, amount in enumerate(cpu_ms, start=first)
        for second in range(attempts)
        for point in (
            ("scenario_duration", 1000.0, "vedro", None, "default", scenario, "pay for a basket"),
            ("cpu_time", amount, target, "app-service", "docker", scenario, None),
            ("cpu_time", amount, target, "app-service", "docker", None, None),
            ("memory_usage", 100.0, target, "app-service", "docker", scenario, None),
            ("memory_peak", 120.0, target, "app-service", "docker", scenario, None),
            ("cpu_time", amount * 10, "system", None, "default", scenario, None),
        )
    ]
    columns = ["run", "second", "metric", "value", "target", "service", "method", "scenario", "subject"]
    dtypes = {name: pl.Float64 if name in {"second", "value"} else pl.String for name in columns}
    points = pl.DataFrame(rows, dtypes, orient="row")
    time = (pl.lit(START) + pl.col("second") * timedelta(seconds=1)).cast(pl.Datetime("us", "UTC"))
    return as_points(points.with_columns(time=time).drop("second"))
