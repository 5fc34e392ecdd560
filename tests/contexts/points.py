"""Points as a whole run leaves them: several targets, metrics and readings, with any tags."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone
from typing import Final

import polars as pl

from vedro_profiling.storage.frame import as_points, in_order

__all__ = ("START", "make_points")

START: Final = datetime(2026, 1, 26, 10, tzinfo=timezone.utc)


def make_points(
    *,
    targets: Sequence[str] = ("app", "db"),
    metrics: Sequence[str] = ("cpu_percent", "memory_usage"),
    readings: int = 3,
    start: datetime = START,
    value_at: Callable[[int], float] = lambda reading: 10.5 + reading,
    **tags: str | None,
) -> pl.DataFrame:
    """Make a point for each target, metric and reading, one reading a second.

    `tags` replaces the method "docker" or the run "run-1", or fills any other column.
    """
    rows = [
        (start + timedelta(seconds=reading), metric, value_at(reading), target)
        for target in targets
        for metric in metrics
        for reading in range(readings)
    ]
    columns: dict[str, pl.DataType | type[pl.DataType]]
    columns = {"time": pl.Datetime("us", "UTC"), "metric": pl.String, "value": pl.Float64, "target": pl.String}
    names = {"method": "docker", "run": "run-1", **tags}
    points = pl.DataFrame(rows, columns, orient="row").with_columns(
        pl.lit(value, dtype=pl.String).alias(name) for name, value in names.items()
    )
    return in_order(as_points(points))
