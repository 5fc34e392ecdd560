"""Fewer points with the same picture."""

from collections.abc import Sequence

import polars as pl

__all__ = ("average_lines", "highest_readings", "pixel_column", "reduce_lines")


def pixel_column(pixels: int) -> pl.Expr:
    """Find the pixel column of each row, when the time of the frame spans `pixels` columns."""
    since_start = (pl.col("time") - pl.col("time").min()).dt.total_microseconds()
    return since_start * pixels // (since_start.max() + 1)


def reduce_lines(lines: pl.DataFrame, *, pixels: int, by: Sequence[str]) -> pl.DataFrame:
    """Keep the lowest and the highest point of each line in each pixel column.

    A line drawn over many points fills each pixel column from its lowest to its highest point, so nothing seen is
    lost, and every peak stays. Lines of at most two points a pixel are left whole.

    Parameters
    ----------
    lines
        Columns `time`, `value` and those of `by`; each line's rows ordered by time.
    pixels
        Width of the picture.
    by
        Columns whose values make a line.

    Returns
    -------
    DataFrame
        A part of the rows, in their order; at most `2 * pixels` rows a line.

    Examples
    --------
    >>> from datetime import datetime
    >>> seconds = pl.datetime_range(datetime(2026, 1, 26), datetime(2026, 1, 26, 0, 16, 39), "1s", eager=True)
    >>> lines = pl.DataFrame({"time": seconds, "name": "app", "value": [*[1.0] * 499, 9.0, *[1.0] * 500]})
    >>> reduced = reduce_lines(lines, pixels=10, by=["name"])
    >>> reduced.height, reduced["value"].max()
    (11, 9.0)
    """
    cell = [*by, pixel_column(pixels)]
    value, place = pl.col("value"), pl.int_range(pl.len()).over(cell)
    is_extreme = (place == value.arg_min().over(cell)) | (place == value.arg_max().over(cell))
    is_sparse = pl.len().over(by) <= 2 * pixels
    return lines.filter(is_sparse | is_extreme)


def average_lines(lines: pl.DataFrame, *, pixels: int, by: Sequence[str]) -> pl.DataFrame:
    """Replace the points of each line in each of `pixels` stretches by their average, at their average time."""
    cells = lines.group_by(*by, pixel_column(pixels).alias("__column"), maintain_order=True)
    return cells.agg(pl.col("time", "elapsed", "value").mean()).drop("__column")


def highest_readings(lines: pl.DataFrame, *, pixels: int, by: Sequence[str]) -> pl.DataFrame:
    """Keep the highest point of each line in each of `pixels` stretches."""
    cell = [*by, pixel_column(pixels)]
    return lines.filter(pl.int_range(pl.len()).over(cell) == pl.col("value").arg_max().over(cell))
