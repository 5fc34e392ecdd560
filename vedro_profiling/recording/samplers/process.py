"""The test process, and others named beside it: CPU time, resident memory and its peak, disk."""

import os
import sys
import time
from collections.abc import Sequence
from typing import Final, Protocol

import psutil

from vedro_profiling import schema
from vedro_profiling.recording.samplers import MISSING, Append, Roster, Source
from vedro_profiling.recording.samplers.procfs import LinuxProcess, ProcessUsage

__all__ = (
    "PortableProcess",
    "ProcessSampler",
    "this_process_name",
)


def this_process_name() -> str:
    """Name the process this runs in, as its target is named."""
    return psutil.Process().name()


class _Process(Protocol):
    """One process as it is read; once it has ended, reading raises OSError or psutil.Error."""

    reader: str
    peak_resets: bool

    def usage(self) -> ProcessUsage: ...
    def disk(self) -> tuple[int, int]: ...
    def close(self) -> None: ...


class PortableProcess:
    """A process read through psutil, where there is no /proc."""

    reader = "psutil"
    peak_resets = False

    def __init__(self, pid: int, *, reset_peak: bool) -> None:
        del reset_peak  # only Linux resets peaks
        self._process = psutil.Process(pid)

    def usage(self) -> ProcessUsage:
        """Read CPU and RSS; there is no peak."""
        with self._process.oneshot():
            cpu = self._process.cpu_times()
            return ProcessUsage(round((cpu.user + cpu.system) * 1e9), self._process.memory_info().rss, MISSING)

    def disk(self) -> tuple[int, int]:
        """Read how many bytes were read and written; `MISSING` where psutil does not know."""
        try:
            counters = self._process.io_counters()
        except (AttributeError, psutil.AccessDenied):
            return MISSING, MISSING
        return counters.read_bytes, counters.write_bytes

    def close(self) -> None:
        """Hold nothing open."""


_OPEN: Final = LinuxProcess if sys.platform == "linux" else PortableProcess


class _Member:
    """A process of a target; what it consumed stays counted after its end."""

    def __init__(self, process: _Process) -> None:
        self.process: _Process | None = process
        self.usage = ProcessUsage(0, 0, MISSING)
        self.disk = (0, 0)

    def read(self) -> None:
        try:
            if self.process is not None:
                self.usage = self.process.usage()
        except (OSError, psutil.Error):
            self.end()

    def read_disk(self) -> None:
        try:
            if self.process is not None:
                self.disk = self.process.disk()
        except (OSError, psutil.Error):
            self.end()

    def end(self) -> None:
        if self.process is not None:
            self.process.close()
            self.process = None
        self.usage = ProcessUsage(self.usage.cpu_ns, 0, MISSING)


class _Target:
    """All processes of one name, read as one: their sums."""

    def __init__(self, processes: Sequence[_Process]) -> None:
        self.members = [_Member(process) for process in processes]
        self.peak_resets = len(processes) == 1 and processes[0].peak_resets

    @property
    def is_alive(self) -> bool:
        return any(member.process is not None for member in self.members)

    def usage(self) -> ProcessUsage:
        usages = [member.usage for member in self.members]
        return ProcessUsage(
            cpu_ns=sum(usage.cpu_ns for usage in usages),
            memory_bytes=sum(usage.memory_bytes for usage in usages),
            # Peaks of several processes do not add up: they need not have been at the same time.
            peak_bytes=usages[0].peak_bytes if len(usages) == 1 else MISSING,
        )

    def disk(self) -> tuple[int, int]:
        read, written = zip(*(member.disk for member in self.members), strict=True)
        return _sum(read), _sum(written)


def _sum(counters: Sequence[int]) -> int:
    return MISSING if MISSING in counters else sum(counters)


class ProcessSampler:
    """Reads the process it runs in, and those of `processes`, each name a target.

    Parameters
    ----------
    processes
        Names or pids of processes beside this one. All that bear the same name when the run starts are one target,
        and its values are their sums; a name that no process bears is told in the summary.
    reset_peaks
        Whether to start a new high-water mark with every reading; others who read VmHWM then see it fall.
    """

    method = schema.DEFAULT_METHOD

    def __init__(self, processes: Sequence[str | int] = (), *, reset_peaks: bool = True) -> None:
        self._wanted = processes
        self._reset_peaks = reset_peaks
        self._targets: dict[int, _Target] = {}

    def open(self, roster: Roster) -> None:
        """Find the processes by name and pid."""
        pids = {this_process_name(): [os.getpid()]}
        for name, pid in self._find(roster):
            pids.setdefault(name, []).append(pid)
        for name, members in pids.items():
            self._add(roster, name, sorted(set(members)))

    def _find(self, roster: Roster) -> list[tuple[str, int]]:
        if not self._wanted:
            return []
        running = [(process.info["name"], process.pid) for process in psutil.process_iter(["name"])]
        found = [(name, pid) for name, pid in running if name in self._wanted or pid in self._wanted]
        for missing in set(self._wanted) - {name for name, _ in found} - {pid for _, pid in found}:
            roster.note(f"process {missing!r} is not running: nothing was read of it")
        return found

    def _add(self, roster: Roster, name: str, pids: Sequence[int]) -> None:
        processes = [process for pid in pids if (process := self._open(roster, name, pid)) is not None]
        if processes:
            target = _Target(processes)
            source = Source(self.method, name, processes[0].reader, peak_resets=target.peak_resets)
            self._targets[roster.add_source(source)] = target

    def _open(self, roster: Roster, name: str, pid: int) -> _Process | None:
        try:
            return _OPEN(pid, reset_peak=self._reset_peaks)
        except (OSError, psutil.Error) as error:
            roster.note(f"process {name!r} ({pid}) cannot be read: {error}")
            return None

    def read(self, append: Append, *, at_border: bool = False) -> None:  # noqa: ARG002 - a border costs no less here
        """Read CPU, RSS and peak of every target that is alive."""
        for source, target in self._targets.items():
            # The instant stands beside the first thing read, which is the CPU clock.
            at_ns = time.monotonic_ns()
            for member in target.members:
                member.read()
            if target.is_alive:
                cpu_ns, memory_bytes, peak_bytes = target.usage()
                append(source, cpu_ns, memory_bytes, MISSING, peak_bytes, at_ns)

    def read_traffic(self, append: Append) -> None:
        """Read disk counters; processes have no network counters of their own."""
        for source, target in self._targets.items():
            for member in target.members:
                member.read_disk()
            if target.is_alive:
                append(source, MISSING, MISSING, *target.disk(), time.monotonic_ns())

    def close(self) -> None:
        """Close all files; a second call does nothing."""
        for target in self._targets.values():
            for member in target.members:
                member.end()
