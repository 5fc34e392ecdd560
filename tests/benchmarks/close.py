"""How long a run waits for profiling before its first scenario and after its last one."""

import sys
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, Final, NamedTuple

from tests.benchmarks.idle_containers import idle_containers
from tests.benchmarks.rival import RIVAL, rival_python
from tests.benchmarks.rows import Row, Spread, figure
from tests.benchmarks.sample_project import sample_project
from tests.benchmarks.sample_scenarios import working_scenario
from tests.benchmarks.side_by_side import side_by_side
from tests.contexts.engine import no_engine

__all__ = ("measure",)

_CONTAINERS: Final = 2
_POLL_SECONDS: Final = 0.1
_ROUNDS: Final = 7
_SCENARIO: Final = "short"


class _Phases(NamedTuple):
    """Seconds of a run around its one scenario."""

    before: float
    after: float
    cpu: float
    """Of the whole process, the scenario included, which sleeps."""


def measure() -> list[Row]:
    """Time a scenario of one second with and without profiling; no plots."""
    methods = ["default"] if no_engine() else ["default", "docker"]
    read = "process, host" if no_engine() else f"process, host, {_CONTAINERS} containers"
    rival = rival_python()
    with ExitStack() as stack:
        name = "none" if no_engine() else stack.enter_context(idle_containers(_CONTAINERS))
        options = {
            "enable_profiling": True,
            "poll_time": _POLL_SECONDS,
            "profiling_methods": methods,
            "docker_compose_project_name": name,
        }
        sides: dict[str, tuple[str, dict[str, Any] | None]] = {
            "bare Vedro": (sys.executable, None),
            f"profiling ({read})": (sys.executable, options),
        }
        if rival is not None:
            sides |= {"bare Vedro in the environment of 0.2.0": (rival, None), f"{RIVAL} ({read})": (rival, options)}
        phases = side_by_side(
            {side: _timed(stack, options, python) for side, (python, options) in sides.items()}, rounds=_ROUNDS
        )
    return [row for side, runs in phases.items() for row in _rows(side, runs)]


def _timed(stack: ExitStack, options: dict[str, Any] | None, python: str) -> Callable[[], _Phases]:
    scenarios = {_SCENARIO: working_scenario("time.sleep(1)")}
    project = stack.enter_context(sample_project(scenarios, options=options, python=python))

    def run() -> _Phases:
        spent = project.run()
        before, after = project.clocks(_SCENARIO)
        return _Phases((before.at_ns - spent.began_ns) / 1e9, (spent.ended_ns - after.at_ns) / 1e9, spent.cpu_seconds)

    return run


def _rows(side: str, runs: list[_Phases]) -> list[Row]:
    before, after, cpu = (Spread.of(values) for values in zip(*runs, strict=True))
    return [
        figure(f"{side}: from process start to the first scenario", before, " s"),
        figure("the same: from the last scenario to process end", after, " s"),
        figure("the same: CPU time of the whole process", cpu, " s"),
    ]
