"""Reads what a container used from the files of its cgroup: about 5 us for CPU, memory and peak.

Formats: kernel documentation, admin-guide/cgroup-v1/{memory,cpuacct,blkio-controller}.rst and cgroup-v2.rst.
"""

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from vedro_profiling.recording.clock import monotonic_ns
from vedro_profiling.recording.kernel_file import KernelFile
from vedro_profiling.recording.samplers import MISSING
from vedro_profiling.recording.samplers.cgroup_formats import (
    cpu_ns_v2,
    disk_bytes_v1,
    disk_bytes_v2,
    network_bytes,
    value_after,
    working_set_of,
)
from vedro_profiling.recording.samplers.cgroup_paths import Directories

__all__ = (
    "ENDED",
    "CgroupReader",
    "Reading",
    "Traffic",
)

ENDED: Final = frozenset({errno.ENODEV, errno.ENOENT, errno.ESRCH})
"""Errors that say: the container ended. Each is a normal end of reading."""

_WORKING_SET_NS: Final = 40_000_000
"""The working set is told at most this often: its file costs as much as all the others together."""

_STILL_NS: Final = 1_000_000_000
"""Peak and working set are read this often even of a container that stands still: its pages age all the same."""

_DISK_V1: Final = ("blkio.throttle.io_service_bytes_recursive", "blkio.throttle.io_service_bytes")


class Reading(NamedTuple):
    """One reading, in the order in which `Append` takes it; `MISSING` where a controller is not there."""

    cpu_ns: int
    memory_bytes: int
    working_set_bytes: int
    peak_bytes: int
    at_ns: int


class Traffic(NamedTuple):
    """Bytes since the container started, in the order in which `Append` takes them."""

    received: int
    sent: int
    read: int
    written: int
    at_ns: int


