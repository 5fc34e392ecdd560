"""One panel of a timeline: the lines of one metric over time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import altair as alt
import polars as pl

from vedro_profiling.charts import axes, theme
from vedro_profiling.charts.bands import overview, scenario_at, shading
from vedro_profiling.charts.interaction import BRUSH, BRUSHED_VIEW, ZOOM, hovered, on_views, picked
from vedro_profiling.charts.lines import Window
from vedro_profiling.charts.reduce import average_lines, highest_readings, pixel_column, reduce_lines
from vedro_profiling.charts.ticks import tick_parameters

__all__ = ("Panel", "inline", "notes_of", "peaks_between", "stack")

_PIXELS_PER_AVERAGE: Final = 4

_LINE: Final = ("name", "run", "line")
_BY_LINE: Final = alt.Detail("line:N")
_PIXELS_PER_PEAK: Final = 8
_NOTABLE_PEAK: Final = 1.05
_FEW_READINGS: Final = 30
_FEW_LINES: Final = 4
_HOVERED_READINGS: Final = 2000
_HOVERED_PER_LINE: Final = 160
_SPACING: Final = 22
_HEADROOM: Final = 1.04
_PALE: Final = 0.3
_NOT_PICKED: Final = 0.05


def inline(rows: pl.DataFrame) -> dict[str, Any]:
    """Turn a frame into data for Altair, whatever the number of rows; `time` becomes milliseconds since the epoch."""
    milliseconds = pl.col("time").dt.epoch("ms")
    # Altair copies lists row by row whenever charts are composed; a tuple stays as it is (2.3 s against 0.3 s).
    return {"values": tuple(rows.with_columns(milliseconds).to_dicts())}


def peaks_between(readings: pl.DataFrame, *, width: int) -> pl.DataFrame:
    """Find the memory peaks that stand out of the readings beside them.

    Returns
    -------
    DataFrame
        `name`, `run`, `time`, `elapsed`, `value` (the kernel's high-water mark), `usage` (the highest reading nearby).
    """
    cell = ["name", "run", pixel_column(max(1, width // _PIXELS_PER_PEAK))]
    value, is_peak = pl.col("value"), pl.col("metric") == "memory_peak"
    usage = value.filter(pl.col("metric") == "memory_usage").max().over(cell)
    is_highest = is_peak & (value == value.filter(is_peak).max().over(cell))
    peaks = readings.with_columns(usage=usage).filter(is_highest & (value > _NOTABLE_PEAK * pl.col("usage")))
    return peaks.select("name", "run", "time", "elapsed", "value", "usage")


@dataclass(frozen=True)
class Panel:
    """What is needed to draw one metric over time."""

    name: str
    """Tells the panel from the others of its chart."""
    lines: pl.DataFrame
    """Columns `name`, `run`, `line`, `time`, `elapsed`, `value`."""
    title: str
    """What the values are, with their unit."""
    window: Window
    width: int
    height: int
    color: Any
    """Encoding of the colour: by name, or one value."""
    dash: Any
    """Encoding of the dash pattern, likewise."""
    peaks: pl.DataFrame | None = None
    """What `peaks_between` found."""
    highest: float | None = None
    """Highest value there can be, by default that of the lines and peaks, made round."""
    picked_by: str | None = None
    """The field of the legend, if there is one: lines fade when others are picked there."""
    thin: pl.DataFrame | None = None
    """Rows like `lines`, of a second metric that is drawn thin."""
    bands: pl.DataFrame | None = None
    """What `scenario_bands` found; the chart then has a strip of the whole run above its panels."""
    over: tuple[alt.Chart, ...] = ()
    """Layers drawn over the rest."""
    is_still: bool = False
    """Whether nothing moves under the mouse: a picture is then drawn in less than half the time."""
    labels_time: bool = False
    """Only the last panel of a column labels the time axis that all share."""

    @property
    def notes(self) -> list[str]:
        """Explain the marks that do not explain themselves."""
        crowd = self.lines.select(pl.len().over("line").max()).item()
        span = self.window.end_ms - self.window.start_ms
        seconds = span * _PIXELS_PER_AVERAGE / self.width / 1000
        notes = {
            f"line: average of {seconds:,.3g} s": crowd > self.width,
            "pale: lowest to highest reading": crowd > self.width,
            "whisker: memory peak between readings": self.peaks is not None and not self.peaks.is_empty(),
            "thin: memory without file cache": self.thin is not None and not self.thin.is_empty(),
        }
        return [note for note, applies in notes.items() if applies]

    @property
    def lines_view(self) -> str:
        """The view that zooms, and whose names are picked."""
        return f"lines_{self.name}"

    @property
    def hovered_view(self) -> str:
        """The view whose readings are told when the pointer is near."""
        return f"readings_{self.name}"

    def draw(self) -> alt.LayerChart:
        """Draw pale ranges, lines, dots, peaks and what hovering shows, in this order."""
        crowd = pl.len().over(_LINE)
        layers = [
            *([] if self.bands is None else shading(self.bands, self._x)),
            *self._ranges(self._rows(crowd > self.width)),
            *self._thin(),
            self._strokes(),
            *self._dots(self._rows(crowd <= _FEW_READINGS)),
            *self._whiskers(),
            *self.over,
            *([] if self.is_still else [self._hovered()]),
        ]
        panel: alt.LayerChart = alt.layer(*layers).properties(width=self.width, height=self.height)
        return panel

    def _rows(self, condition: pl.Expr) -> pl.DataFrame:
        return self.lines.filter(condition).select(*_LINE, "time", "elapsed", "value")

    @property
    def _x(self) -> alt.X:
        return axes.time_axis(self.window, labels=self.labels_time, is_brushed=self.is_brushed)

    @property
    def is_brushed(self) -> bool:
        """Whether the strip of the whole run stands above; an instant has nothing to choose."""
        return self.bands is not None and self.window.start_ms < self.window.end_ms

    def y(self, field: str = "value") -> alt.Y:
        """Place a field on the axis of values, which all layers share."""
        return axes.value_axis(self.title, self.top, height=self.height, nice=self.highest is None, field=field)

    @property
    def top(self) -> float:
        """The end of the axis: above the highest value, whose line would else be half cut off."""
        values = [frame["value"] for frame in (self.lines, self.peaks) if frame is not None]
        highest = self.highest or float(pl.concat(values).to_frame().max().item())
        return _HEADROOM * highest

    def _layer(self, rows: pl.DataFrame, mark: dict[str, Any], *, opacity: float = 1, **channels: Any) -> alt.Chart:
        # The channel `opacity` would have each mark drawn as a group of its own.
        parts = {} if self.picked_by else {"strokeOpacity": opacity, "fillOpacity": opacity}
        definition: Any = alt.MarkDef(**{"clip": not self.is_still, "opacity": 1, **parts, **mark})
        # In one call, for Altair copies the chart at each further one, and with channels made out, for it takes 5 ms to
        # make one out of a string or a dict.
        layer: alt.Chart = alt.Chart(inline(rows.drop(self._untold, strict=False)), mark=definition).encode(
            x=self._x,
            y=self.y(),
            **{"color": self.color, **self._fading(opacity), **channels},
        )
        return layer

    @property
    def _untold(self) -> Sequence[str]:
        # What nobody can hover over need not be carried along.
        return ("name", "run", "elapsed") if self.is_still else ()

    def _fading(self, opacity: float) -> dict[str, Any]:
        if self.picked_by is None:
            return {}
        shown = alt.when(picked(self.picked_by)).then(alt.value(opacity)).otherwise(alt.value(_NOT_PICKED))
        return {"strokeOpacity": shown, "fillOpacity": shown}

    def _ranges(self, dense: pl.DataFrame) -> list[alt.Chart]:
        if dense.is_empty():
            return []
        # Two columns a pixel look like all readings; where lines hide each other, one is enough, and so it is on paper.
        columns = 1 if self.is_still or dense["line"].n_unique() > _FEW_LINES else 2
        rows = reduce_lines(dense, pixels=columns * self.width, by=_LINE)
        # Mitred, the strokes of a peak would meet above it.
        mark = {"type": "line", "strokeWidth": 1, "strokeJoin": "bevel"}
        return [self._layer(rows, mark, opacity=_PALE, detail=_BY_LINE)]

    def _thin(self) -> list[alt.Chart]:
        if self.thin is None or self.thin.is_empty():
            return []
        rows = reduce_lines(self.thin.select(*_LINE, "time", "elapsed", "value"), pixels=self.width, by=_LINE)
        color = alt.ColorValue(theme.WORKING_SET)
        return [self._layer(rows, {"type": "line", "strokeWidth": 1}, color=color, detail=_BY_LINE)]

    def _strokes(self) -> alt.Chart:
        is_dense = pl.len().over(_LINE) > self.width
        averages = average_lines(self._rows(is_dense), pixels=self.width // _PIXELS_PER_AVERAGE, by=_LINE)
        rows = pl.concat([self._rows(~is_dense), averages])
        mark = {"type": "line", "strokeWidth": 1.5, "strokeJoin": "round"}
        strokes = self._layer(rows, mark, strokeDash=self.dash, detail=_BY_LINE)
        strokes.name = self.lines_view
        return strokes

    def _dots(self, sparse: pl.DataFrame) -> list[alt.Chart]:
        return [] if sparse.is_empty() else [self._layer(sparse, {"type": "point", "filled": True, "size": 18})]

    def _whiskers(self) -> list[alt.Chart]:
        if self.peaks is None or self.peaks.is_empty():
            return []
        tick = {"type": "tick", "orient": "horizontal", "size": 7, "thickness": 1.5}
        rule = self._layer(self.peaks, {"type": "rule", "strokeWidth": 0.8}, y2=alt.Y2("usage:Q"))
        return [rule, self._layer(self.peaks, tick)]

    def _hovered(self) -> alt.Chart:
        per_line = min(_HOVERED_PER_LINE, _HOVERED_READINGS // self.lines["line"].n_unique() + 1)
        rows = highest_readings(self._rows(pl.lit(value=True)), pixels=per_line, by=_LINE)
        has_scenario = self.bands is not None and not self.bands.is_empty()
        if self.bands is not None and has_scenario:
            rows = scenario_at(rows, self.bands)
        shown = alt.when(hovered(self.name)).then(alt.value(1)).otherwise(alt.value(0))
        dots = self._layer(
            rows,
            {"type": "point", "filled": True, "size": 45},
            strokeOpacity=alt.StrokeOpacityValue(0),
            fillOpacity=shown,
            tooltip=axes.reading_tooltips(self.window, self.title, has_scenario=has_scenario),
        )
        dots.name = self.hovered_view
        told: alt.Chart = dots.transform_calculate(utc=axes.UTC_TEXT)
        return told


def notes_of(panels: Sequence[Panel]) -> list[str]:
    """Write the notes of panels into lines that fit below a title."""
    notes = list(dict.fromkeys(note for panel in panels for note in panel.notes))
    return [" · ".join(notes[place : place + 2]) for place in range(0, len(notes), 2)]


def stack(panels: Sequence[Panel]) -> alt.VConcatChart:
    """Put panels above each other; they move along the time together, unless still, and the last one labels it."""
    *above, last = panels
    drawn = [*above, replace(last, labels_time=True)]
    strip = [overview(last.bands, last.window, width=last.width)] if last.is_brushed and last.bands is not None else []
    chart: alt.VConcatChart = alt.vconcat(*strip, *(panel.draw() for panel in drawn), spacing=_SPACING)
    movers = [ZOOM, BRUSH] if strip else [ZOOM]
    moved_by = [] if last.is_still else [str(mover.name) for mover in movers]
    ticks = tick_parameters(last.window, width=last.width, moved_by=moved_by)
    if last.is_still:
        chart.params = ticks
        return chart
    # Altair numbers the views of several panels, at the ends of their names.
    names = [layer.name for panel in chart.vconcat for layer in panel.layer]

    def became(*views: str) -> list[str]:
        return [name for name in names if name is not alt.Undefined and {name, name.rpartition("_")[0]} & {*views}]

    fields = [panel.picked_by for panel in panels if panel.picked_by]
    fading = [panel.lines_view for panel in panels if panel.picked_by]
    chart.params = [
        *ticks,
        *([on_views(BRUSH, became(BRUSHED_VIEW))] if strip else []),
        on_views(ZOOM, became(*(panel.lines_view for panel in panels))),
        *(on_views(hovered(panel.name), became(panel.hovered_view)) for panel in panels),
        *([on_views(picked(fields[0]), became(*fading))] if fields else []),
    ]
    return chart
