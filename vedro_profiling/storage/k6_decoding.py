"""k6 JSON lines to points: ours, k6's own, and those of vedro-profiling 0.2.0."""

import json
import sys
from pathlib import Path
from typing import Any, Final

import polars as pl

from vedro_profiling.storage.compressed import open_binary
from vedro_profiling.storage.frame import as_points, is_of_a_year

__all__ = ("decode_points",)

_NUMBER: Final = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?"
_FLAT_OBJECT: Final = r'\{(?:"(?:[^"\\]|\\.)*"[:,\s]*)*\}'
_DATA: Final = (
    r'"data":\s*\{"time":\s*"(?<time>[^"\\]*)",\s*"value":\s*(?<value>' + _NUMBER + r"),\s*"
    r'(?<tags>"tags":\s*(?:null|' + _FLAT_OBJECT + r')(?:,\s*"metadata":\s*' + _FLAT_OBJECT + r")?)\}\}$"
)
# Anchored, and never with two ways to go on: the engine then needs one pass. Both in one pattern take three times as
# long. A line with any other order of keys is read too, by `json`.
_K6_LINE: Final = r'^\{"metric":\s*"(?<metric>[^"\\]+)",\s*"type":\s*"Point",\s*' + _DATA
_LINE_OF_0_2: Final = r'^\{"type":\s*"Point",\s*"metric":\s*"(?<metric>[^"\\]+)",\s*' + _DATA

_TIME: Final = "%Y-%m-%dT%H:%M:%S%.f%#z"

_RESERVED: Final = ("time", "metric", "value")

_REPLACEMENT: Final = "\ufffd"
_DAMAGED: Final = "no JSON"


def decode_points(source: Path | bytes) -> tuple[pl.DataFrame, list[int]]:
    """Read every point that is whole, and name the lines that are not.

    Parameters
    ----------
    source
        A file, plain or compressed, or the text itself.

    Returns
    -------
    tuple
        The points in the order of their lines, in the shape of `as_points`; then the numbers of the damaged lines,
        counted from 1 and sorted.

    Raises
    ------
    OSError
        If the file cannot be read, or its compressed stream is damaged.
    """
    found, damaged = _find_points(_split(source))
    damaged += _replaced(found, source)
    texts = found.select(pl.col("tags").unique()).with_row_index("set")
    tag_sets = [_tags_of(text) for text in texts["tags"]]
    found = found.join(texts, on="tags", how="left", maintain_order="left")
    broken = [number for number, tags in enumerate(tag_sets) if tags is None]
    damaged += found.filter(pl.col("set").is_in(broken))["number"].to_list()
    sound = found.filter(~pl.col("number").is_in(damaged))
    tags = _tag_columns(tag_sets, sound["set"])
    return as_points(sound.select("time", "metric", "value").hstack(tags)), sorted(set(damaged))


def _split(source: Path | bytes) -> pl.DataFrame:
    """Split each line into its fields; a line that fits no pattern is kept whole, as `rest`."""
    lines = pl.scan_csv(
        source,
        has_header=False,
        separator="\x01",  # stands in no line of JSON, so what follows it is junk
        quote_char=None,
        encoding="utf8-lossy",
        empty_string_is_null=False,
        schema={"line": pl.String, "junk": pl.String},
        row_index_name="number",
        row_index_offset=1,
        extra_columns="ignore",
        missing_columns="insert",
        glob=False,
    )
    is_by_k6 = pl.col("by_k6").struct.field("metric").is_not_null()
    is_whole = pl.col("time").is_not_null() & pl.col("value").is_finite().fill_null(value=False)
    return (
        # Step by step, for an expression that stands twice in one step is worked out twice.
        lines.with_columns(by_k6=pl.col("line").str.extract_groups(_K6_LINE))
        .with_columns(by_0_2=pl.when(~is_by_k6).then("line").str.extract_groups(_LINE_OF_0_2))
        .select("number", "line", "junk", pl.when(is_by_k6).then("by_k6").otherwise("by_0_2").struct.unnest())
        .with_columns(_typed_fields())
        .with_columns(rest=pl.when(pl.col("junk") != "").then(pl.lit(_DAMAGED)).when(~is_whole).then("line"))
        .select("number", "time", "metric", "value", "tags", "rest")
        .collect(engine="streaming")
    )


