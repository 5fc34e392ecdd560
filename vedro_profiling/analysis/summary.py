"""Average, extremes and percentiles of the points, by group."""

from collections.abc import Sequence
from typing import Final

import polars as pl

from vedro_profiling.analysis.portions import portions
from vedro_profiling.errors import OptionError, SchemaError
from vedro_profiling.schema import METRICS

__all__ = ("summarize",)

_TARGET: Final = ("run", "method", "target")
_SERIES: Final = (*_TARGET, "metric")
_NEEDED: Final = ("time", "metric", "value")
_LONGEST_STEPS: Final = 3
_LONE_SECONDS: Final = 1.0
_TICK_STEP: Final = "__tick_step"

_GAUGES: Final = [metric.name for metric in METRICS.values() if metric.type == "gauge"]
_COUNTERS: Final = [metric.name for metric in METRICS.values() if metric.type == "counter"]


def summarize(
    points: pl.DataFrame | pl.LazyFrame, *, by: Sequence[str] = ("method", "target", "metric")
) -> pl.DataFrame:
    """Describe each group of points by its average, extremes, percentiles and total.

    What `avg` means depends on the metric (`vedro_profiling.schema.METRICS`):

    - gauge (CPU percent, memory): weighted by time. A point weighs the time since the previous point of its
      series (run, method, target, metric), at most three times the usual step, so that a gap does not count; the
      first point weighs one usual step, the only point of a series one second. The usual step is the series'
      median, or that of the target's `cpu_percent` if that is greater: it has no readings at scenario borders.
      The previous point may lie in another group: the first reading of a scenario weighs what lies before it.
    - counter (CPU time, network, disk): the plain mean of the points, that is, the amount per interval.
      What was consumed is in `total`.
    - trend, and every metric that is not ours: the plain mean of the points.

    Parameters
    ----------
    points
        A points frame, in any order; at least `time`, `metric`, `value` and the columns of `by`. A query, such as
        `scan` opens, is read in portions of about four million points, or of one run, method, target and metric,
        as far as `by` has these, where that is more: 50 million points need 0.9 GB.
    by
        Columns whose values make a group. Without `metric` among them, all points must be of one metric.

    Returns
    -------
    DataFrame
        One row per group, sorted by group. Columns: `by`, then `count`, `avg`, `min`, `med`, `max`, `p90`,
        `p95`, `total`, in the unit of the metric. Percentiles are interpolated linearly, as k6 does.
        `total` is the sum of a counter, and null for every other metric.

    Raises
    ------
    SchemaError
        If a needed column is not in `points`; the message lists the columns there are.
    OptionError
        If `by` is empty, or a group would mix metrics.

    Examples
    --------
    >>> from datetime import datetime, timezone
    >>> import polars as pl
    >>> noon = datetime(2026, 1, 26, 12, tzinfo=timezone.utc)
    >>> points = pl.DataFrame({
    ...     "time": [noon, noon.replace(second=1), noon.replace(second=2), noon.replace(minute=9)],
    ...     "metric": "cpu_percent", "target": "app", "value": [10.0, 20.0, 30.0, 90.0],
    ... })
    >>> summarize(points, by=["target", "metric"]).select("count", "avg", "max").rows()
    [(4, 55.0, 90.0)]
    """
    lazy = points.lazy()
    _require_columns(lazy, by)
    absent = [name for name in _SERIES if name not in lazy.collect_schema()]
    named = lazy.with_columns(pl.lit(None, pl.String).alias(name) for name in absent)
    steps = _tick_steps(named).lazy()
    # A series has one value of each of these columns, so that neither it nor a group is ever cut in two.
    cuts = [name for name in _SERIES if name in by]
    summary = pl.concat([_of_portion(portion, by, steps).collect() for portion in portions(named, cuts)])
    _refuse_mixed_metrics(summary, by)
    return summary.sort(*by, nulls_last=True).drop("__metrics")


def _of_portion(points: pl.LazyFrame, by: Sequence[str], steps: pl.LazyFrame) -> pl.LazyFrame:
    stepped = points.join(steps, on=_TARGET, how="left", nulls_equal=True)
    weighted = stepped.with_columns(_seconds_covered().alias("__seconds"))
    return weighted.group_by(*by).agg(*_statistics(), pl.col("metric").n_unique().alias("__metrics"))


def _require_columns(points: pl.LazyFrame, by: Sequence[str]) -> None:
    if not by:
        raise OptionError("by=() names no column; give at least one, such as by=('target', 'metric')")
    columns = points.collect_schema().names()
    missing = [repr(column) for column in (*_NEEDED, *by) if column not in columns]
    if missing:
        raise SchemaError(
            f"points have no column {', '.join(dict.fromkeys(missing))}; there are: {', '.join(columns)}; "
            "pass a frame as vedro_profiling.load() returns it, and group by its columns"
        )


def _refuse_mixed_metrics(summary: pl.DataFrame, by: Sequence[str]) -> None:
    mixed = summary.filter(pl.col("__metrics") > 1)
    if not mixed.is_empty():
        raise OptionError(
            f"by={tuple(by)!r} puts several metrics, with several units, into one group: {mixed.row(0)[: len(by)]!r}; "
            "add 'metric' to by, or filter the points to one metric"
        )


def _seconds_covered() -> pl.Expr:
    """Weigh each point: a gauge by the time it stands for, anything else by 1."""
    step = pl.col("time").diff().dt.total_microseconds() / 1e6
    # Without order_by the answer would depend on how files were put together.
    own = step.median().over(*_SERIES, order_by="time")
    usual = pl.max_horizontal(own, _TICK_STEP)
    since = step.over(*_SERIES, order_by="time")
    covered = pl.min_horizontal(since.fill_null(usual), _LONGEST_STEPS * usual).fill_null(_LONE_SECONDS)
    return pl.when(pl.col("metric").cast(pl.String).is_in(_GAUGES)).then(covered).otherwise(1.0)


def _tick_steps(points: pl.LazyFrame) -> pl.DataFrame:
    """Find the step of each target's tick grid, on which all its `cpu_percent` lies; no row without any.

    Where many scenarios are short, most readings of memory are taken at their borders, and a median step of a few
    milliseconds would make a gap of every tick between them.
    """
    step = pl.col("time").sort().diff().dt.total_microseconds().median() / 1e6
    ticks = points.filter(pl.col("metric").cast(pl.String) == "cpu_percent")
    steps = (portion.group_by(_TARGET).agg(step.alias(_TICK_STEP)) for portion in portions(ticks, _TARGET))
    return pl.concat([each.collect() for each in steps])


def _statistics() -> list[pl.Expr]:
    value, seconds = pl.col("value"), pl.col("__seconds")
    # Readings of one and the same instant cover no time at all; their mean is still an answer.
    average = pl.when(seconds.sum() > 0).then((value * seconds).sum() / seconds.sum()).otherwise(value.mean())
    is_counter = pl.col("metric").first().cast(pl.String).is_in(_COUNTERS)
    return [
        pl.len().alias("count"),
        average.alias("avg"),
        value.min().alias("min"),
        value.median().alias("med"),
        value.max().alias("max"),
        value.quantile(0.90, "linear").alias("p90"),
        value.quantile(0.95, "linear").alias("p95"),
        pl.when(is_counter).then(value.sum()).alias("total"),
    ]
