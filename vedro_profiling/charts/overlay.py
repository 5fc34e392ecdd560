"""Runs laid over each other: the same target, from the start of each run or of one scenario."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import altair as alt
import polars as pl

from vedro_profiling.analysis.system import IS_SYSTEM
from vedro_profiling.charts import axes, theme
from vedro_profiling.charts.lines import (
    Window,
    readings_to_draw,
    require_columns,
    select_targets,
    unbroken_lines,
    when,
    window_of,
)
from vedro_profiling.charts.panels import Panel, notes_of, peaks_between, stack
from vedro_profiling.errors import OptionError

__all__ = ("overlay_chart",)

_CPU_HEIGHT: Final = 130
_MEMORY_HEIGHT: Final = 105
_MOST_TARGETS: Final = 3


def overlay_chart(
    points: pl.DataFrame | pl.LazyFrame,
    *,
    targets: Sequence[str] | None = None,
    scenario: str | None = None,
    width: int = theme.WIDTH,
) -> alt.VConcatChart:
    """Lay runs over each other, a colour each: CPU over memory of each target, by the seconds since the start.

    See `vedro_profiling.timeline` for the marks. `vedro_profiling.compare` tells whether a difference is more than
    noise.

    Parameters
    ----------
    points
        A points frame of two or more runs; one run is drawn alone.
    targets
        The targets to draw, by default the three that were busiest, the host aside.
    scenario
        Id or subject of a scenario: each run is then drawn from the start of its first attempt to its end, however
        late it came. By default runs are drawn whole, from their own start.
    width
        Of a panel, in pixels of 1/72 inch.

    Returns
    -------
    VConcatChart
        Dragging and scrolling move along the time in all panels, hovering tells a reading, a click on a run in the
        legend lets the others fade.

    Raises
    ------
    SchemaError
        If a column is missing.
    OptionError
        If there is nothing to draw, no such target, or no such scenario.

    Examples
    --------
    >>> from datetime import datetime, timezone
    >>> noon = datetime(2026, 1, 26, 12, tzinfo=timezone.utc)
    >>> points = pl.DataFrame({
    ...     "time": [noon, noon.replace(second=1), noon.replace(day=27), noon.replace(day=27, second=1)],
    ...     "metric": "cpu_percent", "value": [10.0, 90.0, 11.0, 50.0],
    ...     "target": "app", "method": "docker", "run": ["monday", "monday", "tuesday", "tuesday"],
    ... })
    >>> overlay_chart(points).title.text
    '2 runs of app, over each other'
    """
    if scenario is None:
        readings = readings_to_draw(points)
    else:
        readings = readings_to_draw(_within(points.lazy(), scenario), zero=pl.col("began"))
    lines = unbroken_lines(_busiest(readings) if targets is None else select_targets(readings, targets))
    window = window_of(lines)
    runs = _in_order_of_time(points, lines)
    of_targets = lines.partition_by("name", maintain_order=True)
    names = [chosen["name"][0] for chosen in of_targets]
    panels = [
        panel
        for place, chosen in enumerate(of_targets)
        for panel in _panels(chosen, place, window, runs=runs, width=width)
    ]
    count = readings["name"].n_unique()
    some = [] if targets is not None or len(names) == count else [f"the {len(names)} busiest of {count} targets"]
    scope = "" if scenario is None else f"{scenario}: "
    subtitle = [scope + " · ".join([when(lines, window), *some]), *notes_of(panels)]
    return theme.styled(stack(panels), title=_title(runs, names), subtitle=subtitle)


def _within(points: pl.LazyFrame, scenario: str) -> pl.LazyFrame:
    """Keep what was read during the first attempt of a scenario in each run; `began` is when it started."""
    require_columns(points)
    columns = points.collect_schema().names()
    ids = [name for name in ("scenario", "subject") if name in columns]
    attempts = points.filter(pl.col("metric").cast(pl.String) == "scenario_duration").with_columns(
        began=pl.col("time") - pl.duration(microseconds=1000 * pl.col("value")), ended="time"
    )
    is_meant = pl.any_horizontal(pl.lit(value=False), *(pl.col(name).cast(pl.String) == scenario for name in ids))
    first = attempts.filter(is_meant).sort("began").unique("run", keep="first", maintain_order=True).collect()
    if first.is_empty():
        known = attempts.select(pl.col(ids[-1:]).cast(pl.String).unique().sort()).collect().to_series().to_list()
        raise OptionError(
            f"scenario={scenario!r} is in none of the runs; choose from: {', '.join(known) or 'none, for none was run'}"
        )
    spans = first.lazy().select("run", "began", "ended")
    return points.join(spans, on="run").filter(pl.col("time").is_between("began", "ended"))


def _busiest(readings: pl.DataFrame) -> pl.DataFrame:
    of_tests = readings.filter(~IS_SYSTEM)
    drawn = readings if of_tests.is_empty() else of_tests
    used = pl.col("value").filter(pl.col("metric") == "cpu_percent").sum()
    ranked = drawn.group_by("name").agg(used=used).sort("used", "name", descending=[True, False])
    return drawn.filter(pl.col("name").is_in(ranked["name"].head(_MOST_TARGETS).to_list()))


def _in_order_of_time(points: pl.DataFrame | pl.LazyFrame, lines: pl.DataFrame) -> list[str]:
    starts = points.lazy().group_by(pl.col("run").cast(pl.String)).agg(pl.col("time").min()).sort("time", "run")
    drawn = {*lines["run"].cast(pl.String)}
    return [run for run in starts.collect()["run"].to_list() if run in drawn and run is not None]


def _panels(chosen: pl.DataFrame, place: int, window: Window, *, runs: list[str], width: int) -> list[Panel]:
    name = theme.shortened(chosen["name"][0])
    is_system = bool(chosen.select(IS_SYSTEM.any()).item())
    cpu = Panel(
        name=f"target{place}_cpu",
        lines=chosen.filter(metric="cpu_percent"),
        title=f"{name}: {axes.CPU_MACHINE if is_system else axes.CPU_CORES}",
        window=window,
        width=width,
        height=_CPU_HEIGHT,
        color=theme.name_color(runs, field="run", title="run"),
        dash=theme.name_dash(runs, field="run", title="run"),
        picked_by="run" if len(runs) > 1 else None,
    )
    memory = replace(
        cpu,
        name=f"target{place}_memory",
        lines=chosen.filter(metric="memory_usage"),
        peaks=peaks_between(chosen, width=width),
        title=f"{name}: {axes.MEMORY}",
        height=_MEMORY_HEIGHT,
    )
    return [panel for panel in (cpu, memory) if not panel.lines.is_empty()]


def _title(runs: list[str], names: list[str]) -> str:
    who = theme.shortened(names[0]) if len(names) == 1 else f"{len(names)} targets"
    return f"{len(runs)} runs of {who}, over each other" if len(runs) > 1 else f"one run of {who}"
