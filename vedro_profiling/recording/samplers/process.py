"""The test process, its children, and others named beside it: CPU time, resident memory and its peak, disk."""

import os
import sys
import time
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import Final

import psutil

from vedro_profiling import schema
from vedro_profiling.recording.clock import monotonic_ns, now_unix_ns
from vedro_profiling.recording.samplers import MISSING, Append, Roster
from vedro_profiling.recording.samplers.descent import Descent, LinuxDescent
from vedro_profiling.recording.samplers.family import Family
from vedro_profiling.recording.samplers.members import Process
from vedro_profiling.recording.samplers.procfs import LinuxProcess, ProcessStat, ProcessUsage

if sys.platform != "win32":
    import resource

__all__ = (
    "PortableDescent",
    "PortableProcess",
    "ProcessSampler",
    "this_process_name",
    "waited_for_ns",
)

_COST_RATIO: Final = 100
"""A look that costs much is followed by a rest, this many times as long."""


def this_process_name() -> str:
    """Name the process this runs in, as its target is named."""
    return psutil.Process().name()


def waited_for_ns() -> int:
    """Return the CPU of all children this process has waited for, and of all these had waited for.

    The kernel keeps it to the nanosecond and tells it to the microsecond, in 0.3 us. Windows does not know it.
    """
    if sys.platform == "win32":
        return 0
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return round((usage.ru_utime + usage.ru_stime) * 1e6) * 1000


@contextmanager
def _as_os_error() -> Iterator[None]:
    """Tell the end of a process as Linux does."""
    try:
        yield
    except psutil.Error as error:
        raise ProcessLookupError(str(error)) from error


class PortableProcess:
    """A process read through psutil, where there is no /proc.

    Raises
    ------
    OSError
        When made or read: the process has ended, or belongs to another user.
    """

    reader = "psutil"
    peak_resets = False

    def __init__(self, pid: int, *, reset_peak: bool) -> None:
        del reset_peak  # only Linux resets peaks
        with _as_os_error():
            self._process = psutil.Process(pid)
        self._cpu_ns = 0

    def usage(self) -> ProcessUsage:
        """Read CPU and RSS; there is no peak. Of a zombie macOS tells no CPU: it is what it was before."""
        with _as_os_error(), suppress(psutil.ZombieProcess), self._process.oneshot():
            cpu = self._process.cpu_times()
            self._cpu_ns = round((cpu.user + cpu.system) * 1e9)
            return ProcessUsage(self._cpu_ns, self._process.memory_info().rss, MISSING)
        return ProcessUsage(self._cpu_ns, 0, MISSING)

    def disk(self) -> tuple[int, int]:
        """Read how many bytes were read and written; `MISSING` where psutil does not know."""
        try:
            counters = self._process.io_counters()
        except (AttributeError, psutil.AccessDenied):
            return MISSING, MISSING
        except psutil.Error as error:
            raise ProcessLookupError(str(error)) from error
        return counters.read_bytes, counters.write_bytes

    def stat(self) -> ProcessStat:
        """Read name and parent; what reaped children used is known of the test process alone."""
        with _as_os_error(), self._process.oneshot():
            age_ns = round((now_unix_ns() / 1e9 - self._process.create_time()) * 1e9)
            return ProcessStat(
                self._process.name(),
                self._process.ppid(),
                reaped_ns=0,
                started_at_ns=monotonic_ns() - age_ns,
                is_zombie=self._is_zombie(),
            )

    def full_name(self, short_name: str) -> str:
        """Return the name: psutil has completed it."""
        return short_name

    def is_waiting(self, cpu_ns: int) -> bool:
        """Whether it is a zombie still."""
        del cpu_ns
        try:
            return self._process.is_running() and self._is_zombie()
        except psutil.Error:
            return False

    def _is_zombie(self) -> bool:
        return self._process.status() == psutil.STATUS_ZOMBIE

    def close(self) -> None:
        """Hold nothing open."""


