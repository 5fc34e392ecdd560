"""`summary`: who used how much, and which scenarios cost most."""

from collections.abc import Iterator
from typing import Any, Final

from vedro_profiling.cli.output import Format, FormatOption, is_for_people, print_rows, print_table, say, working
from vedro_profiling.cli.sources import Paths, Recorded, read

__all__ = ("summary",)

_MOST_RUNS: Final = 10


def summary(paths: Paths, style: FormatOption = "text") -> None:
    """Tell who used how much, and which scenarios cost most.

    JSON and CSV hold count, avg, min, med, max, p90, p95 and total of each metric of each target.
    """
    recorded = read(paths)
    if is_for_people(style):
        _tell(recorded, style)
        return
    from vedro_profiling.analysis.summary import summarize

    with working("summarizing"):
        rows = summarize(recorded.points)
    print_rows(rows, style)


def _tell(recorded: Recorded, style: Format) -> None:
    from vedro_profiling.reporting import digest
    from vedro_profiling.reporting.markdown import code
    from vedro_profiling.reporting.printable import plain

    is_page = style == "markdown"
    with working("summarizing"):
        runs = list(_runs(recorded))
        tables = [digest.targets(recorded.points), digest.dearest_scenarios(recorded.points)]
    for run, what in runs[:_MOST_RUNS]:
        say(f"- {code(run)}: {what}" if is_page else f"{plain(run)}: {what}")
    if len(runs) > _MOST_RUNS:
        say(f"and {len(runs) - _MOST_RUNS} more runs")
    for table, below in zip(tables, (_units(recorded), None), strict=True):
        if table.rows:
            say("")
            print_table(table, style, more="--format json and the command scenarios show all")
            if below:
                say(f"\n{below}" if is_page else f"({below})")


def _runs(recorded: Recorded) -> Iterator[tuple[str, str]]:
    """Name each run and say how much there is of it, the latest last."""
    import polars as pl

    killed = {fact.get("run") for fact in recorded.facts if fact.get("finished") is False}
    runs = recorded.points.group_by("run").agg(
        first=pl.col("time").min(), last=pl.col("time").max(), points=pl.len(), targets=pl.col("target").n_unique()
    )
    for run in runs.sort("first", "run").iter_rows(named=True):
        seconds = (run["last"] - run["first"]).total_seconds()
        is_one = run["targets"] == 1
        what = f"{seconds:.1f} s from {run['first']:%Y-%m-%d %H:%M:%S} UTC, {run['points']:,} points of "
        what += f"{run['targets']} target{'' if is_one else 's'}{', was killed' if run['run'] in killed else ''}"
        yield run["run"] or "a run without a name", what


def _units(recorded: Recorded) -> str:
    """Say what the numbers mean; on how many CPUs only if that was one and the same for all runs."""
    hosts: list[dict[str, Any]] = [fact.get("host") or {} for fact in recorded.facts]
    cpus = {host.get("cpus") for host in hosts}
    of_them = f" {cpus.pop()} of" if len(cpus) == 1 and None not in cpus else " of"
    return f"100 % = one core, for system all{of_them} them; 1 MB = 10^6 bytes"