class CgroupReader:
    r"""The files of one life of a container, held open; a restart needs a new reader.

    One thread at a time. Every reading raises OSError with a code in `ENDED` once the container ended: a descriptor
    of a removed cgroup answers ENODEV for ever, even when the same path exists again.

    Parameters
    ----------
    directories
        From `find_directories`.
    reset_peaks
        Whether each reading sets the kernel's high-water mark back, where that is permitted. On v1 the mark is one
        for all who read it, on v2 (kernel 6.12 or newer) the descriptor's own.
    host_network
        Whether the container shares the host's network, whose traffic is not its own: nothing is told then.
    monotonic_ns
        The clock.

    Raises
    ------
    PermissionError
        If CPU or memory may not be read.
    FileNotFoundError
        If neither is there: the container ended.

    Example
    -------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "cpu.stat").write_text("usage_usec 71435667\nuser_usec 68613928\n")
    ...     reader = CgroupReader(Directories(2, Path(folder), None, None, Path(folder)))
    ...     reader.read().cpu_ns
    ...     reader.close()
    71435667000
    """

    def __init__(
        self,
        directories: Directories,
        *,
        reset_peaks: bool = False,
        host_network: bool = False,
        monotonic_ns: Callable[[], int] = monotonic_ns,
    ) -> None:
        self.version = directories.version
        self.resets_peak = False
        self._monotonic_ns = monotonic_ns
        self._working_set_due_ns = self._inactive_due_ns = self._peak_due_ns = 0
        self._inactive_bytes = self._still_peak_bytes = MISSING
        self._inactive_beside = self._peak_beside = (MISSING, MISSING)
        self._opened: list[KernelFile] = []
        self._lost_received = self._lost_sent = self._last_received = self._last_sent = 0
        try:
            self._open_gauges(directories, reset_peaks=reset_peaks)
            self._open_traffic(directories, host_network=host_network)
        except OSError:
            self.close()
            raise

    def _open_gauges(self, directories: Directories, *, reset_peaks: bool) -> None:
        v1 = self.version == 1
        memory = directories.memory
        self._cpu = self._open(directories.cpu, "cpuacct.usage" if v1 else "cpu.stat")
        self._memory = self._open(memory, "memory.usage_in_bytes" if v1 else "memory.current")
        self._memory_stat = self._open(memory, "memory.stat")
        if self._cpu is None and self._memory is None:
            raise FileNotFoundError(
                errno.ENOENT, "neither CPU nor memory is to be read", str(directories.cpu or memory)
            )
        self._cpu_ns_in: Callable[[bytes], int] = int if v1 else cpu_ns_v2
        self._inactive_key = b"\ntotal_inactive_file " if v1 else b"\ninactive_file "
        self._peak = self._open_peak(memory, "memory.max_usage_in_bytes" if v1 else "memory.peak", reset=reset_peaks)

    def _open_traffic(self, directories: Directories, *, host_network: bool) -> None:
        names = _DISK_V1 if self.version == 1 else ("io.stat",)
        self._disk_bytes_in = disk_bytes_v1 if self.version == 1 else disk_bytes_v2
        found = (self._open_permitted(directories.disk, name) for name in names)
        self._disk = next((file for file in found if file is not None), None)
        self._network = None if host_network else self._open_permitted(directories.process, "net/dev")

    def _open(self, directory: Path | None, name: str, flags: int = os.O_RDONLY) -> KernelFile | None:
        """Open a file; None if the controller is not mounted or not delegated."""
        if directory is None:
            return None
        try:
            file = KernelFile(directory / name, flags)
        except FileNotFoundError:
            return None
        except PermissionError as error:
            raise PermissionError(error.errno, "no permission to read: run as a user who may", error.filename) from None
        self._opened.append(file)
        return file

    def _open_permitted(self, directory: Path | None, name: str) -> KernelFile | None:
        try:
            return self._open(directory, name)
        except PermissionError:
            return None

    def _open_peak(self, directory: Path | None, name: str, *, reset: bool) -> KernelFile | None:
        """Open the high-water mark, for writing where that resets it.

        Before kernel 6.12 `memory.peak` has no write bit; root may open it for writing all the same, in vain.
        """
        if reset and directory is not None:
            try:
                writable = bool((directory / name).stat().st_mode & stat.S_IWUSR)
                peak = self._open(directory, name, os.O_RDWR) if writable else None
            except OSError:  # EACCES for others than root, EROFS inside a container, ENOENT
                peak = None
            if peak is not None:
                self.resets_peak = True
                return peak
        return self._open_permitted(directory, name)

    def read(self, *, at_border: bool = False) -> Reading:
        """Read CPU, memory, working set and peak; the peak is the high-water mark since the previous reading.

        The working set is left out at a scenario border, and for 40 ms after it was told. Between borders, a container
        whose CPU and usage have not moved since has the peak and the inactive pages that it had: what comes and goes
        without using CPU is seen within a second.

        Raises
        ------
        OSError
            With a code in `ENDED` once the container ended.
        """
        cpu_ns = MISSING if self._cpu is None else self._cpu_ns_in(self._cpu.read())
        at_ns = self._monotonic_ns()
        memory = MISSING if self._memory is None else int(self._memory.read())
        beside = (cpu_ns, memory)
        if at_border or at_ns >= self._peak_due_ns or beside != self._peak_beside:
            peak = self._read_peak(memory)
            self._peak_beside, self._peak_due_ns = beside, at_ns + _STILL_NS
        else:
            peak = self._still_peak_bytes
        working_set = MISSING
        if at_ns >= self._working_set_due_ns and not at_border:
            if at_ns >= self._inactive_due_ns or beside != self._inactive_beside:
                self._inactive_bytes = self._read_inactive()
                self._inactive_beside, self._inactive_due_ns = beside, at_ns + _STILL_NS
            working_set = working_set_of(memory, self._inactive_bytes)
            self._working_set_due_ns = at_ns + _WORKING_SET_NS
        return Reading(cpu_ns, memory, working_set, peak, at_ns)

    def _read_peak(self, memory: int) -> int:
        """Read the high-water mark and let it start anew; `memory` is the usage just read."""
        if self._peak is None:
            return MISSING
        mark = int(self._peak.read())
        # One that is no higher than the usage would start where it stands.
        if mark > memory:
            self.reset_peak()
        # The kernel may count a page between two reads: a mark below the usage just read would be absurd.
        peak = max(mark, memory)
        self._still_peak_bytes = memory if self.resets_peak else peak
        return peak

    def _read_inactive(self) -> int:
        return MISSING if self._memory_stat is None else value_after(self._memory_stat.read(), self._inactive_key)

    def reset_peak(self) -> None:
        """Let the high-water mark start anew, if resets are permitted.

        A reader of a container that ran before calls it once, so that its first reading does not tell of the past.
        """
        if self.resets_peak and self._peak is not None:
            try:
                self._peak.write(b"0")
            except OSError:  # the container ended, or the kernel cannot: the next reading finds out
                self.resets_peak = False

    def read_traffic(self) -> Traffic:
        """Read the bytes the container received, sent, read and wrote since it started; none ever decreases.

        Raises
        ------
        OSError
            With a code in `ENDED` once the container ended.
        """
        received, sent = self._read_network()
        read, written = (MISSING, MISSING) if self._disk is None else self._disk_bytes_in(self._disk.read())
        # The network file outlives the container and shows zeros then: it counts only if the cgroup still answers.
        if self._cpu is not None:
            self._cpu.read()
        return Traffic(received, sent, read, written, self._monotonic_ns())

    def _read_network(self) -> tuple[int, int]:
        if self._network is None:
            return MISSING, MISSING
        received, sent = network_bytes(self._network.read_records())
        # An interface that was taken away takes its count along: what it had counted stays counted.
        self._lost_received += max(0, self._last_received - received)
        self._lost_sent += max(0, self._last_sent - sent)
        self._last_received, self._last_sent = received, sent
        return received + self._lost_received, sent + self._lost_sent

    def close(self) -> None:
        """Close all files; a second call does nothing."""
        while self._opened:
            self._opened.pop().close()
