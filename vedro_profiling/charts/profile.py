"""The profile of one target: CPU over memory, with average, maximum and minimum."""

from dataclasses import replace
from typing import Final

import altair as alt
import polars as pl

from vedro_profiling.analysis.summary import summarize
from vedro_profiling.analysis.system import IS_SYSTEM
from vedro_profiling.charts import axes, theme
from vedro_profiling.charts.lines import (
    Window,
    readings_to_draw,
    select_targets,
    unbroken_lines,
    when,
    window_of,
)
from vedro_profiling.charts.panels import Panel, notes_of, peaks_between, stack
from vedro_profiling.errors import OptionError

__all__ = ("draw_profile", "profile_chart")

# With axis and labels 6.9 inches wide: what a page shows, with room for seven times below, and drawn fast at 300 DPI.
_WIDTH: Final = 392
_CPU_HEIGHT: Final = 92
_MEMORY_HEIGHT: Final = 72
_LABEL_HEIGHT: Final = 15
_LABEL_GAP: Final = 6
_STATISTICS: Final = {"min": theme.MUTED, "avg": theme.INK, "max": theme.ACCENT}


def profile_chart(points: pl.DataFrame | pl.LazyFrame, target: str) -> alt.VConcatChart:
    """Draw CPU over memory of one target, annotated with average, maximum and minimum.

    The average is weighted by time, as `vedro_profiling.summarize` tells it. The time axis is that of all targets, so
    that profiles can be laid beside each other. See `vedro_profiling.timeline` for the
    marks, and for several targets.

    Parameters
    ----------
    points
        A points frame.
    target
        Name of the target; `NAME (METHOD)` where two methods know a target of that name.

    Raises
    ------
    SchemaError
        If a column is missing.
    OptionError
        If there is nothing to draw, or not one such target.

    Examples
    --------
    >>> from datetime import datetime, timezone
    >>> noon = datetime(2026, 1, 26, 12, tzinfo=timezone.utc)
    >>> points = pl.DataFrame({
    ...     "time": [noon, noon.replace(second=1)], "metric": "cpu_percent", "value": [10.0, 90.0],
    ...     "target": "app", "method": "docker", "run": "run-1",
    ... })
    >>> profile_chart(points, "app").title.text
    'app'
    """
    lines = unbroken_lines(readings_to_draw(points))
    chosen = select_targets(lines, [target])
    names = chosen["name"].unique().sort().to_list()
    if len(names) > 1:
        raise OptionError(f"target={target!r} is known to several methods; choose one of: {', '.join(names)}")
    return draw_profile(chosen, window_of(lines))


def draw_profile(lines: pl.DataFrame, window: Window, *, is_still: bool = False) -> alt.VConcatChart:
    """Draw the profile of the one target that `lines` hold; `is_still` for a picture that nobody can touch."""
    is_system = bool(lines.select(IS_SYSTEM.any()).item())
    cpu = Panel(
        name="cpu",
        lines=lines.filter(metric="cpu_percent"),
        title=axes.CPU_MACHINE if is_system else axes.CPU_CORES,
        window=window,
        width=_WIDTH,
        height=_CPU_HEIGHT,
        color=alt.ColorValue(theme.CPU),
        dash=alt.StrokeDashValue([1, 0]),
        highest=100 if is_system else None,
        is_still=is_still,
    )
    memory = replace(
        cpu,
        name="memory",
        lines=lines.filter(metric="memory_usage"),
        peaks=peaks_between(lines, width=_WIDTH),
        thin=lines.filter(metric="memory_working_set"),
        title=axes.MEMORY,
        height=_MEMORY_HEIGHT,
        color=alt.ColorValue(theme.MEMORY),
        highest=None,
    )
    panels = [_annotated(panel) for panel in (cpu, memory) if not panel.lines.is_empty()]
    name = lines["name"][0]
    return theme.styled(stack(panels), title=theme.shortened(name), subtitle=[when(lines, window), *notes_of(panels)])


def _annotated(panel: Panel) -> Panel:
    summary = summarize(panel.lines, by=["metric"]).row(0, named=True)
    values = {name: summary[name] for name in _STATISTICS}
    if summary["min"] == summary["max"]:
        values = {"always": summary["avg"]}
    places = _apart(list(values.values()), top=panel.top or 1, part=_LABEL_HEIGHT / panel.height)
    unit = "MB" if panel.title == axes.MEMORY else "%"
    rows = [
        {
            "value": value,
            "place": place,
            "text": f"{name} {axes.plain_number(value)} {unit}",
            "color": _STATISTICS.get(name, theme.INK),
        }
        for (name, value), place in zip(values.items(), places, strict=True)
    ]
    base = alt.Chart({"values": tuple(rows)}).encode(color=alt.Color("color:N", scale=None))
    rules = base.mark_rule(clip=not panel.is_still, strokeDash=[4, 3], strokeWidth=1).encode(y=panel.y())
    text, beside = alt.Text("text:N"), panel.width + _LABEL_GAP
    labels = base.mark_text(clip=False, x=beside, align="left", fontSize=10).encode(y=panel.y("place"), text=text)
    return replace(panel, over=(rules, labels))


def _apart(values: list[float], *, top: float, part: float) -> list[float]:
    """Move ascending values apart until labels beside them, each `part` of the axis high, do not touch."""
    gap, places = part * top, values[:1]
    for value in values[1:]:
        places.append(max(value, places[-1] + gap))
    ceiling = top
    for place in range(len(places) - 1, -1, -1):
        places[place] = min(places[place], ceiling)
        ceiling = places[place] - gap
    return places
