"""`compare`: what changed between runs."""

import sys
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from vedro_profiling.cli.budgets import BROKEN_EXIT
from vedro_profiling.cli.output import (
    Format,
    FormatOption,
    complain,
    is_for_people,
    print_rows,
    print_table,
    say,
    say_plain,
    width_of,
    working,
)
from vedro_profiling.cli.pairs import names, pair
from vedro_profiling.errors import OptionError

if TYPE_CHECKING:
    import polars as pl

    from vedro_profiling.reporting.digest import Table

__all__ = ("compare",)

_MOST_FOR_PEOPLE: Final = 20
_WHOLE_RUN: Final = "(whole run)"
_ROOM_FOR_COLUMNS: Final = 110
_LABELS: Final = {
    "cpu_time": "CPU time",
    "memory_peak": "mem peak",
    "memory_usage": "memory",
    "scenario_duration": "duration",
}


def compare(  # noqa: PLR0913 - a parameter for each option: Typer makes the help of them
    base: Annotated[
        str, typer.Argument(metavar="BASE", help="The runs before: a file, folder or pattern.", show_default=False)
    ],
    head: Annotated[str, typer.Argument(metavar="HEAD", help="The runs after.", show_default=False)],
    *,
    fail_on: Annotated[
        list[str] | None,
        typer.Option(
            metavar="'METRIC>+LIMIT'", help="Exit 99 on a greater increase; may be given again.", show_default=False
        ),
    ] = None,
    relative: Annotated[float, typer.Option(metavar="PERCENT", help="Changes up to this share are none.")] = 5.0,
    absolute: Annotated[
        list[str] | None,
        typer.Option(
            metavar="METRIC=AMOUNT",
            help="Nor are those up to this amount, in the metric's unit; may be given again.",
            show_default=False,
        ),
    ] = None,
    by: Annotated[str, typer.Option(metavar="NAME,NAME", help="Columns that make a row.")] = "scenario,method,target",
    style: FormatOption = "text",
    top: Annotated[
        int | None,
        typer.Option(min=0, help="How many rows, 0 for all.  [default: 20; json and csv: all]", show_default=False),
    ] = None,
) -> None:
    """Tell what changed between runs, and whether it is more than noise.

    With three or more runs a side a change is told from noise; the verdict is more, less, same or unknown. With fewer
    it is unknown, and --fail-on judges the bare difference. Metrics: cpu_time and scenario_duration in milliseconds,
    memory_usage and memory_peak in megabytes.
    """
    from vedro_profiling.analysis import comparison, comparison_rules

    amounts = {
        metric: _number(metric, amount) for metric, amount in (pair("--absolute", text) for text in absolute or ())
    }
    with working("comparing"):
        changes = comparison.compare(base, head, by=names(by), relative=relative / 100, absolute=amounts)
        judged = comparison_rules.regressions(changes, fail_on or (), absolute=amounts)
    most = top if top is not None else _MOST_FOR_PEOPLE if is_for_people(style) else 0
    shown = changes.head(most) if most else changes
    if is_for_people(style):
        _tell(changes, shown, style)
    else:
        print_rows(shown, style)
    _tell_rules(judged, style)
    if "broken" in judged["status"]:
        raise typer.Exit(BROKEN_EXIT)


def _tell(changes: "pl.DataFrame", shown: "pl.DataFrame", style: Format) -> None:
    if changes.is_empty():
        say("there is nothing to compare")
        return
    is_narrow = style == "text" and width_of(sys.stdout) < _ROOM_FOR_COLUMNS
    named = _named(changes).head(shown.height)
    print_table(_table(named, left_out=changes.height - shown.height, is_narrow=is_narrow), style)
    notes = changes["note"].drop_nulls().value_counts(sort=True)
    if not notes.is_empty():
        say("")
    for note, count in notes.iter_rows():
        say_plain(f"{count} of {changes.height} rows: {note}", style)


def _table(changes: "pl.DataFrame", *, left_out: int, is_narrow: bool) -> "Table":
    """Lay changes out with what matters most on the left; a narrow terminal has all their names in one column."""
    from vedro_profiling.reporting.digest import Table

    groups = [name for name in changes.columns[: changes.columns.index("metric")] if name in _shown_groups(changes)]
    wheres = (" / ".join(groups),) if is_narrow else tuple(groups)
    titles = ("verdict", "change", "base", "head", "of", *wheres, "95 % interval")
    rows = [
        (
            change["verdict"],
            _change(change),
            _amount(change["metric"], change["base"]),
            _amount(change["metric"], change["head"]),
            _LABELS[change["metric"]],
            *_wheres([_group(name, change) for name in groups], is_narrow=is_narrow),
            _interval(change),
        )
        for change in changes.iter_rows(named=True)
    ]
    return Table(titles, rows, frozenset({"verdict", "of", *wheres}), left_out)


def _wheres(names: list[str], *, is_narrow: bool) -> list[str]:
    return [" / ".join(names)] if is_narrow else names


def _shown_groups(changes: "pl.DataFrame") -> set[str]:
    """Leave out what stands in another column already, and the method, unless it tells two targets apart."""
    keys = set(changes.columns[: changes.columns.index("metric")])
    unlabelled = keys - {"subject"} - ({"service"} if "target" in keys else set())
    if not {"target", "method"} <= keys:
        return unlabelled
    is_telling = changes.unique(["target", "method"]).height > changes["target"].n_unique()
    return unlabelled if is_telling else unlabelled - {"method"}


def _named(rows: "pl.DataFrame") -> "pl.DataFrame":
    """Add what scenarios are called, where rows are theirs."""
    from vedro_profiling.reporting.digest import scenario_name

    return rows.with_columns(scenario_name()) if {"scenario", "subject"} <= set(rows.columns) else rows


def _group(name: str, change: dict[str, Any]) -> str:
    if name == "scenario":
        return change["name"] or _WHOLE_RUN
    return change[name] or "-"


def _change(change: dict[str, Any]) -> str:
    if change["ratio"] is None:
        return _amount(change["metric"], change["difference"], sign="+")
    return f"{100 * (change['ratio'] - 1):+.1f} %"


def _interval(change: dict[str, Any]) -> str:
    if change["low"] is None:
        return "-"
    return (
        f"{_amount(change['metric'], change['low'], sign='+')} .. {_amount(change['metric'], change['high'], sign='+')}"
    )


def _amount(metric: str, value: float | None, *, sign: str = "") -> str:
    """Write an amount in its unit; `sign` writes that of a difference."""
    from vedro_profiling.reporting.amounts import duration, megabytes

    if value is None:
        return "-"
    text = duration(abs(value) / 1000) if metric in {"cpu_time", "scenario_duration"} else megabytes(abs(value))
    return f"{'-' if value < 0 else sign}{text}"


def _tell_rules(judged: "pl.DataFrame", style: Format) -> None:
    """Tell of each rule that is broken or was not judged; beside rows for programs, on stderr."""
    if judged.is_empty():
        return
    from vedro_profiling.reporting.digest import verdict_counts, verdicts_missed

    lines = [f"rules: {verdict_counts(judged)}"]
    for row in verdicts_missed(_named(judged)):
        scenario = row.get("name") or row.get("subject") or _WHOLE_RUN
        whose = ", ".join(filter(None, [scenario, row.get("target")]))
        lines.append(f"! {row['status']}: {row['rule']} in {whose}: {row['reason']}")
    if is_for_people(style):
        say("")
        for line in lines:
            say_plain(line, style)
    else:
        for line in lines:
            complain(line)


def _number(metric: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise OptionError(f"--absolute {metric}={text}: expected a number, such as cpu_time=5") from None
