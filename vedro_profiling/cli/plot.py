"""`plot`: pictures of what was recorded."""

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vedro_profiling.cli.output import print_files, working
from vedro_profiling.cli.sources import Paths, read_points
from vedro_profiling.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Callable

    import polars as pl

__all__ = ("plot",)


def plot(
    paths: Paths,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Folder of the pictures.", show_default=False)
    ],
    ppi: Annotated[int, typer.Option(min=10, max=1200, help="Pixels per inch.")] = 300,
) -> None:
    """Draw a PNG of each target, of all side by side, of the timeline and of the dearest scenarios.

    Where there is k6's output too, its response times are drawn over the CPU. Prints the paths of the files.
    """
    points = read_points(paths)
    with working("drawing"):
        files = _draw(points, output, ppi)
    print_files(files)


def _draw(points: "pl.DataFrame", folder: Path, ppi: int) -> list[Path]:
    """Draw all that the points have something for."""
    from vedro_profiling.charts.latency import latency_chart
    from vedro_profiling.charts.profiles import save_profiles
    from vedro_profiling.charts.render import save_chart
    from vedro_profiling.charts.scenarios import scenario_chart
    from vedro_profiling.charts.timeline import timeline

    files = save_profiles(points, folder, ppi=ppi)
    drawers: dict[str, Callable[[pl.DataFrame], Any]] = {
        "timeline": timeline,
        "scenario_ranking": scenario_chart,
        "latency": latency_chart,
    }
    for stem, draw in drawers.items():
        # So a chart refuses points that have nothing for it.
        with suppress(OptionError):
            files.append(save_chart(draw(points), folder / f"{stem}.png", ppi=ppi))
    return files
