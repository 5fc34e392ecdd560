"""Budgets: thresholds in k6's language, judged on points."""

import operator
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import polars as pl

from vedro_profiling.analysis.k6_types import type_of_metric
from vedro_profiling.analysis.threshold_language import Threshold, parse_thresholds
from vedro_profiling.analysis.threshold_misses import explain_miss
from vedro_profiling.analysis.threshold_statistics import as_measured, matches, measure
from vedro_profiling.schema import METRICS

__all__ = (
    "BROKEN",
    "NOT_JUDGED",
    "PASSED",
    "check",
    "methods_missing",
    "parse_thresholds",
)

PASSED: Final = "passed"
BROKEN: Final = "broken"
NOT_JUDGED: Final = "not judged"

_COLUMNS: Final = {
    "threshold": pl.String(),
    "expression": pl.String(),
    "metric": pl.String(),
    "value": pl.Float64(),
    "limit": pl.Float64(),
    "status": pl.String(),
    "reason": pl.String(),
}

_IS_KEPT: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "===": operator.eq,
    "!=": operator.ne,
}


def check(
    points: pl.DataFrame | pl.LazyFrame,
    thresholds: Mapping[str, str | Sequence[str]] | Iterable[Threshold],
    *,
    unavailable_methods: Collection[str] = (),
    no_scenario_ran: bool = False,
) -> pl.DataFrame:
    """Judge budgets in k6's language on points.

    All points of a metric that bear the tags of a threshold are judged together, over targets, scenarios and runs; the
    host's only where a target is named, as in `cpu_time{target:system}`, for it has used what each of the others used.
    Unlike in k6, a threshold that matches no point is broken, and every method may be used with every metric:

    - `avg`: as in `summarize`: weighted by time for a gauge, the plain mean of the points for others
    - `min`, `max`, `med`, `p(N)`: of the points, interpolated linearly as k6 does
    - `count`: the sum of a counter, the number of points of any other metric
    - `rate`: `count` per second of the scenario, if the tags name one (all its attempts together), or else of
      the runs, each from its first to its last point; for k6's own rates (`checks`, `http_req_failed`) the share
      of points that are not 0 (points do not tell a script's own Rate from a Trend: its share is `avg`)
    - `value`: the last by time; the greatest, where several points share that instant

    Parameters
    ----------
    points
        A points frame, in any order, of one run or several.
    thresholds
        From a metric, or `metric{tag:value,tag2:value2}`, to one expression or several such as `max<512`, in the
        metric's unit; or what `parse_thresholds` made of that.
    unavailable_methods
        Methods that could not be recorded: a threshold that matches no point is then "not judged", unless its tags
        name another method. What is known of them is among the facts in a file: see `vedro_profiling.read_facts`.
    no_scenario_ran
        Whether the run, a slice perhaps, had no scenario: what matches no point is then "not judged" either.

    Returns
    -------
    DataFrame
        One row per expression, in their order. Columns: `threshold` (the key), `expression`, `metric`, `value`
        (null where nothing matched), `limit`, `status` ("passed", "broken" or "not judged") and `reason`: where a
        broken limit was crossed, why nothing matched, or why it was not judged; null when passed.

    Raises
    ------
    OptionError
        For a threshold that cannot be read; the message names it, its fault, and what is allowed.
    SchemaError
        If a needed column is not in `points`; the message lists the columns there are.

    Examples
    --------
    >>> from datetime import datetime, timezone
    >>> import polars as pl
    >>> noon = datetime(2026, 1, 26, 12, tzinfo=timezone.utc)
    >>> points = pl.DataFrame({
    ...     "time": [noon, noon.replace(second=1)], "metric": "memory_usage", "service": "app", "value": [300.0, 520.0],
    ... })
    >>> verdicts = check(points, {"memory_usage{service:app}": ["max<512", "med<=410"]})
    >>> verdicts.select("expression", "value", "status").rows()
    [('max<512', 520.0, 'broken'), ('med<=410', 410.0, 'passed')]
    """
    parsed = parse_thresholds(thresholds) if isinstance(thresholds, Mapping) else list(thresholds)
    measured = as_measured(points)
    excuses = ["no scenario ran"] if no_scenario_ran else []
    rows = []
    for threshold, value in zip(parsed, measure(measured, parsed), strict=True):
        missing = _missing_methods(threshold, unavailable_methods)
        status, reason = _judge(measured, threshold, value, [*excuses, *missing])
        rows.append((threshold.key, threshold.expression, threshold.metric, value, threshold.limit, status, reason))
    return pl.DataFrame(rows, _COLUMNS, orient="row")


