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
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import Any, Final

from vedro_profiling.errors import FileFormatError, MissingFileError
from vedro_profiling.recording.blocks import READING_BYTES, Blocks
from vedro_profiling.recording.buffer import CHUNK_BYTES
from vedro_profiling.recording.clock import Anchor
from vedro_profiling.recording.samplers import Source

__all__ = (
    "JOURNAL_FOLDER",
    "JOURNAL_VERSION",
    "LIVE_FOLDERS",
    "TABLES",
    "VERSION_KEY",
    "Readings",
    "can_be_recovered",
    "claimed",
    "delete_journal",
    "read_journal",
    "try_lock",
    "unfinished_journals",
)

JOURNAL_FOLDER: Final = ".journal"

TABLES: Final = ("ticks", "borders", "traffic")

VERSION_KEY: Final = "journal_version"
JOURNAL_VERSION: Final = 1
"""Goes up when a reader of today would misunderstand what is written tomorrow."""

_FACTS: Final[dict[str, Callable[[Any], bool]]] = {
    "run": lambda run: isinstance(run, str),
    "process": lambda process: isinstance(process, str),
    "tags": lambda tags: isinstance(tags, dict) and all(isinstance(text, str) for text in tags.values()),
    "anchor": lambda anchor: (
        isinstance(anchor, dict)
        and anchor.keys() == set(Anchor._fields)
        and all(isinstance(at_ns, int) for at_ns in anchor.values())
    ),
    "poll_time": lambda seconds: seconds is None or isinstance(seconds, int | float),
}
_SOURCE: Final = (str, str, str, str | None, int, int | None, bool, bool)
_FEWEST_FIELDS: Final = 3
_ADVICE: Final = "Delete the folder, or keep it for somebody who can mend it."

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


def can_be_recovered(folder: Path) -> bool:
    """Tell whether a journal is still where it was made: somebody may have deleted it, or its folder's folder."""
    return os.access(folder / "facts.json", os.F_OK)


def delete_journal(folder: Path) -> None:
    """Delete a journal, and the folder of journals when it was the last."""
    shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(OSError):
        folder.parent.rmdir()


def unfinished_journals(profiling_dir: Path) -> list[Path]:
    """List the journals of runs that died: those whose lock nobody holds."""
    return [facts.parent for facts in sorted(profiling_dir.glob(f"{JOURNAL_FOLDER}/*/facts.json")) if _is_dead(facts)]


def _is_dead(facts: Path) -> bool:
    with claimed(facts.parent) as is_mine:
        return is_mine


@contextlib.contextmanager
def claimed(folder: Path) -> Iterator[bool]:
    """Hold the lock of a journal, and tell whether it is there and was nobody's."""
    place = folder.resolve()
    if place in LIVE_FOLDERS:
        yield False
        return
    try:
        fd = os.open(folder / "lock", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        # Where there is no lock nobody can hold it.
        yield folder.exists()
        return
    is_mine = try_lock(fd)
    try:
        if is_mine:
            LIVE_FOLDERS.add(place)
        yield is_mine and folder.exists()
    finally:
        if is_mine:
            LIVE_FOLDERS.discard(place)
        os.close(fd)


def read_journal(folder: Path) -> Readings:
    """Read what a run that died has left, up to the reading that was in progress.

    Names are read up to the first line that is damaged; what is damaged among scenarios and notes is left out.

    Raises
    ------
    MissingFileError
        If the folder holds no journal.
    FileFormatError
        If its facts cannot be read, or a newer version wrote it.
    """
    return Readings(
        facts=_read_facts(folder / "facts.json"),
        sources=[Source(*fields) for fields in takewhile(_is_source, _read_lines(folder / "sources.ndjson"))],
        scenarios=[border for border in _read_lines(folder / "scenarios.ndjson") if _is_border(border)],
        notes=[note for note in _read_lines(folder / "notes.ndjson") if isinstance(note, str)],
        tables={table: _blocks(sorted(folder.glob(f"*.{table}"))) for table in TABLES},
    )


def _read_facts(path: Path) -> dict[str, Any]:
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise MissingFileError(f"{path.parent}: no journal here (facts.json is missing)") from error
    except (OSError, ValueError) as error:
        raise FileFormatError(f"{path}: cannot be read as the facts of a run: {error}. {_ADVICE}") from error
    version = facts.pop(VERSION_KEY, 1) if isinstance(facts, dict) else 1
    if version != JOURNAL_VERSION:
        raise FileFormatError(
            f"{path}: the journal has version {version}, expected {JOURNAL_VERSION}: another vedro-profiling wrote it. "
            "Recover it with that one, or update this one."
        )
    if not _are_facts(facts):
        raise FileFormatError(f"{path}: lacks what every run has: run, process, tags, anchor, poll_time. {_ADVICE}")
    return dict(facts)


def _are_facts(facts: Any) -> bool:
    return isinstance(facts, dict) and all(is_right(facts.get(name)) for name, is_right in _FACTS.items())


def _is_source(fields: Any) -> bool:
    if not isinstance(fields, list) or not _FEWEST_FIELDS <= len(fields) <= len(Source._fields):
        return False
    return all(isinstance(value, kind) for value, kind in zip(fields, _SOURCE, strict=False))


def _is_border(border: Any) -> bool:
    if not isinstance(border, dict) or not isinstance(border.get("at_ns"), int):
        return False
    names = ("scenario", "subject") if "scenario" in border else ("status",)
    return all(isinstance(border.get(name), str) for name in names)


def _read_lines(path: Path) -> Iterator[Any]:
    """Yield the entries; one that was not written to its end, or is damaged, is None."""
    try:
        content = path.read_bytes()
    except OSError:
        return
    for line in content.split(b"\n"):
        if line:
            try:
                yield json.loads(line)
            except ValueError:
                yield None


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
