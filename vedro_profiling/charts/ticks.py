"""The ticks of a time axis: at round times since the start of the run, whatever its length and however far zoomed in.

Vega would put them at round times of the clock, three of them into a run of two seconds. They are expressions, and not
numbers, for the chart finds them again whenever somebody zooms.
"""

from collections.abc import Sequence
from typing import Final

import altair as alt

from vedro_profiling.charts.interaction import BRUSH
from vedro_profiling.charts.lines import Window

__all__ = ("TICK_TIMES", "brushed_stretch", "shown_stretch", "tick_parameters", "time_label")

TICK_TIMES: Final = "tick_times"
"""The parameter that holds the instants of the ticks, in milliseconds since the epoch."""

_SHOWN: Final = "shown_times"
_STEP: Final = "tick_ms"
_SPAN: Final = f"({_SHOWN}[1] - {_SHOWN}[0])"

_SECOND: Final = 1000
_MINUTE: Final = 60 * _SECOND
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR
_STEPS: Final = (
    *(1, 2, 5, 10, 20, 50, 100, 200, 500),
    *(_SECOND * count for count in (1, 2, 5, 10, 20, 30)),
    *(_MINUTE * count for count in (1, 2, 3, 5, 10, 15, 30)),
    *(_HOUR * count for count in (1, 2, 3, 6, 12)),
    *(_DAY * count for count in (1, 2, 5, 10, 20, 50, 100)),
)
_UNITS: Final = {_DAY: "d", _HOUR: "h", _MINUTE: "min"}
_TENTH: Final = 100

_MARGIN: Final = 0.008
_HALF_SECOND_MS: Final = 500
_MOST_STEPS: Final = 8
_LABEL_WIDTH: Final = 56


def shown_stretch(window: Window) -> list[float]:
    """Widen the window by what the marks of its first and last reading need; an instant has no extent of its own."""
    padding = _MARGIN * (window.end_ms - window.start_ms) or _HALF_SECOND_MS
    return [window.start_ms - padding, window.end_ms + padding]


def brushed_stretch(window: Window) -> str:
    """Make the expression of what is shown before the panels are moved: what was brushed, or all."""
    return f"{_chosen_by(str(BRUSH.name))}{shown_stretch(window)}"


def _chosen_by(selection: str) -> str:
    return f"{selection}.time ? [time({selection}.time[0]), time({selection}.time[1])] : "


def tick_parameters(window: Window, *, width: int, moved_by: Sequence[str]) -> list[alt.VariableParameter]:
    """Make the parameters of a chart that find its ticks: five to nine, or as many as `width` pixels have room for.

    `moved_by` names the parameters that move the chart along the time, the strongest first.
    """
    first, last = shown_stretch(window)
    zoomed = "".join(_chosen_by(name) for name in moved_by)
    zero = _whole_zero(window)
    begin = f"{zero} + {_STEP} * ceil(({_SHOWN}[0] - {zero}) / {_STEP})"
    times = f"sequence({begin}, {_SHOWN}[1], {_STEP})"
    if window.start_ms == window.end_ms:
        # Clock times around a single instant would say nothing.
        times = f"[{window.start_ms:.0f}]"
    expressions = {_SHOWN: f"{zoomed}[{first}, {last}]", _STEP: _step(width), TICK_TIMES: times}
    return [alt.VariableParameter(name=name, expr=expression) for name, expression in expressions.items()]


def _whole_zero(window: Window) -> int:
    # Vega's dates have whole milliseconds: a tick at a part of one would be told as 0.999 s.
    return round(window.zero_ms)


def _step(width: int) -> str:
    most = max(1, min(_MOST_STEPS, width // _LABEL_WIDTH))
    *steps, longest = _STEPS
    return "".join(f"{_SPAN} <= {step * most * (1 + 2 * _MARGIN):.6g} ? {step} : " for step in steps) + str(longest)


def time_label(window: Window) -> str:
    """Make the expression of a label: the clock over the time since the start, no finer than the ticks are apart."""
    since = f"(time(datum.value) - {_whole_zero(window)})"
    elapsed = f"format({since} / {_SECOND}, ',.3~f') + ' s'"
    for size, unit in reversed(_UNITS.items()):
        elapsed = f"{_STEP} >= {size} ? format({since} / {size}, ',.0f') + ' {unit}' : {elapsed}"
    if not window.is_one_run:
        return elapsed
    return f"[{_clock()}, {elapsed}]"


def _clock() -> str:
    # To the nearest: a run that started at 59.999 counts its whole seconds from 00, not from 59.
    seconds = _rounded(_SECOND, "%H:%M:%S")
    tenths = f"slice({_rounded(_TENTH, '%H:%M:%S.%L')}, 0, -2)"
    fine = f"{_STEP} < {_TENTH} ? {_rounded(1, '%H:%M:%S.%L')} : {_STEP} < {_SECOND} ? {tenths} : {seconds}"
    return f"{_SPAN} > {_DAY} ? {_rounded(_MINUTE, '%d %b %H:%M')} : {fine}"


def _rounded(unit: int, form: str) -> str:
    return f"utcFormat(time(datum.value) + {unit // 2}, '{form}')"