def methods_missing(runs: Iterable[Mapping[str, Any]]) -> set[str]:
    """Tell which methods could be used in none of some runs, because no engine answered, say.

    Parameters
    ----------
    runs
        The facts of each, as `vedro_profiling.read_facts` gives them.

    Examples
    --------
    >>> methods_missing([{"run": "night-1", "unavailable_methods": ["docker"]}])
    {'docker'}
    >>> methods_missing([{"run": "night-1", "unavailable_methods": ["docker"]}, {"run": "night-2"}])
    set()
    """
    missing = [set(facts.get("unavailable_methods", ())) for facts in runs]
    return set.intersection(*missing) if missing else set()


def _missing_methods(threshold: Threshold, unavailable: Collection[str]) -> list[str]:
    wanted = [method for method in sorted(unavailable) if threshold.selector.get("method", method) == method]
    return [f"method {method!r} was not available" for method in wanted]


def _judge(
    points: pl.DataFrame, threshold: Threshold, value: float | None, excuses: Sequence[str]
) -> tuple[str, str | None]:
    if value is not None:
        is_kept = _IS_KEPT[threshold.operator](value, threshold.limit)
        return (PASSED, None) if is_kept else (BROKEN, _tell_crossing(points, threshold, value))
    if measure(points, [replace(threshold, method="count")]) != [None]:
        return NOT_JUDGED, "the points cover no time that a rate could relate to"
    miss = explain_miss(points, threshold)
    return (NOT_JUDGED, f"{' and '.join(excuses)}; {miss}") if excuses else (BROKEN, miss)


def _tell_crossing(points: pl.DataFrame, threshold: Threshold, value: float) -> str:
    method = threshold.method if threshold.percentile is None else f"p({threshold.percentile:g})"
    unit, place = _unit(threshold), _place(points, threshold, value)
    return ", ".join([" ".join(filter(None, [method, f"is {_shown(threshold, value)}", unit])), *place])


def _shown(threshold: Threshold, value: float) -> str:
    """Write a value with six digits, or with all where these would not do, or would seem to keep the limit."""
    rounded = f"{value:.6g}"
    is_enough = "e" not in rounded and not _IS_KEPT[threshold.operator](float(rounded), threshold.limit)
    return rounded if is_enough else f"{value:.12g}"


def _unit(threshold: Threshold) -> str:
    type_ = type_of_metric(threshold.metric)
    if (type_, threshold.method) == ("rate", "rate"):
        return ""
    is_number_of_points = threshold.method in {"count", "rate"} and type_ != "counter"
    metric = METRICS.get(threshold.metric)
    unit = "points" if is_number_of_points else metric.unit if metric else ""
    return f"{unit} per second".strip() if threshold.method == "rate" else unit


def _place(points: pl.DataFrame, threshold: Threshold, value: float) -> list[str]:
    """Tell whose points a limit was broken by: of the single one, where it is one, else what all have in common."""
    judged = points.filter(matches(threshold))
    if threshold.method not in {"min", "max", "value"}:
        return [f"{name} {judged[name][0]}" for name in ("target", "scenario") if _is_common(judged[name])]
    bearers = judged.filter(pl.col("value") == value).sort("time")
    bearer = bearers.row(-1 if threshold.method == "value" else 0, named=True)
    names = [f"{name} {bearer[name]}" for name in ("target", "scenario") if bearer[name] is not None]
    return [*names, f"at {bearer['time']:%Y-%m-%dT%H:%M:%SZ}"]


def _is_common(names: pl.Series) -> bool:
    return names.n_unique() == 1 and names[0] is not None
