"""A run on disk while it is being recorded: what is left of it when the process dies.

<profiling_dir>/.journal/<run>/
    lock               held as long as the process lives
    facts.json         run facts: run id, tags, clocks, host, versions
    sources.ndjson     a line per source, in the order of their numbers
    scenarios.ndjson   a line when a scenario begins and one when it ends
    notes.ndjson       what the summary should say
    <method>.ticks     readings of the tick grid            (`buffer.ReadingBuffer`)
    <method>.borders   readings at scenario borders
    <method>.traffic   network and disk counters
"""

import contextlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from vedro_profiling.errors import FileFormatError, MissingFileError
from vedro_profiling.recording.blocks import READING_BYTES, Blocks
from vedro_profiling.recording.buffer import CHUNK_BYTES
from vedro_profiling.recording.samplers import Source

__all__ = (
    "JOURNAL_FOLDER",
    "LIVE_FOLDERS",
    "TABLES",
    "Readings",
    "delete_journal",
    "read_journal",
    "try_lock",
    "unfinished_journals",
)

JOURNAL_FOLDER: Final = ".journal"

TABLES: Final = ("ticks", "borders", "traffic")

# A process is not told of its own record locks, and would lose them by opening the file once more.
LIVE_FOLDERS: Final[set[Path]] = set()
"""Journals that this process writes."""


@dataclass(frozen=True)
class Readings:
    """All raw readings of a run: what points are derived from."""

    facts: dict[str, Any]
    sources: list[Source]
    scenarios: list[dict[str, Any]]
    """In the order of events: `{"at_ns", "scenario", "subject"}` begins an attempt, `{"at_ns", "status"}` ends it."""
    notes: list[str]
    tables: Mapping[str, Sequence[bytes]] = field(default_factory=dict)
    """Blocks of readings for each of TABLES, in `buffer.ReadingBuffer` layout; those of a journal stay on disk."""


def delete_journal(folder: Path) -> None:
    """Delete a journal, and the folder of journals when it was the last."""
    shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(OSError):
        folder.parent.rmdir()


def unfinished_journals(profiling_dir: Path) -> list[Path]:
    """List the journals of runs that died: those whose lock nobody holds."""
    return [facts.parent for facts in sorted(profiling_dir.glob(f"{JOURNAL_FOLDER}/*/facts.json")) if _is_dead(facts)]


def _is_dead(facts: Path) -> bool:
    if facts.parent.resolve() in LIVE_FOLDERS:
        return False
    try:
        fd = os.open(facts.with_name("lock"), os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return True
    try:
        return try_lock(fd)
    finally:
        os.close(fd)


def read_journal(folder: Path) -> Readings:
    """Read what a run that died has left, up to the reading that was in progress.

    Raises
    ------
    MissingFileError
        If the folder holds no journal.
    FileFormatError
        If its facts cannot be read.
    """
    facts_file = folder / "facts.json"
    try:
        facts = json.loads(facts_file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise MissingFileError(f"{folder}: no journal here (facts.json is missing)") from error
    except (OSError, ValueError) as error:
        raise FileFormatError(f"{facts_file}: cannot be read as the facts of a run: {error}") from error
    return Readings(
        facts=facts,
        sources=[Source(*fields) for fields in _read_lines(folder / "sources.ndjson")],
        scenarios=list(_read_lines(folder / "scenarios.ndjson")),
        notes=list(_read_lines(folder / "notes.ndjson")),
        tables={table: _blocks(sorted(folder.glob(f"*.{table}"))) for table in TABLES},
    )


def _read_lines(path: Path) -> Iterator[Any]:
    """Yield the entries up to the first that was not written to its end."""
    with contextlib.suppress(OSError, ValueError):
        for line in path.read_bytes().split(b"\n"):
            if line:
                yield json.loads(line)


def _blocks(paths: Iterable[Path]) -> Blocks:
    return Blocks(partial(_read_block, path, at) for path in paths for at in range(0, path.stat().st_size, CHUNK_BYTES))


def _read_block(path: Path, at: int) -> bytes:
    with path.open("rb") as file:
        file.seek(at)
        block = file.read(CHUNK_BYTES)
    # Where a file grows by being written, a full disk may cut it inside a reading.
    return block[: len(block) - len(block) % READING_BYTES]


def try_lock(fd: int) -> bool:
    """Take the lock of a journal if nobody has it; where there are no locks, nobody has."""
    try:
        import fcntl
    except ImportError:
        return True
    try:
        # A record lock belongs to the process: a forked child does not keep it alive.
        fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True
