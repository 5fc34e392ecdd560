"""Measure what was promised: `python -m tests.benchmarks [NAME ...] [--markdown FILE]`; exit code 1 if missed."""

import argparse
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.console import Console

from tests.benchmarks.report import machine, markdown, show
from tests.benchmarks.rows import Row

_NAMES: Final = (
    "off",
    "store",
    "grid",
    "containers",
    "truth",
    "close",
    "scenario",
    "docker",
    "comparison",
    "summary",
    "files",
    "memory",
    "plots",
    "fuzz",
)


def main(arguments: Sequence[str]) -> int:
    """Run the benchmarks named, all if none is, and print what they found."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"what to run: {', '.join(_NAMES)}; all by default")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table there too")
    chosen = parser.parse_args(arguments)
    if unknown := set(chosen.names) - set(_NAMES):
        parser.error(f"no benchmark is named {', '.join(sorted(unknown))}: choose of {', '.join(_NAMES)}")
    caption, progress = machine(), Console(stderr=True)
    results = {}
    for name in chosen.names or _NAMES:
        progress.print(f"{name} ...", highlight=False)
        results[name] = _measure(name)
    show(results, caption)
    if chosen.markdown is not None:
        chosen.markdown.write_text(markdown(results, caption), encoding="utf-8")
    return 1 if any(row.held is False for rows in results.values() for row in rows) else 0


def _measure(name: str) -> list[Row]:
    rows: list[Row] = importlib.import_module(f"tests.benchmarks.{name}").measure()
    return rows


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
