"""`scenarios`: what each scenario cost each target."""

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from vedro_profiling.cli.output import FormatOption, is_for_people, print_rows, print_table, say, working
from vedro_profiling.cli.sources import Paths, read_points

if TYPE_CHECKING:
    import polars as pl

    from vedro_profiling.reporting.digest import Table

__all__ = ("scenarios",)

_MOST_FOR_PEOPLE: Final = 20


def scenarios(
    paths: Paths,
    style: FormatOption = "text",
    top: Annotated[
        int | None,
        typer.Option(
            min=0, help="How many rows; 0 is all. [default: 20 for people, all for json and csv]", show_default=False
        ),
    ] = None,
) -> None:
    """Tell what each scenario cost each target, the dearest first.

    CPU time is exact to the kernel's own steps, for it is read at both ends of every scenario.
    """
    points = read_points(paths)
    from vedro_profiling.analysis.scenarios import scenario_costs
    from vedro_profiling.analysis.system import IS_SYSTEM

    with working("summing up"):
        costs = scenario_costs(points)
    if is_for_people(style):
        from vedro_profiling.reporting.digest import scenario_name

        costs = costs.filter(~IS_SYSTEM).with_columns(scenario_name())
    most = top if top is not None else _MOST_FOR_PEOPLE if is_for_people(style) else 0
    shown = costs.head(most) if most else costs
    if not is_for_people(style):
        print_rows(shown, style)
    elif costs.is_empty():
        say("no scenario ran in what was recorded")
    else:
        print_table(_table(shown, left_out=costs.height - shown.height), style)


def _table(costs: "pl.DataFrame", *, left_out: int) -> "Table":
    """Write costs for people, with the run where there are several."""
    from vedro_profiling.reporting.digest import Table

    is_many = costs["run"].n_unique() > 1
    titles = ("scenario", "target", "CPU time", "duration", "cores", "memory", "mem peak", "attempts")
    rows = [_row(row) + ((row["run"] or "-",) if is_many else ()) for row in costs.iter_rows(named=True)]
    names = frozenset({"scenario", "target", "run"})
    return Table((*titles, "run") if is_many else titles, rows, names, left_out)


def _row(cost: dict[str, Any]) -> tuple[str, ...]:
    from vedro_profiling.reporting.amounts import duration, megabytes

    return (
        cost["name"],
        cost["target"] or "-",
        duration(cost["cpu_time"]),
        duration(cost["duration"]),
        "-" if cost["cores"] is None else f"{cost['cores']:.2f}",
        megabytes(cost["memory"]),
        megabytes(cost["memory_peak"]),
        str(cost["attempts"]),
    )
