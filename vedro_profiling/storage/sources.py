"""What may be loaded: files, folders, patterns, and for `scan` addresses too; all become one frame of points."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias

import polars as pl

from vedro_profiling.errors import MissingFileError, OptionError
from vedro_profiling.storage.discovery import find_files
from vedro_profiling.storage.frame import in_order, point_columns
from vedro_profiling.storage.ndjson import read_ndjson
from vedro_profiling.storage.parquet import read_parquet, scan_parquet
from vedro_profiling.storage.twins import without_twins

__all__ = (
    "Source",
    "load",
    "scan",
)

Place: TypeAlias = str | os.PathLike[str]
Source: TypeAlias = Place | Iterable[Place]


def load(source: Source, *, strict: bool = False) -> pl.DataFrame:
    """Read the points of one or many runs into one frame.

    NDJSON and Parquet of one run side by side count once, journals of unfinished runs not at all.

    Parameters
    ----------
    source
        A file, a folder with all that is in it, a pattern (`**` goes through folders), or several of them. Files end
        in `.parquet`, `.ndjson`, `.ndjson.gz`, `.json` or `.json.gz`; those of k6 and of vedro-profiling 0.2.0 can
        be read too.
    strict
        Raise when a line of an NDJSON file is damaged, instead of a warning that tells how many there are.

    Returns
    -------
    DataFrame
        A row per point, ordered by method, target, metric and time. All columns of `vedro_profiling.schema`, then a
        column per custom tag, sorted by name; null where a run did not have the tag.

    Raises
    ------
    MissingFileError
        If there is nothing at a path, or no file of points.
    FileFormatError
        If a file is empty, damaged, or something else.
    OptionError
        If `source` is an address like `s3://...`, which only `scan` takes.

    Examples
    --------
    >>> import datetime as dt, tempfile
    >>> from vedro_profiling.storage import write_ndjson
    >>> folder = Path(tempfile.mkdtemp())
    >>> noon = dt.datetime(2026, 1, 26, 12, tzinfo=dt.timezone.utc)
    >>> points = pl.DataFrame({"time": [noon], "metric": ["cpu_time"], "value": [5], "target": ["app"]})
    >>> write_ndjson(points, folder / "profiling.ndjson")
    >>> load(folder).select("target", "metric", "value").rows()
    [('app', 'cpu_time', 5.0)]
    """
    places = _places(source)
    addresses = [place for place in places if _is_address(place)]
    if addresses:
        raise OptionError(f"load() reads local files, and {addresses[0]} is an address. Use scan(...).collect().")
    frames = [
        read_parquet(path) if path.suffix == ".parquet" else read_ndjson(path, strict=strict)
        for path in _files_at(places)
    ]
    points = pl.concat(frames, how="diagonal")
    return in_order(points.select(point_columns(points.schema)))


def scan(source: Source) -> pl.LazyFrame:
    """Open the points of one or many runs as a query, to read only what it asks for.

    Of local Parquet files only the footers are read now, of addresses nothing; NDJSON files are read at once.
    The rows keep the order they have in the files, and their values are not checked.

    Parameters
    ----------
    source
        As `load` takes it, and addresses of Parquet files (`s3://ci/profiling/**/*.parquet`), which are handed to
        Polars: the first file there names the columns, and files must not have others.

    Returns
    -------
    LazyFrame
        A row per point; columns as `load` gives them, but those of addresses alone as they are.

    Raises
    ------
    MissingFileError
        If there is nothing at a path, or no file of points.
    FileFormatError
        If a file is empty, damaged, or something else.

    Examples
    --------
    >>> import datetime as dt, tempfile
    >>> from vedro_profiling.storage import write_parquet
    >>> place = Path(tempfile.mkdtemp()) / "profiling.parquet"
    >>> noon = dt.datetime(2026, 1, 26, 12, tzinfo=dt.timezone.utc)
    >>> write_parquet(pl.DataFrame({"time": [noon, noon], "metric": ["cpu_time"] * 2, "value": [5, 7]}), place)
    >>> scan(place).select(pl.col("value").sum()).collect().item()
    12.0
    """
    places = _places(source)
    addresses = [str(place) for place in places if _is_address(place)]
    remote = [pl.scan_parquet(addresses, missing_columns="insert")] if addresses else []
    local = [place for place in places if not _is_address(place)]
    if not local:
        return remote[0]
    frames = [
        scan_parquet(path) if path.suffix == ".parquet" else read_ndjson(path).lazy() for path in _files_at(local)
    ]
    points = pl.concat([*frames, *remote], how="diagonal_relaxed")
    return points.select(point_columns(points.collect_schema()))


def _places(source: Source) -> list[Place]:
    places: list[Place] = [source] if isinstance(source, str | os.PathLike) else list(source)
    if not places:
        raise MissingFileError("The list of sources is empty. Name a file, a folder or a pattern.")
    return places


def _is_address(place: Place) -> bool:
    return isinstance(place, str) and "://" in place


def _files_at(places: list[Place]) -> list[Path]:
    return without_twins(path for place in places for path in find_files(place))
