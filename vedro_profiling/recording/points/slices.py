"""Points of a run that is too long for memory: rows on disk, a file for each window of time."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import polars as pl

from vedro_profiling.recording.blocks import Window
from vedro_profiling.recording.points.naming import Naming

__all__ = (
    "ROWS_AT_ONCE",
    "Slices",
)

ROWS_AT_ONCE: Final = 1_000_000
_ROW_GROUP: Final = 50_000


class Slices:
    """Rows that are put in window by window, and come out as points in either order, never all at once.

    Parameters
    ----------
    naming
        What makes points of rows, once all are in.
    folder
        Where the files go; what cannot be put there stays in memory.
    """

    def __init__(self, naming: Naming, folder: Path | None) -> None:
        self._naming = naming
        self._folder = folder
        self._windows: list[Window] = []
        self._slices: list[pl.LazyFrame] = []
        self._files: list[Path] = []
        self._lengths: list[pl.DataFrame] = []
        # Parts of intervals that began in an earlier window: few, for only streamed sources have them.
        self._late: list[pl.DataFrame] = []

    def add(self, rows: pl.DataFrame, window: Window) -> None:
        """Take the rows of a window, the next after that of the call before."""
        is_late = pl.col("at_ns") < window.begin_ns
        punctual = self._naming.in_frame_order(rows.filter(~is_late))
        self._windows.append(window)
        self._late.append(self._with_slice(rows.filter(is_late)))
        self._lengths.append(_lengths(self._with_slice(punctual)))
        self._slices.append(self._put_away(punctual))

    def _with_slice(self, rows: pl.DataFrame) -> pl.DataFrame:
        begins_ns = pl.Series([window.begin_ns for window in self._windows], dtype=pl.Int64)
        return rows.with_columns(slice=begins_ns.search_sorted(rows["at_ns"], side="right") - 1)

    def _put_away(self, rows: pl.DataFrame) -> pl.LazyFrame:
        if self._folder is not None:
            path = self._folder / f"{len(self._slices)}.rows"
            self._files.append(path)
            with suppress(OSError, pl.exceptions.ComputeError):
                rows.write_parquet(path, compression="lz4", row_group_size=_ROW_GROUP)
                return pl.scan_parquet(path)
        return rows.lazy()

    def in_time_order(self) -> Iterator[pl.DataFrame]:
        """Yield the points in the order of NDJSON, window after window, few at a time: as text they take much room."""
        for place in range(len(self._slices)):
            rows = self._naming.in_time_order(self._rows(place).collect())
            yield from map(self._naming.points, rows.iter_slices(ROWS_AT_ONCE // 4))

    def in_frame_order(self, *, most: int = ROWS_AT_ONCE) -> Iterator[pl.DataFrame]:
        """Yield the points in `schema.SORT_ORDER`, about `most` at a time.

        What lies between two cuts of that order is, in each slice, what lies between two keys: other rows are not read.
        """
        # A file without points has columns too.
        yield self._naming.points(self._rows(0).clear().collect())
        lengths = pl.concat([*self._lengths, *map(_lengths, self._late)])
        lengths = lengths.group_by("key", "slice").agg(pl.col("len").sum()).sort("key", "slice")
        cut = (lengths["len"].cum_sum() - 1) // most
        spans = lengths.group_by(cut.alias("cut"), "slice", maintain_order=True).agg(
            first=pl.col("key").first(), last=pl.col("key").last()
        )
        for _, span in spans.group_by("cut", maintain_order=True):
            rows = [
                self._rows(place).filter(pl.col("key").is_between(first, last))
                for place, first, last in span.select("slice", "first", "last").iter_rows()
            ]
            yield self._naming.points(self._naming.in_frame_order(pl.concat(rows).collect()))

    def _rows(self, place: int) -> pl.LazyFrame:
        late = pl.concat(self._late).lazy().filter(pl.col("slice") == place).drop("slice")
        return pl.concat([self._slices[place], late])

    def close(self) -> None:
        """Delete the files; those that went with their folder are gone already."""
        for path in self._files:
            with suppress(OSError):
                path.unlink()


def _lengths(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.group_by("key", "slice").agg(pl.len().cast(pl.UInt64))
