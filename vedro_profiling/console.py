"""The summary at the end of a run, as lines of plain text."""

import shutil
import sys
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import polars as pl
from rich.console import Console
from rich.table import Table

from vedro_profiling import schema
from vedro_profiling.analysis.scenarios import scenario_costs
from vedro_profiling.analysis.summary import summarize

if TYPE_CHECKING:
    from vedro_profiling.session import Outcome

__all__ = (
    "plain",
    "summary_lines",
    "terminal_width",
)

_MOST_TARGETS: Final = 20
_MOST_SCENARIOS: Final = 5
_NARROWEST: Final = 38
_READABLE: Final = 20
_GAP: Final = 2
_SHOWN_AS_SECONDS: Final = 0.1
_TEXT_COLUMNS: Final = ("target", "dearest scenarios", "most of it in")


def terminal_width() -> int:
    """Return how many characters fit beside Vedro's `# `; 98 where there is no terminal."""
    return max(_NARROWEST, shutil.get_terminal_size((100, 24)).columns - 2)


def plain(text: str, *, encoding: str | None = None) -> str:
    r"""Make a text safe to print: control characters and what the output cannot encode become escapes.

    >>> plain("caf\x1b[31m \N{SNOWMAN}", encoding="ascii")
    'caf\\x1b[31m \\u2603'
    """
    printable = "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)
    target = encoding or sys.stdout.encoding or "utf-8"
    return printable.encode(target, "backslashreplace").decode(target)


def summary_lines(
    outcome: "Outcome",
    *,
    pictures: Sequence[Path] = (),
    verdicts: pl.DataFrame | None = None,
    base: Path | None = None,
    width: int | None = None,
) -> list[str]:
    """Say who used how much, which scenarios cost most, what recording cost, and where the files are.

    Parameters
    ----------
    outcome
        The finished run.
    pictures
        Charts that were drawn of it.
    verdicts
        What `thresholds.check` said of its budgets.
    base
        The folder that paths are shown relative to.
    width
        Characters a table may have; by default the width of the terminal. Names are folded to fit, then columns
        left out from the right; numbers are never cut.

    Returns
    -------
    list of str
        ASCII but for names, and these only as far as the output can encode them.
    """
    width = width or terminal_width()
    lines = [_headline(outcome)]
    if not outcome.points.is_empty():
        lines += ["", *_targets(outcome.points, width), _units(outcome), *_scenarios(outcome.points, width)]
    lines += ["", *_budgets(verdicts), *(f"! {note}" for note in outcome.notes), _cost(outcome), *_readers(outcome)]
    lines += _files(outcome, pictures, base or Path())
    return [plain(line).rstrip() for line in lines]


def _headline(outcome: "Outcome") -> str:
    facts, cost = outcome.facts, outcome.cost
    return f"profiling {facts['run']}: {cost.wall_seconds:.1f} s, a reading every {facts['poll_time']:g} s"


def _units(outcome: "Outcome") -> str:
    return f"(100 % = one core, for system all {outcome.facts['host']['cpus']} of them; 1 MB = 10^6 bytes)"


def _targets(points: pl.DataFrame, width: int) -> list[str]:
    """Make the table of targets, those that consumed most first, the host last."""
    statistics = {
        (row["target"], row["metric"]): row for row in summarize(points, by=("target", "metric")).iter_rows(named=True)
    }
    ranked = sorted(
        dict.fromkeys(target for target, metric in statistics if metric != "scenario_duration"),
        key=lambda target: (target == schema.SYSTEM_TARGET, -_pick(statistics, target, "cpu_time", "total", 0.0)),
    )
    rows = [
        (
            target,
            _percent(_pick(statistics, target, "cpu_percent", "avg")),
            _percent(_pick(statistics, target, "cpu_percent", "max")),
            _seconds(_pick(statistics, target, "cpu_time", "total"), per_second=1000),
            _megabytes(_pick(statistics, target, "memory_usage", "avg")),
            _megabytes(_pick(statistics, target, "memory_usage", "max")),
            _megabytes(_pick(statistics, target, "memory_peak", "max")),
        )
        for target in ranked
    ]
    shown = rows if len(rows) <= _MOST_TARGETS else [*rows[: _MOST_TARGETS - 1], rows[-1]]
    left_out = [f"({len(rows) - len(shown)} more targets are in the files)"] if len(shown) < len(rows) else []
    return [
        *_table(("target", "CPU avg", "CPU max", "CPU time", "mem avg", "mem max", "mem peak"), shown, width),
        *left_out,
    ]


