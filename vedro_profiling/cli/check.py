"""`check`: budgets, judged on what was recorded."""

from typing import TYPE_CHECKING, Any

import typer

from vedro_profiling.cli.budgets import BROKEN_EXIT, BudgetFiles, Budgets, parse_budgets
from vedro_profiling.cli.output import FormatOption, is_for_people, print_rows, print_table, say, working
from vedro_profiling.cli.sources import Paths, Recorded, read
from vedro_profiling.errors import OptionError

if TYPE_CHECKING:
    import polars as pl

    from vedro_profiling.reporting.digest import Table

__all__ = ("check",)


def check(paths: Paths, budget: Budgets = None, budgets: BudgetFiles = None, style: FormatOption = "text") -> None:
    """Judge budgets; exit 99 when one is broken.

    A budget is a metric, tags in braces if it concerns only some points, and limits in the metric's unit: avg, min,
    max, med, p(N), count, rate or value, then < <= > >= == or !=, then a number. One that matches no point is broken.
    """
    thresholds = parse_budgets(budget, budgets)
    if not thresholds:
        raise OptionError(
            "there is no budget to judge: give --budget 'memory_usage{service:app}: max<512' or --budgets FILE"
        )
    from vedro_profiling.analysis.threshold_language import parse_thresholds

    parsed = parse_thresholds(thresholds)
    recorded = read(paths)
    from vedro_profiling.analysis import thresholds as judge

    with working("judging"):
        verdicts = judge.check(
            recorded.points,
            parsed,
            unavailable_methods=judge.methods_missing(recorded.facts),
            no_scenario_ran=_is_slice_without_scenarios(recorded),
        )
    if is_for_people(style):
        _tell(verdicts, style)
    else:
        print_rows(verdicts, style)
    if judge.BROKEN in verdicts["status"]:
        raise typer.Exit(BROKEN_EXIT)


def _tell(verdicts: "pl.DataFrame", style: Any) -> None:
    from vedro_profiling.reporting.digest import verdict_counts

    print_table(_table(verdicts), style)
    say(f"\nbudgets: {verdict_counts(verdicts)}")


def _table(verdicts: "pl.DataFrame") -> "Table":
    from vedro_profiling.reporting.digest import Table

    rows = [
        (
            row["status"],
            f"{row['threshold']} {row['expression']}",
            "-" if row["value"] is None else f"{row['value']:,.6g}",
            row["reason"] or "",
        )
        for row in verdicts.iter_rows(named=True)
    ]
    return Table(("verdict", "budget", "value", "reason"), rows, frozenset({"verdict", "budget", "reason"}))


def _is_slice_without_scenarios(recorded: Recorded) -> bool:
    """Tell whether all that was recorded is runs of Vedro that ran no scenario."""
    is_vedro = bool(recorded.facts) and all("arguments" in fact for fact in recorded.facts)
    return is_vedro and recorded.points["scenario"].null_count() == recorded.points.height
