"""How rows name their run and their target."""

from collections import Counter
from typing import Any, Final

import polars as pl

from vedro_profiling import schema
from vedro_profiling.charts.report.cells import Cell, Column, name

__all__ = ("TARGET", "TONES", "Naming", "of_targets")

TARGET: Final = ("run", "method", "target")

TONES: Final = {"passed": "good", "broken": "bad", "failed": "bad", "not judged": "unsure"}
"""How what became of a budget or a scenario is shown."""


class Naming:
    """Names runs where there are several, and targets with their method where two share a name."""

    def __init__(self, points: pl.DataFrame) -> None:
        targets = points.select(pl.col("method", "target").cast(pl.String)).drop_nulls("target").unique().rows()
        bearers = Counter(target for _, target in targets)
        self._labels = {
            (method, target): target if bearers[target] == 1 else f"{target} ({method})" for method, target in targets
        }
        self._has_many_runs = points["run"].n_unique() > 1
        self.run_column = [Column("run", is_name=True)] if self._has_many_runs else []
        """The column that names the run, or none."""

    def run(self, row: dict[str, Any]) -> list[Cell]:
        """Name the run of a row, if that has a column."""
        return [name(row["run"])] if self._has_many_runs else []

    def target(self, row: dict[str, Any]) -> Cell:
        """Name the target of a row."""
        return name(self._labels[row["method"], row["target"]])


def of_targets(points: pl.DataFrame) -> pl.DataFrame:
    """Take our own readings of targets; the metrics of k6, and what lasted how long, are something else."""
    ours = [metric for metric in schema.METRICS if metric != "scenario_duration"]
    names = pl.col("metric", *TARGET).cast(pl.String)
    return points.with_columns(names).filter(pl.col("metric").is_in(ours), pl.col("target").is_not_null())
