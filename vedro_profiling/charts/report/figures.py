"""The charts of the report: Vega-Lite specifications, packed, in colours that follow the page."""

import base64
import gzip
import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, NamedTuple

import polars as pl

from vedro_profiling.analysis.system import IS_SYSTEM
from vedro_profiling.charts.scenarios import scenario_chart
from vedro_profiling.charts.timeline import timeline
from vedro_profiling.errors import OptionError

__all__ = (
    "DARK",
    "Figure",
    "figures",
    "variable",
)

DARK: Final = {
    "#1192e8": "#33b1ff",
    "#8a3800": "#ff8f45",
    "#005d5d": "#2fc9c0",
    "#ee538b": "#ff7eb6",
    "#6929c4": "#a78bfa",
    "#b28600": "#e0b000",
    "#012749": "#b9dcff",
    "#a17fe0": "#c9b6f5",
    "#1f2430": "#e8eaee",
    "#5c6470": "#a3abb8",
    "#3d4653": "#c2c9d3",
    "#da1e28": "#ff6b70",
    "#b4b9c2": "#5b6370",
    "#cdd3dd": "#3b4450",
    "#e6e8ec": "#2b303a",
}
"""Each colour that a chart uses on white, and what stands for it on a dark page."""

_COLOR: Final = re.compile("|".join(DARK))
_WIDE: Final = 1080
_NARROW: Final = 300
_MOST_SERIES: Final = 24
_DIGITS: Final = 5
_HUE: Final = "hue"
_INSTANTS: Final = frozenset({"time", "end"})
_OF_DATA: Final = frozenset({"domain", "text", "values"})
"""The parts of a specification with names that others chose."""


class Figure(NamedTuple):
    """A chart, packed for the page."""

    id: str
    title: str
    notes: Sequence[str]
    """What explains the marks."""
    wide: str
    """The specification: JSON, gzipped, in base64."""
    narrow: str
    """The same for a screen that is held in a hand."""


def figures(points: pl.DataFrame) -> list[Figure]:
    """Draw what there is to draw: the timeline, then the dearest scenarios."""
    shown, note = _what_fits(points)
    colors: dict[str, str] = {}
    drawn = [
        _figure("timeline", lambda width: timeline(shown, width=width), colors, note),
        _figure("dearest", lambda _: scenario_chart(points), colors),
    ]
    return [figure for figure in drawn if figure is not None]


def variable(color: str) -> str:
    """Name the variable of the page that holds a colour.

    >>> variable("#1192e8")
    '--chart-1192e8'
    """
    return f"--chart-{color[1:]}"


def _figure(name: str, draw: Callable[[int], Any], colors: dict[str, str], note: str = "") -> Figure | None:
    try:
        wide, narrow = (draw(width).to_dict(validate=False) for width in (_WIDE, _NARROW))
    except OptionError:  # there is nothing to draw
        return None
    for specification in (wide, narrow):
        _share_colors(specification, colors)
    notes = [*wide["title"]["subtitle"], *filter(None, [note])]
    return Figure(name, wide["title"]["text"], notes, _packed(wide, 4), _packed(narrow, 2))


def _what_fits(points: pl.DataFrame) -> tuple[pl.DataFrame, str]:
    """Choose what a timeline can show and a page can carry: the targets that used most CPU, and the latest runs."""
    targets = _ranked_targets(points)
    shown = targets[: _MOST_SERIES - 1]
    runs = points.group_by("run").agg(pl.col("time").min()).sort("time", descending=True)["run"].to_list()
    latest = runs[: max(1, _MOST_SERIES // (len(shown) + 1))]
    fitting = points.filter(
        pl.col("run").is_in(latest, nulls_equal=True),
        IS_SYSTEM | pl.col("target").is_in(shown) | (pl.col("metric") == "scenario_duration"),
    )
    notes = [
        *([f"the {len(shown)} of {len(targets)} targets that used most CPU"] if len(shown) < len(targets) else []),
        *([f"the latest {len(latest)} of {len(runs)} runs"] if len(latest) < len(runs) else []),
    ]
    return fitting, f"shown: {', '.join(notes)}; the tables have all" if notes else ""


def _ranked_targets(points: pl.DataFrame) -> list[str]:
    of_targets = points.filter(pl.col("target").is_not_null() & ~IS_SYSTEM.fill_null(value=False))
    used = pl.col("value").filter(pl.col("metric") == "cpu_time").sum()
    return of_targets.group_by("target").agg(used).sort("value", "target", descending=[True, False])["target"].to_list()


def _share_colors(specification: dict[str, Any], colors: dict[str, str]) -> None:
    """Give a target the colour it has in the charts above, unless two would then look the same; add the new ones."""
    for scale in _name_scales(specification):
        shared = [colors.get(name, color) for name, color in zip(scale["domain"], scale["range"], strict=True)]
        if len({*shared}) == len({*scale["range"]}):
            scale["range"] = shared
        colors.update(zip(scale["domain"], scale["range"], strict=True))


def _name_scales(part: Any) -> Iterator[dict[str, Any]]:
    """Find the scales that give each name its colour."""
    if isinstance(part, dict):
        color = part.get("color")
        if isinstance(color, dict) and color.get("field") == "name" and "range" in color.get("scale", {}):
            yield color["scale"]
    for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        yield from _name_scales(inner)


def _packed(specification: dict[str, Any], names_per_row: int) -> str:
    """Fit a chart into the page, whose heading is its title and whose colours are its own, and pack it."""
    data = {name: _fitted(rows) for name, rows in specification.pop("datasets").items()}
    del specification["title"]
    _put_legends_below(specification, names_per_row)
    _leave_the_wheel(specification)
    fitted = {**_in_variables(specification), "background": "transparent", "datasets": data}
    text = json.dumps(fitted, ensure_ascii=False, separators=(",", ":"))
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def _put_legends_below(part: Any, names_per_row: int) -> None:
    """Leave the whole width to the panels."""
    if isinstance(part, dict):
        if isinstance(part.get("legend"), dict):
            part["legend"] |= {"orient": "bottom", "columns": names_per_row}
        for value in part.values():
            _put_legends_below(value, names_per_row)
    if isinstance(part, list):
        for value in part:
            _put_legends_below(value, names_per_row)


def _leave_the_wheel(specification: dict[str, Any]) -> None:
    """Let the wheel scroll the page, as it does everywhere else on it; with Ctrl it still zooms."""
    for parameter in specification.get("params", ()):
        if parameter.get("select", {}).get("type") == "interval":
            parameter["select"]["zoom"] = "wheel![event.ctrlKey || event.metaKey]"


def _fitted(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Keep as many digits as a picture or a tooltip can show, and the page's variables for colours among the data."""
    return [{name: _fit(name, value) for name, value in row.items()} for row in rows]


def _fit(name: str, value: Any) -> Any:
    if name == _HUE:
        return _in_variables(value)
    # An instant needs all its digits.
    return float(f"{value:.{_DIGITS}g}") if isinstance(value, float) and name not in _INSTANTS else value


def _in_variables(part: Any) -> Any:
    """Replace each colour by the variable of the page that holds it, so that the page's theme is the chart's."""
    if isinstance(part, dict):
        return {name: value if name in _OF_DATA else _in_variables(value) for name, value in part.items()}
    if isinstance(part, list):
        return [_in_variables(value) for value in part]
    if part == "white":  # what stands out of a colour as the page does
        return "var(--paper)"
    if isinstance(part, str):
        return _COLOR.sub(lambda match: f"var({variable(match[0])})", part)
    return part
