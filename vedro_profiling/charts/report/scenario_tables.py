"""The tables of scenarios: what each cost, and what it cost each target."""

from typing import Final

import polars as pl

from vedro_profiling.analysis.scenarios import scenario_costs
from vedro_profiling.analysis.system import IS_SYSTEM
from vedro_profiling.charts.report.cells import Cell, Column, Table, count, data, memory, name, seconds
from vedro_profiling.charts.report.naming import TONES, Naming
from vedro_profiling.reporting.amounts import duration

__all__ = ("scenario_targets", "scenarios")

_MOST_ROWS: Final = 1000
_CPU: Final = "CPU time"


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
    naming = Naming(points)
    columns = (
        Column("scenario", is_name=True),
        *naming.run_column,
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
                stretch=None if naming.run_column else (row["began"], row["ended"]),
            ),
            *naming.run(row),
            name(row["status"], tone=TONES.get(row["status"], "")),
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
    naming = Naming(points)
    columns = (
        Column("scenario", is_name=True),
        *naming.run_column,
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
            *naming.run(row),
            naming.target(row),
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


def _outcomes(points: pl.DataFrame) -> pl.DataFrame:
    """Find the outcome of each scenario, that of its last attempt, and from when to when it ran."""
    attempts = points.filter(pl.col("metric") == "scenario_duration").sort("time")
    end_ms = pl.col("time").dt.epoch("ms")
    return attempts.group_by("run", "scenario").agg(
        pl.col("status").cast(pl.String).last(),
        began=(end_ms - pl.col("value")).min().cast(pl.Int64),
        ended=end_ms.max(),
    )
