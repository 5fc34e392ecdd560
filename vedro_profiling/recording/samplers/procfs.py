"""One Linux process, read from its CPU clock and from its files in /proc."""

import os
import time
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

from vedro_profiling.recording.clock import monotonic_ns
from vedro_profiling.recording.kernel_file import KernelFile, open_or_none, read_once
from vedro_profiling.recording.samplers import MISSING

__all__ = (
    "LinuxProcess",
    "ProcessStat",
    "ProcessUsage",
    "parse_stat",
)

_File = TypeVar("_File", KernelFile, KernelFile | None)

_RESET_PEAK: Final = b"5"
"""Written to clear_refs, sets VmHWM back to the present RSS (Linux, Documentation/filesystems/proc.rst)."""

_SHORT_NAME: Final = 15
"""The kernel cuts longer names off here (TASK_COMM_LEN)."""

_FORKED_ONLY: Final = 0x40
"""PF_FORKNOEXEC (Linux, include/linux/sched.h): the process has not executed a program since it was forked."""

_TICK_NS: Final = 1_000_000_000 // os.sysconf("SC_CLK_TCK")


class ProcessUsage(NamedTuple):
    """CPU time since the process began, resident memory now, and its high-water mark."""

    cpu_ns: int
    memory_bytes: int
    """0 for a process that has ended and was not waited for."""
    peak_bytes: int


class ProcessStat(NamedTuple):
    """What a process is, and what those it has waited for have used."""

    name: str
    parent: int
    """Its pid; 1, or that of a subreaper, for an orphan."""
    reaped_ns: int
    """CPU time of the children it has waited for, and of all that these had waited for."""
    started_at_ns: int
    """Monotonic instant, rounded down to the grain of the source."""
    threads: int = 1
    is_zombie: bool = False
    """Whether it has ended, all its threads too, and was not waited for."""
    is_forked_only: bool = False
    """Whether it still runs the program of its parent, under its parent's name."""


def parse_stat(content: bytes) -> ProcessStat:
    """Read proc_pid_stat(5); CPU and birth come in ticks of 10 ms.

    >>> stat = parse_stat(b"7 (a (b) c) S 3 7 7 0 -1 64 0 0 0 0 9 9 2 1 20 0 1 0 0 0 0")
    >>> stat.name, stat.parent, stat.is_forked_only
    ('a (b) c', 3, True)
    """
    opening, closing = content.index(b"("), content.rindex(b")")
    fields = content[closing + 2 :].split(b" ", 20)
    suspended_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME) - monotonic_ns()
    return ProcessStat(
        name=content[opening + 1 : closing].decode(errors="replace"),
        parent=int(fields[1]),
        reaped_ns=(int(fields[13]) + int(fields[14])) * _TICK_NS,
        # Field 22 counts from boot, suspend included.
        started_at_ns=int(fields[19]) * _TICK_NS - max(0, suspended_ns),
        threads=int(fields[17]),
        # A leading thread may end before the others.
        is_zombie=fields[0] in b"ZX" and int(fields[17]) <= 1,
        is_forked_only=bool(int(fields[6]) & _FORKED_ONLY),
    )


class LinuxProcess:
    """A process whose four files stay open; about 6 us a reading.

    Where `reset_peak` is wanted and allowed, each reading starts a new high-water mark.

    Raises
    ------
    OSError
        When made or read: the process has ended, or belongs to another user.
    """

    reader = "/proc"

    def __init__(self, pid: int, *, reset_peak: bool) -> None:
        folder = f"/proc/{pid}"
        # CPUCLOCK_SCHED of the whole process, as clock_getcpuclockid(3) makes it: nanoseconds, where stat has 10 ms.
        self._clock = (~pid << 3) | 2
        self._folder = folder
        self._files: list[KernelFile] = []
        try:
            self._status = self._keep(KernelFile(f"{folder}/status"))
            self._stat = self._keep(KernelFile(f"{folder}/stat"))
        except OSError:
            self.close()
            raise
        self._io = self._keep(open_or_none(Path(folder, "io")))
        self._clear_refs = self._keep(open_or_none(Path(folder, "clear_refs"), os.O_WRONLY) if reset_peak else None)
        self.peak_resets = self._clear_refs is not None

    def _keep(self, file: _File) -> _File:
        if file is not None:
            self._files.append(file)
        return file

    def usage(self) -> ProcessUsage:
        """Read CPU, RSS and VmHWM, and start the next high-water mark."""
        cpu_ns = time.clock_gettime_ns(self._clock)
        # Fails when the process has ended, also when its pid has gone to another: the descriptor is the process's own.
        status = self._status.read()
        memory_bytes = _bytes_after(status, b"VmRSS:")
        peak_bytes = max(memory_bytes, _bytes_after(status, b"VmHWM:"))
        # A mark that is no higher than the memory would start where it stands.
        if self._clear_refs is not None and peak_bytes > memory_bytes:
            self._clear_refs.write(_RESET_PEAK)
        return ProcessUsage(cpu_ns, memory_bytes, peak_bytes)

    def disk(self) -> tuple[int, int]:
        """Read how many bytes went from and to storage; `MISSING` where that may not be read.

        The kernel adds to them what children had read and written once they were waited for.
        """
        if self._io is None:
            return MISSING, MISSING
        try:
            content = self._io.read()
        except PermissionError:
            # Root in a container may open the file of another user's process, and yet not read it.
            return MISSING, MISSING
        counters = dict(line.split(b": ") for line in content.splitlines())
        return int(counters[b"read_bytes"]), int(counters[b"write_bytes"])

    def stat(self) -> ProcessStat:
        """Read name, parent and the CPU time of reaped children; a zombie has all that too."""
        return parse_stat(self._stat.read())

    def full_name(self, short_name: str) -> str:
        """Complete a name that the kernel has cut off from the command line, as psutil does."""
        if len(short_name) < _SHORT_NAME:
            return short_name
        try:
            command = read_once(f"{self._folder}/cmdline")
        except OSError:
            return short_name
        name = command.split(b"\0", 1)[0].decode(errors="replace").rpartition("/")[2]
        return name if name.startswith(short_name) else short_name

    def is_waiting(self, cpu_ns: int) -> bool:
        """Whether a process that was a zombie, and had used `cpu_ns`, is one still.

        Needs no open file. Whoever got its pid since has used another amount.
        """
        try:
            return time.clock_gettime_ns(self._clock) == cpu_ns
        except OSError:
            return False

    def close(self) -> None:
        """Close the files; a second call does nothing."""
        for file in self._files:
            file.close()


def _bytes_after(status: bytes, key: bytes) -> int:
    """Find a line such as `VmHWM:  123 kB`; a zombie has none."""
    start = status.find(key)
    return 1024 * int(status[start + len(key) : status.index(b" kB", start)]) if start >= 0 else 0
