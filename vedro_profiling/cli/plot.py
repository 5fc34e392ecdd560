"""`plot`: pictures of what was recorded."""

from pathlib import Path
from typing import Annotated

import typer

from vedro_profiling.cli.output import print_files, working
from vedro_profiling.cli.sources import Paths, read_points

__all__ = ("plot",)


def plot(
    paths: Paths,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Folder of the pictures.", show_default=False)
    ],
    ppi: Annotated[int, typer.Option(min=10, max=1200, help="Pixels per inch.")] = 300,
) -> None:
    """Draw a PNG of each target, and of all targets side by side; print the paths of the files."""
    points = read_points(paths)
    from vedro_profiling.charts.profiles import save_profiles

    with working("drawing"):
        files = save_profiles(points, output, ppi=ppi)
    print_files(files)
