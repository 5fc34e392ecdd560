"""The samplers of one method: read together, by one thread at a time."""

import threading
from collections.abc import Callable, Sequence
from typing import Final

from vedro_profiling.recording.clock import TickGrid
from vedro_profiling.recording.journal_writer import Journal
from vedro_profiling.recording.samplers import Sampler

__all__ = ("Lane",)

_LAG_NS: Final = 200_000_000
"""How long a thread whose ticks another one takes leaves them to it; to wake costs more than most readings."""

_TRAFFIC_NS: Final = 1_000_000_000
"""Disk and network are read this often by ticks."""


class Lane:
    """The samplers of one method, their buffers, their thread and the lock that serialises ticks and borders."""

    def __init__(
        self, method: str, samplers: Sequence[Sampler], journal: Journal, *, run: Callable[["Lane"], None]
    ) -> None:
        self.grid = TickGrid(0, 1)
        self.cpu_ns = 0
        self.served_by: Lane = self
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
        """Let the samplers find their targets."""
        self._each(lambda sampler: sampler.open(self._journal))

    def take_due(self, monotonic_ns: Callable[[], int], *, by: "Lane") -> None:
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
        """Take a reading between two scenarios, in the thread that runs them."""
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
