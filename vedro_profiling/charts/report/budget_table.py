"""The table of budgets: what was measured, and what it should have been."""

from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from vedro_profiling import schema
from vedro_profiling.analysis.thresholds import BROKEN, NOT_JUDGED, PASSED
from vedro_profiling.charts.report.cells import Column, Table, measured, name
from vedro_profiling.charts.report.naming import TONES

__all__ = ("budgets",)

_WORST_FIRST: Final = (BROKEN, NOT_JUDGED, PASSED)


def budgets(verdicts: pl.DataFrame) -> Table:
    """Tabulate verdicts: those that are broken first, then those that could not be judged."""
    ordered = sorted(verdicts.to_dicts(), key=lambda row: _WORST_FIRST.index(row["status"]))
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
            name(row["status"], tone=TONES[row["status"]]),
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
