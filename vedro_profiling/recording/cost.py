"""What recording itself costs: CPU time of its threads, and ticks that came late or not at all."""

import sys
import threading
import time
from collections.abc import Iterable
from typing import NamedTuple

from vedro_profiling.recording.threads import our_threads

__all__ = (
    "Cost",
    "helpers_cpu_ns",
)


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


def helpers_cpu_ns(recording: Iterable[threading.Thread]) -> dict[threading.Thread, int]:
    """Tell the CPU time of each thread that samplers started beside those that record; only Linux knows it."""
    own = set(recording)
    return {thread: _thread_cpu_ns(thread) for thread in our_threads() if thread not in own and sys.platform == "linux"}


def _thread_cpu_ns(thread: threading.Thread) -> int:
    try:
        # CPUCLOCK_SCHED of one thread, by its kernel id: a thread that has ended is an error, and no crash.
        return time.clock_gettime_ns((~(thread.native_id or 0) << 3) | 6)
    except OSError:
        return 0
