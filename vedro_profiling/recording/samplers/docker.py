"""Containers: found through the engine, read from their cgroup files or, where these are out of reach, through it."""

import queue
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Literal

from vedro_profiling import schema
from vedro_profiling.recording.clock import monotonic_ns
from vedro_profiling.recording.samplers import MISSING, Append, Roster, Source
from vedro_profiling.recording.samplers.containers import Container, Selection
from vedro_profiling.recording.samplers.discovery import Discovery
from vedro_profiling.recording.samplers.engine import Engine, connect_from_environment
from vedro_profiling.recording.samplers.lives import LastWords, Life, begin_life
from vedro_profiling.recording.samplers.refusals import Refusals
from vedro_profiling.recording.samplers.stats import ENGINE_READER
from vedro_profiling.recording.samplers.stream import Arrival, EngineClock, StreamedLife

__all__ = ("DockerSampler",)

_LIST_SECONDS: Final = 1.5
_OPEN_SECONDS: Final = 2.0
_LAST_SECONDS: Final = 1.3
"""Docker sends an object a second."""

_JOIN_SECONDS: Final = 0.5

_NO_DISK: Final = (
    "docker: what containers read from and wrote to disks is not known: "
    "on cgroup v1 Linux counts it up to 6.9 alone, on v2 where the io controller is delegated"
)


