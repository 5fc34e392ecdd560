"""Series of points with times and values as a scenario states them."""

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Final

import polars as pl

from vedro_profiling.schema import COLUMN_NAMES, SORT_ORDER, dtypes

__all__ = ("START", "make_series", "put_together")

START: Final = datetime(2026, 1, 26, 10, tzinfo=timezone.utc)


def make_series(
    values: Sequence[float],
    *,
    seconds: Sequence[float] | None = None,
    metric: str = "cpu_percent",
    **names: str,
) -> pl.DataFrame:
    """Make the points of one series; without `seconds` (since START), one reading a second.

    `names` replaces the target "app", the method "docker", the run "run-1", or fills another column.
    """
    instants = range(len(values)) if seconds is None else seconds
    columns = {
        "time": [START + timedelta(seconds=second) for second in instants],
        "metric": metric,
        "value": values,
        "target": "app",
        "method": "docker",
        "run": "run-1",
        **names,
    }
    series = pl.DataFrame(columns, schema_overrides={"value": pl.Float64})
    missing = [pl.lit(None).alias(name) for name in COLUMN_NAMES if name not in columns]
    return series.with_columns(missing).select(COLUMN_NAMES).cast(pl.Schema(dtypes(pl)))


def put_together(*series: pl.DataFrame) -> pl.DataFrame:
    """Put series into one frame, ordered as points are."""
    return pl.concat(series).sort(*SORT_ORDER)
