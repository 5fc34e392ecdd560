"""Points and facts of the runs that a command is given."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from vedro_profiling.cli.output import working

if TYPE_CHECKING:
    import polars as pl

__all__ = (
    "Paths",
    "Recorded",
    "read",
    "read_points",
)

Paths = Annotated[
    list[str],
    typer.Argument(
        metavar="PATH",
        help="Files, folders or patterns: .parquet, .ndjson, .ndjson.gz, k6's .json.",
        show_default=False,
    ),
]


class Recorded(NamedTuple):
    """Points, and what their files tell of the runs."""

    points: "pl.DataFrame"
    facts: list[dict[str, Any]]
    """One entry per run of a Parquet file; NDJSON has no place for facts."""


def read_points(paths: Sequence[str]) -> "pl.DataFrame":
    """Load points, with a bar where it takes its time."""
    with working("reading"):
        from vedro_profiling.storage import load

        return load(paths)


def read(paths: Sequence[str]) -> Recorded:
    """Load points and facts.

    Raises
    ------
    ProfilingError
        As `load`.
    """
    points = read_points(paths)
    from vedro_profiling.storage import read_facts
    from vedro_profiling.storage.discovery import find_files

    files = dict.fromkeys(file for path in paths for file in find_files(Path(path)))
    facts = [fact for file in files if file.suffix == ".parquet" for fact in read_facts(file)]
    return Recorded(points, facts)
