"""From the readings of a run to its points and files: the one place where recording meets storage."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from vedro_profiling.errors import ProfilingError, RecordingError
from vedro_profiling.recording.journal import Readings

if TYPE_CHECKING:
    import polars as pl

    from vedro_profiling.recording.points.slices import Slices

__all__ = (
    "FILE_STEM",
    "READINGS_AT_ONCE",
    "derived",
    "facts_in",
    "in_memory",
    "points_of",
    "write_points",
)

FILE_STEM: Final = "profiling"

READINGS_AT_ONCE: Final = 400_000
"""A run that has no more is derived in memory; a longer one in slices of this length, about 0.3 GB each."""


@contextmanager
def derived(readings: Readings, scratch: Path | None, *, at_once: int) -> Iterator["pl.DataFrame | Slices"]:
    """Derive the points of a run: a frame, or slices of it if it is too long for one.

    Parameters
    ----------
    readings
        What was recorded.
    scratch
        Folder for the slices, which are deleted when the block ends; without one, or where it cannot be written, they
        stay in memory.
    at_once
        How many readings may be in memory.
    """
    from vedro_profiling.recording.points import Derivation
    from vedro_profiling.recording.points.slices import Slices

    derivation = Derivation(readings)
    windows = derivation.windows(at_once)
    if len(windows) == 1:
        yield derivation.frame()
        return
    slices = Slices(derivation.naming, scratch)
    try:
        for window in windows:
            slices.add(derivation.rows(window), window)
        yield slices
    finally:
        slices.close()


def write_points(run: "pl.DataFrame | Slices", path: Path, facts: dict[str, Any]) -> None:
    """Write the points of a run in the format that the suffix of `path` names.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    from vedro_profiling import storage
    from vedro_profiling.recording.points.slices import Slices

    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".parquet":
        pieces = run.in_frame_order() if isinstance(run, Slices) else run
        storage.write_parquet(pieces, path, facts=[facts])
    else:
        pieces = run.in_time_order() if isinstance(run, Slices) else run
        storage.write_ndjson(pieces, path)


def points_of(run: "pl.DataFrame | Slices", files: Sequence[Path]) -> "pl.DataFrame | pl.LazyFrame":
    """Return the points of a run as a frame, or as a query over the file they were written to, if they are many.

    Where no Parquet was written, they are all in memory.
    """
    import polars as pl

    from vedro_profiling.storage import scan

    if isinstance(run, pl.DataFrame):
        return run
    parquet = [path for path in files if path.suffix == ".parquet"]
    return scan(parquet[0]) if parquet else pl.concat(run.in_frame_order())


def in_memory(points: "pl.DataFrame | pl.LazyFrame", files: Sequence[Path], facts: Mapping[str, Any]) -> "pl.DataFrame":
    """Fetch what `points_of` returned for these files, of the run with these facts.

    Raises
    ------
    RecordingError
        If they have to be read from the run's file, and it is there no more.
    """
    import polars as pl

    if isinstance(points, pl.DataFrame):
        return points
    for path in files:
        if path.suffix == ".parquet" and [fact.get("anchor") for fact in facts_in(path)] != [facts["anchor"]]:
            raise RecordingError(
                f"{path} is not the file of run {facts['run']!r} any more: it was deleted, or another run has written "
                "there since. A run as long is not kept in memory: give each a folder of its own."
            )
    return points.collect()


def facts_in(path: Path) -> list[dict[str, Any]]:
    """Return the facts of the runs in a Parquet file; none if it is damaged or not there."""
    from vedro_profiling.storage import read_facts

    try:
        return read_facts(path)
    except ProfilingError:
        return []
