"""From samplers to the journal: a thread for each method on a grid of ticks, and readings at scenario borders."""

import threading
import time
from collections.abc import Callable, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any, Final

from vedro_profiling.recording.clock import TickGrid, monotonic_ns
from vedro_profiling.recording.cost import Cost, helpers_cpu_ns
from vedro_profiling.recording.forks import hush_forks
from vedro_profiling.recording.journal_writer import Journal
from vedro_profiling.recording.lane import Lane
from vedro_profiling.recording.samplers import Sampler

__all__ = ("Recorder",)

_JOIN_SECONDS: Final = 2.0
_LOOK_SECONDS: Final = 0.2
"""How often a thread looks whether the main thread still lives."""

_TRAFFIC_BORDERS_NS: Final = 100_000_000
"""Disk and network are read at the ends of no more than one scenario in this time: it costs more than CPU."""


class Recorder:
    """Reads all samplers on a drift-free grid of ticks until it is stopped.

    One thread per method, which is no daemon: it ends within 0.2 s of the main thread's end. `start`, `border` and
    `stop` belong to one thread, the one that runs the tests; `stop` may be called twice.

    Parameters
    ----------
    samplers
        Read in this order; those of one method share a thread.
    journal
        Where readings go.
    poll_seconds
        The period of the grid.
    monotonic_ns, wait
        The clock, and how to wait on it: `wait(stop, seconds)` returns early when `stop` is set. Tests give their own.
    """

    def __init__(
        self,
        samplers: Sequence[Sampler],
        journal: Journal,
        *,
        poll_seconds: float,
        monotonic_ns: Callable[[], int] = monotonic_ns,
        wait: Callable[[threading.Event, float], object] = threading.Event.wait,
    ) -> None:
        self._journal = journal
        self._period_ns = max(1, round(poll_seconds * 1e9))
        self._monotonic_ns = monotonic_ns
        self._wait = wait
        self._stop = threading.Event()
        self._border_cpu_ns = 0
        self._helpers_cpu_ns = 0
        self._helpers_before_ns: dict[threading.Thread, int] = {}
        self._started_ns = self._stopped_ns = 0
        self._traffic_borders_due_ns = 0
        self._is_traffic_due = False
        by_method = sorted(samplers, key=attrgetter("method"))
        self._lanes = [
            Lane(method, list(group), journal, run=self._run)
            for method, group in groupby(by_method, key=attrgetter("method"))
        ]

    def start(self) -> None:
        """Find the targets, take the first readings, and start the threads."""
        hush_forks()
        for lane in self._lanes:
            lane.open()
        self._helpers_before_ns = helpers_cpu_ns(lane.thread for lane in self._lanes)
        self._started_ns = self._monotonic_ns()
        for lane in self._lanes:
            lane.grid = TickGrid(self._started_ns, self._period_ns)
            lane.take_due(self._monotonic_ns, by=self._lanes[0])
        for lane in self._lanes:
            lane.thread.start()

    def _run(self, lane: Lane) -> None:
        while self._sleep_until_due(lane):
            # Whoever wakes serves all: beside a busy main thread each one more that wakes waits 5 ms for the GIL.
            for due in self._lanes:
                due.take_due(self._monotonic_ns, by=lane)
            lane.cpu_ns = time.thread_time_ns()

    def _sleep_until_due(self, lane: Lane) -> bool:
        """Wait for the lane's next tick; false when it is not to be taken, because recording ends."""
        while (remaining_ns := lane.wake_at_ns - self._monotonic_ns()) > 0:
            self._wait(self._stop, min(remaining_ns / 1e9, _LOOK_SECONDS))
            if self._is_over():
                return False
        # Ticks that take longer than their period leave nothing to wait for.
        return not self._is_over()

    def _is_over(self) -> bool:
        return self._stop.is_set() or not threading.main_thread().is_alive()

    def border(self, event: dict[str, Any]) -> None:
        """Read every target between two scenarios and enter `event`, which opens or closes one.

        An event with a `scenario` opens it: the reading comes first, so it ends the interval outside. One without
        closes it: the reading belongs to it still. Disk and network are read too, unless scenarios follow each other
        too fast for that.
        """
        began_ns = time.thread_time_ns()
        at_ns = self._monotonic_ns()
        if "scenario" in event:
            self._journal.add_scenario_border({"at_ns": at_ns, **event})
            self._is_traffic_due = at_ns >= self._traffic_borders_due_ns
            if self._is_traffic_due:
                self._traffic_borders_due_ns = at_ns + _TRAFFIC_BORDERS_NS
        for lane in self._lanes:
            lane.border(at_ns, with_traffic=self._is_traffic_due)
        if "scenario" not in event:
            self._journal.add_scenario_border({"at_ns": self._monotonic_ns(), **event})
        self._border_cpu_ns += time.thread_time_ns() - began_ns

    def read(self) -> None:
        """Read every target now, such as one that is about to leave."""
        began_ns = time.thread_time_ns()
        for lane in self._lanes:
            lane.border(self._monotonic_ns(), with_traffic=True)
        self._border_cpu_ns += time.thread_time_ns() - began_ns

    def stop(self) -> None:
        """End the threads, take the last readings and close the samplers."""
        if self._stop.is_set():
            return
        # What they used before the first reading, to import a library say, delayed no scenario.
        before_ns = self._helpers_before_ns
        self._helpers_cpu_ns = sum(
            cpu_ns - before_ns.get(thread, 0)
            for thread, cpu_ns in helpers_cpu_ns(lane.thread for lane in self._lanes).items()
        )
        self._stop.set()
        self._stopped_ns = self._monotonic_ns()
        for lane in self._lanes:
            if lane.thread.is_alive():
                lane.thread.join(_JOIN_SECONDS)
            if lane.thread.is_alive():
                self._journal.note(f"{lane.thread.name} did not end within {_JOIN_SECONDS:g} s: its last tick is lost")
            else:
                lane.finish(self._monotonic_ns())

    @property
    def unavailable_methods(self) -> list[str]:
        """The methods of which something could not be read, so that a missing point tells nothing."""
        return [lane.method for lane in self._lanes if not lane.is_available]

    @property
    def cost(self) -> Cost:
        """What recording cost so far."""
        grids = [lane.grid for lane in self._lanes]
        return Cost(
            cpu_seconds=(self._border_cpu_ns + self._helpers_cpu_ns + sum(lane.cpu_ns for lane in self._lanes)) / 1e9,
            wall_seconds=((self._stopped_ns or self._monotonic_ns()) - self._started_ns) / 1e9,
            ticks=sum(grid.taken for grid in grids),
            late=sum(grid.late for grid in grids),
            missed=sum(grid.missed for grid in grids),
        )
