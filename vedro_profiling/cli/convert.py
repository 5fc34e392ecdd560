"""`convert`: points from one format into another."""

from pathlib import Path
from typing import Annotated

import typer

from vedro_profiling.cli.output import print_files, working
from vedro_profiling.cli.sources import Recorded, read
from vedro_profiling.errors import OptionError
from vedro_profiling.replacing import replacing

__all__ = ("convert",)


def convert(
    source: Annotated[str, typer.Argument(metavar="IN", help="A file, a folder or a pattern.", show_default=False)],
    target: Annotated[
        Path,
        typer.Argument(
            metavar="OUT", help="A file that ends in .parquet, .ndjson, .ndjson.gz or .csv.", show_default=False
        ),
    ],
) -> None:
    """Write points in the format that the suffix of OUT names.

    Facts of the runs go from Parquet to Parquet. CSV has a row per point and is safe to open as a sheet.
    """
    suffix = next(
        (suffix for suffix in (".parquet", ".ndjson", ".ndjson.gz", ".csv") if target.name.endswith(suffix)), None
    )
    if suffix is None:
        raise OptionError(f"OUT = {str(target)!r}: expected a file that ends in .parquet, .ndjson, .ndjson.gz or .csv")
    recorded = read([source])
    with working("writing"):
        target.parent.mkdir(parents=True, exist_ok=True)
        _write(recorded, target, suffix)
    print_files([target])


def _write(recorded: Recorded, target: Path, suffix: str) -> None:
    from vedro_profiling.cli.spreadsheet import to_csv
    from vedro_profiling.storage import write_ndjson, write_parquet

    if suffix == ".csv":
        with replacing(target) as beside:
            beside.write_bytes(to_csv(recorded.points))
    elif suffix == ".parquet":
        write_parquet(recorded.points, target, facts=recorded.facts)
    else:
        write_ndjson(recorded.points, target)
