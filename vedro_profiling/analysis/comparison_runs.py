"""What may stand on a side of a comparison: frames of points, files, folders, and several of them."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, TypeAlias

import polars as pl

from vedro_profiling.errors import SchemaError
from vedro_profiling.storage import load, scan

__all__ = ("Runs", "damage_named", "open_runs")

_Points: TypeAlias = pl.DataFrame | pl.LazyFrame
_Place: TypeAlias = str | os.PathLike[str]
Runs: TypeAlias = _Points | _Place | Iterable[_Points | _Place]
"""Points of one or several runs: frames, or what `scan` takes."""

_NEEDED: Final = ("time", "metric", "value", "run", "method", "target")


def open_runs(runs: Runs, by: Sequence[str]) -> pl.LazyFrame:
    """Open the points of one side as one query, and see that it has the columns that are needed.

    Raises
    ------
    SchemaError
        If a needed column is not there; the message lists the columns there are.
    """
    several = _each(runs)
    frames = [each.lazy() for each in several if isinstance(each, pl.DataFrame | pl.LazyFrame)]
    places = _places(several)
    if places or not frames:
        frames.append(scan(places))
    points = pl.concat(frames, how="diagonal_relaxed")
    columns = points.collect_schema().names()
    missing = [repr(name) for name in (*_NEEDED, *by) if name not in columns]
    if missing:
        raise SchemaError(
            f"points have no column {', '.join(dict.fromkeys(missing))}; there are: {', '.join(columns)}; "
            "pass frames as vedro_profiling.load() returns them, and compare by their columns"
        )
    return points


@contextmanager
def damage_named(*sides: Runs) -> Iterator[None]:
    """Let an error of Polars over a damaged file, which shows only where a query is run, name that file.

    Raises
    ------
    FileFormatError
        If a file of a side is damaged.
    """
    try:
        yield
    except pl.exceptions.PolarsError:
        for place in (place for side in sides for place in _places(_each(side))):
            load(place)
        raise


def _each(runs: Runs) -> list[_Points | _Place]:
    return [runs] if isinstance(runs, pl.DataFrame | pl.LazyFrame | str | os.PathLike) else list(runs)


def _places(several: Sequence[_Points | _Place]) -> list[_Place]:
    return [each for each in several if not isinstance(each, pl.DataFrame | pl.LazyFrame)]
