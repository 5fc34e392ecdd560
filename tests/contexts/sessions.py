"""Sessions that run in the scenario itself, and what is left of those that died."""

from pathlib import Path
from typing import Any

import vedro

from tests.contexts.recording import SECOND
from vedro_profiling.options import Options
from vedro_profiling.recording.facts import run_facts
from vedro_profiling.recording.journal_writer import Journal
from vedro_profiling.recording.samplers import Source
from vedro_profiling.session.session import Session

__all__ = (
    "NEVER",
    "contents",
    "leave_journal",
    "make_session",
)

NEVER = 3600.0
"""A period that no scenario lives to see: what is read is read at start, at borders and at the end."""


def make_session(folder: Path | None, **options: Any) -> Session:
    """Start a session of the test process and the host alone."""
    chosen = {"profiling_methods": ["default"], "poll_time": NEVER, **options}
    session = Session(Options(profiling_run_id="run-1", profiling_dir=folder, **chosen), facts={"arguments": ["-x"]})
    session.start()
    vedro.defer(session.finish)
    return session


def leave_journal(folder: Path, run: str, *, seconds: int = 1) -> Path:
    """Leave what a run that was killed would: a reading each second, 400 ms of CPU between two."""
    facts = run_facts(run, process="vedro", tags={"branch": "main"})
    start_ns = facts["anchor"]["monotonic_ns"]
    journal = Journal(folder, facts)
    number = journal.add_source(Source("default", "vedro", "/proc"))
    ticks = journal.buffer("default", "ticks")
    for second in range(seconds + 1):
        ticks.append(number, second * 400_000_000, (second + 1) * 1_000_000, -1, -1, start_ns + second * SECOND)
    journal.note("the moon was full")
    path = journal.folder
    journal.close(discard=False)
    assert path is not None
    return path


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}
