"""CPU over memory on one time axis, for any number of targets."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import altair as alt
import polars as pl

from vedro_profiling.analysis.system import IS_SYSTEM
from vedro_profiling.charts import axes, theme
from vedro_profiling.charts.bands import scenario_bands
from vedro_profiling.charts.lines import (
    Window,
    readings_to_draw,
    select_targets,
    unbroken_lines,
    when,
    window_of,
)
from vedro_profiling.charts.panels import Panel, notes_of, peaks_between, stack

__all__ = ("timeline",)

_CPU_HEIGHT: Final = 210
_MEMORY_HEIGHT: Final = 170
_SYSTEM_HEIGHT: Final = 80
_NAMED_TARGETS: Final = 2


def timeline(
    points: pl.DataFrame | pl.LazyFrame, *, targets: Sequence[str] | None = None, width: int = theme.WIDTH
) -> alt.VConcatChart:
    """Draw CPU over memory of each target along the run.

    A strip above them shows which scenario ran when; those that failed are red. The host (`system`) has panels of its
    own: its CPU is a share of the machine, not of a core. A line breaks where
    readings are missing. A line with more readings than pixels becomes their average over a pale range from the
    lowest to the highest reading, so that every peak is seen; a whisker shows a memory peak between two readings.
    Several runs are laid over each other, from the start of each.

    Parameters
    ----------
    points
        A points frame.
    targets
        The targets to draw, by default all.
    width
        Of a panel, in pixels of 1/72 inch.

    Returns
    -------
    VConcatChart
        Dragging along the strip chooses what all panels show, dragging and scrolling in a panel move along the time in
        all of them, a double click shows what was chosen again. Hovering tells a reading and its scenario, a click on a
        name in the legend lets the others fade.

    Raises
    ------
    SchemaError
        If a column is missing.
    OptionError
        If there is nothing to draw, or no such target.

    Examples
    --------
    >>> from datetime import datetime, timezone
    >>> noon = datetime(2026, 1, 26, 12, tzinfo=timezone.utc)
    >>> points = pl.DataFrame({
    ...     "time": [noon, noon.replace(second=1)], "metric": "cpu_percent", "value": [10.0, 90.0],
    ...     "target": "app", "method": "docker", "run": "run-1",
    ... })
    >>> timeline(points).title.text
    'CPU and memory of app'
    """
    lines = unbroken_lines(select_targets(readings_to_draw(points), targets))
    window = window_of(lines)
    panels = [
        *_target_panels(lines.filter(~IS_SYSTEM), window, width),
        *_system_panels(lines.filter(IS_SYSTEM), window, width),
    ]
    bands = scenario_bands(points, window, width=width)
    panels = [replace(panel, bands=bands) for panel in panels]
    subtitle = [when(lines, window), *notes_of(panels)]
    return theme.styled(stack(panels), title=f"CPU and memory of {_who(lines)}", subtitle=subtitle)


def _target_panels(lines: pl.DataFrame, window: Window, width: int) -> list[Panel]:
    names = lines["name"].unique().sort().to_list()
    cpu = Panel(
        name="cpu",
        lines=lines.filter(metric="cpu_percent"),
        title=axes.CPU_CORES,
        window=window,
        width=width,
        height=_CPU_HEIGHT,
        color=theme.name_color(names),
        dash=theme.name_dash(names),
        picked_by="name" if len(names) > 1 else None,
    )
    memory = replace(
        cpu,
        name="memory",
        lines=lines.filter(metric="memory_usage"),
        peaks=peaks_between(lines, width=width),
        title=axes.MEMORY,
        height=_MEMORY_HEIGHT,
    )
    return [panel for panel in (cpu, memory) if not panel.lines.is_empty()]


def _system_panels(lines: pl.DataFrame, window: Window, width: int) -> list[Panel]:
    cpu = Panel(
        name="system_cpu",
        lines=lines.filter(metric="cpu_percent"),
        title=f"system: {axes.CPU_MACHINE}",
        window=window,
        width=width,
        height=_SYSTEM_HEIGHT,
        color=alt.ColorValue(theme.SYSTEM),
        dash=alt.StrokeDashValue([1, 0]),
        highest=100,
    )
    memory = replace(
        cpu,
        name="system_memory",
        lines=lines.filter(metric="memory_usage"),
        title=f"system: {axes.MEMORY}",
        highest=None,
    )
    return [panel for panel in (cpu, memory) if not panel.lines.is_empty()]


def _who(lines: pl.DataFrame) -> str:
    names = lines.filter(~IS_SYSTEM)["name"].unique().sort().to_list()
    others = [theme.shortened(name) for name in names] if len(names) <= _NAMED_TARGETS else [f"{len(names)} targets"]
    system = lines.filter(IS_SYSTEM)["name"].unique().to_list()
    return " and ".join(part for part in (", ".join(others), *system) if part)
