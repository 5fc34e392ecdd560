"""Runs that died before they could write their files, and how they come by them."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

from vedro_profiling.errors import FileFormatError
from vedro_profiling.options import Options
from vedro_profiling.recording.journal import claimed, delete_journal, read_journal, unfinished_journals
from vedro_profiling.session.drain import FILE_STEM, READINGS_AT_ONCE, derived, facts_in, write_points

__all__ = (
    "recover",
    "unfinished_runs",
)


def unfinished_runs(options: Options) -> list[Path]:
    """List the journals in the run's folder that killed runs have left."""
    return unfinished_journals(options.profiling_dir) if options.profiling_dir is not None else []


def recover(profiling_dir: Path | str) -> list[Path]:
    """Write the files of every run below a folder that was killed before it could.

    Each goes to a folder of its own, `recovered/<run>/`, with everything up to the reading in progress; the facts in
    its Parquet say that it was not finished. Its journal is deleted once both files are in place: what stops a recovery
    costs nothing, the next one completes it. Journals of runs that are still alive are left alone, those of other
    processes and containers on this machine too. Of another machine's run, over a share whose locks end at each
    machine, nobody can tell whether it lives: recover there once it has ended.

    Returns
    -------
    list of Path
        The files written, none if no run died.

    Raises
    ------
    FileFormatError
        If a journal is damaged beyond reading, or comes from a newer version.
    OSError
        If the files cannot be written.
        Either is the first of its kind, after all other runs were written; the journal is kept.

    Examples
    --------
    >>> import tempfile
    >>> recover(tempfile.mkdtemp())
    []
    """
    folder = Path(profiling_dir)
    written: list[Path] = []
    failed: list[Exception] = []
    for journal in unfinished_journals(folder):
        try:
            written += _recover_run(journal, folder / "recovered")
        except (FileFormatError, OSError) as error:  # noqa: PERF203 - what is wrong with one must not cost the others
            failed.append(error)
    if failed:
        raise failed[0]
    return written


def _recover_run(journal: Path, parent: Path) -> list[Path]:
    with claimed(journal) as is_mine:
        # Another recovery may be at work on it, or have done it meanwhile.
        if not is_mine:
            return []
        readings = read_journal(journal)
        facts = {**readings.facts, "notes": readings.notes}
        folder = next(place for place in _places(parent, journal.name) if _is_free(place, facts))
        for leftover in folder.glob(f".{FILE_STEM}.*.tmp"):
            leftover.unlink()
        # Parquet first: it tells whose folder this is.
        paths = [folder / f"{FILE_STEM}.{suffix}" for suffix in ("parquet", "ndjson")]
        with derived(readings, journal, at_once=READINGS_AT_ONCE) as run:
            for path in paths:
                write_points(run, path, facts)
        delete_journal(journal)
        return sorted(paths)


def _places(parent: Path, name: str) -> Iterator[Path]:
    """Offer a folder, then ones beside it: a fixed run id may die more than once."""
    yield parent / name
    yield from (parent / f"{name}~{number}" for number in count(2))


def _is_free(folder: Path, facts: dict[str, Any]) -> bool:
    """Tell whether a run may go to a folder: one that is not there, or that a recovery of it was stopped in."""
    visible = {path.name for path in folder.glob("[!.]*")}
    return not visible or facts_in(folder / f"{FILE_STEM}.parquet") == [facts]
