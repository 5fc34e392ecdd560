"""One life of a container: from a start to an end its counters only grow."""

import contextlib
from pathlib import Path
from typing import NamedTuple

from vedro_profiling.recording.samplers import MISSING, Append
from vedro_profiling.recording.samplers.cgroup import ENDED, CgroupReader, Reading, Traffic
from vedro_profiling.recording.samplers.cgroup_paths import Directories, find_directories
from vedro_profiling.recording.samplers.containers import Container
from vedro_profiling.recording.samplers.procfs import parse_stat

__all__ = (
    "LastWords",
    "Life",
    "begin_life",
)


class Life:
    """A container that is being read; made by the discovery thread, then left to the one that reads."""

    __slots__ = ("born_at_ns", "container", "directories", "fault", "last", "reader", "source", "traffic")

    def __init__(
        self, container: Container, directories: Directories, reader: CgroupReader, born_at_ns: int | None
    ) -> None:
        self.container = container
        self.directories = directories
        self.reader = reader
        self.born_at_ns = born_at_ns
        self.source = -1
        self.last = Reading(MISSING, MISSING, MISSING, MISSING, 0)
        self.traffic = Traffic(0, 0, 0, 0, 0)
        self.fault: OSError | None = None

    def read(self, append: Append, *, at_border: bool = False) -> bool:
        """Append a reading; False if the life is over, with `fault` set if that is no normal end."""
        try:
            reading = self.reader.read(at_border=at_border)
        except OSError as error:
            return self._end(error)
        self.last = reading
        append(self.source, *reading)
        return True

    def read_traffic(self, append: Append) -> bool:
        """Append network and disk; False as with `read`."""
        try:
            traffic = self.reader.read_traffic()
        except OSError as error:
            return self._end(error)
        self.traffic = traffic
        append(self.source, *traffic)
        return True

    def _end(self, error: OSError) -> bool:
        self.fault = None if error.errno in ENDED else error
        return False


class LastWords(NamedTuple):
    """What a life had used when the engine told that it ends, read beside the running readings."""

    life: Life
    reading: Reading
    traffic: Traffic

    @classmethod
    def of(cls, life: Life) -> "LastWords | None":
        """Read once more through files of its own, for the life's reader belongs to another thread; None if too late.

        On v2 a mark that was reset lives in the reader's descriptor: here the peak would be the one of all times.
        """
        with contextlib.suppress(OSError):
            reader = CgroupReader(life.directories, host_network=life.container.host_network)
            with contextlib.closing(reader):
                reading, traffic = reader.read(), reader.read_traffic()
            own_peak = life.reader.version == 2 and life.reader.resets_peak  # noqa: PLR2004 - cgroup v2
            return cls(life, reading._replace(peak_bytes=MISSING) if own_peak else reading, traffic)
        return None

    def append_reading(self, append: Append) -> None:
        """Append the reading, unless a later one made it stale.

        Between its CPU and its instant the other thread may have read more CPU at an earlier instant.
        """
        last = self.life.last
        if self.reading.at_ns > last.at_ns and self.reading.cpu_ns >= last.cpu_ns:
            self.life.last = self.reading
            append(self.life.source, *self.reading)

    def append_traffic(self, append: Append) -> None:
        """Append network and disk, unless later ones made them stale.

        The network may have been taken down before the container: what shows less than before is missing.
        """
        told = self.life.traffic
        if self.traffic.at_ns > told.at_ns:
            self.life.traffic = self.traffic
            pairs = zip(self.traffic, told, strict=True)
            append(self.life.source, *(now if now >= then else MISSING for now, then in pairs))


def begin_life(container: Container, *, since_ns: int, reset_peaks: bool, root: Path) -> Life:
    """Open what is read of a container; its counters count from zero if it started after `since_ns`.

    Raises
    ------
    OSError, RecordingError
        If it ended meanwhile, or cannot be read here: see `find_directories` and `CgroupReader`.
    """
    directories = find_directories(container.pid, container.id, root=root)
    # A container's first process starts together with its cgroup, 0.1 s before the engine says so; and it needs no
    # agreement between the engine's clock and ours.
    started_at_ns = parse_stat((root / "proc" / str(container.pid) / "stat").read_bytes()).started_at_ns
    reader = CgroupReader(directories, reset_peaks=reset_peaks, host_network=container.host_network)
    if started_at_ns < since_ns:
        reader.reset_peak()
        return Life(container, directories, reader, None)
    return Life(container, directories, reader, started_at_ns)
