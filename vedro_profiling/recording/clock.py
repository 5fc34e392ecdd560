"""Time as recording sees it: one anchor on the wall clock, monotonic nanoseconds, and the grid of ticks."""

import time
from collections.abc import Callable
from functools import partial
from typing import Final, NamedTuple

__all__ = (
    "Anchor",
    "TickGrid",
    "anchor",
    "monotonic_ns",
    "now_unix_ns",
)

monotonic_ns: Final[Callable[[], int]] = (
    partial(time.clock_gettime_ns, time.CLOCK_MONOTONIC) if hasattr(time, "clock_gettime_ns") else time.monotonic_ns
)
"""Tell the nanoseconds of the monotonic clock.

A test that freezes time replaces the functions of `time`: freezegun in each module that holds one, time-machine in C.
Neither touches a clock that is asked for by its number.
"""


class Anchor(NamedTuple):
    """The same instant on both clocks; wall-clock steps during the run do not move later points."""

    unix_ns: int
    monotonic_ns: int

    def unix_ns_at(self, at_ns: int) -> int:
        """Translate a monotonic instant to Unix time.

        >>> Anchor(unix_ns=1_000, monotonic_ns=10).unix_ns_at(15)
        1005
        """
        return self.unix_ns + at_ns - self.monotonic_ns


def anchor(
    *,
    wall_ns: Callable[[], int] = time.time_ns,
    monotonic_ns: Callable[[], int] = monotonic_ns,
) -> Anchor:
    """Read both clocks together: of five tries the one in which least time passed in between."""
    tries = []
    for _ in range(5):
        before_ns = monotonic_ns()
        unix_ns = wall_ns()
        after_ns = monotonic_ns()
        tries.append((after_ns - before_ns, Anchor(unix_ns, (before_ns + after_ns) // 2)))
    return min(tries)[1]


_BEFORE_ANY_TEST: Final = anchor()


def now_unix_ns() -> int:
    """Tell the Unix time as the wall clock had it when recording was imported: no test or administrator moves it."""
    return _BEFORE_ANY_TEST.unix_ns_at(monotonic_ns())


class TickGrid:
    """The instants `start + k * period`; a tick that was missed is skipped and counted, never made up for.

    >>> grid = TickGrid(start_ns=0, period_ns=100)
    >>> grid.take(now_ns=5), grid.due_ns, grid.missed
    (None, 100, 0)
    >>> grid.take(now_ns=350), grid.due_ns, grid.missed
    (None, 400, 2)
    """

    def __init__(self, start_ns: int, period_ns: int) -> None:
        self.due_ns = start_ns
        self.taken = 0
        self.missed = 0
        self.late = 0
        """Ticks that began more than a quarter of a period after they were due."""
        self._period_ns = period_ns

    def take(self, now_ns: int) -> None:
        """Count the tick that is due and move on to the next one still ahead."""
        lag_ns = now_ns - self.due_ns
        gone_by = lag_ns // self._period_ns
        self.taken += 1
        self.missed += gone_by
        self.late += lag_ns * 4 > self._period_ns
        self.due_ns += (gone_by + 1) * self._period_ns
