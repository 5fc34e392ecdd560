"""The axes of a timeline: the clock with the time since the start, and values with their units."""

from datetime import datetime, timezone
from typing import Any, Final

import altair as alt

from vedro_profiling.charts import ticks
from vedro_profiling.charts.lines import Window

__all__ = (
    "CPU_CORES",
    "CPU_MACHINE",
    "MEMORY",
    "NUMBER",
    "UTC_TEXT",
    "plain_number",
    "reading_tooltips",
    "time_axis",
    "value_axis",
)

CPU_CORES: Final = "CPU, % (100 = one core)"
CPU_MACHINE: Final = "CPU, % of the whole machine"
MEMORY: Final = "Memory, MB"

NUMBER: Final = ",.3~f"
"""Plain digits, at most three after the point, no exponent."""

UTC_TEXT: Final = "utcFormat(datum.time, '%Y-%m-%d %H:%M:%S.%L')"
"""An expression for tooltips, whose own format would follow the reader's time zone."""

_FOUR_DIGITS: Final = 1000
_PIXELS_PER_TICK: Final = 28


def time_axis(window: Window, *, labels: bool, is_brushed: bool = False) -> alt.X:
    """Make the axis of UTC clock times, each with the time since the start of the run below it.

    Ticks stand where `ticks.tick_parameters` put them.
    """
    axis = alt.Axis(
        title=_time_title(window) if labels else None,
        labels=labels,
        ticks=labels,
        labelExpr=ticks.time_label(window),
        labelOverlap=True,
        values=alt.ExprRef(ticks.TICK_TIMES),
        grid=True,
    )
    domain = alt.ExprRef(ticks.brushed_stretch(window)) if is_brushed else ticks.shown_stretch(window)
    scale = alt.Scale(type="utc", domain=domain, nice=False)
    return alt.X("time:T", scale=_plain(scale), axis=_plain(axis))


def _time_title(window: Window) -> str:
    if not window.is_one_run:
        return "time since the start of each"
    first, last = (datetime.fromtimestamp(at_ms / 1000, timezone.utc).date() for at_ms in window[:2])
    dates = f"{first}" if first == last else f"{first} to {last}"
    return f"time in UTC, {dates}, and since the start of the run"


def reading_tooltips(window: Window, title: str, *, has_scenario: bool = False) -> list[alt.Tooltip]:
    """Tell of a reading: whose it is, its value, its instant and its scenario."""
    value = [_name("name", "target"), alt.Tooltip("value:Q", title=title, format=NUMBER)]
    elapsed = alt.Tooltip("elapsed:Q", title="seconds since start", format=",.3~f")
    # The clock of the first run says nothing of a reading in another.
    where = _name("utc", "UTC") if window.is_one_run else _name("run", "run")
    return [*value, where, elapsed, *([_name("scenario", "scenario")] if has_scenario else [])]


def _name(field: str, title: str) -> alt.Tooltip:
    # Without a format, if only an empty one, Vega-Lite 6.4 calls each name of the nearest reading "undefined".
    return alt.Tooltip(f"{field}:N", title=title, format="")


def value_axis(title: str, top: float, *, height: int, nice: bool, field: str = "value") -> alt.Y:
    """Make the axis from zero to `top`, with its unit above it, where it can be read without turning the head.

    With `nice` it goes on to the next round value.
    """
    axis = alt.Axis(
        title=title,
        titleAngle=0,
        titleAlign="left",
        titleAnchor="end",
        titleX=0,
        titleY=-10,
        format=NUMBER,
        tickCount=max(2, height // _PIXELS_PER_TICK),
        domain=False,
        ticks=False,
    )
    return alt.Y(f"{field}:Q", scale=_plain(alt.Scale(domain=[0, top or 1], nice=nice)), axis=_plain(axis))


def _plain(part: alt.Axis | alt.Scale) -> dict[str, Any]:
    """Write out what a chart of several layers would copy again and again, all options that are not set included."""
    written: dict[str, Any] = part.to_dict(validate=False)
    return written


def plain_number(value: float) -> str:
    """Write a value as short as a label must be: one digit after the point, none from a thousand on."""
    return f"{value:,.0f}" if value >= _FOUR_DIGITS else f"{value:.1f}"
