"""The wall-clock anchor and the grid of ticks."""

import vedro
from vedro import params

from vedro_profiling.recording.clock import Anchor, TickGrid, anchor


class WallClockSteps(vedro.Scenario):
    subject = "a wall clock that is set back during the run moves no point"

    def given_the_anchor_of_a_run(self) -> None:
        self.wall_clock = iter([1_700_000_000_000_000_000] * 5 + [0])
        self.monotonic = iter(range(1000, 2000, 10))
        self.anchor = anchor(wall_ns=self.wall_clock.__next__, monotonic_ns=self.monotonic.__next__)

    def when_the_wall_clock_is_set_back(self) -> None:
        assert next(self.wall_clock) == 0

    def then_a_later_instant_has_the_later_time(self) -> None:
        later_ns = self.anchor.monotonic_ns + 250
        assert self.anchor.unix_ns_at(later_ns) == 1_700_000_000_000_000_250


class AnchorIsTheBestOfFive(vedro.Scenario):
    subject = "the anchor is the try between whose two monotonic readings least time passed"

    def given_clocks_of_which_the_third_try_was_not_interrupted(self) -> None:
        self.monotonic = iter([0, 900, 1000, 1700, 2000, 2020, 3000, 3400, 4000, 4400])
        self.wall = iter([10, 20, 30, 40, 50])

    def when_they_are_read(self) -> None:
        self.anchor = anchor(wall_ns=self.wall.__next__, monotonic_ns=self.monotonic.__next__)

    def then_the_third_counts_and_its_instant_is_the_middle(self) -> None:
        assert self.anchor == Anchor(unix_ns=30, monotonic_ns=2010)


class GridDoesNotDrift(vedro.Scenario):
    subject = "ticks that begin a little late do not move those that follow"

    def given_a_grid(self) -> None:
        self.grid = TickGrid(start_ns=5000, period_ns=1000)

    def when_a_thousand_ticks_begin_200_ns_late(self) -> None:
        self.due = []
        for _ in range(1000):
            self.due.append(self.grid.due_ns)
            self.grid.take(self.grid.due_ns + 200)

    def then_each_was_due_on_the_grid(self) -> None:
        assert self.due == [5000 + 1000 * tick for tick in range(1000)]

    def and_none_counts_as_late_or_missed(self) -> None:
        assert (self.grid.taken, self.grid.late, self.grid.missed) == (1000, 0, 0)


class LateAndMissedTicks(vedro.Scenario):
    subject = "a tick {lag} ns after it was due, of 1000: late {late}, missed {missed}, the next at {due}"

    @params(0, 0, 0, 1000)
    @params(250, 0, 0, 1000)
    @params(251, 1, 0, 1000)
    @params(999, 1, 0, 1000)
    @params(1000, 1, 1, 2000)
    @params(3500, 1, 3, 4000)
    def __init__(self, lag: int, late: int, missed: int, due: int) -> None:
        self.lag = lag
        self.expected = (1, late, missed, due)

    def given_a_grid(self) -> None:
        self.grid = TickGrid(start_ns=0, period_ns=1000)

    def when_the_tick_begins(self) -> None:
        self.grid.take(self.lag)

    def then_it_is_counted_so(self) -> None:
        assert (self.grid.taken, self.grid.late, self.grid.missed, self.grid.due_ns) == self.expected
