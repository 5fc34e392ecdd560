"""`report`: what was recorded, on one page."""

from pathlib import Path
from typing import Annotated

import typer

from vedro_profiling.cli.budgets import BudgetFiles, Budgets, parse_budgets
from vedro_profiling.cli.output import print_files, working
from vedro_profiling.cli.sources import Paths, read

__all__ = ("report",)


def report(
    paths: Paths,
    *,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The page.")] = Path("report.html"),
    budget: Budgets = None,
    budgets: BudgetFiles = None,
    title: Annotated[
        str | None, typer.Option(metavar="TEXT", help="What the page is called. [default: the run]", show_default=False)
    ] = None,
) -> None:
    """Write one page of HTML that carries all it needs: verdicts, scenarios, charts; print its path.

    A broken budget is told on the page; the command check exits with 99.
    """
    from vedro_profiling.analysis.threshold_language import parse_thresholds

    thresholds = parse_thresholds(parse_budgets(budget, budgets)) or None
    recorded = read(paths)
    with working("writing the report"):
        from vedro_profiling.charts.report import save_report

        page = save_report(recorded.points, output, thresholds=thresholds, facts=recorded.facts, title=title)
    print_files([page])