def _typed_fields() -> list[pl.Expr]:
    time = pl.col("time").str.to_datetime(_TIME, time_unit="us", strict=False)
    return [
        pl.when(is_of_a_year(time)).then(time).alias("time"),
        pl.col("value").cast(pl.Float64, strict=False),
        pl.col("metric", "tags").cast(pl.Categorical),
    ]


def _find_points(lines: pl.DataFrame) -> tuple[pl.DataFrame, list[int]]:
    """Join the points that the patterns found with those that `json` finds in the rest, in the order of lines."""
    found = lines.filter(pl.col("rest").is_null() & pl.col("time").is_not_null()).drop("rest")
    recovered, damaged = _recover(lines.filter(pl.col("rest").is_not_null()))
    if recovered.is_empty():
        return found, damaged
    return pl.concat([found, recovered.match_to_schema(found.schema)]).sort("number"), damaged


def _recover(lines: pl.DataFrame) -> tuple[pl.DataFrame, list[int]]:
    """Decode lines one by one: Metric lines, other orders of keys, escapes in a name, and damaged lines."""
    entries: list[tuple[int, str, str, float, str]] = []
    damaged: list[int] = []
    for number, line in lines.filter(pl.col("rest").str.strip_chars() != "").select("number", "rest").iter_rows():
        match _loads(line):
            case {"type": "Metric", "metric": str()}:
                pass
            case {
                "type": "Point",
                "metric": str(metric),
                "data": {"time": str(time), "value": int() | float() as value} as data,
            } if metric and _is_measured(value):
                tags = json.dumps(data.get("tags"), ensure_ascii=False)
                entries.append((number, time, metric, float(value), f'"tags":{tags}'))
            case _:
                damaged.append(number)
    texts = dict.fromkeys(("time", "metric", "value", "tags"), pl.String()) | {"value": pl.Float64()}
    recovered = pl.DataFrame(entries, {"number": lines["number"].dtype, **texts}, orient="row")
    recovered = recovered.with_columns(_typed_fields())
    damaged += recovered.filter(pl.col("time").is_null())["number"].to_list()
    return recovered.filter(pl.col("time").is_not_null()), damaged


def _loads(text: str) -> Any:
    """Decode JSON; None if it is none, or holds half a surrogate pair, which JSON can spell but no file can store."""
    try:
        entry = json.loads(text)
        json.dumps(entry, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    return entry


def _is_measured(value: float) -> bool:
    return not isinstance(value, bool) and abs(value) <= sys.float_info.max


def _replaced(found: pl.DataFrame, source: Path | bytes) -> list[int]:
    """Name the lines whose names were no UTF-8: each byte that was none has become U+FFFD, which can also be real."""
    suspects = [
        pl.col(name).is_in([text for text in found[name].unique() if _REPLACEMENT in text])
        for name in ("metric", "tags")
    ]
    numbers = set(found.filter(pl.any_horizontal(suspects))["number"])
    if not numbers:
        return []
    with open_binary(source) as lines:
        return [number for number, line in enumerate(lines, 1) if number in numbers and not _is_utf8(line)]


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _tags_of(text: str) -> dict[str, str] | None:
    """Decode `"tags":{...}`; None if that is no JSON, or the tags are no object."""
    match _loads(f"{{{text}}}"):
        case {"tags": None}:
            return {}
        case {"tags": dict(tags)}:
            return {_column_of(name): _text_of(value) for name, value in tags.items() if value is not None}
    return None


def _column_of(tag: str) -> str:
    return f"tag_{tag}" if tag in _RESERVED else tag


def _text_of(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _tag_columns(tag_sets: list[dict[str, str] | None], choice: pl.Series) -> list[pl.Series]:
    """Build a column per tag, with the tag set that `choice` names for each row."""
    names = sorted({name for tags in tag_sets if tags for name in tags})
    return [
        pl.Series(name, [tags.get(name) if tags else None for tags in tag_sets], dtype=pl.Categorical).gather(choice)
        for name in names
    ]
