"""The table of all rows, for a terminal and as Markdown, with what is to be known of the machine."""

import os
import platform
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table

from tests.benchmarks.rows import Row

__all__ = (
    "machine",
    "markdown",
    "show",
)

_PAGE_WIDTH: Final = 150
_HEADER: Final = ("benchmark", "what", "measured", "must be", "verdict")


def machine() -> str:
    """Say where and when: a load above 0 at the start means that others were at work."""
    return (
        f"{datetime.now(timezone.utc):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} CPUs, {platform.system()} "
        f"{platform.release()}, {platform.python_implementation()} {platform.python_version()}, "
        f"load {os.getloadavg()[0]:.1f} at the start"
    )


def show(results: Mapping[str, Sequence[Row]], caption: str) -> None:
    """Print the table; where there is a range, it is the median and (lowest to highest)."""
    console = Console() if sys.stdout.isatty() else Console(width=_PAGE_WIDTH)
    table = Table(*_HEADER, caption=caption, box=box.SIMPLE)
    for cells in _cells(results):
        table.add_row(*cells)
    console.print(table, markup=False, highlight=False)


def markdown(results: Mapping[str, Sequence[Row]], caption: str) -> str:
    """Write the same as a Markdown table."""
    lines = [_HEADER, ("---",) * len(_HEADER), *_cells(results)]
    return "\n".join([*(f"| {' | '.join(cells)} |" for cells in lines), "", caption, ""])


def _cells(results: Mapping[str, Sequence[Row]]) -> list[tuple[str, ...]]:
    verdicts = {True: "held", False: "MISSED", None: ""}
    return [
        ("" if place else name, row.what, row.measured, row.must, verdicts[row.held])
        for name, rows in results.items()
        for place, row in enumerate(rows)
    ]
