"""A run on one page: an HTML file that carries all it needs and asks no network."""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from vedro_profiling.analysis.thresholds import check
from vedro_profiling.charts.report import overview
from vedro_profiling.charts.report.budget_table import budgets
from vedro_profiling.charts.report.cells import Table
from vedro_profiling.charts.report.figures import figures
from vedro_profiling.charts.report.load_test import foreign_metrics
from vedro_profiling.charts.report.page import page
from vedro_profiling.charts.report.scenario_tables import scenario_targets, scenarios
from vedro_profiling.charts.report.target_tables import readings, targets
from vedro_profiling.replacing import replacing
from vedro_profiling.storage.frame import as_points

if TYPE_CHECKING:
    from vedro_profiling.analysis.threshold_language import Threshold

__all__ = ("save_report",)


def save_report(
    points: pl.DataFrame | pl.LazyFrame,
    path: str | os.PathLike[str],
    *,
    thresholds: Mapping[str, str | Sequence[str]] | Iterable["Threshold"] | None = None,
    facts: Sequence[Mapping[str, Any]] = (),
    title: str | None = None,
) -> Path:
    """Write one page for someone who did not write the tests: the verdict first, then what there is behind it.

    The file carries all it needs and asks no network. What is drawn is reduced, what is tabled is exact; a table
    ends at its thousand dearest rows and says so. Of several runs, each has its own rows, and the timeline lays the
    latest over each other; it shows 24 lines at most, those of the targets that used most CPU.

    Parameters
    ----------
    points
        A points frame, of one run or many; the metrics of a load test with k6 may be among them.
    path
        Where to; its folder is made when it is missing, and the page renamed into place.
    thresholds
        Budgets to judge, as `check` takes them.
    facts
        What is known of the runs, as `read_facts` reads it: host, versions, own cost, what could not be read.
    title
        What the page is called; by default the run is named.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    SchemaError
        If a column is missing.
    OptionError
        For a threshold that cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> from datetime import datetime, timezone
    >>> noon = datetime(2026, 1, 26, 12, tzinfo=timezone.utc)
    >>> points = pl.DataFrame({
    ...     "time": [noon, noon.replace(second=1)], "metric": "cpu_percent", "value": [10.0, 90.0],
    ...     "target": "app", "method": "docker", "run": "run-1",
    ... })
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     "No budgets set" in save_report(points, f"{folder}/report.html").read_text(encoding="utf-8")
    True
    """
    target = Path(path)
    rows = as_points(points.lazy().collect())
    verdicts = None if thresholds is None else _judged(rows, thresholds, facts)
    drawn = figures(rows)
    text = page(
        {
            "title": title or _title(rows),
            "verdict": overview.verdict(verdicts),
            "numbers": overview.numbers(rows),
            "runs": overview.runs(rows, facts),
            "faults": overview.faults(rows, facts),
            "figures": {figure.id: figure for figure in drawn},
            "tables": {table.id: table for table in _tables(rows, verdicts)},
        },
        has_figures=bool(drawn),
    )
    target.parent.mkdir(parents=True, exist_ok=True)
    with replacing(target) as beside:
        beside.write_bytes(text.encode())
    return target


def _judged(
    points: pl.DataFrame,
    thresholds: Mapping[str, str | Sequence[str]] | Iterable["Threshold"],
    facts: Sequence[Mapping[str, Any]],
) -> pl.DataFrame:
    unavailable = {method for of_run in facts for method in of_run.get("unavailable_methods") or ()}
    return check(points, thresholds, unavailable_methods=unavailable)


def _title(points: pl.DataFrame) -> str:
    names = points["run"].cast(pl.String).drop_nulls().unique().to_list()
    return f"Profile of {names[0]}" if len(names) == 1 else "Profile"


def _tables(points: pl.DataFrame, verdicts: pl.DataFrame | None) -> list[Table]:
    """Make the tables that have something to tell."""
    made = [
        *([budgets(verdicts)] if verdicts is not None else []),
        scenarios(points),
        scenario_targets(points),
        targets(points),
        foreign_metrics(points),
        readings(points),
    ]
    return [table for table in made if table.rows]
