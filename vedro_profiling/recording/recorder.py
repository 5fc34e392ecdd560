"""From samplers to the journal: a thread for each method on a grid of ticks, and readings at scenario borders."""

import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any, Final, NamedTuple

from vedro_profiling.recording.clock import TickGrid, monotonic_ns
from vedro_profiling.recording.forks import hush_forks
from vedro_profiling.recording.journal_writer import Journal
from vedro_profiling.recording.samplers import Sampler

__all__ = (
    "Cost",
    "Recorder",
)

_JOIN_SECONDS: Final = 2.0
_LOOK_SECONDS: Final = 0.2
"""How often a thread looks whether the main thread still lives."""

_LAG_NS: Final = 200_000_000
"""How long a thread whose ticks another one takes leaves them to it; to wake costs more than most readings."""

_TRAFFIC_NS: Final = 1_000_000_000
"""Disk and network are read this often by ticks."""

_TRAFFIC_BORDERS_NS: Final = 100_000_000
"""They are read at both ends of a scenario too, but of no more than one in this time: it costs more than CPU."""


class Cost(NamedTuple):
    """What recording itself cost."""

    cpu_seconds: float
    """CPU time of the sampler threads, of the helpers that talk to the engine, and of the border readings."""
    wall_seconds: float
    ticks: int
    late: int
    """Ticks that began more than a quarter of a period after they were due."""
    missed: int
    """Ticks that were skipped because the one before them ended too late."""

    @property
    def percent(self) -> float:
        """Percent of one core."""
        return 100 * self.cpu_seconds / self.wall_seconds if self.wall_seconds > 0 else 0.0


class _Lane:
    """The samplers of one method, their buffers, their thread and the lock that serialises ticks and borders."""

    def __init__(
        self, method: str, samplers: Sequence[Sampler], journal: Journal, *, run: Callable[["_Lane"], None]
    ) -> None:
        self.grid = TickGrid(0, 1)
        self.cpu_ns = 0
        self.served_by: _Lane = self
        """The lane whose thread took the last tick."""
        self.thread = threading.Thread(target=run, args=(self,), name=f"vedro-profiling-{method}", daemon=False)
        self._lock = threading.Lock()
        self._samplers = list(samplers)
        self._retired: set[Sampler] = set()
        self._journal = journal
        self.method = method
        self._ticks = journal.buffer(method, "ticks").append
        self._borders = journal.buffer(method, "borders").append
        self._traffic = journal.buffer(method, "traffic").append
        self._traffic_due_ns = 0

    def open(self) -> None:
        self._each(lambda sampler: sampler.open(self._journal))

    def take_due(self, monotonic_ns: Callable[[], int], *, by: "_Lane") -> None:
        """Take the tick if it is still due; for a thread of another lane, only if nobody is at it."""
        if not self._lock.acquire(blocking=by is self):
            return
        try:
            now_ns = monotonic_ns()
            if now_ns >= self.grid.due_ns:
                self.served_by = by
                self.grid.take(now_ns)
                self._tick(now_ns)
        finally:
            self._lock.release()

    @property
    def wake_at_ns(self) -> int:
        """When its thread is to take its tick: at once, or if the thread that took the last one fails to."""
        return self.grid.due_ns + (0 if self.served_by is self else _LAG_NS)

    def _tick(self, now_ns: int) -> None:
        self._each(lambda sampler: sampler.read(self._ticks))
        if now_ns >= self._traffic_due_ns:
            self._read_traffic(now_ns)

    def border(self, now_ns: int, *, with_traffic: bool) -> None:
        with self._lock:
            self._each(lambda sampler: sampler.read(self._borders, at_border=True))
            if with_traffic:
                self._read_traffic(now_ns)

    def _read_traffic(self, now_ns: int) -> None:
        self._traffic_due_ns = now_ns + _TRAFFIC_NS
        self._each(lambda sampler: sampler.read_traffic(self._traffic))

    def finish(self, now_ns: int) -> None:
        """Take the last readings, so that what was consumed since the last tick counts too."""
        with self._lock:
            self._each(lambda sampler: sampler.read(self._borders))
            self._each(self._read_late)
            self._read_traffic(now_ns)
            for sampler in self._samplers:
                self._guard(sampler, lambda sampler: sampler.close())

    @property
    def is_available(self) -> bool:
        """Whether all its samplers could read."""
        return not self._retired and all(sampler.is_available for sampler in self._samplers)

    def _read_late(self, sampler: Sampler) -> None:
        if sampler.await_last():
            sampler.read(self._borders)

    def _each(self, act: Callable[[Sampler], None]) -> None:
        for sampler in self._samplers:
            if sampler not in self._retired:
                self._guard(sampler, act)

    def _guard(self, sampler: Sampler, act: Callable[[Sampler], None]) -> None:
        """Let a sampler act; one that fails is retired and named, the others go on."""
        try:
            act(sampler)
        except Exception as error:  # noqa: BLE001 - the thread boundary: kept, and told in the summary
            self._retired.add(sampler)
            self._journal.note(f"{self.method}: {type(sampler).__name__} gave up: {error!r}")


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
            _Lane(method, list(group), journal, run=self._run)
            for method, group in groupby(by_method, key=attrgetter("method"))
        ]

    def start(self) -> None:
        """Find the targets, take the first readings, and start the threads."""
        hush_forks()
        for lane in self._lanes:
            lane.open()
        self._helpers_before_ns = _helpers_cpu_ns(self._lanes)
        self._started_ns = self._monotonic_ns()
        for lane in self._lanes:
            lane.grid = TickGrid(self._started_ns, self._period_ns)
            lane.take_due(self._monotonic_ns, by=self._lanes[0])
        for lane in self._lanes:
            lane.thread.start()

    def _run(self, lane: _Lane) -> None:
        while self._sleep_until_due(lane):
            # Whoever wakes serves all: beside a busy main thread each one more that wakes waits 5 ms for the GIL.
            for due in self._lanes:
                due.take_due(self._monotonic_ns, by=lane)
            lane.cpu_ns = time.thread_time_ns()

    def _sleep_until_due(self, lane: _Lane) -> bool:
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
            cpu_ns - before_ns.get(thread, 0) for thread, cpu_ns in _helpers_cpu_ns(self._lanes).items()
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


def _helpers_cpu_ns(lanes: Iterable[_Lane]) -> dict[threading.Thread, int]:
    """Tell the CPU time of each thread that samplers started; only Linux knows it of other threads."""
    own = {lane.thread for lane in lanes}
    threads = [thread for thread in threading.enumerate() if thread.name.startswith("vedro-profiling")]
    return {thread: _thread_cpu_ns(thread) for thread in threads if thread not in own and sys.platform == "linux"}


def _thread_cpu_ns(thread: threading.Thread) -> int:
    try:
        # CPUCLOCK_SCHED of one thread, by its kernel id: a thread that has ended is an error, and no crash.
        return time.clock_gettime_ns((~(thread.native_id or 0) << 3) | 6)
    except OSError:
        return 0
