"""Names for points that bear numbers: of ten million rows each name is looked up, none is stored."""

from typing import Any, Final

import polars as pl

from vedro_profiling import schema
from vedro_profiling.recording.clock import Anchor

__all__ = (
    "METRICS",
    "Naming",
)

METRICS: Final = sorted(schema.METRICS)
"""The metrics in the order in which points are sorted: a metric's number is its place."""

_DURATION: Final = METRICS.index("scenario_duration")


class Naming:
    """Puts names and times in the place of numbers, and rows in the orders of frames and of NDJSON.

    Parameters
    ----------
    facts
        Those of the run.
    sources
        A row per source, in the order of their numbers.
    attempts
        A row per attempt, in the order of their numbers.
    """

    def __init__(self, facts: dict[str, Any], sources: pl.DataFrame, attempts: pl.DataFrame) -> None:
        self._facts = facts
        self._sources = sources
        self._attempts = attempts
        self.origin_ns = Anchor(**facts["anchor"]).unix_ns_at(0)
        """What is between a monotonic instant and Unix time."""
        self.has_apportioned = False
        """Whether points get a column that tells which of them are parts of an interval: once one was seen."""

    def with_key(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Add the number that rows are sorted by: `key` of method, target and metric."""
        self.has_apportioned = self.has_apportioned or bool(rows["is_apportioned"].any())
        place = self._sources.select(pl.struct("method", "target").rank("dense").cast(pl.UInt32)).to_series()
        return rows.with_columns(key=place.gather(rows["source"]) * len(METRICS) + rows["metric"])

    def in_frame_order(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Sort as `schema.SORT_ORDER` has it."""
        return rows.sort("key", "at_ns", "source", maintain_order=True)

    def in_time_order(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Sort as NDJSON has it: by time, and what is of one microsecond as in a frame."""
        return rows.sort(self._microseconds, "key", "at_ns", "source", maintain_order=True)

    @property
    def _microseconds(self) -> pl.Expr:
        return (pl.col("at_ns") + self.origin_ns) // 1000

    def points(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Make points of rows, in their order: columns as `storage.frame.as_points` has them."""
        source, attempt = pl.col("source"), pl.col("attempt")
        attempt_of_duration = pl.when(pl.col("metric") == _DURATION).then(attempt)
        columns = {
            "time": self._microseconds.cast(pl.Datetime("us", "UTC")),
            "metric": _look_up(pl.Series(METRICS), pl.col("metric")),
            "value": pl.col("value"),
            **{name: _look_up(self._sources[name], source) for name in ("method", "target", "service")},
            "run": pl.lit(self._facts["run"], pl.Categorical),
            "scenario": _look_up(self._attempts["scenario"], attempt),
            **{name: _look_up(self._attempts[name], attempt_of_duration) for name in ("subject", "status")},
        }
        tags = {name: pl.lit(text, pl.Categorical) for name, text in self._facts["tags"].items()}
        if self.has_apportioned:
            tags[schema.APPORTIONED_TAG] = pl.when("is_apportioned").then(pl.lit("true", pl.Categorical))
        return rows.select(
            *(columns[name].alias(name) for name in schema.COLUMN_NAMES),
            *(tags[name].alias(name) for name in sorted(tags)),
        )


def _look_up(names: pl.Series, numbers: pl.Expr) -> pl.Expr:
    return pl.lit(names.cast(pl.Categorical)).gather(numbers)
