"""The summary at the end of a run, as lines of plain text."""

import shutil
import sys
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.table import Table as RichTable

from vedro_profiling import digest

if TYPE_CHECKING:
    import polars as pl

    from vedro_profiling.session import Outcome

__all__ = (
    "plain",
    "summary_lines",
    "terminal_width",
)

_NARROWEST: Final = 38
_READABLE: Final = 20
_GAP: Final = 2


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
    if not outcome.points.is_empty():
        lines += _targets(outcome, width)
        lines += _table(digest.dearest_scenarios(outcome.points), width)
    lines += ["", *_budgets(verdicts), *(f"! {note}" for note in outcome.notes)]
    lines += [digest.own_cost(outcome), *digest.readers(outcome)]
    lines += _files(outcome, pictures, base or Path())
    return [plain(line).rstrip() for line in lines]


def _targets(outcome: "Outcome", width: int) -> list[str]:
    table = digest.targets(outcome.points)
    if not table.rows:
        return []
    left_out = [f"({table.left_out} more targets are in the files)"] if table.left_out else []
    return [*_table(table, width), *left_out, f"({digest.units(outcome)})"]


def _table(content: digest.Table, width: int) -> list[str]:
    """Align the rows under their titles; the first column is the one that folds when space is short."""
    if not content.rows:
        return []
    cells = [tuple(plain(cell) for cell in row) for row in (content.titles, *content.rows)]
    table = RichTable(box=None, pad_edge=False, padding=(0, _GAP, 0, 0))
    columns = _fitting(list(zip(*cells, strict=True)), width)
    for place, (title, *_) in enumerate(columns):
        is_text = title in content.names
        table.add_column(title, justify="left" if is_text else "right", no_wrap=place > 0, overflow="fold")
    for row in list(zip(*columns, strict=True))[1:]:
        table.add_row(*row)
    page = Console(file=StringIO(), width=width, color_system=None, markup=False, emoji=False, highlight=False)
    with page.capture() as capture:
        page.print(table)
    return ["", *capture.get().rstrip("\n").split("\n")]


def _fitting(columns: Sequence[tuple[str, ...]], width: int) -> Sequence[tuple[str, ...]]:
    """Leave out columns from the right until the numbers fit beside a name of readable width."""
    widths = [max(map(len, column)) + _GAP for column in columns]
    widths[0] = min(widths[0], _READABLE)
    fitting = [sum(widths[: place + 1]) <= width for place in range(len(columns))]
    return columns[: max(1, sum(fitting))]


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
        folder = _shown(outcome.journal, base)
        lines.append(f"! raw readings are kept in {folder}: vedro_profiling.recover() writes them once it can")
    return lines


def _shown(path: Path, base: Path) -> str:
    return str(path.relative_to(base)) if path.is_relative_to(base) else str(path)
