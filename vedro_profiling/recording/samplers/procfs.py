"""One Linux process, read from its CPU clock and from its files in /proc."""

import os
import time
from pathlib import Path
from typing import Final, NamedTuple

from vedro_profiling.recording.kernel_file import KernelFile
from vedro_profiling.recording.samplers import MISSING

__all__ = (
    "LinuxProcess",
    "ProcessUsage",
)

_RESET_PEAK: Final = b"5"
"""Written to clear_refs, sets VmHWM back to the present RSS (Linux, Documentation/filesystems/proc.rst)."""


class ProcessUsage(NamedTuple):
    """CPU time since the process began, resident memory now, and its high-water mark."""

    cpu_ns: int
    memory_bytes: int
    peak_bytes: int


class LinuxProcess:
    """A process whose files stay open; about 12 us a reading.

    Where `reset_peak` is wanted and allowed, each reading starts a new high-water mark.

    Raises
    ------
    OSError
        When made or read: the process has ended, or belongs to another user.
    """

    reader = "/proc"

    def __init__(self, pid: int, *, reset_peak: bool) -> None:
        folder = Path("/proc") / str(pid)
        # CPUCLOCK_SCHED of the whole process, as clock_getcpuclockid(3) makes it: nanoseconds, where stat has 10 ms.
        self._clock = (~pid << 3) | 2
        self._page_bytes = os.sysconf("SC_PAGE_SIZE")
        self._statm = KernelFile(folder / "statm")
        self._status = KernelFile(folder / "status")
        self._io = _open_or_none(folder / "io")
        self._clear_refs = _open_or_none(folder / "clear_refs", os.O_WRONLY) if reset_peak else None
        self.peak_resets = self._clear_refs is not None

    def usage(self) -> ProcessUsage:
        """Read CPU, RSS and VmHWM, and start the next high-water mark."""
        cpu_ns = time.clock_gettime_ns(self._clock)
        # Fails when the process has ended, also when its pid has gone to another: the descriptor is the process's own.
        memory_bytes = int(self._statm.read().split(b" ", 2)[1]) * self._page_bytes
        peak_bytes = max(memory_bytes, _kilobytes(self._status.read(), b"VmHWM:") * 1024)
        if self._clear_refs is not None:
            self._clear_refs.write(_RESET_PEAK)
        return ProcessUsage(cpu_ns, memory_bytes, peak_bytes)

    def disk(self) -> tuple[int, int]:
        """Read how many bytes went from and to storage; `MISSING` where that may not be read."""
        if self._io is None:
            return MISSING, MISSING
        try:
            content = self._io.read()
        except PermissionError:
            # Root in a container may open the file of another user's process, and yet not read it.
            return MISSING, MISSING
        counters = dict(line.split(b": ") for line in content.splitlines())
        return int(counters[b"read_bytes"]), int(counters[b"write_bytes"])

    def close(self) -> None:
        """Close the files; a second call does nothing."""
        for file in (self._statm, self._status, self._io, self._clear_refs):
            if file is not None:
                file.close()


def _open_or_none(path: Path, flags: int = os.O_RDONLY) -> KernelFile | None:
    try:
        return KernelFile(path, flags)
    except OSError:
        return None


def _kilobytes(status: bytes, key: bytes) -> int:
    """Find a line such as `VmHWM:  123 kB`; a zombie has none."""
    start = status.find(key)
    return int(status[start:].split(None, 2)[1]) if start >= 0 else 0
