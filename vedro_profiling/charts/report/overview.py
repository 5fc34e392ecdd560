"""What the top of the report says: the verdict, the run in a few numbers, and what is known of each run."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import polars as pl

from vedro_profiling.analysis.system import IS_SYSTEM
from vedro_profiling.charts.report.cells import span
from vedro_profiling.reporting.amounts import duration, megabytes, percent

__all__ = (
    "Number",
    "Run",
    "Verdict",
    "faults",
    "numbers",
    "runs",
    "verdict",
)

_MINUTE: Final = 60
_OF_HOST: Final = IS_SYSTEM.fill_null(value=False)


class Verdict(NamedTuple):
    """What became of the budgets, in one sentence."""

    tone: str
    """`good`, `bad`, `unsure`, or `none` where no budget was set."""
    text: str
    detail: str


class Number(NamedTuple):
    """One number of the overview."""

    title: str
    text: str
    detail: str


class Run(NamedTuple):
    """What is known of a run, as pairs of a term and what it is."""

    name: str
    facts: Sequence[tuple[str, str]]


def verdict(verdicts: pl.DataFrame | None) -> Verdict:
    """Judge the run by its budgets.

    >>> verdict(None).text
    'No budgets set'
    """
    if verdicts is None or verdicts.is_empty():
        return Verdict("none", "No budgets set", "Nothing was judged: this report only tells what was measured.")
    statuses = verdicts["status"].to_list()
    budgets = f"{len(statuses)} budget{'s' * (len(statuses) > 1)}"
    broken, unjudged = statuses.count("broken"), statuses.count("not judged")
    apart = f"{unjudged} could not be judged." if unjudged else ""
    if broken:
        return Verdict("bad", f"{broken} of {budgets} broken", apart or "The budgets below say where and by how much.")
    if unjudged:
        return Verdict("unsure", f"{len(statuses) - unjudged} of {budgets} passed", apart)
    passed = f"All {budgets} passed" if len(statuses) > 1 else "The budget passed"
    return Verdict("good", passed, "Nothing measured crossed its limit.")


def numbers(points: pl.DataFrame) -> list[Number]:
    """Tell the run in a few numbers: how long, how many scenarios, how much CPU and memory, and whose."""
    return [*_durations(points), *_scenarios(points), *_cpu(points), *_memory(points)]


def _durations(points: pl.DataFrame) -> Iterator[Number]:
    lengths = _lengths(points)
    if not lengths.is_empty():
        began = f"{lengths.row(0, named=True)['start']:%Y-%m-%d %H:%M} UTC"
        if lengths.height > 1:
            yield Number("Runs", f"{lengths.height}", f"since {began}")
        seconds = float(lengths["seconds"].sum())
        yield Number("Duration", span(seconds), "of all runs" if lengths.height > 1 else began)


def _scenarios(points: pl.DataFrame) -> Iterator[Number]:
    attempts = points.filter(pl.col("metric") == "scenario_duration").sort("time")
    last = attempts.group_by("run", "scenario").agg(pl.col("status").cast(pl.String).last())
    if last.is_empty():
        return
    counts = last.group_by("status").len().sort("len", descending=True)
    outcomes = ", ".join(f"{number} {status}" for status, number in counts.iter_rows() if status is not None)
    yield Number("Scenarios", f"{last.height:,}", outcomes)


def _cpu(points: pl.DataFrame) -> Iterator[Number]:
    used = points.filter((pl.col("metric") == "cpu_time") & ~_OF_HOST & pl.col("target").is_not_null())
    by_target = used.group_by("target").agg(pl.col("value").sum() / 1000).sort("value", descending=True)
    total = float(by_target["value"].sum())
    if not by_target.is_empty():
        target, most = by_target.row(0)
        part = f"{percent(100 * most / total)} of it in {target}" if total else ""
        yield Number("CPU time", duration(total) if total < _MINUTE else span(total), part)


def _memory(points: pl.DataFrame) -> Iterator[Number]:
    seen = points.filter(
        pl.col("metric").is_in(["memory_peak", "memory_usage"]) & ~_OF_HOST & pl.col("target").is_not_null()
    )
    if not seen.is_empty():
        highest = seen.row(int(seen["value"].arg_max() or 0), named=True)
        yield Number("Highest memory", megabytes(highest["value"]), f"{highest['target']}")


def _lengths(points: pl.DataFrame) -> pl.DataFrame:
    seconds = (pl.col("time").max() - pl.col("time").min()).dt.total_microseconds() / 1e6
    return points.group_by("run").agg(start=pl.col("time").min(), seconds=seconds).sort("start")


def runs(points: pl.DataFrame, facts: Sequence[Mapping[str, Any]]) -> list[Run]:
    """Tell what is known of each run, the earliest first; a file may hold the facts of a run, or not."""
    known = {str(of_run.get("run")): of_run for of_run in facts}
    return [
        Run(
            str(row["run"] or "without a name"),
            [
                ("started", f"{row['start']:%Y-%m-%d %H:%M:%S} UTC"),
                ("duration", span(row["seconds"])),
                *_told(known.get(str(row["run"]), {})),
            ],
        )
        for row in _lengths(points).iter_rows(named=True)
    ]


def _told(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    host, cost, versions = (_part(facts, part) for part in ("host", "cost", "versions"))
    if host:
        yield (
            "host",
            ", ".join(str(fact) for fact in (host.get("name"), f"{host.get('cpus')} CPUs", host.get("system")) if fact),
        )
    if "poll_time" in facts:
        yield "a reading every", f"{facts['poll_time']} s"
    for title, part in (("methods", "methods"), ("compose projects", "projects")):
        if isinstance(facts.get(part), list):
            yield title, ", ".join(map(str, facts[part])) or "none"
    if versions:
        yield "versions", ", ".join(f"{name} {version}" for name, version in versions.items())
    if _part(facts, "tags"):
        yield "tags", ", ".join(f"{name}={value}" for name, value in _part(facts, "tags").items())
    if isinstance(facts.get("arguments"), list):
        yield "arguments", " ".join(map(str, facts["arguments"]))
    if cost:
        yield from _cost(cost)


def _cost(cost: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    used, wall = (_number(cost.get(part)) for part in ("cpu_seconds", "wall_seconds"))
    if used is not None and wall:
        yield "own cost of profiling", f"{percent(100 * used / wall)} of a core ({duration(used)} of CPU)"
    ticks = {part: cost[part] for part in ("ticks", "late", "missed") if part in cost}
    if ticks:
        yield "ticks", ", ".join(f"{value} {'in all' if part == 'ticks' else part}" for part, value in ticks.items())


def faults(points: pl.DataFrame, facts: Sequence[Mapping[str, Any]]) -> list[str]:
    """Say what went wrong while recording, a sentence each, with the run where there are several."""
    there = set(points["run"].cast(pl.String).unique())
    said = []
    for of_run in facts:
        run = str(of_run.get("run"))
        if run in there:
            which = f"{run}: " if len(there) > 1 else ""
            said += [f"{which}{fault}" for fault in _faults(of_run)]
    return said


def _faults(facts: Mapping[str, Any]) -> Iterator[str]:
    if facts.get("finished") is False:
        yield "the run was cut off before it could end; this is what was read until then"
    unavailable = facts.get("unavailable_methods")
    if isinstance(unavailable, list | tuple) and unavailable:
        yield f"not available, so not read: {', '.join(map(str, unavailable))}"
    notes = facts.get("notes")
    yield from map(str, notes if isinstance(notes, list | tuple) else ())


def _part(facts: Mapping[str, Any], part: str) -> Mapping[str, Any]:
    value = facts.get(part)
    return value if isinstance(value, Mapping) else {}


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
