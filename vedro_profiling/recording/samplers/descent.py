"""Which processes descend from which, as /proc tells it."""

import os
from collections import defaultdict
from collections.abc import Collection, Container
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Protocol

from vedro_profiling.recording.kernel_file import names_in, read_once
from vedro_profiling.recording.samplers.childless import is_childless
from vedro_profiling.recording.samplers.procfs import parse_stat

__all__ = (
    "Descent",
    "LinuxDescent",
)


class Descent(Protocol):
    """Finds descendants."""

    period_ns: int
    """How often to look at most."""
    is_cheap: bool
    """Whether a scenario border may wait for a look."""

    def below(self, ancestors: Collection[int], *, single_threaded: Container[int] = ()) -> list[int]:
        """List the pids of `ancestors` and of all that descend from them."""


class LinuxDescent:
    """Finds descendants in about 5 us for each thread of the processes concerned, without giving the GIL away.

    Where the kernel lists no children (CONFIG_PROC_CHILDREN), the parents of all processes are read, 5 us each.

    Parameters
    ----------
    proc
        The folder in which the kernel tells of processes.
    """

    # A little less than 50 ms, so that a grid of 50 ms is looked at on each tick.
    period_ns = 45_000_000

    def __init__(self, proc: str = "/proc") -> None:
        self._proc = proc
        self._is_real = proc == "/proc"
        self.is_cheap = any(Path(proc).glob("self/task/*/children"))

    def below(self, ancestors: Collection[int], *, single_threaded: Container[int] = ()) -> list[int]:
        """List the pids of all that descend from `ancestors` and of these themselves, each after its parent.

        Zombies are among them. A process may be left out while its siblings end: look again before you rely on it.
        Processes known to have one thread cost half as much, and the test process alone as good as nothing.
        """
        if self._is_real and list(ancestors) == [os.getpid()] and is_childless():
            return [os.getpid()]
        children = partial(self._listed, single_threaded) if self.is_cheap else self._by_parents().__getitem__
        found = dict.fromkeys(ancestors)
        line = list(found)
        for pid in line:  # grows as descendants are found
            for child in children(pid):
                if child not in found:
                    found[child] = None
                    line.append(child)
        return line

    def _listed(self, single_threaded: Container[int], pid: int) -> list[int]:
        # Each thread has a list of those that it forked.
        tasks = f"{self._proc}/{pid}/task"
        children: list[int] = []
        with suppress(OSError):
            for thread in (pid,) if pid in single_threaded else names_in(tasks):
                with suppress(OSError):
                    children += map(int, read_once(f"{tasks}/{thread}/children").split())
        return children

    def _by_parents(self) -> defaultdict[int, list[int]]:
        children: defaultdict[int, list[int]] = defaultdict(list)
        for name in names_in(self._proc):
            if name.isdecimal():
                with suppress(OSError):
                    children[parse_stat(read_once(f"{self._proc}/{name}/stat")).parent].append(int(name))
        return children
