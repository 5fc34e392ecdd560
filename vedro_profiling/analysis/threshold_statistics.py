"""The numbers that thresholds judge."""

from collections.abc import Iterable, Mapping, Sequence

import polars as pl
from polars import selectors as cs

from vedro_profiling.analysis.k6_types import type_of_metric
from vedro_profiling.analysis.summary import summarize
from vedro_profiling.analysis.system import IS_SYSTEM
from vedro_profiling.analysis.threshold_language import Statistic
from vedro_profiling.schema import COLUMN_NAMES
from vedro_profiling.storage.frame import as_points

__all__ = (
    "as_measured",
    "is_meant",
    "matches",
    "measure",
    "tags_among",
)


def as_measured(points: pl.DataFrame | pl.LazyFrame) -> pl.DataFrame:
    """Bring points into their one shape, without the columns that are no tags, such as a number made in a notebook.

    Raises
    ------
    SchemaError
        If a needed column is not in `points`, or is not what the schema wants.
    """
    names = cs.by_name(*COLUMN_NAMES, require_all=False) | cs.string() | cs.categorical() | cs.enum()
    return as_points(points.lazy().select(names).collect())


def tags_among(columns: Iterable[str]) -> list[str]:
    """List the columns that a selector may name, in their order.

    >>> tags_among(["time", "metric", "value", "target", "branch"])
    ['target', 'branch']
    """
    return [name for name in columns if name not in {"time", "metric", "value"}]


def matches(statistic: Statistic) -> pl.Expr:
    """Select the points of the metric that bear all tags of the selector, each of which must be a column."""
    return _bears_tags(statistic) & is_meant(statistic.selector)


def _bears_tags(statistic: Statistic) -> pl.Expr:
    tags = [pl.col(tag) == value for tag, value in statistic.selector.items()]
    return pl.all_horizontal(pl.col("metric") == statistic.metric, *tags)


def is_meant(tags: Iterable[str]) -> pl.Expr:
    """Leave out the host where no target is named: its counters hold what each of the others used."""
    # A point of k6 has no target, and so is not the host's.
    return pl.lit(value=True) if "target" in tags else ~IS_SYSTEM.fill_null(value=False)


def measure(points: pl.DataFrame, statistics: Sequence[Statistic]) -> list[float | None]:
    """Take each statistic of the points; None where no point matches, or where a rate has no time to relate to.

    What each method means is told by `vedro_profiling.check`. A million points and 20 statistics take about 0.1 s.

    Parameters
    ----------
    points
        A frame in the shape of `as_measured`.
    statistics
        What to take.

    Examples
    --------
    >>> from datetime import datetime, timezone
    >>> noon = datetime(2026, 1, 26, 12, tzinfo=timezone.utc)
    >>> points = pl.DataFrame({"time": [noon] * 2, "metric": "vus", "target": ["a", "b"], "value": [1.0, 2.0]})
    >>> measure(as_measured(points), [Statistic(metric="vus", selector={"target": "b"}, method="max")])
    [2.0]
    """
    tags = set(tags_among(points.columns))
    answerable = {str(place): each for place, each in enumerate(statistics) if tags.issuperset(each.selector)}
    numbers = {
        **_averages(points, {place: each for place, each in answerable.items() if each.method == "avg"}),
        **_others(points, {place: each for place, each in answerable.items() if each.method != "avg"}),
    }
    return [numbers.get(str(place)) for place in range(len(statistics))]


def _averages(points: pl.DataFrame, statistics: Mapping[str, Statistic]) -> dict[str, float | None]:
    """Take averages from one summary for each set of tags, so that they are those of `summarize`."""
    of_metrics = points.filter(pl.col("metric").is_in([each.metric for each in statistics.values()]))
    tag_sets = {tuple(sorted(each.selector)) for each in statistics.values()}
    summaries = {tags: summarize(of_metrics.filter(is_meant(tags)), by=("metric", *tags)) for tags in tag_sets}
    return {
        place: summaries[tuple(sorted(each.selector))].filter(_bears_tags(each)).select(pl.col("avg").first()).item()
        for place, each in statistics.items()
    }


def _others(points: pl.DataFrame, statistics: Mapping[str, Statistic]) -> dict[str, float | None]:
    expressions = {place: _expression(points, each) for place, each in statistics.items()}
    return points.select(**expressions).row(0, named=True) if expressions else {}


def _expression(points: pl.DataFrame, statistic: Statistic) -> pl.Expr:
    is_match = matches(statistic)
    time, value = (pl.col(name).filter(is_match) for name in ("time", "value"))
    match statistic:
        case Statistic(method="p", percentile=float(percent)):
            return value.quantile(percent / 100, "linear")
        case Statistic(method="value"):
            # Several targets may be read at one instant: the greatest stands for them, whatever the order of files.
            return value.filter(time == time.max()).max()
        case Statistic(method="count"):
            return pl.when(is_match.any()).then(_amount(statistic.metric, value))
        case Statistic(method="rate"):
            return pl.when(is_match.any()).then(_rate(points, statistic, value))
    return {"min": value.min(), "med": value.median(), "max": value.max()}[statistic.method]


def _amount(metric: str, value: pl.Expr) -> pl.Expr:
    return value.sum() if type_of_metric(metric) == "counter" else value.len().cast(pl.Float64)


def _rate(points: pl.DataFrame, statistic: Statistic, value: pl.Expr) -> pl.Expr:
    if type_of_metric(statistic.metric) == "rate":
        return (value != 0).mean()
    seconds = _seconds_related_to(points, statistic.selector)
    return _amount(statistic.metric, value) / seconds if seconds else pl.lit(None, pl.Float64)


def _seconds_related_to(points: pl.DataFrame, selector: Mapping[str, str]) -> float:
    """Tell how long the scenario of a selector took, all attempts together, or else all runs, first to last point."""
    whose = {tag: selector[tag] for tag in ("run", "scenario") if tag in selector}
    attempts = Statistic(metric="scenario_duration", selector=whose, method="count")
    milliseconds = points.filter(matches(attempts)).select(pl.col("value").sum()).item() if "scenario" in whose else 0
    of_runs = points.filter(pl.col("run") == whose["run"]) if "run" in whose else points
    spans = of_runs.group_by("run").agg(span=pl.col("time").max() - pl.col("time").min())
    return float(milliseconds / 1000 or spans.select(pl.col("span").dt.total_microseconds().sum()).item() / 1e6)
