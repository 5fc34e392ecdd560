"""Containers: found through the engine, read from their cgroup files."""

import queue
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Literal

from vedro_profiling import schema
from vedro_profiling.recording.samplers import Append, Roster, Source
from vedro_profiling.recording.samplers.containers import Container, Selection
from vedro_profiling.recording.samplers.discovery import Discovery
from vedro_profiling.recording.samplers.engine import Engine, connect_from_environment
from vedro_profiling.recording.samplers.lives import LastWords, Life, begin_life

__all__ = ("DockerSampler",)

_LIST_SECONDS: Final = 1.5


class DockerSampler:
    """Reads every container of some compose projects through all its lives: about 10 us a container.

    A container that starts during the run is a source that counts from zero; one that restarts is another source of
    the same target. Its last CPU is read when the engine tells that it was signalled; what it used after that, or
    since the last reading when it ended by itself, is lost.

    Parameters
    ----------
    projects
        Compose projects, by the label `com.docker.compose.project`.
    containers
        Names or globs of containers beside these.
    reader
        `cgroup` and `auto` read the cgroup files.
    reset_peaks
        Whether each reading sets the kernel's high-water mark back, so that it tells of one interval.
    connect
        Makes a client of the engine.
    root
        What stands for `/`.
    """

    method = schema.DOCKER_METHOD

    def __init__(  # noqa: PLR0913 - three options of a run and two seams, all keyword-only
        self,
        projects: Sequence[str],
        containers: Sequence[str] = (),
        *,
        reader: Literal["auto", "cgroup", "engine"] = "auto",
        reset_peaks: bool = True,
        connect: Callable[[], Engine] = connect_from_environment,
        root: Path = Path("/"),
    ) -> None:
        self._selection = Selection(projects, containers)
        self._reader = reader
        self._reset_peaks = reset_peaks
        self._connect = connect
        self._root = root
        self._roster: Roster | None = None
        self._discovery: Discovery | None = None
        self._opened_at_ns = 0
        self._changes: queue.SimpleQueue[Life | LastWords | str] = queue.SimpleQueue()
        self._lives: list[Life] = []
        self._newest: dict[str, Life] = {}
        self._last_words: list[LastWords] = []
        self._last_traffic: list[LastWords] = []

    def open(self, roster: Roster) -> None:
        """Start to follow the engine; wait for its first list, 1.5 s at most."""
        self._roster = roster
        if self._reader == "engine":
            roster.note('docker: docker_reader="engine" is not available yet, no container is read; set it to "auto"')
            return
        self._opened_at_ns = time.monotonic_ns()
        self._discovery = Discovery(
            self._connect, self._selection, attach=self._attach, leave=self._leave, tell=self._changes.put
        )
        self._discovery.start(wait_seconds=_LIST_SECONDS)
        self._take_changes()

    def read(self, append: Append, *, at_border: bool = False) -> None:
        """Read CPU, memory and peak of every container that runs."""
        self._take_changes()
        for words in self._last_words:
            words.append_reading(append)
        self._last_words.clear()
        self._drop([life for life in self._lives if not life.read(append, at_border=at_border)])

    def read_traffic(self, append: Append) -> None:
        """Read network and disk of every container that runs."""
        for words in self._last_traffic:
            words.append_traffic(append)
        self._last_traffic.clear()
        self._drop([life for life in self._lives if not life.read_traffic(append)])

    def close(self) -> None:
        """End the discovery and close all files."""
        if self._discovery is not None:
            self._discovery.stop()
        self._take_changes()
        self._drop(list(self._lives))

    def _drop(self, lives: list[Life]) -> None:
        for life in lives:
            life.reader.close()
            self._lives.remove(life)
            if life.fault is not None:
                self._note(f"docker: {life.container.name} could not be read any longer: {life.fault}")

    def _take_changes(self) -> None:
        """Take over what the discovery thread found; nothing else of it reaches this side."""
        while not self._changes.empty():
            change = self._changes.get_nowait()
            if isinstance(change, str):
                self._note(change)
            elif isinstance(change, Life):
                self._welcome(change)
            else:
                self._last_words.append(change)
                self._last_traffic.append(change)

    def _note(self, text: str) -> None:
        if self._roster is not None:
            self._roster.note(text)

    def _welcome(self, life: Life) -> None:
        if self._roster is None:
            return
        life.source = self._roster.add_source(
            Source(
                self.method,
                life.container.name,
                f"cgroup v{life.reader.version}",
                service=life.container.service,
                born_at_ns=life.born_at_ns,
                peak_resets=life.reader.resets_peak,
            )
        )
        self._lives.append(life)

    def _attach(self, container: Container) -> None:
        """Begin a life; in the discovery thread."""
        life = begin_life(container, since_ns=self._opened_at_ns, reset_peaks=self._reset_peaks, root=self._root)
        self._newest[container.id] = life
        self._changes.put(life)
        if life.born_at_ns is not None:
            # A life may end before the next tick: then this is all there is of it.
            self._leave(container.id)

    def _leave(self, container_id: str) -> None:
        """Read a container once more before it is gone; in the discovery thread."""
        life = self._newest.get(container_id)
        words = None if life is None else LastWords.of(life)
        if words is not None:
            self._changes.put(words)
