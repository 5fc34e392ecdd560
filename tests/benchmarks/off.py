"""What the plugin costs a run that does not profile."""

import ast
import sys
from contextlib import ExitStack
from typing import Any, Final

from tests.benchmarks.rival import RIVAL, rival_python
from tests.benchmarks.rows import Row, Spread, claim, figure
from tests.benchmarks.sample_project import sample_project
from tests.benchmarks.sample_scenarios import trivial_scenarios
from tests.benchmarks.side_by_side import Spent, ratios, side_by_side

__all__ = ("measure",)

_ROUNDS: Final = 21
_SCENARIOS: Final = 3
_MOST_RATIO: Final = 1.05
_HEAVY: Final = ("polars", "numpy", "altair", "vl_convert", "docker", "psutil")

_LAST_LOOK: Final = f"""\
import atexit
import sys
from pathlib import Path

import vedro

atexit.register(lambda: Path(__file__).with_suffix(".txt").write_text(repr([
    name for name in {_HEAVY!r} if name in sys.modules
])))


class Scenario(vedro.Scenario):
    subject = "all that a run loads is loaded at its end"

    def then_it_holds(self):
        assert True
"""


def measure() -> list[Row]:
    """Run trivial scenarios without the plugin, and with the plugin switched off."""
    rival = rival_python()
    interpreters = {"ours": sys.executable} | ({"rival": rival} if rival else {})
    settings: dict[str, dict[str, Any] | None] = {"bare": None, "off": {"enable_profiling": False}}
    with ExitStack() as stack:
        runs = {
            f"{whose} {setting}": stack.enter_context(
                sample_project(trivial_scenarios(_SCENARIOS), options=options, python=python)
            ).run
            for whose, python in interpreters.items()
            for setting, options in settings.items()
        }
        spent = side_by_side(runs, rounds=_ROUNDS)
    wall, cpu = _ratios(spent, "ours")
    rows = [
        claim(f"{_ROUNDS} pairs, plugin enabled and off / bare Vedro: wall time", wall, at_most=_MOST_RATIO),
        claim("the same: CPU time", cpu, at_most=_MOST_RATIO),
        figure("bare Vedro: wall time", Spread.of(run.wall_seconds for run in spent["ours bare"]), " s"),
        _loaded_modules(),
    ]
    if rival is None:
        return [*rows, Row(f"{RIVAL} off / bare Vedro", "not measured: it could not be installed")]
    wall, cpu = _ratios(spent, "rival")
    return [
        *rows,
        figure(f"{RIVAL}, enabled and off / bare Vedro: wall time", wall),
        figure("the same: CPU time", cpu),
    ]


def _ratios(spent: dict[str, list[Spent]], whose: str) -> tuple[Spread, Spread]:
    off, bare = spent[f"{whose} off"], spent[f"{whose} bare"]
    return (
        ratios([run.wall_seconds for run in off], [run.wall_seconds for run in bare]),
        ratios([run.cpu_seconds for run in off], [run.cpu_seconds for run in bare]),
    )


def _loaded_modules() -> Row:
    with sample_project({"last_look": _LAST_LOOK}, options={"enable_profiling": False}) as project:
        project.run()
        loaded = ast.literal_eval((project.folder / "scenarios" / "last_look.txt").read_text())
    return Row(f"of {', '.join(_HEAVY)}: loaded at its end", ", ".join(loaded) or "none", "none", not loaded)
