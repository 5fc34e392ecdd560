"""The summary at the end of a run, as lines of plain text."""

import shlex
import shutil
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from vedro_profiling.reporting import digest
from vedro_profiling.reporting.printable import plain

if TYPE_CHECKING:
    import polars as pl

    from vedro_profiling.session.session import Outcome

__all__ = (
    "summary_lines",
    "table",
    "table_lines",
    "terminal_width",
)

_NARROWEST: Final = 38
_READABLE: Final = 20
_READABLE_BESIDE_OTHERS: Final = 16
_GAP: Final = 2
_VERDICT: Final = "verdict"
_STYLES: Final = {
    "broken": "bold red",
    "more": "red",
    "less": "green",
    "passed": "green",
    "not judged": "yellow",
    "unknown": "dim",
}


def terminal_width() -> int:
    """Return how many characters fit beside Vedro's `# `; 98 where there is no terminal."""
    return max(_NARROWEST, shutil.get_terminal_size((100, 24)).columns - 2)


def summary_lines(
    outcome: "Outcome",
    *,
    pictures: Sequence[Path] = (),
    verdicts: "pl.DataFrame | None" = None,
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
    lines = [f"profiling {outcome.facts['run']}: {digest.headline(outcome)}"]
    if outcome.has_points:
        lines += _targets(outcome, width)
        lines += _below(digest.dearest_scenarios(outcome.points), width)
    lines += ["", *_budgets(verdicts), *(f"! {note}" for note in outcome.notes)]
    lines += [digest.own_cost(outcome), *digest.readers(outcome)]
    lines += _files(outcome, pictures, base or Path())
    return [plain(line).rstrip() for line in lines]


def _targets(outcome: "Outcome", width: int) -> list[str]:
    targets = digest.targets(outcome.points)
    if not targets.rows:
        return []
    left_out = [f"({targets.left_out} more targets are in the files)"] if targets.left_out else []
    return [*_below(targets, width), *left_out, f"({digest.units(outcome)})"]


def _below(content: digest.Table, width: int) -> list[str]:
    return ["", *table_lines(content, width)] if content.rows else []


def table_lines(content: digest.Table, width: int) -> list[str]:
    """Align rows under their titles, as lines without colour."""
    page = Console(file=StringIO(), width=width, color_system=None)
    with page.capture() as capture:
        page.print(table(content, width))
    return [line.rstrip() for line in capture.get().rstrip("\n").split("\n")]


def table(content: digest.Table, width: int) -> RichTable:
    """Lay rows out under their titles; names fold when space is short, and then columns are left out from the right.

    No cell is read as Rich's markup, and what a terminal would obey is escaped.
    """
    cells = [tuple(plain(cell) for cell in row) for row in (content.titles, *content.rows)]
    columns = list(zip(*cells, strict=True))
    aligned = RichTable(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="bold")
    shown = columns[: _fitting(columns, content, width)]
    for title, *_ in shown:
        is_name = title in content.names
        aligned.add_column(Text(title), justify="left" if is_name else "right", no_wrap=not is_name, overflow="fold")
    for row in list(zip(*shown, strict=True))[1:]:
        aligned.add_row(*(_cell(title, text) for (title, *_), text in zip(shown, row, strict=True)))
    return aligned


def _cell(title: str, text: str) -> Text:
    """Give a verdict its colour; Rich shows none where the output is no terminal or NO_COLOR is set."""
    return Text(text, style=_STYLES.get(text, "") if title == _VERDICT else "")


def _fitting(columns: Sequence[tuple[str, ...]], content: digest.Table, width: int) -> int:
    """Tell how many columns, from the left, have room for their numbers beside names of readable width."""
    readable = _READABLE if len(content.names) == 1 else _READABLE_BESIDE_OTHERS
    widths = [
        min(longest, readable) if title in content.names else longest
        for title, longest in ((column[0], max(map(len, column)) + _GAP) for column in columns)
    ]
    return max(1, sum(sum(widths[: place + 1]) <= width + _GAP for place in range(len(columns))))


def _budgets(verdicts: "pl.DataFrame | None") -> list[str]:
    """Name each budget that is broken or could not be judged, and count the rest."""
    if verdicts is None or verdicts.is_empty():
        return []
    return [
        f"budgets: {digest.verdict_counts(verdicts)}",
        *(
            f"! budget {row['status']}: {row['threshold']} {row['expression']}: {row['reason']}"
            for row in digest.verdicts_missed(verdicts)
        ),
    ]


def _files(outcome: "Outcome", pictures: Sequence[Path], base: Path) -> list[str]:
    lines = [f"files: {', '.join(_shown(path, base) for path in outcome.files)}"] if outcome.files else []
    if pictures:
        lines.append(f"pictures: {len(pictures)} in {_shown(pictures[0].parent, base)}")
    if outcome.journal is not None:
        # The journal lies in the folder of journals, and that in the folder of the run.
        command = shlex.join(["vedro-profiling", "recover", _shown(outcome.journal.parent.parent, base)])
        folder = _shown(outcome.journal, base)
        lines.append(f"! raw readings are kept in {folder}: {command} can write them")
    return lines


def _shown(path: Path, base: Path) -> str:
    return str(path.relative_to(base)) if path.is_relative_to(base) else str(path)
