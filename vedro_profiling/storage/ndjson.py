"""Points in files of JSON lines that k6 and its tools read; k6 writes them with `--out json=FILE`."""

import os
from collections.abc import Iterable
from pathlib import Path

import polars as pl

from vedro_profiling.errors import MissingFileError
from vedro_profiling.replacing import replacing
from vedro_profiling.storage.compressed import is_gzip, unpack
from vedro_profiling.storage.damage import Damage
from vedro_profiling.storage.frame import as_points
from vedro_profiling.storage.k6_decoding import decode_points
from vedro_profiling.storage.k6_encoding import SEPARATOR, encode_lines

__all__ = (
    "read_ndjson",
    "write_ndjson",
)


def write_ndjson(points: pl.DataFrame | Iterable[pl.DataFrame], path: str | os.PathLike[str]) -> None:
    """Write points in time order, each metric introduced by its Metric line right before its first point.

    The lines are k6's, with `unit` as an extra last key of a Metric line; a metric that is not in `schema.METRICS`
    becomes a `gauge` of `default`, without unit. Null tags are left out. The file is written beside and renamed into
    place. About 0.4 s for a million points.

    Parameters
    ----------
    points
        A frame as `as_points` takes it, or one in pieces, each in time order and not before those before it: no more
        than one of them is in memory then.
    path
        Where to write; the suffix `.gz` compresses.

    Raises
    ------
    SchemaError
        If `points` is no frame of points; nothing is written then.
    OSError
        If the file cannot be written.

    Examples
    --------
    >>> import datetime as dt, tempfile
    >>> place = Path(tempfile.mkdtemp()) / "profiling.ndjson"
    >>> noon = dt.datetime(2026, 1, 26, 12, tzinfo=dt.timezone.utc)
    >>> write_ndjson(pl.DataFrame({"time": [noon], "metric": ["cpu_time"], "value": [5], "target": ["app"]}), place)
    >>> print(place.read_text().splitlines()[1])
    {"metric":"cpu_time","type":"Point","data":{"time":"2026-01-26T12:00:00.000000Z","value":5.0,"tags":{"target":"app"}}}
    """
    pieces = [as_points(points).sort("time", maintain_order=True)] if isinstance(points, pl.DataFrame) else points
    introduced: set[str] = set()
    with replacing(path) as beside, beside.open("wb") as file:
        for piece in pieces:
            encode_lines(as_points(piece), introduced).sink_csv(
                file,
                check_extension=False,
                include_header=False,
                separator=SEPARATOR,
                quote_style="never",
                compression="gzip" if Path(path).suffix == ".gz" else "uncompressed",
            )
            introduced.update(piece["metric"].unique())


def read_ndjson(path: str | os.PathLike[str], *, strict: bool = False) -> pl.DataFrame:
    """Read points from k6 JSON lines: ours, k6's own, or those of vedro-profiling 0.2.0.

    Metric lines, blank lines and the `metadata` of a point are passed over. A tag named `time`, `metric` or `value`
    becomes the column `tag_time`, `tag_metric` or `tag_value`. About 0.7 s for a million points.

    Parameters
    ----------
    path
        A file, plain or gzipped, whatever its suffix.
    strict
        Raise when a line is damaged; otherwise the other lines are read and a `UserWarning` tells how many
        were not, and which was the first.

    Returns
    -------
    DataFrame
        A row per point in the order of the file; columns as `as_points` gives them.

    Raises
    ------
    MissingFileError
        If there is no file at `path`.
    FileFormatError
        If no point can be read, or, with `strict`, not all.

    Examples
    --------
    >>> import tempfile
    >>> place = Path(tempfile.mkdtemp()) / "k6.json"
    >>> line = '{"metric":"vus","type":"Point","data":{"time":"2026-01-26T12:00:00+02:00","value":1,"tags":{"vu":"7"}}}'
    >>> _ = place.write_text(line)
    >>> read_ndjson(place).select("time", "metric", "value", "vu").row(0)
    (datetime.datetime(2026, 1, 26, 10, 0, tzinfo=zoneinfo.ZoneInfo(key='UTC')), 'vus', 1.0, '7')
    """
    place = Path(path)
    if not place.is_file():
        raise MissingFileError(f"There is no file {place}. Check the path.")
    source: Path | bytes = place
    try:
        points, damaged = decode_points(source)
    except OSError:
        if not is_gzip(place):
            raise
        source = unpack(place)
        points, damaged = decode_points(source)
    Damage(place, damaged, is_cut_short=source is not place).report(points.height, strict=strict)
    return points