def _scenarios(points: pl.DataFrame, width: int) -> list[str]:
    """Make the table of the dearest scenarios, by the CPU time of all targets but the host, which holds them all."""
    costs = scenario_costs(points).filter(pl.col("target") != schema.SYSTEM_TARGET)
    dearest = (
        costs.group_by("scenario", maintain_order=True)
        .agg(
            pl.col("subject", "duration", "target").first(),
            total=pl.col("cpu_time").sum(),
            most=pl.col("cpu_time").first(),
        )
        .sort("total", descending=True)
        .head(_MOST_SCENARIOS)
    )
    rows = [
        (
            row["subject"] or row["scenario"],
            _seconds(row["duration"]),
            _seconds(row["total"]),
            f"{row['target']} ({_seconds(row['most'])})",
        )
        for row in dearest.iter_rows(named=True)
    ]
    return ["", *_table(("dearest scenarios", "duration", "CPU time", "most of it in"), rows, width)] if rows else []


def _table(header: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """Align the rows under their header; the first column is the one that folds when space is short."""
    cells = [tuple(plain(cell) for cell in row) for row in (header, *rows)]
    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0))
    columns = _fitting(list(zip(*cells, strict=True)), width)
    for place, (title, *_) in enumerate(columns):
        is_text = title in _TEXT_COLUMNS
        table.add_column(title, justify="left" if is_text else "right", no_wrap=place > 0, overflow="fold")
    for row in list(zip(*columns, strict=True))[1:]:
        table.add_row(*row)
    page = Console(file=StringIO(), width=width, color_system=None, markup=False, emoji=False, highlight=False)
    with page.capture() as capture:
        page.print(table)
    return capture.get().rstrip("\n").split("\n")


def _fitting(columns: Sequence[tuple[str, ...]], width: int) -> Sequence[tuple[str, ...]]:
    """Leave out columns from the right until the numbers fit beside a name of readable width."""
    widths = [max(map(len, column)) + _GAP for column in columns]
    widths[0] = min(widths[0], _READABLE)
    fitting = [sum(widths[: place + 1]) <= width for place in range(len(columns))]
    return columns[: max(1, sum(fitting))]


def _pick(statistics: dict[Any, Any], target: str, metric: str, statistic: str, missing: Any = None) -> Any:
    return statistics.get((target, metric), {}).get(statistic, missing)


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} %"


def _megabytes(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} MB"


def _seconds(value: float | None, *, per_second: int = 1) -> str:
    if value is None:
        return "-"
    seconds = value / per_second
    return f"{seconds:.2f} s" if seconds >= _SHOWN_AS_SECONDS else f"{seconds * 1000:.1f} ms"


def _cost(outcome: "Outcome") -> str:
    cost = outcome.cost
    return (
        f"own cost: {cost.percent:.2f} % of a core ({cost.cpu_seconds:.3f} s CPU); "
        f"{cost.ticks} ticks, {cost.late} late, {cost.missed} missed"
    )


def _readers(outcome: "Outcome") -> list[str]:
    """Say which way containers were read."""
    ways: dict[str, set[str]] = {}
    for source in outcome.sources:
        if source.method == schema.DOCKER_METHOD:
            ways.setdefault(source.reader, set()).add(source.target)
    return [f"containers: {', '.join(f'{len(names)} by {way}' for way, names in ways.items())}"] if ways else []


def _budgets(verdicts: pl.DataFrame | None) -> list[str]:
    """Name each budget that is broken or could not be judged, and count the rest."""
    if verdicts is None or verdicts.is_empty():
        return []
    counts = [f"{count} {status}" for status, count in verdicts["status"].value_counts(sort=True).iter_rows()]
    lines = [f"budgets: {', '.join(counts)}"]
    for row in verdicts.filter(pl.col("status") != "passed").iter_rows(named=True):
        lines.append(f"! budget {row['status']}: {row['threshold']} {row['expression']}: {row['reason']}")
    return lines


def _files(outcome: "Outcome", pictures: Sequence[Path], base: Path) -> list[str]:
    lines = [f"files: {', '.join(_shown(path, base) for path in outcome.files)}"] if outcome.files else []
    if pictures:
        lines.append(f"pictures: {len(pictures)} in {_shown(pictures[0].parent, base)}")
    if outcome.journal is not None:
        folder = _shown(outcome.journal, base)
        lines.append(f"! raw readings are kept in {folder}: vedro_profiling.recover() writes them once it can")
    return lines


def _shown(path: Path, base: Path) -> str:
    return str(path.relative_to(base)) if path.is_relative_to(base) else str(path)
