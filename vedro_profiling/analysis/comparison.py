"""What changed between runs, and whether it is more than noise."""

import math
from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

from vedro_profiling.analysis.comparison_measures import COMPARED, measure_sides
from vedro_profiling.analysis.comparison_runs import Runs, damage_named, open_runs
from vedro_profiling.analysis.comparison_statistics import FEWEST_RUNS, with_intervals
from vedro_profiling.errors import OptionError
from vedro_profiling.schema import SYSTEM_TARGET

__all__ = (
    "LESS",
    "MORE",
    "SAME",
    "UNKNOWN",
    "compare",
)

MORE: Final = "more"
LESS: Final = "less"
UNKNOWN: Final = "unknown"
SAME: Final = "same"

_LABELS: Final = {"scenario": "subject", "target": "service"}
"""What tells more of a column that makes groups."""

_RANKS: Final = (MORE, LESS, UNKNOWN, SAME)


def compare(  # noqa: PLR0913 - all but the two sides are keywords with defaults
    base: Runs,
    head: Runs,
    *,
    by: Sequence[str] = ("scenario", "method", "target"),
    relative: float = 0.05,
    absolute: Mapping[str, float] | None = None,
    confidence: float = 0.95,
) -> pl.DataFrame:
    """Tell what each scenario costs each target before and after, and whether the difference is more than noise.

    A run counts as one measurement, whatever number of files it is in and however often it repeats a scenario: CPU
    time and duration of a scenario are averages per attempt, `memory_usage` is weighted by time, `memory_peak` the
    highest of all attempts. Rows without a scenario stand for whole runs, with what lies between scenarios; there
    CPU time is a sum, and the duration that of all attempts together.

    With three or more runs a side, a difference is `more` or `less` if chance explains it badly (`p` is at most
    1 - `confidence`) and if it is relevant, that is,
    beyond `relative` of the base and beyond `absolute`. It is `same` if its whole interval is irrelevant. All else
    is `unknown`, and so is everything with fewer runs a side.

    Parameters
    ----------
    base, head
        The runs before and after: a frame of points, a file, folder, pattern or address as `scan` takes it, or
        several of them. Runs are told apart by their id in the column `run`; slices of one run share it.
    by
        The columns that make a row. `("scenario", "service")` compares services, however their containers are
        called; points with a null in a column other than `scenario` are left out, and the host is where `target`
        is not among them.
    relative
        The share of the base that a change must exceed to be relevant.
    absolute
        The amount that it must exceed as well, by metric and in its unit, such as `{"cpu_time": 5}`.
    confidence
        Of the interval, and of the verdicts.

    Returns
    -------
    DataFrame
        One row per group and metric (`cpu_time` in ms, `memory_peak` and `memory_usage` in MB, `scenario_duration`
        in ms), `more` first, then `less`, `unknown`, `same`; among these the host last, the greatest differences of
        a metric first. Columns: `by`, `subject` of the scenario, `service` of the target, `metric`, `base` and
        `head` (averages over runs), `difference`, `ratio` (head to base; null where base is 0), `base_runs`,
        `head_runs` (that have the row), `low` and `high` (Welch's interval of the difference, of this row alone),
        `p` (how likely so great a difference is by chance, corrected for the number of rows as Benjamini and
        Hochberg do), `verdict`, and `note`, which says why a verdict is `unknown`.

    Raises
    ------
    OptionError
        If an argument cannot be used, or SciPy is needed and not installed (the extra `compare`).
    SchemaError
        If a needed column is not in the points; the message lists the columns there are.
    MissingFileError, FileFormatError
        As `scan`.

    Examples
    --------
    >>> from datetime import datetime, timezone
    >>> noon = datetime(2026, 1, 26, 12, tzinfo=timezone.utc)
    >>> def runs(*cpu_ms):
    ...     return pl.DataFrame({
    ...         "time": noon, "metric": ["scenario_duration"] * 4 + ["cpu_time"] * 4, "value": [900.0] * 4 + [*cpu_ms],
    ...         "run": ["1", "2", "3", "4"] * 2, "scenario": "pay.py::Scenario", "method": "default", "target": "vedro",
    ...     })
    >>> changes = compare(runs(100.0, 102.0, 99.0, 101.0), runs(121.0, 119.0, 123.0, 120.0))
    >>> changes.filter(scenario="pay.py::Scenario", metric="cpu_time").select("base", "head", "verdict").rows()
    [(100.5, 120.75, 'more')]
    """
    absolute = absolute or {}
    _require_sense(by, relative, absolute, confidence)
    sides = open_runs(base, by), open_runs(head, by)
    with damage_named(base, head):
        measured = with_intervals(measure_sides(*sides, by=by), confidence=confidence)
        labelled = _labelled(_judged(measured, relative, absolute, 1 - confidence), sides, by)
    return labelled.sort(*_order(by), nulls_last=True)


