"""What each scenario of a suite is delayed by the readings at its borders."""

import json
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any, Final, NamedTuple

from tests.benchmarks.idle_containers import idle_containers
from tests.benchmarks.rows import Row, Spread, claim, figure
from tests.benchmarks.sample_project import sample_project
from tests.benchmarks.side_by_side import differences, side_by_side
from tests.contexts.engine import NO_ENGINE, no_engine

__all__ = ("measure",)

_CONTAINERS: Final = 20
_ROUNDS: Final = 7
_PLAIN: Final = {"enable_profiling": True, "profiling_methods": ["default"]}
_MOST_MS: Final = {"no container": 0.15, f"{_CONTAINERS} containers": 0.5}


class _Suite(NamedTuple):
    """Many scenarios that do the same."""

    what: str
    size: int
    step: str
    most_ms: Mapping[str, float]
    """What each may be delayed by at most, where something was promised."""


_SUITES: Final = (
    _Suite("trivial scenarios", 1000, "assert True", _MOST_MS),
    # What lies idle for so long is no more in the caches of the processor: this is what real suites pay.
    _Suite("scenarios of 10 ms", 100, "time.sleep(0.01)", {}),
)

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

_ONE: Final = """

class One{number}(vedro.Scenario):
    subject = "nothing much {number}"

    def then_it_holds(self):
        {step}
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
    """Run suites with and without profiling, from the first scenario to the last."""
    if no_engine():
        return [*_delays({"no container": _PLAIN}), Row(f"{_CONTAINERS} containers", f"not measured: {NO_ENGINE}")]
    with idle_containers(_CONTAINERS) as name:
        docker = {"profiling_methods": ["default", "docker"], "docker_compose_project_name": name}
        return _delays({"no container": _PLAIN, f"{_CONTAINERS} containers": {**_PLAIN, **docker}})


def _delays(sides: dict[str, dict[str, Any]]) -> list[Row]:
    return [row for suite in _SUITES for row in _delays_of(suite, sides)]


def _delays_of(suite: _Suite, sides: dict[str, dict[str, Any]]) -> list[Row]:
    with ExitStack() as stack:
        runs = {side: _timed(stack, suite, options) for side, options in {"bare": None, **sides}.items()}
        lasted = side_by_side(runs, rounds=_ROUNDS)
    return [row for side in sides for row in _rows(suite, side, lasted[side], lasted["bare"])]


def _timed(stack: ExitStack, suite: _Suite, options: dict[str, Any] | None) -> Callable[[], _Lasted]:
    scenarios = "".join(_ONE.format(number=number, step=suite.step) for number in range(suite.size))
    project = stack.enter_context(sample_project({"suite": _HEAD + scenarios + _TAIL}, options=options))

    def run() -> _Lasted:
        project.run()
        first, last = json.loads((project.folder / "scenarios" / "suite.json").read_text())
        return _Lasted(*(end - begin for begin, end in zip(first, last, strict=True)))

    return run


def _rows(suite: _Suite, side: str, profiled: list[_Lasted], bare: list[_Lasted]) -> list[Row]:
    def more(what: str) -> Spread:
        seconds = differences([getattr(run, what) for run in profiled], [getattr(run, what) for run in bare])
        return Spread.of(1000 * each / suite.size for each in seconds)

    told = f"each of {suite.size} {suite.what}, {side}, less bare Vedro: CPU of the thread that runs them"
    most_ms = suite.most_ms.get(side)
    cpu = more("cpu_seconds")
    return [
        figure(told, cpu, " ms") if most_ms is None else claim(told, cpu, " ms", at_most=most_ms),
        figure("the same: wall time", more("wall_seconds"), " ms"),
    ]
