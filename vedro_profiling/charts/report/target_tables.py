"""The tables of targets: what each used, and how often it was read."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import polars as pl

from vedro_profiling import schema
from vedro_profiling.analysis.summary import summarize
from vedro_profiling.charts.report.cells import Cell, Column, Table, count, data, memory, name, seconds, share
from vedro_profiling.charts.report.naming import TARGET, Naming, of_targets

__all__ = ("readings", "targets")

_CPU: Final = "CPU time"
_LONG_STEPS: Final = 3


def targets(points: pl.DataFrame) -> Table:
    """Tabulate targets, those that consumed most CPU first and the host last."""
    statistics: dict[tuple[Any, ...], dict[str, dict[str, Any]]] = {}
    for row in summarize(of_targets(points), by=(*TARGET, "metric")).iter_rows(named=True):
        statistics.setdefault(tuple(row[column] for column in TARGET), {})[row["metric"]] = row
    host = (schema.DEFAULT_METHOD, schema.SYSTEM_TARGET)
    ranked = sorted(
        statistics, key=lambda key: (key[1:] == host, -(_pick(statistics[key], "cpu_time", "total") or 0.0))
    )
    naming = Naming(points)
    columns = (
        Column("target", is_name=True),
        *naming.run_column,
        Column("CPU avg", "100 % is one core; for the host 100 % is the whole machine"),
        Column("CPU p95", "95 of 100 readings were lower"),
        Column("CPU max"),
        Column(_CPU),
        Column("memory avg"),
        Column("memory max", "The highest reading"),
        Column("memory peak", "The kernel's own high-water mark, between readings too"),
        Column("received", "Over the network"),
        Column("sent", "Over the network"),
        Column("read", "From disk"),
        Column("written", "To disk"),
    )
    rows = []
    for key in ranked:
        row = dict(zip(TARGET, key, strict=True))
        rows.append([naming.target(row), *naming.run(row), *_amounts(statistics[key])])
    return _without_empty(Table("targets", "What each target used over the whole run", columns, rows))


def _amounts(metrics: Mapping[str, Mapping[str, Any]]) -> Iterator[Cell]:
    yield from (share(_pick(metrics, "cpu_percent", statistic)) for statistic in ("avg", "p95", "max"))
    consumed = _pick(metrics, "cpu_time", "total")
    yield seconds(None if consumed is None else consumed / 1000)
    yield from (memory(_pick(metrics, "memory_usage", statistic)) for statistic in ("avg", "max"))
    yield memory(_pick(metrics, "memory_peak", "max"))
    for metric in ("network_received", "network_sent", "disk_read", "disk_written"):
        yield data(_pick(metrics, metric, "total"))


def readings(points: pl.DataFrame) -> Table:
    """Tabulate how often each target was read, and where it was not."""
    series = [*TARGET, "metric"]
    step = pl.col("time").diff().dt.total_microseconds() / 1e6
    is_gap = step > _LONG_STEPS * step.median()
    grid = (
        of_targets(points)
        .filter(pl.col("metric").is_in(["cpu_percent", "memory_usage"]))
        .sort("time")
        .group_by(series)
        .agg(
            pl.len().alias("readings"),
            first=pl.col("time").min(),
            last=pl.col("time").max(),
            usual=step.median(),
            longest=step.max(),
            gaps=is_gap.sum(),
            unread=(step - step.median()).filter(is_gap).sum(),
        )
        # CPU is read at ticks only, memory at the borders of scenarios too.
        .sort("metric", *TARGET)
        .unique(TARGET, keep="first", maintain_order=True)
        .sort("unread", descending=True, maintain_order=True)
    )
    naming = Naming(points)
    columns = (
        Column("target", is_name=True),
        *naming.run_column,
        Column("readings"),
        Column("usual step"),
        Column("longest step"),
        Column("gaps", f"Steps longer than {_LONG_STEPS} usual ones"),
        Column("not read", "Time within gaps"),
        Column("first reading", is_name=True),
        Column("last reading", is_name=True),
    )
    rows = [
        (
            naming.target(row),
            *naming.run(row),
            count(row["readings"]),
            seconds(row["usual"]),
            seconds(row["longest"]),
            count(row["gaps"]),
            seconds(row["unread"]),
            name(f"{row['first']:%H:%M:%S}"),
            name(f"{row['last']:%H:%M:%S}"),
        )
        for row in grid.iter_rows(named=True)
    ]
    return Table("readings", "How often each target was read; times in UTC", columns, rows)


def _pick(metrics: Mapping[str, Mapping[str, Any]], metric: str, statistic: str) -> Any:
    return metrics.get(metric, {}).get(statistic)


def _without_empty(table: Table) -> Table:
    """Leave out the columns that say nothing of anyone: hosts without disk counters, runs without a network."""
    kept = [
        place
        for place, column in enumerate(table.columns)
        if column.is_name or any(row[place].value is not None for row in table.rows)
    ]
    return table._replace(
        columns=[table.columns[place] for place in kept], rows=[[row[place] for place in kept] for row in table.rows]
    )
