"""How long one turn of a short loop takes, from batches of many turns."""

import time
from collections.abc import Callable
from typing import NamedTuple

from tests.benchmarks.rows import Spread

__all__ = (
    "Clocks",
    "nanoseconds_a_turn",
)


class Clocks(NamedTuple):
    """This thread's CPU clock, which others at work on the machine do not move, and the one on the wall."""

    cpu_ns: int
    wall_ns: int

    @classmethod
    def now(cls) -> "Clocks":
        return cls(time.thread_time_ns(), time.perf_counter_ns())


def nanoseconds_a_turn(
    run_batch: Callable[[], tuple[Clocks, Clocks]], *, turns: int, rounds: int
) -> tuple[Spread, Spread]:
    """Return the CPU and the wall time of a turn; `run_batch` tells when its loop began and ended.

    A first batch warms up and is not counted.
    """
    run_batch()
    batches = [run_batch() for _ in range(rounds)]
    cpu = Spread.of((ended.cpu_ns - began.cpu_ns) / turns for began, ended in batches)
    wall = Spread.of((ended.wall_ns - began.wall_ns) / turns for began, ended in batches)
    return cpu, wall
