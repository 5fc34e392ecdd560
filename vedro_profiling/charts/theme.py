"""The look of every chart, in one place: colours, dashes, sizes, and how long names are shortened."""

from collections.abc import Iterable, Sequence
from typing import Any, Final, TypeVar

import altair as alt

__all__ = (
    "ACCENT",
    "BAND",
    "CPU",
    "INK",
    "MEMORY",
    "MUTED",
    "SHORT_NAME",
    "SYSTEM",
    "WIDTH",
    "WORKING_SET",
    "name_color",
    "name_dash",
    "part_color",
    "shortened",
    "styled",
)

# Seven hues, told apart with and without colour blindness (smallest OKLab distance 0.18, 0.11 under deuteranopia
# and protanopia), each with a contrast to white of at least 3.3; from the Carbon design system.
_HUES: Final = ("#1192e8", "#8a3800", "#005d5d", "#ee538b", "#6929c4", "#b28600", "#012749")
# Once the hues are used up, the next round has another dash: 35 names before two look alike.
_DASHES: Final = ((1, 0), (6, 2), (2, 2), (8, 2, 2, 2), (12, 3))

INK: Final = "#1f2430"
MUTED: Final = "#5c6470"
BAND: Final = "#cdd3dd"
ACCENT: Final = "#da1e28"
CPU: Final = "#1192e8"
MEMORY: Final = "#6929c4"
WORKING_SET: Final = "#a17fe0"
SYSTEM: Final = "#3d4653"

WIDTH: Final = 640
"""Of a panel, in pixels of 1/72 inch."""

_LONGEST_NAME: Final = 36
_LEGEND_ROWS: Final = 26
_FONT: Final = "sans-serif"

SHORT_NAME: Final = (
    f"length(datum.label) > {_LONGEST_NAME}"
    f" ? slice(datum.label, 0, {_LONGEST_NAME // 2 - 1}) + '…' + slice(datum.label, {-(_LONGEST_NAME // 2)})"
    " : datum.label"
)
"""A label expression: long names lose their middle, for container names differ at their ends."""


def shortened(name: str) -> str:
    """Shorten a name in a title as SHORT_NAME does in a legend."""
    if len(name) <= _LONGEST_NAME:
        return name
    return f"{name[: _LONGEST_NAME // 2 - 1]}…{name[-(_LONGEST_NAME // 2) :]}"


AnyChart = TypeVar("AnyChart", alt.VConcatChart, alt.ConcatChart)


def name_color(names: Sequence[str], *, field: str = "name", title: str = "target") -> alt.Color:
    """Give each name its colour, the same in every panel; one name alone needs no legend."""
    hues = [_HUES[place % len(_HUES)] for place in range(len(names))]
    legend = alt.Legend(
        symbolType="stroke",
        symbolOpacity=1,
        symbolLimit=0,
        labelExpr=SHORT_NAME,
        labelLimit=0,
        columns=1 + (len(names) - 1) // _LEGEND_ROWS,
    )
    scale = alt.Scale(domain=list(names), range=hues)
    return alt.Color(f"{field}:N", title=title, scale=scale, legend=legend if len(names) > 1 else None)


def part_color(names: Sequence[str], *, rest: str) -> alt.Color:
    """Give each name the colour of its part of a bar; what is called `rest` is grey."""
    hues = ["#b4b9c2" if name == rest else _HUES[place % len(_HUES)] for place, name in enumerate(names)]
    legend = alt.Legend(symbolType="square", symbolStrokeWidth=0, symbolLimit=0, labelExpr=SHORT_NAME, labelLimit=0)
    return alt.Color("name:N", title="target", scale=alt.Scale(domain=list(names), range=hues), legend=legend)


def name_dash(names: Sequence[str], *, field: str = "name", title: str = "target") -> alt.StrokeDash:
    """Give each name its dash pattern, a new one whenever the colours start again."""
    dashes = [list(_DASHES[place // len(_HUES) % len(_DASHES)]) for place in range(len(names))]
    scale = alt.Scale(domain=list(names), range=dashes)
    # The title and names of the colours' legend: Vega-Lite then makes one legend of the two.
    return alt.StrokeDash(f"{field}:N", title=title, scale=scale)


def styled(chart: AnyChart, *, title: str, subtitle: Iterable[str]) -> AnyChart:
    """Dress a finished chart: its title, fonts, quiet axes, and nothing cut off at the edges."""
    text: dict[str, Any] = {"labelFont": _FONT, "titleFont": _FONT, "labelColor": INK, "titleColor": INK}
    chart.title = alt.TitleParams(title, subtitle=list(subtitle), anchor="start", offset=14)
    chart.padding = {"left": 8, "top": 8, "right": 12, "bottom": 8}
    chart.background = "white"
    # Set at once: each of Altair's configure_*() methods copies the whole chart.
    chart.config = alt.Config(
        font=_FONT,
        title=alt.TitleConfig(fontSize=14, subtitleFontSize=11, subtitleColor=MUTED, color=INK, subtitlePadding=4),
        view=alt.ViewConfig(stroke=None),
        axis=alt.AxisConfig(
            **text, labelFontSize=10, titleFontSize=11, titleFontWeight="bold", gridColor="#e6e8ec", domainColor=MUTED
        ),
        legend=alt.LegendConfig(**text, labelFontSize=11, titleFontSize=11, symbolSize=220, symbolStrokeWidth=2.2),
    )
    return chart
