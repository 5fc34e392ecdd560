"""Attempts at scenarios, and which of them a point belongs to."""

from typing import Any

import polars as pl

from vedro_profiling.recording.blocks import Window

__all__ = (
    "apportion",
    "attribute",
    "durations",
    "pair_borders",
)


def pair_borders(borders: list[dict[str, Any]]) -> pl.DataFrame:
    """Pair the borders of each attempt; one without an end was cut off and lasts for ever."""
    rows: list[dict[str, Any]] = []
    for border in borders:
        if "scenario" in border:
            rows.append({"opened_ns": border["at_ns"], **border})
        elif rows:
            rows[-1] |= {"closed_ns": border["at_ns"], "status": border["status"]}
    dtypes = {
        "opened_ns": pl.Int64,
        "closed_ns": pl.Int64,
        "scenario": pl.String,
        "subject": pl.String,
        "status": pl.String,
    }
    return pl.DataFrame(rows, schema=dtypes)


def apportion(counters: pl.DataFrame, attempts: pl.DataFrame, *, is_streamed: pl.Series) -> pl.DataFrame:
    """Cut the intervals of streamed sources at the borders they span, and split their value by time."""
    borders = pl.concat([attempts["opened_ns"], attempts["closed_ns"]]).drop_nulls().unique()
    intervals = counters.with_row_index("interval")
    cuts = intervals.filter(pl.lit(is_streamed).gather(pl.col("source"))).join_where(
        borders.alias("end_ns").to_frame(),
        pl.col("since_ns") < pl.col("end_ns"),
        pl.col("end_ns") < pl.col("at_ns"),
    )
    if cuts.is_empty():
        return counters.with_columns(is_apportioned=False)
    last = intervals.join(cuts, on="interval", how="semi").with_columns(pl.col("at_ns").alias("end_ns"))
    begin = pl.col("end_ns").shift().over("interval").fill_null(pl.col("since_ns"))
    share = (pl.col("end_ns") - begin) / (pl.col("at_ns") - pl.col("since_ns"))
    parts = (
        pl.concat([cuts, last])
        .sort("interval", "end_ns")
        .select(
            "source",
            begin.alias("since_ns"),
            pl.col("end_ns").alias("at_ns"),
            pl.col("value") * share,
            "metric",
            is_apportioned=True,
        )
    )
    whole = intervals.join(cuts, on="interval", how="anti").drop("interval").with_columns(is_apportioned=False)
    return pl.concat([whole, parts])


def attribute(measured: pl.DataFrame, attempts: pl.DataFrame) -> pl.DataFrame:
    """Give each point the number of the attempt that its whole interval lies in, in place of `since_ns`."""
    if attempts.is_empty():
        return measured.drop("since_ns").with_columns(attempt=pl.lit(None, pl.Int32))
    # The attempt that was opened last before the interval began; null before the first.
    number = attempts["opened_ns"].search_sorted(measured["since_ns"], side="right").cast(pl.Int32) - 1
    number = number.set(number < 0, None)
    closed_ns = attempts["closed_ns"].gather(number)
    is_inside = closed_ns.is_null() | (measured["at_ns"] <= closed_ns)
    return measured.drop("since_ns").with_columns(attempt=pl.when(is_inside).then(number))


def durations(attempts: pl.DataFrame, *, source: int, window: Window) -> pl.DataFrame:
    """Measure the attempts that ended in a window: rows of source, at_ns, value, attempt."""
    return (
        attempts.with_row_index("attempt")
        .filter(pl.col("closed_ns") >= window.begin_ns, pl.col("closed_ns") < window.end_ns)
        .select(
            pl.lit(source, pl.Int64).alias("source"),
            pl.col("closed_ns").alias("at_ns"),
            ((pl.col("closed_ns") - pl.col("opened_ns")) / 1e6).alias("value"),
            pl.col("attempt").cast(pl.Int32),
        )
    )
