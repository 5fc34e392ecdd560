"""The summary of a run for the page of a CI job: GitHub's flavour of Markdown."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from vedro_profiling.replacing import replacing
from vedro_profiling.reporting import digest
from vedro_profiling.reporting.printable import plain

if TYPE_CHECKING:
    import polars as pl

    from vedro_profiling.session.session import Outcome

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
    """Write the verdict on a run as a section of Markdown: budgets first, all numbers folded away below.

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
    """Add a page to a file that others write to as well, some of them no end of their last line.

    Blank lines keep it apart from both neighbours: below a line of HTML, such as the end of our own pages, Markdown is
    read as HTML until there is one.
    """
    before = path.read_bytes()[-2:] if path.is_file() else b""
    apart = "" if before in {b"", b"\n", b"\n\n"} else "\n" if before.endswith(b"\n") else "\n\n"
    with path.open("a", encoding="utf-8") as file:
        file.write(f"{apart}{page}\n")


def _sections(outcome: "Outcome", verdicts: "pl.DataFrame | None") -> Iterator[str]:
    yield f"## {_title(str(outcome.facts['run']), verdicts)}"
    if verdicts is not None:
        yield from _missed_budgets(verdicts)
    scenarios = digest.Table((), (), frozenset())
    if outcome.has_points:
        scenarios = digest.dearest_scenarios(outcome.points, most=_MOST_SCENARIOS)
    yield from _dearest(scenarios)
    if outcome.notes:
        yield "\n".join(f"- {code(note)}" for note in outcome.notes)
    yield from _folded("Dearest scenarios", table_lines(scenarios))
    if outcome.has_points:
        yield from _folded("Targets", table_lines(digest.targets(outcome.points)), digest.units(outcome))
    recorded = [digest.headline(outcome), digest.own_cost(outcome), *map(code, digest.readers(outcome))]
    yield from _folded("How it was recorded", ["; ".join(recorded)])


def _title(run: str, verdicts: "pl.DataFrame | None") -> str:
    """Begin with the verdict, if there is one."""
    if verdicts is None or verdicts.is_empty():
        return f"Profiling {code(run)}"
    return f"{_sign(verdicts)} Profiling {code(run)}, budgets: {digest.verdict_counts(verdicts)}"


def _sign(verdicts: "pl.DataFrame") -> str:
    statuses = set(verdicts["status"])
    if "broken" in statuses:
        return "\N{CROSS MARK}"
    return "\N{WHITE HEAVY CHECK MARK}" if "passed" in statuses else "\N{BLACK QUESTION MARK ORNAMENT}"


def _missed_budgets(verdicts: "pl.DataFrame") -> Iterator[str]:
    missed = digest.verdicts_missed(verdicts)
    rows = [(row["status"], f"{row['threshold']} {row['expression']}", row["reason"]) for row in missed]
    titles = ("verdict", "budget", "reason")
    yield from table_lines(digest.Table(titles, rows[:_MOST_VERDICTS], frozenset(titles), len(rows[_MOST_VERDICTS:])))


def _dearest(scenarios: digest.Table) -> Iterator[str]:
    """Say in a sentence where most CPU time went."""
    if scenarios.rows:
        subject, duration, cpu_time, target = scenarios.rows[0]
        among = len(scenarios.rows) + scenarios.left_out
        of_all = f"of {among} scenarios" if among > 1 else "scenario"
        yield f"Dearest {of_all}: {code(subject)}, {cpu_time} CPU in {duration}, most of it in {code(target)}"


def _folded(title: str, content: Iterable[str], *more: str) -> Iterator[str]:
    """Put numbers behind their title, which a click opens; nothing where there are none."""
    blocks = [*content]
    if blocks:
        yield "\n\n".join([f"<details><summary>{title}</summary>", *blocks, *more, "</details>"])


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
