"""The end-of-test summary of k6, for the JUnit and HTML reporters that read it."""

from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from vedro_profiling.analysis.k6_types import K6Type, type_of_metric
from vedro_profiling.analysis.threshold_language import Statistic, parse_key
from vedro_profiling.analysis.threshold_statistics import as_measured, is_meant, measure
from vedro_profiling.analysis.thresholds import NOT_JUDGED, PASSED
from vedro_profiling.schema import METRICS

__all__ = ("handle_summary",)

_TAKEN: Final[Mapping[K6Type, Mapping[str, tuple[str, float | None]]]] = {
    "counter": {"count": ("count", None)},
    "gauge": {"value": ("value", None), "min": ("min", None), "max": ("max", None)},
    "rate": {"rate": ("rate", None), "count": ("count", None)},
    "trend": {
        "avg": ("avg", None),
        "min": ("min", None),
        "med": ("med", None),
        "max": ("max", None),
        "p(90)": ("p", 90.0),
        "p(95)": ("p", 95.0),
    },
}
"""What is taken of each type of metric: k6's name for it, then method and percentile."""


def handle_summary(
    points: pl.DataFrame | pl.LazyFrame, verdicts: pl.DataFrame, *, duration_ms: float
) -> dict[str, Any]:
    """Make what k6 hands to `handleSummary(data)`: metrics, their values, and whether each threshold is kept.

    As in `check`, the host counts only where a target is named. As in k6, a metric with thresholds but without points
    has values of 0; its verdict is told by `ok` alone. A threshold that was not judged is left out, for k6 knows only
    kept and crossed.

    Parameters
    ----------
    points
        The points of the run.
    verdicts
        What `check` said of these points.
    duration_ms
        How long the run took; counters relate their rate to it.

    Returns
    -------
    dict
        Ready for `json.dump`, with `root_group`, `options`, `state` and `metrics`: each metric by name, then its
        submetrics by the key of their thresholds, such as `memory_usage{service:app}`.

    Raises
    ------
    SchemaError
        If a needed column is not in `points`; the message lists the columns there are.

    Examples
    --------
    >>> from datetime import datetime, timezone
    >>> import polars as pl
    >>> from vedro_profiling.analysis.thresholds import check
    >>> noon = datetime(2026, 1, 26, 12, tzinfo=timezone.utc)
    >>> points = pl.DataFrame({"time": [noon], "metric": ["memory_usage"], "value": [520.0]})
    >>> summary = handle_summary(points, check(points, {"memory_usage": "max<512"}), duration_ms=1000)
    >>> summary["metrics"]["memory_usage"]["values"]
    {'value': 520.0, 'min': 520.0, 'max': 520.0}
    >>> summary["metrics"]["memory_usage"]["thresholds"]
    {'max<512': {'ok': False}}
    """
    measured = as_measured(points)
    thresholds = _thresholds(verdicts)
    names = {*measured.filter(is_meant(()))["metric"].unique().cast(pl.String), *thresholds}
    metrics = {}
    for name in sorted(names, key=lambda name: (parse_key(name)[0], name)):
        metrics[name] = _metric(measured, name, duration_ms / 1000)
        if name in thresholds:
            metrics[name]["thresholds"] = thresholds[name]
    return {
        # The same in every k6 script without groups: the id is the MD5 of the empty name (lib/models.go).
        "root_group": {"name": "", "path": "", "id": "d41d8cd98f00b204e9800998ecf8427e", "groups": [], "checks": []},
        "options": {"summaryTrendStats": list(_TAKEN["trend"]), "summaryTimeUnit": "", "noColor": False},
        "state": {"isStdOutTTY": False, "isStdErrTTY": False, "testRunDurationMs": duration_ms},
        "metrics": metrics,
    }


def _thresholds(verdicts: pl.DataFrame) -> dict[str, dict[str, dict[str, bool]]]:
    gathered: dict[str, dict[str, dict[str, bool]]] = {}
    for verdict in verdicts.filter(pl.col("status") != NOT_JUDGED).iter_rows(named=True):
        of_key = gathered.setdefault(verdict["threshold"], {})
        of_key[verdict["expression"]] = {"ok": verdict["status"] == PASSED}
    return gathered


def _metric(points: pl.DataFrame, key: str, seconds: float) -> dict[str, Any]:
    metric, selector = parse_key(key)
    type_ = type_of_metric(metric)
    wanted = [
        Statistic(metric=metric, selector=selector, method=method, percentile=percentile)
        for method, percentile in _TAKEN[type_].values()
    ]
    taken = [value or 0.0 for value in measure(points, wanted)]
    return {
        "type": type_,
        "contains": METRICS[metric].contains if metric in METRICS else "default",
        "values": _values(type_, dict(zip(_TAKEN[type_], taken, strict=True)), seconds),
    }


def _values(type_: K6Type, taken: Mapping[str, float], seconds: float) -> dict[str, float]:
    if type_ == "counter":
        return {"count": taken["count"], "rate": taken["count"] / seconds if seconds else 0.0}
    if type_ == "rate":
        passes = round(taken["rate"] * taken["count"])
        return {"rate": taken["rate"], "passes": passes, "fails": round(taken["count"]) - passes}
    return dict(taken)