class PortableDescent:
    """Finds descendants through psutil: about 1 ms, and beside a busy main thread far more."""

    period_ns = 1_000_000_000
    is_cheap = False

    def below(self, ancestors: Iterable[int], *, single_threaded: Container[int] = ()) -> list[int]:
        """List the pids of `ancestors` and of all that descend from them."""
        del single_threaded
        pids = dict.fromkeys(ancestors)
        for pid in list(pids):
            with suppress(psutil.Error):
                pids |= dict.fromkeys(child.pid for child in psutil.Process(pid).children(recursive=True))
        return list(pids)


_OPEN: Final[Callable[..., Process]] = LinuxProcess if sys.platform == "linux" else PortableProcess
_DESCENT: Final[Callable[[], Descent]] = LinuxDescent if sys.platform == "linux" else PortableDescent


class ProcessSampler:
    """Reads the process it runs in, its descendants, and those of `processes` with theirs, each name a target.

    All that bear the same name are one target, and its values are their sums: CPU time, resident memory (pages that
    several share count in each of them), bytes of disk. A peak is told only while one process bears the name.

    Descendants are looked for at each scenario border and at ticks, at most every 50 ms (without /proc once a second,
    and not at borders), and less often where looking takes long, so that it costs 1 % of a core at most. What a child
    used before it was first read, and what it used after it was last read, counts as well: the kernel tells it when
    the child is waited for. Of a child that ended before anybody looked the name is not known: its CPU is in the
    target `children`, and its disk bytes are its parent's. Lost is the CPU that an orphan, or a child nobody waits
    for, uses after its last reading.

    Parameters
    ----------
    processes
        Names or pids of processes beside this one; a name that no process bears when the run starts is told in the
        summary.
    own
        Whether the process it runs in is a target; its descendants are in any case.
    reset_peaks
        Whether to start a new high-water mark with every reading; others who read VmHWM then see it fall.
    """

    method = schema.DEFAULT_METHOD
    is_available = True

    def __init__(self, processes: Sequence[str | int] = (), *, own: bool = True, reset_peaks: bool = True) -> None:
        self._wanted = processes
        self._own = own
        self._open = partial(_OPEN, reset_peak=reset_peaks)
        self._descent = _DESCENT()
        self._family: Family | None = None
        self._look_due_ns = 0

    def open(self, roster: Roster) -> None:
        """Find the processes by name and pid, and all that descend from them."""
        self._family = Family(
            roster,
            os.getpid(),
            this_process_name(),
            open_process=self._open,
            descent=self._descent,
            waited_for_ns=waited_for_ns,
            own=self._own,
        )
        for name, pid in self._find(roster):
            self._family.add(name, pid)
        self._family.enter()

    def _find(self, roster: Roster) -> list[tuple[str, int]]:
        if not self._wanted:
            return []
        running = [(process.info["name"], process.pid) for process in psutil.process_iter(["name"])]
        found = [(name, pid) for name, pid in running if name in self._wanted or pid in self._wanted]
        for missing in set(self._wanted) - {name for name, _ in found} - {pid for _, pid in found}:
            roster.note(f"process {missing!r} is not running: nothing was read of it")
        return found

    def read(self, append: Append, *, at_border: bool = False) -> None:
        """Read CPU, RSS and peak of every target that is alive; look for children if that is due."""
        if self._family is not None:
            at_ns, began_ns = monotonic_ns(), time.thread_time_ns()
            is_due = at_ns >= self._look_due_ns
            is_look = is_due or (at_border and self._descent.is_cheap)
            someone_ended = self._family.read(append, with_look=is_look, at_border=at_border)
            if is_due:
                took_ns = time.thread_time_ns() - began_ns
                self._look_due_ns = at_ns + max(self._descent.period_ns, _COST_RATIO * took_ns)
            elif someone_ended and self._descent.is_cheap:
                # So that its last CPU is told as near as can be to the time it was used in.
                self._look_due_ns = 0

    def read_traffic(self, append: Append) -> None:
        """Read disk counters; processes have no network counters of their own."""
        if self._family is not None:
            self._family.read_disk(append)

    def await_last(self) -> bool:
        """Wait for nothing: the kernel knows all."""
        return False

    def close(self) -> None:
        """Close all files; a second call does nothing."""
        if self._family is not None:
            self._family.close()
            self._family = None