class DockerSampler:
    """Reads every container of some compose projects through all its lives: about 10 us a container.

    A container that starts during the run is a source that counts from zero; one that restarts is another source of
    the same target. Its last CPU is read when the engine tells that it was signalled; what it used after that, or
    since the last reading when it ended by itself, is lost.

    Where its files cannot be read, because the engine is elsewhere or they are not permitted, the engine is: one
    reading a second, dated by the engine, and none at a scenario border.

    Parameters
    ----------
    projects
        Compose projects, by the label `com.docker.compose.project`.
    containers
        Names or globs of containers beside these.
    reader
        `cgroup` reads the cgroup files alone, `engine` asks the engine alone, `auto` decides for each container.
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
        self._changes: queue.SimpleQueue[Life | LastWords | Arrival | str] = queue.SimpleQueue()
        self._refusals = Refusals(self._changes.put)
        self._lives: list[Life] = []
        self._newest: dict[str, Life] = {}
        self._streams: dict[str, StreamedLife] = {}
        self._clock = EngineClock()
        self._last_words: list[LastWords] = []
        self._arrivals: list[Arrival] = []
        self._told_traffic: list[LastWords | Arrival] = []

    @property
    def is_available(self) -> bool:
        """Whether the engine has answered in this run."""
        return self._discovery is not None and self._discovery.has_answered

    def open(self, roster: Roster) -> None:
        """Start to follow the engine; wait for its list and for a first object of each stream, 2 s at most."""
        self._roster = roster
        self._opened_at_ns = monotonic_ns()
        self._discovery = Discovery(
            self._connect,
            self._selection,
            attach=self._stream_of if self._reader == "engine" else self._attach,
            refuse=self._refuse,
            leave=self._on_end,
            finish_list=self._refusals.tell_all,
            tell=self._changes.put,
        )
        self._discovery.start(wait_seconds=_LIST_SECONDS)
        for stream in list(self._streams.values()):
            stream.answered.wait(_OPEN_SECONDS - (monotonic_ns() - self._opened_at_ns) / 1e9)
        self._take_changes()

    def read(self, append: Append, *, at_border: bool = False) -> None:
        """Read CPU, memory and peak of every container that runs.

        What the engine sent waits for the next tick when it is a border: it says nothing of this instant.
        """
        self._take_changes()
        for words in self._last_words:
            words.append_reading(append)
        self._last_words.clear()
        if not at_border:
            for arrival in self._arrivals:
                arrival.append_reading(append)
            self._arrivals.clear()
        self._drop([life for life in self._lives if not life.read(append, at_border=at_border)])

    def read_traffic(self, append: Append) -> None:
        """Read network and disk of every container that runs."""
        for told in self._told_traffic:
            told.append_traffic(append)
        self._drop([life for life in self._lives if not life.read_traffic(append)])
        if self._roster is not None and any(it.traffic.read == MISSING for it in (*self._told_traffic, *self._lives)):
            self._roster.note(_NO_DISK)
        self._told_traffic.clear()

    def await_last(self) -> bool:
        """Wait for an object of each stream that was read after the run: so none of its CPU is missing."""
        ended_at_ns = monotonic_ns()
        streams = list(self._streams.values())
        for stream in streams:
            stream.hasten()
        for stream in streams:
            stream.await_object(ended_at_ns, until_ns=ended_at_ns + round(_LAST_SECONDS * 1e9))
        return bool(streams)

    def close(self) -> None:
        """End the threads and close all files."""
        if self._discovery is not None:
            self._discovery.stop()
        self._end_streams()
        self._take_changes()
        self._drop(list(self._lives))
        for told in (self._last_words, self._arrivals, self._told_traffic):
            told.clear()

    def _end_streams(self) -> None:
        streams = list(self._streams.values())
        for stream in streams:
            stream.stop()
        deadline = monotonic_ns() / 1e9 + _JOIN_SECONDS
        for stream in streams:
            stream.join(max(0.0, deadline - monotonic_ns() / 1e9))

    def _drop(self, lives: list[Life]) -> None:
        for life in lives:
            life.reader.close()
            self._lives.remove(life)
            if life.fault is not None and self._roster is not None:
                self._roster.note(f"docker: {life.container.name} could not be read any longer: {life.fault}")

    def _take_changes(self) -> None:
        """Take over what the other threads found; nothing else of them reaches this side."""
        while self._roster is not None and not self._changes.empty():
            change = self._changes.get_nowait()
            if isinstance(change, str):
                self._roster.note(change)
            elif isinstance(change, Life):
                self._welcome(change, self._roster)
            elif isinstance(change, Arrival):
                self._receive(change, self._roster)
            else:
                self._last_words.append(change)
                self._told_traffic.append(change)

    def _welcome(self, life: Life, roster: Roster) -> None:
        reader = life.reader
        source = self._source_of(life, f"cgroup v{reader.version}")
        life.source = roster.add_source(source._replace(peak_resets=reader.resets_peak))
        self._lives.append(life)

    def _receive(self, arrival: Arrival, roster: Roster) -> None:
        life = arrival.life
        if life.source == MISSING:
            source = self._source_of(life, ENGINE_READER)
            life.source = roster.add_source(source._replace(has_border_readings=False))
        self._arrivals.append(arrival)
        self._told_traffic.append(arrival)

    def _source_of(self, life: Life | StreamedLife, reader: str) -> Source:
        container = life.container
        return Source(self.method, container.name, reader, service=container.service, born_at_ns=life.born_at_ns)

    # in the discovery thread

    def _attach(self, container: Container) -> None:
        """Begin a life that is read from its files."""
        life = begin_life(container, since_ns=self._opened_at_ns, reset_peaks=self._reset_peaks, root=self._root)
        self._newest[container.id] = life
        self._changes.put(life)
        if life.born_at_ns is not None:
            # A life may end before the next tick: then this is all there is of it.
            self._say_last_words(container.id)

    def _refuse(self, container: Container, error: Exception) -> None:
        """Turn to the engine for a container whose files cannot be read, unless that is not wanted."""
        if self._reader == "auto":
            self._refusals.add(container.name, error)
            self._stream_of(container)
        else:
            self._changes.put(
                f'docker: {container.name} cannot be read directly: {error}; docker_reader = "auto" asks the engine'
            )

    def _stream_of(self, container: Container) -> None:
        """Begin a life that is read through the engine."""
        self._end_stream(container.id)
        stream = StreamedLife(
            container,
            self._connect,
            self._clock,
            since_ns=self._opened_at_ns,
            hand_over=self._changes.put,
            tell=self._changes.put,
        )
        self._streams[container.id] = stream
        stream.start()

    def _on_end(self, container_id: str, has_ended: bool) -> None:  # noqa: FBT001 - given by place
        """Take what is there of a container before it is gone; one that is gone has no stream any more."""
        self._say_last_words(container_id)
        if has_ended:
            self._end_stream(container_id)

    def _say_last_words(self, container_id: str) -> None:
        life = self._newest.get(container_id)
        words = None if life is None else LastWords.of(life)
        if words is not None:
            self._changes.put(words)

    def _end_stream(self, container_id: str) -> None:
        stream = self._streams.pop(container_id, None)
        if stream is not None:
            stream.stop()
