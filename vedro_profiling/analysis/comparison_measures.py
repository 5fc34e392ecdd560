"""What is compared: one number for each run, scenario, target and metric."""

from collections.abc import Sequence
from typing import Final

import polars as pl

from vedro_profiling.analysis.summary import summarize
from vedro_profiling.analysis.system import IS_SYSTEM

__all__ = ("COMPARED", "measure_runs", "measure_sides")

COMPARED: Final = ("cpu_time", "memory_peak", "memory_usage", "scenario_duration")
"""The metrics that are compared, in the unit that `vedro_profiling.schema.METRICS` gives them."""

_ATTEMPT: Final = ["run", "scenario"]
_IS_DURATION: Final = pl.col("metric") == "scenario_duration"
_IS_SUM: Final = pl.col("metric").is_in(["cpu_time", "scenario_duration"])


def measure_sides(base: pl.LazyFrame, head: pl.LazyFrame, *, by: Sequence[str]) -> pl.DataFrame:
    """Put the averages of both sides beside each other, a row for each group and metric.

    Returns
    -------
    DataFrame
        Columns: `by`, `metric`, `difference`, `ratio`, and for both sides `base`, `base_spread` (the standard
        deviation between runs) and `base_runs`; null, and 0 runs, for a side that does not have the row.
    """
    group = [*by, "metric"]
    left, right = (
        rows.group_by(group).agg(
            pl.col("value").mean().alias(side),
            pl.col("value").std().alias(f"{side}_spread"),
            pl.len().alias(f"{side}_runs"),
        )
        for side, rows in (("base", measure_runs(base, by)), ("head", measure_runs(head, by)))
    )
    both = left.join(right, on=group, how="full", coalesce=True, nulls_equal=True)
    return both.with_columns(
        pl.col("base_runs", "head_runs").fill_null(0),
        difference=pl.col("head") - pl.col("base"),
        ratio=pl.when(pl.col("base") != 0).then(pl.col("head") / pl.col("base")),
    )


def measure_runs(points: pl.LazyFrame, by: Sequence[str]) -> pl.DataFrame:
    """Make one number of each metric of COMPARED for each run and group, and, with `scenario`, for whole runs too.

    CPU time and duration are sums, of a scenario the average sum of its attempts; memory is weighted by time, and
    its peak the highest of all attempts. Where the kernel told no peak, the highest reading stands for it. A
    scenario without an attempt that ended has no number.

    Parameters
    ----------
    points
        Points of one or several runs, with a column `run`.
    by
        The columns that make a group. Points with a null in one of them are left out, but for `scenario`; and the
        host is, unless `target` is among them, for it has counted everything already.

    Returns
    -------
    DataFrame
        Columns: `run`, those of `by`, `metric`, `value`. `scenario` is null for whole runs.
    """
    others = [name for name in by if name != "scenario"]
    wanted = points.filter(pl.col("metric").cast(pl.String).is_in(COMPARED)).drop_nulls(others)
    if "target" not in others:
        wanted = wanted.filter(~IS_SYSTEM)
    whole = _numbers(summarize(wanted, by=("run", *others, "metric")).with_columns(attempts=1))
    if "scenario" not in by:
        return whole
    inside = wanted.filter(pl.col("scenario").is_not_null())
    ended = points.filter(pl.col("scenario").is_not_null() & _IS_DURATION)
    attempts = ended.group_by(_ATTEMPT).agg(attempts=pl.len()).collect(engine="streaming")
    of_scenarios = summarize(inside, by=("run", *by, "metric")).join(attempts, on=_ATTEMPT, nulls_equal=True)
    return pl.concat([whole, _numbers(of_scenarios)], how="diagonal")


def _numbers(summary: pl.DataFrame) -> pl.DataFrame:
    """Pick of each metric the statistic that is compared."""
    statistics = {"count", "avg", "min", "med", "max", "p90", "p95", "total", "attempts"}
    group = [name for name in summary.columns if name not in statistics]
    texts = summary.with_columns(pl.col(group).cast(pl.String))
    total = pl.coalesce("total", pl.col("avg") * pl.col("count")) / pl.col("attempts")
    value = pl.when(_IS_SUM).then(total).when(pl.col("metric") == "memory_peak").then("max").otherwise("avg")
    highest = texts.filter(metric="memory_usage").with_columns(metric=pl.lit("memory_peak"))
    missing = highest.join(texts, on=group, how="anti", nulls_equal=True)
    return pl.concat([texts, missing]).select(*group, value=value)
