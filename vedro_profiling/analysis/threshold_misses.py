"""Why a threshold matches no point, in words that lead to the right spelling."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Final

import polars as pl

from vedro_profiling.analysis.threshold_language import Statistic
from vedro_profiling.analysis.threshold_statistics import is_meant, tags_among
from vedro_profiling.schema import SYSTEM_TARGET

__all__ = ("explain_miss",)

_MOST_NAMES: Final = 10


def explain_miss(points: pl.DataFrame, statistic: Statistic) -> str:
    """Say which part of a statistic no point has, what there is instead, and the nearest spelling.

    Examples
    --------
    >>> points = pl.DataFrame(
    ...     {"metric": "memory_usage", "method": "docker", "target": ["a", "d"], "service": ["app", "db"]}
    ... )
    >>> explain_miss(points, Statistic(metric="memory_usage", selector={"service": "ap"}, method="max"))
    "no memory_usage point has service 'ap'; did you mean 'app'? there are: app, db"
    """
    if points.is_empty():
        return "there is no point at all"
    metrics = _names(points, "metric")
    if statistic.metric not in metrics:
        return f"no point has metric {statistic.metric!r}{_offer(statistic.metric, metrics)}"
    of_metric = points.filter(is_meant(statistic.selector), pl.col("metric") == statistic.metric)
    if of_metric.is_empty():
        return f"only the host has {statistic.metric} points: 'target:{SYSTEM_TARGET}' names it, nothing else means it"
    for tag, value in statistic.selector.items():
        values = _names(of_metric, tag) if tag in tags_among(points.columns) else []
        if not values:
            tags = [name for name in tags_among(points.columns) if _names(of_metric, name)]
            return f"no {statistic.metric} point has a tag {tag!r}{_offer(tag, tags)}"
        if value not in values:
            return f"no {statistic.metric} point has {tag} {value!r}{_offer(value, values)}"
    together = " and ".join(f"{tag} {value!r}" for tag, value in statistic.selector.items())
    return f"no {statistic.metric} point has {together} at once, though each of them alone"


def _names(points: pl.DataFrame, column: str) -> list[str]:
    return list(points[column].drop_nulls().unique().cast(pl.String).sort())


def _offer(name: str, names: Sequence[str]) -> str:
    nearest = [f" did you mean {close!r}?" for close in get_close_matches(name, names, n=1)]
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return f";{''.join(nearest)} there are: {', '.join(names[:_MOST_NAMES])}{more}" if names else ""
