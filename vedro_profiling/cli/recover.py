"""`recover`: the files of runs that were killed."""

from pathlib import Path
from typing import Annotated

import typer

from vedro_profiling.cli.output import print_files, say, working
from vedro_profiling.errors import MissingFileError

__all__ = ("recover",)


def recover(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="The folder that the run wrote to.", show_default=False)
    ],
) -> None:
    """Write the files of runs that were killed before they could; print their paths.

    Each run gets a folder of its own, DIR/recovered/RUN. Runs that are still alive are left alone.
    """
    if not folder.is_dir():
        raise MissingFileError(f"There is no folder {folder}. Name the one that the run wrote to, such as .profiling.")
    from vedro_profiling.session import recovery

    with working("recovering"):
        files = recovery.recover(folder)
    if files:
        print_files(files)
    else:
        say("no run was killed here: there is nothing to recover")
