"""Points to k6 JSON lines, as k6 writes them (internal/output/json/{json,wrapper}.go)."""

import json
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


def encode_lines(points: pl.DataFrame) -> pl.LazyFrame:
    """Build the line of each point; what points have in common is encoded once, not once a point.

    Parameters
    ----------
    points
        As `as_points` gives them; the order stays.

    Returns
    -------
    LazyFrame
        Four String columns, the parts of each line: to be joined by SEPARATOR. Only the short ones are built for each
        point; joining the long ones here would copy all text once more. The first point of a metric bears the Metric
        line too, above a line break.
    """
    tags = sorted(set(points.columns) - {"time", "metric", "value"})  # k6 writes tags sorted by name
    # Tags get numbers for names here, so that none can collide with a column of this function.
    numbers = {tag: str(number) for number, tag in enumerate(tags)}
    numbered = points.rename(numbers)
    keys = ["metric", *numbers.values()]
    texts = numbered.select(keys).unique()
    heads = {metric: (_metric_line(metric), _head(metric)) for metric in texts["metric"].unique()}
    texts = texts.with_columns(
        first=pl.col("metric").replace_strict({name: "\n".join(head) for name, head in heads.items()}),
        head=pl.col("metric").replace_strict({name: head[1] for name, head in heads.items()}),
        tail=pl.Series([_tail(tags, row) for row in texts.drop("metric").iter_rows()], dtype=pl.String),
    )
    return (
        numbered.with_columns(is_first=pl.col("metric").is_first_distinct())
        .lazy()
        .join(texts.lazy(), on=keys, how="left", nulls_equal=True, maintain_order="left")
        .select(
            pl.when("is_first").then("first").otherwise("head").alias("head"),
            pl.col("time").dt.strftime(_TIME),
            pl.concat_str(pl.lit('"value":'), pl.col("value").cast(pl.String)),
            "tail",
        )
    )


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
