"""Runs that died before they could write their files, and how they come by them."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

from vedro_profiling.drain import FILE_STEM, write_points
from vedro_profiling.errors import FileFormatError
from vedro_profiling.options import Options
from vedro_profiling.recording.journal import delete_journal, read_journal, unfinished_journals

__all__ = (
    "recover",
    "unfinished_runs",
)


def unfinished_runs(options: Options) -> list[Path]:
    """List the journals in the run's folder that killed runs have left."""
    return unfinished_journals(options.profiling_dir) if options.profiling_dir is not None else []


def recover(profiling_dir: Path | str) -> list[Path]:
    """Write the files of every run below a folder that was killed before it could.

    Each goes to a folder of its own, `recovered/<run>/`; its journal is deleted once both files are in place.
    Journals of runs that are still alive are left alone.

    Returns
    -------
    list of Path
        The files written, none if no run died.

    Raises
    ------
    FileFormatError
        If a journal is damaged beyond reading: the first such one, after all others were written.
    OSError
        If the files cannot be written.
    """
    folder = Path(profiling_dir)
    written: list[Path] = []
    damaged: list[FileFormatError] = []
    for journal in unfinished_journals(folder):
        try:
            written += _recover_run(journal, folder / "recovered")
        except FileFormatError as error:  # noqa: PERF203 - one damaged journal must not cost the others
            damaged.append(error)
    if damaged:
        raise damaged[0]
    return written


def _recover_run(journal: Path, parent: Path) -> list[Path]:
    from vedro_profiling.recording.points import derive

    readings = read_journal(journal)
    points = derive(readings)
    folder = next(place for place in _places(parent, journal.name) if not place.exists())
    paths = [folder / f"{FILE_STEM}.{suffix}" for suffix in ("ndjson", "parquet")]
    for path in paths:
        write_points(points, path, readings.facts)
    delete_journal(journal)
    return paths


def _places(parent: Path, name: str) -> Iterator[Path]:
    """Offer a folder, then ones beside it: a fixed run id may die more than once."""
    yield parent / name
    yield from (parent / f"{name}~{number}" for number in count(2))