def _require_sense(by: Sequence[str], relative: float, absolute: Mapping[str, float], confidence: float) -> None:
    if not by or isinstance(by, str) or set(by) & {"time", "metric", "value", "run"}:
        raise OptionError(f"by={by!r}: expected names of columns, such as ('scenario', 'method', 'target')")
    if not 0 <= relative < math.inf:
        raise OptionError(f"relative={relative!r}: expected a share that is not negative, such as 0.05 for 5 %")
    if not 0 < confidence < 1:
        raise OptionError(f"confidence={confidence!r}: expected a number between 0 and 1, such as 0.95")
    if not isinstance(absolute, Mapping):
        raise OptionError(f"absolute={absolute!r}: expected amounts by metric, such as {{'cpu_time': 5}}")
    for metric, amount in absolute.items():
        if metric not in COMPARED or not 0 <= amount < math.inf:
            raise OptionError(
                f"absolute[{metric!r}] = {amount!r}: expected an amount that is not negative, "
                f"of one of {', '.join(COMPARED)}"
            )


def _judged(changes: pl.DataFrame, relative: float, absolute: Mapping[str, float], chance: float) -> pl.DataFrame:
    amount = pl.col("metric").replace_strict(absolute, default=0.0, return_dtype=pl.Float64)
    bound = pl.max_horizontal(relative * pl.col("base").abs(), amount)
    is_change = (pl.col("p") <= chance) & (pl.col("difference").abs() > bound)
    is_same = pl.max_horizontal(pl.col("low").abs(), pl.col("high").abs()) <= bound
    verdict = (
        pl.when(is_change & (pl.col("difference") > 0))
        .then(pl.lit(MORE))
        .when(is_change)
        .then(pl.lit(LESS))
        .when(is_same)
        .then(pl.lit(SAME))
        .otherwise(pl.lit(UNKNOWN))
    )
    return changes.with_columns(verdict=verdict).with_columns(note=_note())


def _note() -> pl.Expr:
    """Say why a verdict is unknown."""
    too_few = pl.format(
        f"{{}} and {{}} runs: noise cannot be told from change with fewer than {FEWEST_RUNS} a side",
        "base_runs",
        "head_runs",
    )
    return (
        pl.when(pl.col("base_runs") == 0)
        .then(pl.lit("new: in head only"))
        .when(pl.col("head_runs") == 0)
        .then(pl.lit("gone: in base only"))
        .when(pl.min_horizontal("base_runs", "head_runs") < FEWEST_RUNS)
        .then(too_few)
        .when(pl.col("verdict") == UNKNOWN)
        .then(pl.lit("the runs vary too much to tell a change from none: record more of them"))
    )


def _order(by: Sequence[str]) -> list[pl.Expr]:
    rank = pl.col("verdict").replace_strict(_RANKS, range(len(_RANKS)), return_dtype=pl.Int8)
    # Beside the host, on which anything may run, every other target is more telling.
    is_host = [pl.col("target") == SYSTEM_TARGET] if "target" in by else []
    return [rank, *is_host, pl.col("metric"), -pl.col("difference").abs(), *map(pl.col, by)]


def _labelled(changes: pl.DataFrame, sides: Sequence[pl.LazyFrame], by: Sequence[str]) -> pl.DataFrame:
    """Add the subject of each scenario and the service of each target, and put the columns in order."""
    added = []
    for column, label in _LABELS.items():
        if column not in by or label in by:
            continue
        known = [
            points.filter(pl.col(column).is_not_null() & pl.col(label).is_not_null())
            .group_by(pl.col(column).cast(pl.String))
            .agg(pl.col(label).cast(pl.String).min())
            for points in sides
            if label in points.collect_schema()
        ]
        labels = pl.concat([*known, pl.LazyFrame(schema={column: pl.String, label: pl.String})])
        changes = changes.join(
            labels.unique(column, keep="last", maintain_order=True).collect(engine="streaming"), on=column, how="left"
        )
        added.append(label)
    return changes.select(
        *by,
        *added,
        "metric",
        "base",
        "head",
        "difference",
        "ratio",
        "base_runs",
        "head_runs",
        "low",
        "high",
        "p",
        "verdict",
        "note",
    )
