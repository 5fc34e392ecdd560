"""How often `compare` raises a false alarm, and how often it finds what changed, on simulated runs."""

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from typing import Final, NamedTuple

import polars as pl

from tests.benchmarks.rows import Row, claim, figure
from vedro_profiling.analysis.comparison import LESS, MORE, SAME, compare

__all__ = ("measure",)

_GROWTH: Final = 1.2
_VARIATION: Final = 0.05
_MOST_ALARMS: Final = 0.05
_LEAST_FOUND: Final = 0.95
_SEED: Final = 20261123
_CALLS: Final = frozenset({MORE, LESS})


class Case(NamedTuple):
    """A suite of scenarios, some of which changed."""

    scenarios: int
    changed: int
    runs: int
    repeats: int
    variations: tuple[float, float] = (_VARIATION, _VARIATION)
    """Between which the run-to-run variation of what did not change lies; that of the changed is 5 %."""

    def __str__(self) -> str:
        spread = " to ".join(f"{each:.0%}" for each in dict.fromkeys(self.variations))
        return f"{self.scenarios} scenarios, {self.changed} changed, {self.runs} runs a side, variation {spread}"


_CASES: Final = (
    Case(1, 0, 5, 400),
    Case(4, 1, 5, 400),
    Case(400, 0, 5, 40),
    Case(400, 1, 5, 500),
    Case(400, 40, 5, 40),
)
"""What was promised: 5 runs a side, 5 % variation, a change of 20 %, with few rows and with hundreds."""

_HARDER: Final = (
    Case(1, 0, 3, 400),
    Case(4, 1, 3, 400),
    Case(400, 0, 3, 40),
    Case(40, 4, 5, 60, (0.01, 0.15)),
    Case(400, 40, 5, 20, (0.01, 0.15)),
    Case(40, 1, 5, 100, (0.01, 0.15)),
    Case(400, 40, 5, 20, (0.2, 0.2)),
)


class Rates(NamedTuple):
    """Shares of the scenarios, over all repeats."""

    found: float | None
    alarms: float
    same: float


def measure() -> list[Row]:
    """Compare many simulated pairs; what was promised is claimed, harder cases are told."""
    chance = random.Random(_SEED)  # noqa: S311 - a simulation, repeatable
    return [
        *(row for case in _CASES for row in _claims(case, _simulate(case, chance))),
        *(row for case in _HARDER for row in _figures(case, _simulate(case, chance))),
    ]


def _claims(case: Case, rates: Rates) -> Iterator[Row]:
    if rates.found is not None:
        yield claim(f"{case}: +20 % found", rates.found * 100, " %", at_least=_LEAST_FOUND * 100)
    yield claim(f"{case}: equal ones called changed", rates.alarms * 100, " %", at_most=_MOST_ALARMS * 100)


def _figures(case: Case, rates: Rates) -> Iterator[Row]:
    if rates.found is not None:
        yield figure(f"{case}: +20 % found", rates.found * 100, " %")
    yield claim(f"{case}: equal ones called changed", rates.alarms * 100, " %", at_most=_MOST_ALARMS * 100)
    yield figure(f"{case}: equal ones called same", rates.same * 100, " %")


def _simulate(case: Case, chance: random.Random) -> Rates:
    found, alarms, same = [], [], []
    for _ in range(case.repeats):
        variations = [
            _VARIATION if number < case.changed else chance.uniform(*case.variations)
            for number in range(case.scenarios)
        ]
        base = _runs(case, variations, [1.0] * case.scenarios, chance)
        growth = [_GROWTH if number < case.changed else 1.0 for number in range(case.scenarios)]
        verdicts = _verdicts(base, _runs(case, variations, growth, chance))
        found += [verdict == MORE for verdict in verdicts[: case.changed]]
        alarms += [verdict in _CALLS for verdict in verdicts[case.changed :]]
        same += [verdict == SAME for verdict in verdicts[case.changed :]]
    return Rates(_share(found) if found else None, _share(alarms), _share(same))


def _share(hits: Sequence[bool]) -> float:
    return sum(hits) / len(hits)


def _runs(case: Case, variations: Sequence[float], factors: Sequence[float], chance: random.Random) -> pl.DataFrame:
    """Make runs of one CPU time a scenario."""
    rows = [
        (f"run-{run}", f"{number:03}", 100 * factor * chance.lognormvariate(0, variation))
        for run in range(case.runs)
        for number, (variation, factor) in enumerate(zip(variations, factors, strict=True))
    ]
    # Each scenario as a target: without whole runs, the rows are those that were simulated.
    points = pl.DataFrame(rows, ["run", "target", "value"], orient="row")
    noon = datetime(2026, 1, 26, 12, tzinfo=timezone.utc)
    return points.with_columns(time=pl.lit(noon), metric=pl.lit("cpu_time"), method=pl.lit("default"))


def _verdicts(base: pl.DataFrame, head: pl.DataFrame) -> list[str]:
    return compare(base, head, by=["target"]).sort("target")["verdict"].to_list()
