"""What the commands print: tables for people and for programs on stdout, everything else on stderr."""

import json
import math
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TextIO

import typer

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl

    from vedro_profiling.reporting.digest import Table

__all__ = (
    "PROGRAM",
    "Format",
    "FormatOption",
    "complain",
    "is_for_people",
    "print_files",
    "print_rows",
    "print_table",
    "say",
    "say_plain",
    "width_of",
    "working",
)

PROGRAM: Final = "vedro-profiling"
_PIPE_CLOSED: Final = 141
_NARROWEST: Final = 38
# Whatever reads a pipe has no width: nothing is folded or left out for it.
_PIPE_WIDTH: Final = 10_000


Format = Literal["text", "markdown", "json", "csv"]

FormatOption = Annotated[
    Format,
    typer.Option("--format", help="text and markdown round for people; json and csv hold every column and digit."),
]


def is_for_people(style: Format) -> bool:
    """Tell whether amounts are to be rounded and to bear their units."""
    return style in {"text", "markdown"}


def print_table(content: "Table", style: Format, *, more: str = "--top 0 shows all") -> None:
    """Print a table for people, as text that fits the terminal or as Markdown; `more` leads to what it leaves out."""
    if style == "markdown":
        from vedro_profiling.reporting.markdown import table_lines

        say("\n\n".join(table_lines(content)))
        return
    from rich.console import Console

    from vedro_profiling.reporting.console import table

    width = width_of(sys.stdout)
    page = Console(width=width, markup=False, emoji=False, highlight=False)
    with page.capture() as capture:
        page.print(table(content, width))
    lines = [*capture.get().rstrip("\n").split("\n")]
    say("\n".join(line.rstrip() for line in lines))
    if content.left_out:
        say(f"({content.left_out} more: {more})")


def print_rows(rows: "pl.DataFrame", style: Format) -> None:
    """Print rows for programs: JSON, a list of objects in ASCII, or CSV, in UTF-8 and safe to open as a sheet."""
    if style == "json":
        say(json.dumps([_without_infinity(row) for row in rows.to_dicts()], indent=1, default=str))
        return
    from vedro_profiling.cli.spreadsheet import to_csv

    _write(to_csv(rows))


def _without_infinity(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value for name, value in row.items()
    }


def say_plain(text: str, style: Format) -> None:
    """Print a sentence with names of others in it: as an item in a code span where that is Markdown."""
    if style == "markdown":
        from vedro_profiling.reporting.markdown import code

        say(f"- {code(text)}")
        return
    from vedro_profiling.reporting.printable import plain

    say(plain(text))


def print_files(files: "list[Path]") -> None:
    """Print the paths of files, one a line."""
    from vedro_profiling.reporting.printable import plain

    for file in files:
        say(plain(str(file)))


def say(text: str) -> None:
    """Print to stdout; what its encoding lacks becomes escapes."""
    _write(f"{text}\n".encode(sys.stdout.encoding or "utf-8", "backslashreplace"))


def _write(content: bytes) -> None:
    """Write to stdout now; when its reader has gone, as `head` does, the command ends quietly."""
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes stdout once more at its end, and would complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(_PIPE_CLOSED) from None


def complain(text: str) -> None:
    """Print one line to stderr, whatever is in the text."""
    from vedro_profiling.reporting.printable import plain

    line = plain(" ".join(text.split()), encoding=sys.stderr.encoding)
    sys.stderr.write(f"{PROGRAM}: {line}\n")


@contextmanager
def working(what: str) -> Iterator[None]:
    """Show on stderr that something takes its time, with the seconds it has taken; only on a terminal."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(pulse_style="dim"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        progress.add_task(what, total=None)
        yield


def width_of(stream: TextIO) -> int:
    """Tell how many characters fit into a line of a stream; COLUMNS wins, and a pipe has room for all."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns) > 0:
        return max(_NARROWEST, int(columns))
    if not stream.isatty():
        return _PIPE_WIDTH
    return max(_NARROWEST, os.get_terminal_size(stream.fileno()).columns)
