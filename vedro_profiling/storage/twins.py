"""Files that hold the same run twice: the NDJSON and the Parquet that a run leaves side by side."""

import json
import zlib
from collections.abc import Iterable
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Final

import polars as pl

from vedro_profiling.storage.compressed import open_binary
from vedro_profiling.storage.discovery import SUFFIXES, stem_of, suffix_of
from vedro_profiling.storage.parquet import scan_parquet

__all__ = ("without_twins",)

_LINES_TO_LOOK_AT: Final = 1000


def without_twins(files: Iterable[Path]) -> list[Path]:
    """Keep each file once, and of the files of one run only the first of SUFFIXES.

    Files are of one run when they have the same folder, the same name but for the suffix, and the same run within:
    a Parquet of yesterday does not hide the NDJSON that was written beside it today.

    Raises
    ------
    FileFormatError
        If a Parquet file that has a twin cannot be read.

    Examples
    --------
    >>> without_twins([Path("out/profiling.parquet"), Path("out/profiling.parquet")])
    [PosixPath('out/profiling.parquet')]
    """
    namesakes: dict[tuple[Path, str], list[Path]] = {}
    for path in {path.resolve(): path for path in files}.values():
        namesakes.setdefault((path.parent, stem_of(path)), []).append(path)
    return [path for paths in namesakes.values() for path in _distinct(paths)]


def _distinct(paths: list[Path]) -> list[Path]:
    if len(paths) == 1:
        return paths
    kept: list[Path] = []
    seen: set[str | None] = set()
    for path in sorted(paths, key=lambda path: SUFFIXES.index(suffix_of(path) or "")):
        runs = _runs_in(path)
        if not kept or not runs <= seen:
            kept.append(path)
            seen |= runs
    return kept


def _runs_in(path: Path) -> set[str | None]:
    if path.suffix == ".parquet":
        return set(scan_parquet(path).select(pl.col("run").unique()).collect()["run"])
    return _first_run_in(path)


def _first_run_in(path: Path) -> set[str | None]:
    """Read the run of the first point, which is enough to tell runs apart; an empty set if there is none to read."""
    with suppress(OSError, EOFError, zlib.error), open_binary(path) as lines:
        for line in islice(lines, _LINES_TO_LOOK_AT):
            with suppress(ValueError, RecursionError):
                match json.loads(line):
                    case {"type": "Point", "data": {"tags": tags}}:
                        return {tags.get("run") if isinstance(tags, dict) else None}
    return set()
