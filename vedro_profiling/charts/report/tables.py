"""The tables of the report: what scenarios cost, what targets used, how often they were read."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

import polars as pl

from vedro_profiling import schema
from vedro_profiling.amounts import duration
from vedro_profiling.analysis.k6_types import type_of_metric
from vedro_profiling.analysis.scenarios import scenario_costs
from vedro_profiling.analysis.summary import summarize
from vedro_profiling.analysis.system import IS_SYSTEM
from vedro_profiling.charts.report.cells import (
    Cell,
    Column,
    Table,
    count,
    data,
    measured,
    memory,
    name,
    plain_number,
    seconds,
    share,
)

__all__ = (
    "budgets",
    "foreign_metrics",
    "readings",
    "scenario_targets",
    "scenarios",
    "targets",
)

_MOST_ROWS: Final = 1000
_LONG_STEPS: Final = 3
_TONES: Final = {"passed": "good", "broken": "bad", "failed": "bad", "not judged": "unsure"}
_TARGET: Final = ("run", "method", "target")
_RUN: Final = Column("run", is_name=True)
_CPU: Final = "CPU time"


def budgets(verdicts: pl.DataFrame) -> Table:
    """Tabulate verdicts: those that are broken first, then those that could not be judged."""
    severity = {"broken": 0, "not judged": 1}
    ordered = sorted(verdicts.to_dicts(), key=lambda row: severity.get(row["status"], 2))
    columns = (
        Column("budget", is_name=True),
        Column("verdict", is_name=True),
        Column("measured"),
        Column("limit"),
        Column("why", is_name=True),
    )
    rows = [
        (
            name(row["threshold"], detail=row["expression"]),
            name(row["status"], tone=_TONES[row["status"]]),
            measured(row["value"], _unit(row)),
            measured(row["limit"], _unit(row)),
            name(row["reason"] or ""),
        )
        for row in ordered
    ]
    return Table("budgets", "Every budget and what was measured", columns, rows)


def _unit(verdict: Mapping[str, Any]) -> str:
    """Tell the unit of what was measured; numbers of points and what there is per second are given bare."""
    is_value = not verdict["expression"].lstrip().startswith(("count", "rate"))
    metric = schema.METRICS.get(verdict["metric"])
    return metric.unit if metric is not None and is_value else ""


def scenarios(points: pl.DataFrame) -> Table:
    """Tabulate scenarios, the dearest first, by the CPU time of all targets but the host, which holds them all."""
    costs = scenario_costs(points)
    of_host = IS_SYSTEM.fill_null(value=False)
    peak = pl.col("memory_peak").filter(~of_host)
    dearest, largest = (pl.col("target").filter(~of_host).get(place, null_on_oob=True) for place in (0, peak.arg_max()))
    ranked = (
        costs.group_by("run", "scenario", maintain_order=True)
        .agg(
            pl.col("subject", "attempts", "duration").first(),
            total=pl.col("cpu_time").filter(~of_host).sum(),
            most=pl.col("cpu_time").filter(~of_host).first(),
            most_in=dearest,
            peak=peak.max(),
            peak_in=largest,
        )
        .join(_outcomes(points), on=["run", "scenario"], how="left", nulls_equal=True)
        .sort("total", descending=True, maintain_order=True)
    )
    of_many_runs = _has_many_runs(points)
    columns = (
        Column("scenario", is_name=True),
        *([_RUN] if of_many_runs else []),
        Column("status", is_name=True),
        Column("attempts", "Repeats and reruns; time and CPU are the sum of all"),
        Column("duration"),
        Column(_CPU, "Of all targets together, without the host"),
        Column("most of it in", is_name=True),
        Column("highest memory", "The largest peak of one target, without the host"),
        Column("in", is_name=True),
    )
    rows = [
        (
            name(
                row["subject"] or row["scenario"],
                detail=row["scenario"] if row["subject"] else "",
                stretch=None if of_many_runs else (row["began"], row["ended"]),
            ),
            *([name(row["run"])] if of_many_runs else []),
            name(row["status"], tone=_TONES.get(row["status"], "")),
            count(row["attempts"]),
            seconds(row["duration"]),
            seconds(row["total"]),
            name(row["most_in"] and f"{row['most_in']} ({duration(row['most'])})"),
            memory(row["peak"]),
            name(row["peak_in"]),
        )
        for row in ranked.head(_MOST_ROWS).iter_rows(named=True)
    ]
    left_out = ranked.height - len(rows)
    return Table("scenarios", "What each scenario cost, the dearest first", columns, rows, _CPU, left_out)


def scenario_targets(points: pl.DataFrame) -> Table:
    """Tabulate what each scenario cost each target, the host among them."""
    costs = scenario_costs(points)
    of_many_runs = _has_many_runs(points)
    labels = _labels(costs)
    columns = (
        Column("scenario", is_name=True),
        *([_RUN] if of_many_runs else []),
        Column("target", is_name=True),
        Column(_CPU),
        Column("cores", "CPU seconds per second of the scenario"),
        Column("memory avg"),
        Column("memory peak"),
        Column("received", "Over the network"),
        Column("sent", "Over the network"),
    )
    rows = [
        (
            name(row["subject"] or row["scenario"]),
            *([name(row["run"])] if of_many_runs else []),
            name(labels[row["method"], row["target"]]),
            seconds(row["cpu_time"]),
            Cell("-" if row["cores"] is None else f"{row['cores']:.2f}", row["cores"]),
            memory(row["memory"]),
            memory(row["memory_peak"]),
            data(row["network_received"]),
            data(row["network_sent"]),
        )
        for row in costs.head(_MOST_ROWS).iter_rows(named=True)
    ]
    left_out = costs.height - len(rows)
    return Table("scenario-targets", "What each scenario cost each target", columns, rows, _CPU, left_out)


def targets(points: pl.DataFrame) -> Table:
    """Tabulate targets, those that consumed most CPU first and the host last."""
    of_targets = _of_targets(points)
    statistics: dict[tuple[Any, ...], dict[str, dict[str, Any]]] = {}
    for row in summarize(of_targets, by=(*_TARGET, "metric")).iter_rows(named=True):
        statistics.setdefault(tuple(row[column] for column in _TARGET), {})[row["metric"]] = row
    host = (schema.DEFAULT_METHOD, schema.SYSTEM_TARGET)
    ranked = sorted(
        statistics, key=lambda key: (key[1:] == host, -(_pick(statistics[key], "cpu_time", "total") or 0.0))
    )
    of_many_runs = _has_many_runs(points)
    labels = _labels(of_targets)
    columns = (
        Column("target", is_name=True),
        *([_RUN] if of_many_runs else []),
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
        run, *target = key
        label = labels[tuple(target)]
        named = [name(label), *([name(run)] if of_many_runs else [])]
        rows.append([*named, *_amounts(statistics[key])])
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
    series = [*_TARGET, "metric"]
    step = pl.col("time").diff().dt.total_microseconds() / 1e6
    is_gap = step > _LONG_STEPS * step.median()
    grid = (
        _of_targets(points)
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
        .sort("unread", *_TARGET, "metric", descending=[True, False, False, False, False])
        .unique(_TARGET, keep="first", maintain_order=True)
    )
    of_many_runs = _has_many_runs(points)
    labels = _labels(grid)
    columns = (
        Column("target", is_name=True),
        *([_RUN] if of_many_runs else []),
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
            name(labels[row["method"], row["target"]]),
            *([name(row["run"])] if of_many_runs else []),
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


def foreign_metrics(points: pl.DataFrame) -> Table:
    """Tabulate the metrics that are not ours, such as those of a load test with k6."""
    foreign = points.filter(~pl.col("metric").is_in(list(schema.METRICS)))
    statistics = ("avg", "min", "med", "max", "p90", "p95")
    totals = dict(foreign.group_by(pl.col("metric").cast(pl.String)).agg(pl.col("value").sum()).iter_rows())
    columns = (
        Column("metric", is_name=True),
        Column("points"),
        Column("total", "Of what k6 counts"),
        *(Column(statistic) for statistic in statistics),
    )
    rows = [
        (
            name(row["metric"]),
            count(row["count"]),
            plain_number(totals[row["metric"]] if type_of_metric(row["metric"]) == "counter" else None),
            *(plain_number(row[statistic]) for statistic in statistics),
        )
        for row in (summarize(foreign, by=["metric"]) if not foreign.is_empty() else foreign).iter_rows(named=True)
    ]
    return Table("load-test", "Metrics of the load test, in the units of k6", columns, rows)


def _of_targets(points: pl.DataFrame) -> pl.DataFrame:
    ours = [metric for metric in schema.METRICS if metric != "scenario_duration"]
    names = pl.col("metric", *_TARGET).cast(pl.String)
    return points.with_columns(names).filter(pl.col("metric").is_in(ours), pl.col("target").is_not_null())


def _outcomes(points: pl.DataFrame) -> pl.DataFrame:
    """Find the outcome of each scenario, that of its last attempt, and from when to when it ran."""
    attempts = points.filter(pl.col("metric") == "scenario_duration").sort("time")
    end_ms = pl.col("time").dt.epoch("ms")
    return attempts.group_by("run", "scenario").agg(
        pl.col("status").cast(pl.String).last(),
        began=(end_ms - pl.col("value")).min().cast(pl.Int64),
        ended=end_ms.max(),
    )


def _has_many_runs(points: pl.DataFrame) -> bool:
    return points["run"].n_unique() > 1


def _labels(rows: pl.DataFrame) -> dict[tuple[Any, ...], str]:
    """Name each target, with its method where two share a name."""
    known: Collection[tuple[Any, ...]] = rows.select(pl.col("method", "target").cast(pl.String)).unique().rows()
    bearers = [target for _, target in known]
    return {
        (method, target): target if bearers.count(target) == 1 else f"{target} ({method})" for method, target in known
    }


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
