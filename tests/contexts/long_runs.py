"""Points of a long run with scenarios one after another, made column by column: an hour takes a moment."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import polars as pl

from tests.contexts.series import START
from vedro_profiling.storage.frame import as_points, in_order

__all__ = ("make_run",)

_METRICS: Final = ("cpu_percent", "cpu_time", "memory_usage", "memory_peak")


def make_run(
    targets: Sequence[str] = ("app", "db"),
    *,
    seconds: int = 60,
    scenarios: int = 4,
    run: str = "run-1",
    starts_after: timedelta = timedelta(),
) -> pl.DataFrame:
    """Make a run that reads containers, the test process and the host once a second, the last scenario red.

    Each target has a load of its own, and a noise that no two readings share: the worst case for size.
    """
    start = START + starts_after
    each = seconds // scenarios if scenarios else 0
    named = [(target, "docker") for target in targets] + [("vedro", "default"), ("system", "default")]
    series = [
        _series(metric, target, method, place, seconds)
        for place, (target, method) in enumerate(named)
        for metric in _METRICS
    ]
    second = pl.col("second")
    within = pl.when((second > 0) & (second <= each * scenarios)).then((second - 1) // max(each, 1))
    readings = pl.concat(series).with_columns(
        time=pl.lit(start) + pl.duration(seconds=second),
        scenario=pl.format("scenarios/s{}.py::Scenario", within),
    )
    points = pl.concat([readings.drop("second"), _attempts(scenarios, each, start)], how="diagonal")
    return in_order(as_points(points.with_columns(run=pl.lit(run))))


def _series(metric: str, target: str, method: str, place: int, seconds: int) -> pl.DataFrame:
    second = pl.int_range(1, seconds + 1)
    noise = (second * (place + 3) * 7919 + len(metric) * 104_729).hash(seed=place) % 10_000 / 10_000
    wave = 1 + (second * math.tau / 600 + place).sin()
    cpu = 5 + 20 * wave / (1 + place) + 10 * noise
    memory = 60 + 25 * place + 30 * wave + 4 * noise
    value = {
        "cpu_percent": cpu,
        "cpu_time": cpu * 10,
        "memory_usage": memory,
        "memory_peak": memory * (1 + 0.2 * (noise > 0.99).cast(pl.Float64)),
    }[metric]
    return pl.select(
        second=second,
        value=value,
        metric=pl.lit(metric),
        target=pl.lit(target),
        method=pl.lit(method),
        service=pl.lit(target.partition("-")[0] if method == "docker" else None, pl.String),
    )


def _attempts(scenarios: int, each: int, start: datetime) -> pl.DataFrame:
    place = pl.int_range(scenarios)
    return pl.select(
        time=pl.lit(start) + pl.duration(seconds=(place + 1) * each),
        value=pl.lit(each * 1000.0) + pl.int_range(scenarios) * 0,
        metric=pl.lit("scenario_duration"),
        target=pl.lit("vedro"),
        method=pl.lit("default"),
        scenario=pl.format("scenarios/s{}.py::Scenario", place),
        subject=pl.format("order {} is paid", place),
        status=pl.when(place == scenarios - 1).then(pl.lit("failed")).otherwise(pl.lit("passed")),
    )
