"""What a finished run has to tell, as tables and sentences; `console` and `markdown` print them."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import polars as pl

from vedro_profiling import schema
from vedro_profiling.analysis.scenarios import scenario_costs
from vedro_profiling.analysis.summary import summarize
from vedro_profiling.analysis.system import IS_SYSTEM
from vedro_profiling.reporting.amounts import duration, megabytes, percent

if TYPE_CHECKING:
    from vedro_profiling.session.session import Outcome

__all__ = (
    "Table",
    "dearest_scenarios",
    "headline",
    "own_cost",
    "readers",
    "scenario_name",
    "targets",
    "units",
    "verdict_counts",
    "verdicts_missed",
)

_MOST_TARGETS: Final = 20
_MOST_SCENARIOS: Final = 5
_WORTH_A_PERCENT: Final = 1.0

_Target = tuple[str, str]
"""Method and name: a process and a container may bear the same one."""

_HOST: Final = (schema.DEFAULT_METHOD, schema.SYSTEM_TARGET)


class Table(NamedTuple):
    """Rows of texts under their titles."""

    titles: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    names: frozenset[str]
    """The titles of columns that hold names; all others hold numbers."""
    left_out: int = 0
    """How many rows there were beside these."""


def headline(outcome: "Outcome") -> str:
    """Say how long a run took and how often it was read."""
    return f"{outcome.cost.wall_seconds:.1f} s, a reading every {outcome.facts['poll_time']:g} s"


def units(outcome: "Outcome") -> str:
    """Say what the numbers of the targets mean."""
    return f"100 % = one core, for system all {outcome.facts['host']['cpus']} of them; 1 MB = 10^6 bytes"


def targets(points: pl.DataFrame | pl.LazyFrame) -> Table:
    """Make the table of targets, those that consumed most first, the host last."""
    # Lazily: a copy of all points of a long run would double them.
    measured = points.lazy().filter(pl.col("metric") != "scenario_duration")
    statistics: dict[_Target, dict[str, dict[str, Any]]] = {}
    for row in summarize(measured).iter_rows(named=True):
        statistics.setdefault((row["method"], row["target"]), {})[row["metric"]] = row
    labels = _labels(statistics)
    ranked = sorted(
        statistics, key=lambda target: (target == _HOST, -_pick(statistics[target], "cpu_time", "total", 0.0))
    )
    rows = [
        (
            labels[target],
            percent(_pick(statistics[target], "cpu_percent", "avg")),
            percent(_pick(statistics[target], "cpu_percent", "max")),
            duration(_in_seconds(_pick(statistics[target], "cpu_time", "total"))),
            megabytes(_pick(statistics[target], "memory_usage", "avg")),
            megabytes(_pick(statistics[target], "memory_usage", "max")),
            megabytes(_pick(statistics[target], "memory_peak", "max")),
        )
        for target in ranked
    ]
    shown = rows if len(rows) <= _MOST_TARGETS else [*rows[: _MOST_TARGETS - 1], rows[-1]]
    titles = ("target", "CPU avg", "CPU max", "CPU time", "mem avg", "mem max", "mem peak")
    return Table(titles, shown, frozenset({"target"}), len(rows) - len(shown))


def dearest_scenarios(points: pl.DataFrame | pl.LazyFrame, *, most: int = _MOST_SCENARIOS) -> Table:
    """Make the table of the dearest scenarios, by the CPU time of all targets but the host, which holds them all."""
    costs = scenario_costs(points).filter(~IS_SYSTEM)
    ranked = (
        costs.group_by("scenario", maintain_order=True)
        .agg(
            pl.col("subject", "duration", "target").first(),
            total=pl.col("cpu_time").sum(),
            most=pl.col("cpu_time").first(),
        )
        .sort("total", descending=True)
        .with_columns(name=scenario_name())
    )
    rows = [
        (
            row["name"],
            duration(row["duration"]),
            duration(row["total"]),
            f"{row['target']} ({duration(row['most'])})",
        )
        for row in ranked.head(most).iter_rows(named=True)
    ]
    titles = ("dearest scenarios", "duration", "CPU time", "most of it in")
    return Table(titles, rows, frozenset({titles[0], titles[-1]}), ranked.height - len(rows))


def scenario_name() -> pl.Expr:
    """Name each scenario by its subject, with its file and number where others in the frame have the same subject.

    >>> ids = ["scenarios/pay.py::Pay#1", "scenarios/pay.py::Pay#2", "scenarios/ask.py::Ask"]
    >>> costs = pl.DataFrame({"scenario": ids, "subject": ["it pays", "it pays", None]})
    >>> costs.select(scenario_name()).to_series().to_list()
    ['it pays (pay.py::Pay#1)', 'it pays (pay.py::Pay#2)', 'scenarios/ask.py::Ask']
    """
    subject, scenario = (pl.col(name).cast(pl.String) for name in ("subject", "scenario"))
    in_full = pl.format("{} ({})", subject, scenario.str.extract("([^/]*)$"))
    is_shared = scenario.drop_nulls().n_unique().over(subject) > 1
    return pl.when(is_shared).then(in_full).otherwise(subject).fill_null(scenario).alias("name")


def own_cost(outcome: "Outcome") -> str:
    """Say what recording itself cost; in percent only where the run was long enough for that to mean something."""
    cost = outcome.cost
    share = f"{cost.percent:.2f} % of a core, " if cost.wall_seconds >= _WORTH_A_PERCENT else ""
    return f"own cost: {share}{cost.cpu_seconds:.3f} s CPU; {cost.ticks} ticks, {cost.late} late, {cost.missed} missed"


def readers(outcome: "Outcome") -> list[str]:
    """Say which way containers were read, in one line or none."""
    ways: dict[str, set[str]] = {}
    for source in outcome.sources:
        if source.method == schema.DOCKER_METHOD:
            ways.setdefault(source.reader, set()).add(source.target)
    return [f"containers: {', '.join(f'{len(names)} by {way}' for way, names in ways.items())}"] if ways else []


def verdict_counts(verdicts: pl.DataFrame) -> str:
    """Count budgets by their status, the most frequent first."""
    counts = verdicts.group_by("status").len().sort("len", "status", descending=[True, False])
    return ", ".join(f"{count} {status}" for status, count in counts.iter_rows())


def verdicts_missed(verdicts: pl.DataFrame) -> list[dict[str, Any]]:
    """List the verdicts of budgets that are broken, then of those that could not be judged."""
    missed = verdicts.filter(pl.col("status") != "passed").sort(pl.col("status") != "broken", maintain_order=True)
    return missed.to_dicts()


def _labels(targets: Collection[_Target]) -> dict[_Target, str]:
    """Name each target, with its method where two share a name."""
    bearers = Counter(name for _, name in targets)
    return {(method, name): name if bearers[name] == 1 else f"{name} ({method})" for method, name in targets}


def _pick(metrics: Mapping[str, Mapping[str, Any]], metric: str, statistic: str, missing: Any = None) -> Any:
    return metrics.get(metric, {}).get(statistic, missing)


def _in_seconds(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000
