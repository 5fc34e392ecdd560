"""A run while it is being recorded: its buffers, names and lock on disk (layout: `journal`)."""

import contextlib
import errno
import json
import os
from pathlib import Path
from typing import Any

from vedro_profiling.folder_names import folder_name
from vedro_profiling.recording.blocks import Blocks
from vedro_profiling.recording.buffer import ReadingBuffer
from vedro_profiling.recording.journal import (
    JOURNAL_FOLDER,
    JOURNAL_VERSION,
    LIVE_FOLDERS,
    TABLES,
    VERSION_KEY,
    Readings,
    delete_journal,
    try_lock,
)
from vedro_profiling.recording.samplers import Source

__all__ = ("Journal",)


class _Lines:
    """An append-only file of JSON lines that is kept in memory as well."""

    def __init__(self, path: Path | None) -> None:
        self.entries: list[Any] = []
        self._fd = -1 if path is None else os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)

    def add(self, entry: object) -> None:
        self.entries.append(entry)
        if self._fd >= 0:
            # What a full disk refuses is in memory still; the buffers tell of it.
            with contextlib.suppress(OSError):
                os.write(self._fd, json.dumps(entry).encode() + b"\n")

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


class Journal:
    """Where a live run is written.

    Without a folder, or in one that cannot be written, everything is kept in memory and a note says so. Only the
    process that made it writes: see `pid`.
    """

    def __init__(self, parent: Path | None, facts: dict[str, Any]) -> None:
        self.facts = facts
        self.pid = os.getpid()
        self.folder: Path | None = None
        self._lock = -1
        self._buffers: dict[tuple[str, str], ReadingBuffer] = {}
        self._notes, self._sources, self._scenarios = _Lines(None), _Lines(None), _Lines(None)
        if parent is not None:
            try:
                self._settle(parent / JOURNAL_FOLDER, facts)
            except OSError as error:
                self.close(discard=True)
                self.note(f"no journal, a killed run is lost: {error}")

    def _settle(self, parent: Path, facts: dict[str, Any]) -> None:
        self.folder = _new_folder(parent, str(facts["run"]))
        self._lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try_lock(self._lock)
        LIVE_FOLDERS.add(self.folder.resolve())
        (self.folder / "facts.json").write_text(
            json.dumps({VERSION_KEY: JOURNAL_VERSION, **facts}, indent=1), encoding="utf-8"
        )
        self._notes = _Lines(self.folder / "notes.ndjson")
        self._sources = _Lines(self.folder / "sources.ndjson")
        self._scenarios = _Lines(self.folder / "scenarios.ndjson")

    def buffer(self, method: str, table: str) -> ReadingBuffer:
        """Make the buffer of a method for one of TABLES."""
        path = self.folder / f"{method}.{table}" if self.folder else None
        buffer = self._buffers[method, table] = ReadingBuffer(path, on_fault=self._on_fault)
        return buffer

    def _on_fault(self, error: OSError) -> None:
        self.note(f"the journal could not grow, later readings were kept in memory only: {error}")

    def add_source(self, source: Source) -> int:
        """Enter a source; its number is its place in the list."""
        self._sources.add(Source(*map(_storable, source)))
        return len(self._sources.entries) - 1

    def add_scenario_border(self, border: dict[str, Any]) -> None:
        """Enter the beginning or the end of a scenario."""
        self._scenarios.add({name: _storable(value) for name, value in border.items()})

    def note(self, text: str) -> None:
        """Keep a sentence for the summary, once however often it is said."""
        if text not in self._notes.entries:
            self._notes.add(text)

    @property
    def notes(self) -> list[str]:
        """What the summary should say, in the order it was said."""
        return list(self._notes.entries)

    @property
    def sources(self) -> list[Source]:
        """All sources, in the order of their numbers."""
        return list(self._sources.entries)

    def readings(self) -> Readings:
        """Return all that was recorded so far; the writers must rest until it has been used."""
        tables = {
            table: Blocks.joined(buffer.contents() for (_, kind), buffer in self._buffers.items() if kind == table)
            for table in TABLES
        }
        return Readings(self.facts, self.sources, list(self._scenarios.entries), self.notes, tables)

    def close(self, *, discard: bool) -> None:
        """Close all files and give the lock back; `discard` deletes the folder. A second call does nothing."""
        parts: list[ReadingBuffer | _Lines] = [*self._buffers.values(), self._sources, self._scenarios, self._notes]
        for part in parts:
            part.close()
        if self.folder is not None:
            LIVE_FOLDERS.discard(self.folder.resolve())
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1
        if discard and self.folder is not None:
            delete_journal(self.folder)
        self.folder = None


def _storable(value: Any) -> Any:
    """Escape what is no character: names of processes and files may be any bytes, and no file of points holds those."""
    return value.encode(errors="backslashreplace").decode() if isinstance(value, str) else value


def _new_folder(parent: Path, run: str) -> Path:
    """Make a folder for a run, beside those of dead runs with the same id."""
    if parent.is_symlink():
        raise NotADirectoryError(errno.ENOTDIR, "a symbolic link that may lead anywhere", str(parent))
    parent.mkdir(parents=True, exist_ok=True)
    # Where names of files are not UTF-8, no other letter may be one.
    name = folder_name(run.encode("ascii", "replace").decode())
    number = 1
    while True:
        folder = parent / (name if number == 1 else f"{name}~{number}")
        try:
            folder.mkdir()
        except FileExistsError:
            number += 1
        else:
            return folder
