"""Points to k6 JSON lines, as k6 writes them (internal/output/json/{json,wrapper}.go)."""

import json
from collections.abc import Collection
from typing import Any, Final

import polars as pl

from vedro_profiling import schema

__all__ = (
    "SEPARATOR",
    "encode_lines",
)

SEPARATOR: Final = ","
"""What stands between the parts of a line."""

_TIME: Final = '"data":{"time":"%Y-%m-%dT%H:%M:%S%.6fZ"'
_NO_TAGS: Final = frozenset({"time", "metric", "value"})


def encode_lines(points: pl.DataFrame, introduced: Collection[str] = ()) -> pl.LazyFrame:
    """Build the line of each point; what points have in common is encoded once, not once a point.

    Parameters
    ----------
    points
        As `as_points` gives them; the order stays.
    introduced
        Metrics that have their Metric line already.

    Returns
    -------
    LazyFrame
        Four String columns, the parts of each line: to be joined by SEPARATOR. Only the values are built for each
        point; joining the parts here would copy all text once more. The first point of a metric bears the Metric
        line too, above a line break.
    """
    # k6 writes tags sorted by name.
    tags = [name for name in sorted(set(points.columns) - _NO_TAGS) if points[name].null_count() < points.height]
    # Tags get numbers for names here, so that none can collide with a column of this function.
    numbered = points.select("metric", **{str(number): tag for number, tag in enumerate(tags)})
    sets = numbered.lazy().with_row_index("row").group_by(numbered.columns).agg("row").collect()
    set_of_row = _list_of_each(sets["row"], points.height)
    heads = {name: _head(name) for name in sets["metric"].unique()}
    tails = pl.Series([_tail(tags, row) for row in sets.drop("metric", "row").iter_rows()], dtype=pl.String)
    return points.lazy().select(
        head=_with_metric_lines(points["metric"], sets["metric"].replace_strict(heads).gather(set_of_row), introduced),
        time=_stamps(points["time"]),
        value=pl.concat_str(pl.lit('"value":'), pl.col("value").cast(pl.String)),
        tail=tails.gather(set_of_row),
    )


def _list_of_each(lists: pl.Series, height: int) -> pl.Series:
    """Turn lists of row numbers, each row in one of them, into the number of the list that each row is in."""
    each = lists.to_frame("row").with_row_index("list").explode("row")
    return pl.zeros(height, dtype=pl.UInt32, eager=True).scatter(each["row"], each["list"])


def _with_metric_lines(metrics: pl.Series, heads: pl.Series, introduced: Collection[str]) -> pl.Series:
    """Put the Metric line of each metric above the first point of it."""
    firsts = metrics.is_first_distinct().arg_true()
    firsts = firsts.filter(~metrics[firsts].cast(pl.String).is_in(introduced))
    lines = [f"{_metric_line(name)}\n{head}" for name, head in zip(metrics[firsts], heads[firsts], strict=True)]
    return heads.scatter(firsts, lines)


def _stamps(times: pl.Series) -> pl.Series:
    """Format each instant once; the points of a reading share theirs."""
    is_new = times.ne_missing(times.shift())
    stamps: pl.Series = times.filter(is_new).dt.strftime(_TIME)
    return stamps.gather(is_new.cum_sum() - 1)


def _metric_line(name: str) -> str:
    known = schema.METRICS.get(name)
    data: dict[str, Any] = {
        "name": name,
        "type": known.type if known else "gauge",
        "contains": known.contains if known else "default",
        "thresholds": [],
        "submetrics": None,
    }
    if known:
        data["unit"] = known.unit
    return _encode({"type": "Metric", "data": data, "metric": name})


def _head(metric: str) -> str:
    return f'{{"metric":{_encode(metric)},"type":"Point"'


def _tail(tags: list[str], values: tuple[str | None, ...]) -> str:
    present = {tag: value for tag, value in zip(tags, values, strict=True) if value is not None}
    return f'"tags":{_encode(present)}}}}}'


def _encode(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    # As Go does it: these two end a line for JavaScript and for str.splitlines().
    return text.replace("\u2028", r"\u2028").replace("\u2029", r"\u2029")
