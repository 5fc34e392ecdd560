"""The summary of a run for the page of a CI job: GitHub's flavour of Markdown."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from vedro_profiling import digest
from vedro_profiling.printable import plain
from vedro_profiling.replacing import replacing

if TYPE_CHECKING:
    import polars as pl

    from vedro_profiling.session import Outcome

__all__ = (
    "append_page",
    "code",
    "replace_page",
    "summary_page",
    "table_lines",
)

_MOST_SCENARIOS: Final = 20
_MOST_VERDICTS: Final = 50
_ESCAPES: Final = str.maketrans({"|": r"\x7c", "`": r"\x60"})


def code(text: str) -> str:
    r"""Write any text as a code span, in which nothing is Markdown, HTML or a mention, in a table or outside.

    What could end the span or the cell becomes an escape, as control characters do.

    >>> code("a|`<b>`")
    '`a\\x7c\\x60<b>\\x60`'
    """
    return f"`{plain(text, encoding='utf-8').translate(_ESCAPES).strip() or '-'}`"


def summary_page(outcome: "Outcome", *, verdicts: "pl.DataFrame | None" = None) -> str:
    """Write targets, dearest scenarios, verdicts and own cost of a run as a section of Markdown.

    Every name and every sentence with a name in it stands in a code span, so that none can be taken for Markdown.

    Parameters
    ----------
    outcome
        The finished run.
    verdicts
        What `thresholds.check` said of its budgets.
    """
    return "\n\n".join(_sections(outcome, verdicts)) + "\n"


def replace_page(path: Path, page: str) -> None:
    """Write a page to a file of its own, whatever stood there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as beside:
        beside.write_text(page, encoding="utf-8")


def append_page(path: Path, page: str) -> None:
    """Add a page to a file that others write to as well, some of them no end of their last line."""
    is_within_line = path.is_file() and path.read_bytes()[-1:] not in {b"", b"\n"}
    with path.open("a", encoding="utf-8") as file:
        file.write(f"\n{page}" if is_within_line else page)


def _sections(outcome: "Outcome", verdicts: "pl.DataFrame | None") -> Iterator[str]:
    yield f"## Profiling {code(str(outcome.facts['run']))}\n\n{digest.headline(outcome)}"
    if verdicts is not None and not verdicts.is_empty():
        yield from _budgets(verdicts)
    if not outcome.points.is_empty():
        yield from _table("Targets", digest.targets(outcome.points))
        yield digest.units(outcome)
        yield from _table("Dearest scenarios", digest.dearest_scenarios(outcome.points, most=_MOST_SCENARIOS))
    if outcome.notes:
        yield "\n".join(f"- {code(note)}" for note in outcome.notes)
    yield "; ".join([digest.own_cost(outcome), *map(code, digest.readers(outcome))])


def _budgets(verdicts: "pl.DataFrame") -> Iterator[str]:
    yield f"### Budgets: {digest.verdict_counts(verdicts)}"
    missed = digest.verdicts_missed(verdicts)
    rows = [(row["status"], f"{row['threshold']} {row['expression']}", row["reason"]) for row in missed]
    titles = ("verdict", "budget", "reason")
    yield from table_lines(digest.Table(titles, rows[:_MOST_VERDICTS], frozenset(titles), len(rows[_MOST_VERDICTS:])))


def _table(title: str, content: digest.Table) -> Iterator[str]:
    if content.rows:
        yield f"### {title}"
        yield from table_lines(content)


def table_lines(content: digest.Table) -> Iterator[str]:
    """Write rows as a table of Markdown, names in code spans; and how many rows it leaves out."""
    if not content.rows:
        return
    is_name = [title in content.names for title in content.titles]
    rule = [":--" if each else "--:" for each in is_name]
    rows = [[code(cell) if each else cell for cell, each in zip(row, is_name, strict=True)] for row in content.rows]
    yield "\n".join(f"| {' | '.join(cells)} |" for cells in (content.titles, rule, *rows))
    if content.left_out:
        yield f"{content.left_out} more are in the files."
