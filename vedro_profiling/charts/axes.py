"""The axes of a timeline: the clock with the seconds since the start, and values with their units."""

from datetime import datetime, timezone
from typing import Any, Final

import altair as alt

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
_MARGIN: Final = 0.008
_HALF_SECOND_MS: Final = 500
_TENTHS_MS: Final = 2_000
_WHOLE_SECONDS_MS: Final = 20_000
_DAY_MS: Final = 86_400_000


def time_axis(window: Window, *, labels: bool) -> alt.X:
    """Make the axis of UTC clock times, each with the seconds since the start of the run below it."""
    # Room for the marks of the first and the last reading; a single instant has no extent of its own.
    padding = _MARGIN * (window.end_ms - window.start_ms) or _HALF_SECOND_MS
    domain = [window.start_ms - padding, window.end_ms + padding]
    axis = alt.Axis(
        title=_time_title(window) if labels else None,
        labels=labels,
        ticks=labels,
        labelExpr=_time_label(window),
        labelOverlap=True,
        **_ticks(window),
        grid=True,
    )
    return alt.X("time:T", scale=alt.Scale(type="utc", domain=domain, nice=False), axis=axis)


def _ticks(window: Window) -> dict[str, Any]:
    # Clock times around a single instant would say nothing.
    return {"values": [window.start_ms]} if window.start_ms == window.end_ms else {"tickCount": 7}


def _time_title(window: Window) -> str:
    if not window.is_one_run:
        return "seconds since the start of each run"
    first, last = (datetime.fromtimestamp(at_ms / 1000, timezone.utc).date() for at_ms in window[:2])
    dates = f"{first}" if first == last else f"{first} to {last}"
    return f"time in UTC, {dates}, and seconds since the start of the run"


def _time_label(window: Window) -> str:
    span_ms = window.end_ms - window.start_ms
    digits = 0 if span_ms >= _WHOLE_SECONDS_MS else 1 if span_ms >= _TENTHS_MS else 3
    elapsed = f"format((time(datum.value) - {window.zero_ms}) / 1000, ',.{digits}f') + ' s'"
    if not window.is_one_run:
        return elapsed
    day = "%d %b " if span_ms > _DAY_MS else ""
    clock = f"utcFormat(datum.value, time(datum.value) % 1000 ? '{day}%H:%M:%S.%L' : '{day}%H:%M:%S')"
    return f"[{clock}, {elapsed}]"


def reading_tooltips(window: Window, title: str) -> list[alt.Tooltip]:
    """Tell of a reading: whose it is, its value and its instant."""
    value = [alt.Tooltip("name:N", title="target"), alt.Tooltip("value:Q", title=title, format=NUMBER)]
    elapsed = alt.Tooltip("elapsed:Q", title="seconds since start", format=",.3~f")
    # The clock of the first run says nothing of a reading in another.
    where = alt.Tooltip("utc:N", title="UTC") if window.is_one_run else alt.Tooltip("run:N", title="run")
    return [*value, where, elapsed]


def value_axis(title: str, top: float, *, height: int, field: str = "value") -> alt.Y:
    """Make the axis from zero to `top`, with its unit above it, where it can be read without turning the head."""
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
    return alt.Y(f"{field}:Q", scale=alt.Scale(domain=[0, top or 1], nice=True), axis=axis)


def plain_number(value: float) -> str:
    """Write a value as short as a label must be: one digit after the point, none from a thousand on."""
    return f"{value:,.0f}" if value >= _FOUR_DIGITS else f"{value:.1f}"
