"""The boundary that keeps errors of ours from the user's run."""

from collections.abc import Callable

import vedro
from vedro import catched

from vedro_profiling._plugin.harmless import harmless


class Keeper:
    """Takes steps, and keeps the faults in them."""

    def __init__(self) -> None:
        self.faults: list[str] = []

    def fault(self, text: str) -> None:
        self.faults.append(text)

    @harmless
    def step(self, act: Callable[[], object], *, after: Callable[[], object] = list) -> None:
        """Do two things."""
        act()
        after()


def fail() -> None:
    raise ValueError("three is no colour")


def interrupt() -> None:
    raise KeyboardInterrupt


class Failure(vedro.Scenario):
    subject = "a step that fails ends, and its fault is kept with the name of the step"

    def given_a_keeper(self) -> None:
        self.keeper = Keeper()
        self.came_to: list[str] = []

    def when_a_step_fails(self) -> None:
        self.keeper.step(fail, after=lambda: self.came_to.append("the end of the step"))
        self.came_to.append("the next")

    def then_only_the_step_was_cut_off(self) -> None:
        assert self.came_to == ["the next"]

    def and_the_fault_is_kept(self) -> None:
        assert self.keeper.faults == ["step failed: ValueError: three is no colour"]


class Interrupt(vedro.Scenario):
    subject = "an interrupt passes"

    def given_a_keeper(self) -> None:
        self.keeper = Keeper()

    def when_a_step_is_interrupted(self) -> None:
        with catched(KeyboardInterrupt) as self.caught:
            self.keeper.step(interrupt)

    def then_it_passed(self) -> None:
        assert self.caught.type is KeyboardInterrupt
        assert self.keeper.faults == []
