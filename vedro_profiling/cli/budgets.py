"""Budgets as they are written on a command line and in a file."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Final

import typer

from vedro_profiling.errors import FileFormatError, MissingFileError, OptionError

__all__ = (
    "BROKEN_EXIT",
    "BudgetFiles",
    "Budgets",
    "parse_budgets",
)

BROKEN_EXIT: Final = 99
"""As k6 exits when a threshold is crossed."""

_COMMENT: Final = re.compile(r"(?:^|\s)#.*")
"""Within a word # belongs to it: Vedro numbers sets of parameters so, as in `pay.py::Pay#2`."""

Budgets = Annotated[
    list[str] | None,
    typer.Option(
        "--budget",
        metavar="'METRIC{TAG:VALUE}: LIMIT, ...'",
        help="A budget in k6's language; may be given again.",
        show_default=False,
    ),
]

BudgetFiles = Annotated[
    list[Path] | None,
    typer.Option(
        "--budgets",
        metavar="FILE",
        help="A file of budgets, one a line; # at its start or after a space begins a comment.",
        show_default=False,
    ),
]


def parse_budgets(budgets: Sequence[str] | None, files: Sequence[Path] | None) -> dict[str, list[str]]:
    """Collect budgets as `check` takes them: from a key to its expressions.

    Raises
    ------
    OptionError
        For a budget without a colon between key and limits; what stands there is judged by `check`.
    MissingFileError
        If there is no file to read.
    FileFormatError
        If a file is no text.

    Examples
    --------
    >>> parse_budgets(["memory_usage{service:app}: max<512, p(95)<400", "memory_usage{service:app}: med<300"], [])
    {'memory_usage{service:app}': ['max<512', 'p(95)<400', 'med<300']}
    """
    thresholds: dict[str, list[str]] = {}
    texts = [*(budgets or ()), *(text for file in files or () for text in _lines(file))]
    for key, limits in map(_split, texts):
        thresholds.setdefault(key, []).extend(limits)
    return thresholds


def _split(text: str) -> tuple[str, list[str]]:
    # A value in braces may hold a colon.
    head, brace, rest = text.rpartition("}")
    key, colon, limits = rest.partition(":")
    if not colon or not limits.strip():
        raise OptionError(
            f"budget {text!r}: expected a metric, ':' and its limits, such as 'memory_usage{{service:app}}: max<512'"
        )
    return f"{head}{brace}{key}".strip(), [limit.strip() for limit in limits.split(",")]


def _lines(file: Path) -> Iterable[str]:
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise MissingFileError(f"There is no file {file} of budgets. Check the path.") from None
    except UnicodeDecodeError:
        raise FileFormatError(f"{file} is no text. Expected a budget a line, such as 'cpu_time: count<9000'.") from None
    lines = (_COMMENT.sub("", line).strip() for line in text.splitlines())
    return [line for line in lines if line]
