"""What each scenario cost each target."""

from typing import Final

import polars as pl

from vedro_profiling.analysis.summary import summarize

__all__ = ("scenario_costs",)

_SCENARIO: Final = ("run", "scenario")
_TARGET: Final = (*_SCENARIO, "method", "target")
_BYTES: Final = ("network_received", "network_sent", "disk_read", "disk_written")
_COLUMNS: Final = (
    *_TARGET,
    "service",
    "subject",
    "attempts",
    "duration",
    "cpu_time",
    "cores",
    "memory",
    "memory_peak",
    *_BYTES,
)


def scenario_costs(points: pl.DataFrame | pl.LazyFrame) -> pl.DataFrame:
    """List what each scenario cost each target, the dearest first.

    CPU time is exact, for a reading is taken at both ends of every attempt; memory is what was seen at readings,
    and its peak the kernel's own high-water mark where there is one. Attempts of one scenario are summed. Network
    and disk are read at both ends of an attempt as well, but of at most ten attempts a second: where more follow each
    other, the bytes of some are missing.

    Parameters
    ----------
    points
        A points frame, in any order, of one run or many.

    Returns
    -------
    DataFrame
        One row per run, scenario, method and target, by falling CPU time. Columns: `run`, `scenario`, `method`,
        `target`, `service`, `subject`, `attempts`, `duration` (seconds), `cpu_time` (seconds), `cores` (CPU seconds
        per second), `memory` (average, MB), `memory_peak` (MB), `network_received`, `network_sent`, `disk_read`,
        `disk_written` (bytes); null where nothing was read. An attempt that was cut off has no duration; a scenario
        without any is left out.

    Raises
    ------
    SchemaError
        If a needed column is not in `points`; the message lists the columns there are.

    Examples
    --------
    >>> import polars as pl
    >>> from datetime import datetime, timezone
    >>> end = datetime(2026, 1, 26, 12, tzinfo=timezone.utc)
    >>> points = pl.DataFrame({
    ...     "time": [end, end], "metric": ["scenario_duration", "cpu_time"], "value": [2000.0, 500.0],
    ...     "run": "r", "scenario": "pay.py::Scenario", "subject": ["pay", None], "method": "default",
    ...     "target": ["vedro", "app"],
    ... })
    >>> scenario_costs(points).select("target", "attempts", "duration", "cpu_time", "cores").rows()
    [('app', 1, 2.0, 0.5, 0.25)]
    """
    inside = points.lazy().filter(pl.col("scenario").is_not_null())
    attempts = (
        inside.filter(pl.col("metric") == "scenario_duration")
        .group_by(_SCENARIO)
        .agg(pl.col("subject").first(), attempts=pl.len(), duration=pl.col("value").sum() / 1000)
    )
    measured = inside.filter(pl.col("metric") != "scenario_duration").with_columns(_service(inside))
    return (
        summarize(measured, by=(*_TARGET, "service", "metric"))
        .lazy()
        .group_by(*_TARGET, "service")
        .agg(
            cpu_time=_amount("cpu_time", "total") / 1000,
            memory=_amount("memory_usage", "avg"),
            memory_peak=pl.coalesce(_amount("memory_peak", "max"), _amount("memory_usage", "max")),
            **{metric: _amount(metric, "total") for metric in _BYTES},
        )
        .join(attempts, on=_SCENARIO, how="inner")
        .with_columns(cores=pl.col("cpu_time") / pl.col("duration"))
        .select(_COLUMNS)
        .sort(pl.col("cpu_time"), *_TARGET, descending=[True, *(False for _ in _TARGET)], nulls_last=True)
        .collect()
    )


def _service(points: pl.LazyFrame) -> pl.Expr:
    is_there = "service" in points.collect_schema()
    return pl.col("service") if is_there else pl.lit(None, pl.Categorical).alias("service")


def _amount(metric: str, statistic: str) -> pl.Expr:
    return pl.col(statistic).filter(pl.col("metric") == metric).first()
