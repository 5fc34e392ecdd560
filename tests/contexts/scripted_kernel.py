"""Processes that fork, burn, end and are waited for when told, and are read as /proc tells of them."""

from collections.abc import Container, Iterable
from contextlib import ExitStack
from typing import Final
from unittest.mock import patch

from tests.contexts.recording import InMemoryRoster, Reading
from vedro_profiling.recording.samplers import MISSING
from vedro_profiling.recording.samplers.family import Family
from vedro_profiling.recording.samplers.procfs import ProcessStat, ProcessUsage

__all__ = ("INIT", "ME", "Kernel", "Read", "Task")

ME: Final = 100
INIT: Final = 1


class Task:
    """A process; `Kernel` moves it."""

    def __init__(self, pid: int, name: str, parent: int, started_at_ns: int, *, is_forked_only: bool) -> None:
        self.pid = pid
        self.name = name
        self.parent = parent
        self.started_at_ns = started_at_ns
        self.is_forked_only = is_forked_only
        self.cpu_ns = self.reaped_ns = 0
        self.memory_bytes = 1_000_000
        self.disk = (0, 0)
        self.threads = 1
        self.is_zombie = False
        self.is_gone = False
        self.opened = 0


class Handle:
    """A task as a sampler holds it."""

    reader = "script"
    peak_resets = True

    def __init__(self, task: Task) -> None:
        self._task = task
        self._is_open = True
        task.opened += 1

    def _living(self) -> Task:
        if self._task.is_gone:
            raise ProcessLookupError(self._task.pid)
        return self._task

    def usage(self) -> ProcessUsage:
        task = self._living()
        return ProcessUsage(task.cpu_ns, task.memory_bytes, task.memory_bytes)

    def disk(self) -> tuple[int, int]:
        return self._living().disk

    def stat(self) -> ProcessStat:
        task = self._living()
        return ProcessStat(
            task.name,
            task.parent,
            task.reaped_ns,
            task.started_at_ns,
            task.threads,
            task.is_zombie,
            task.is_forked_only,
        )

    def full_name(self, short_name: str) -> str:
        return short_name

    def is_waiting(self, cpu_ns: int) -> bool:
        return not self._task.is_gone and self._task.cpu_ns == cpu_ns

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            self._task.opened -= 1


class Kernel:
    """All processes there are, and the time."""

    period_ns = 45_000_000
    is_cheap = True

    def __init__(self, name: str = "vedro", *, own: bool = True) -> None:
        self.own = own
        self.now_ns = 1_000_000_000
        self.tasks: dict[int, Task] = {}
        self.roster = InMemoryRoster()
        self.asked_single_threaded: Container[int] = ()
        self._next_pid = ME
        self.init = Task(INIT, "init", 0, 0, is_forked_only=False)
        self.me = self.start(name, self.init)

    def start(self, name: str, parent: Task, *, is_forked_only: bool = False) -> Task:
        task = Task(self._next_pid, name, parent.pid, self.now_ns, is_forked_only=is_forked_only)
        self.tasks[task.pid] = task
        self._next_pid += 1
        return task

    def end(self, task: Task) -> None:
        """Let a process end: it waits to be waited for, and its children become orphans."""
        task.is_zombie, task.memory_bytes = True, 0
        for child in self.tasks.values():
            if child.parent == task.pid:
                child.parent = INIT

    def wait_for(self, task: Task) -> None:
        """Let the parent wait for a process: it takes over all that this used, and had taken over itself."""
        self.end(task)
        parent = self.tasks.get(task.parent, self.init)
        parent.reaped_ns += task.cpu_ns + task.reaped_ns
        parent.disk = parent.disk[0] + task.disk[0], parent.disk[1] + task.disk[1]
        self.forget(task)

    def forget(self, task: Task) -> None:
        """Let a process vanish without anybody taking over what it used, as where SIGCHLD is ignored."""
        self.end(task)
        task.is_gone = True
        del self.tasks[task.pid]

    def open_process(self, pid: int) -> Handle:
        if pid not in self.tasks:
            raise ProcessLookupError(pid)
        return Handle(self.tasks[pid])

    def below(self, ancestors: Iterable[int], *, single_threaded: Container[int] = ()) -> list[int]:
        self.asked_single_threaded = single_threaded
        found = list(ancestors)
        for pid in found:
            found += [task.pid for task in self.tasks.values() if task.parent == pid and task.pid not in found]
        return found

    def family(self) -> Family:
        """Make a family of this kernel, which lives at its time."""
        return Family(
            self.roster,
            ME,
            self.me.name,
            open_process=self.open_process,
            descent=self,
            waited_for_ns=lambda: self.me.reaped_ns,
            own=self.own,
        )

    def at_its_time(self) -> ExitStack:
        """Let the modules that follow processes see the kernel's time."""
        stack = ExitStack()
        for module in ("members", "family"):
            clock = f"vedro_profiling.recording.samplers.{module}.monotonic_ns"
            stack.enter_context(patch(clock, lambda: self.now_ns))
        return stack


class Read:
    """Reads a family, and adds up what its targets told."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.readings: list[Reading] = []
        self.traffic: list[Reading] = []
        with kernel.at_its_time():
            self.family = kernel.family()

    def enter(self) -> None:
        with self.kernel.at_its_time():
            self.family.enter()

    def pass_by(self, nanoseconds: int, *, with_look: bool = True, at_border: bool = False) -> list[Reading]:
        """Let time pass, read, and return the readings."""
        self.kernel.now_ns += nanoseconds
        already = len(self.readings)
        with self.kernel.at_its_time():
            self.someone_ended = self.family.read(
                lambda *reading: self.readings.append(reading), with_look=with_look, at_border=at_border
            )
        return self.readings[already:]

    def read_disk(self) -> dict[str, tuple[int, int]]:
        """Return the bytes told, by target."""
        told: list[Reading] = []
        with self.kernel.at_its_time():
            self.family.read_disk(lambda *reading: told.append(reading))
        return {self.target(source): (read, written) for source, _, _, read, written, _ in told}

    def target(self, source: int) -> str:
        return self.kernel.roster.sources[source].target

    def cpu_ns(self) -> dict[str, int]:
        """Add up the CPU of each target as the points will: from birth, or from the first reading if there is none."""
        totals: dict[str, int] = {}
        for number, source in enumerate(self.kernel.roster.sources):
            counters = [cpu_ns for told, cpu_ns, *_ in self.readings if told == number and cpu_ns != MISSING]
            if counters:
                first = 0 if source.born_at_ns is not None else counters[0]
                totals[source.target] = totals.get(source.target, 0) + counters[-1] - first
        return totals

    def cpu_of_children_ns(self) -> int:
        return sum(cpu_ns for target, cpu_ns in self.cpu_ns().items() if target != self.kernel.me.name)
