"""What each scenario of a suite is delayed by the readings at its borders."""

import json
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, Final, NamedTuple

from tests.benchmarks.idle_containers import idle_containers
from tests.benchmarks.rows import Row, Spread, claim, figure
from tests.benchmarks.sample_project import sample_project
from tests.benchmarks.side_by_side import differences, side_by_side
from tests.contexts.engine import NO_ENGINE, no_engine

__all__ = ("measure",)

_SCENARIOS: Final = 1000
_CONTAINERS: Final = 20
_ROUNDS: Final = 7
_PLAIN: Final = {"enable_profiling": True, "profiling_methods": ["default"]}
_MOST_MS: Final = {"no container": 0.15, f"{_CONTAINERS} containers": 0.5}

_HEAD: Final = """\
import json
import time
from pathlib import Path

import vedro

instants = []


def arrive():
    instants.append((time.monotonic(), time.thread_time()))
    Path(__file__).with_suffix(".json").write_text(json.dumps(instants))


class First(vedro.Scenario):
    subject = "the first"

    def then_it_arrives(self):
        arrive()
"""

_TRIVIAL: Final = """

class Trivial{number}(vedro.Scenario):
    subject = "nothing much {number}"

    def then_it_holds(self):
        assert True
"""

_TAIL: Final = """

class Last(vedro.Scenario):
    subject = "the last"

    def then_it_arrives(self):
        arrive()
"""


class _Lasted(NamedTuple):
    """From the first scenario to the last."""

    wall_seconds: float
    cpu_seconds: float
    """Of the main thread: what others do to the machine meanwhile is not in it."""


def measure() -> list[Row]:
    """Run a suite of trivial scenarios with and without profiling, from its first scenario to its last."""
    if no_engine():
        return [*_delays({"no container": _PLAIN}), Row(f"{_CONTAINERS} containers", f"not measured: {NO_ENGINE}")]
    with idle_containers(_CONTAINERS) as name:
        docker = {"profiling_methods": ["default", "docker"], "docker_compose_project_name": name}
        return _delays({"no container": _PLAIN, f"{_CONTAINERS} containers": {**_PLAIN, **docker}})


def _delays(sides: dict[str, dict[str, Any]]) -> list[Row]:
    with ExitStack() as stack:
        runs = {side: _timed(stack, options) for side, options in {"bare": None, **sides}.items()}
        lasted = side_by_side(runs, rounds=_ROUNDS)
    return [row for side in sides for row in _rows(side, lasted[side], lasted["bare"])]


def _timed(stack: ExitStack, options: dict[str, Any] | None) -> Callable[[], _Lasted]:
    trivial = "".join(_TRIVIAL.format(number=number) for number in range(_SCENARIOS))
    project = stack.enter_context(sample_project({"suite": _HEAD + trivial + _TAIL}, options=options))

    def run() -> _Lasted:
        project.run()
        first, last = json.loads((project.folder / "scenarios" / "suite.json").read_text())
        return _Lasted(*(end - begin for begin, end in zip(first, last, strict=True)))

    return run


def _rows(side: str, profiled: list[_Lasted], bare: list[_Lasted]) -> list[Row]:
    cpu = differences([each.cpu_seconds for each in profiled], [each.cpu_seconds for each in bare])
    wall = differences([each.wall_seconds for each in profiled], [each.wall_seconds for each in bare])
    what = f"each of {_SCENARIOS} trivial scenarios, {side}, less bare Vedro: CPU of the thread that runs them"
    return [
        claim(what, _per_scenario(cpu), " ms", at_most=_MOST_MS[side]),
        figure("the same: wall time", _per_scenario(wall), " ms"),
    ]


def _per_scenario(seconds: list[float]) -> Spread:
    return Spread.of(1000 * each / _SCENARIOS for each in seconds)
