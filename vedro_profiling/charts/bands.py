"""Scenarios along the time of a run: named in a strip of their own, shaded behind the lines."""

from typing import Final

import altair as alt
import polars as pl

from vedro_profiling.charts import theme
from vedro_profiling.charts.interaction import BRUSHED_VIEW, NAMES_VIEW
from vedro_profiling.charts.lines import Window
from vedro_profiling.charts.reduce import pixel_column
from vedro_profiling.charts.ticks import shown_stretch

__all__ = ("overview", "scenario_at", "scenario_bands", "shading")

_HEIGHT: Final = 17
_PIXELS_PER_NAME: Final = 34
_NAME_GAP: Final = 3
_MOST_SHADED: Final = 400
_BETWEEN: Final = "between scenarios"
_HINT: Final = "(isValid(screen()) && screen().width ? ' (drag here to look closer)' : '')"
"""Nobody drags in a picture: Vega knows of no screen where it draws one."""


def scenario_bands(points: pl.DataFrame | pl.LazyFrame, window: Window, *, width: int) -> pl.DataFrame:
    """Find when each scenario ran; of those that begin in one of `width` pixel columns, the longest of each status.

    Returns
    -------
    DataFrame
        `time` and `end` of the scenario, its `label`, `status`, `took` (seconds), `is_shaded` (every second one), in
        the order of time. Empty where runs are laid over each other: their scenarios are not at one time.
    """
    lazy = points.lazy()
    columns = lazy.collect_schema().names()
    known = [pl.col(name).cast(pl.String) for name in ("subject", "scenario") if name in columns]
    status = pl.col("status").cast(pl.String) if "status" in columns else pl.lit(None, pl.String)
    ran = pl.col("metric").cast(pl.String) == "scenario_duration"
    bands = (
        lazy.filter(ran, pl.lit(value=window.is_one_run))
        .select(
            time=pl.col("time") - pl.duration(microseconds=1000 * pl.col("value")),
            end="time",
            label=pl.coalesce(*known, pl.lit("a scenario")),
            status=status.fill_null("unknown"),
            took=pl.col("value") / 1000,
        )
        .sort("time", "end")
        .collect()
    )
    is_longest = pl.col("took").rank("ordinal", descending=True).over("status", pixel_column(width)) == 1
    return bands.filter(is_longest).with_columns(is_shaded=pl.int_range(pl.len()) % 2 == 0)


def scenario_at(readings: pl.DataFrame, bands: pl.DataFrame) -> pl.DataFrame:
    """Add the `scenario` that ran when each reading was taken."""
    began = readings.sort("time").join_asof(bands.select("time", "end", "label"), on="time", strategy="backward")
    is_within = pl.col("time") <= pl.col("end")
    scenario = pl.when(is_within).then("label").otherwise(pl.lit(_BETWEEN))
    return began.with_columns(scenario=scenario).drop("end", "label")


def shading(bands: pl.DataFrame, x: alt.X) -> list[alt.Chart]:
    """Draw every second scenario, and those that failed, as a faint ground for the lines of a panel."""
    if bands.height > _MOST_SHADED:
        return []
    ground = bands.filter(pl.col("is_shaded") | (pl.col("status") == "failed"))
    if ground.is_empty():
        return []
    hue = pl.when(pl.col("status") == "failed").then(pl.lit(theme.ACCENT)).otherwise(pl.lit(theme.INK))
    rows = ground.select(_ms("time"), _ms("end"), hue=hue)
    rects: alt.Chart = (
        alt.Chart({"values": tuple(rows.to_dicts())})
        # Not color, whose legend would be as pale.
        .mark_rect(clip=True, opacity=1, fillOpacity=0.07)
        .encode(x=x, x2=alt.X2("end:T"), fill=alt.Fill("hue:N", scale=None))
    )
    return [rects]


def overview(bands: pl.DataFrame, window: Window, *, width: int) -> alt.LayerChart:
    """Draw the strip of the whole run, where dragging chooses what the panels show."""
    first, last = shown_stretch(window)
    whole = pl.DataFrame({"time": [window.start_ms], "end": [window.end_ms], "label": ["the whole run"]})
    rows = whole if bands.is_empty() else bands.select(_ms("time"), _ms("end"), "label", "status", "took")
    # As an expression: of a list, Vega-Lite makes dates for x and numbers for x2, and warns that they differ.
    domain = alt.ExprRef(f"[{first}, {last}]")
    x = alt.X("time:T", scale=alt.Scale(type="utc", domain=domain, nice=False), axis=None)
    is_failed = alt.datum.status == "failed"
    base = alt.Chart({"values": tuple(rows.to_dicts())}, name=BRUSHED_VIEW).encode(
        x=x, color=alt.condition(is_failed, alt.value(theme.ACCENT), alt.value(theme.BAND))
    )
    tooltip = [
        alt.Tooltip("label:N", title="scenario"),
        alt.Tooltip("status:N"),
        alt.Tooltip("took:Q", title="seconds", format=",.3~f"),
    ]
    rects = base.mark_rect(clip=True, stroke="white", strokeWidth=0.5).encode(
        x2=alt.X2("end:T"), **({} if bands.is_empty() else {"tooltip": tooltip})
    )
    title = alt.TitleParams(
        alt.ExprRef(f"'{'Whole run' if bands.is_empty() else 'Scenarios'}' + {_HINT}"),
        anchor="start",
        fontSize=11,
        offset=5,
        color=theme.INK,
    )
    layers = [rects, *_names(rows, x, (last - first) / width)]
    strip: alt.LayerChart = alt.layer(*layers, title=title).properties(width=width, height=_HEIGHT)
    return strip


def _names(rows: pl.DataFrame, x: alt.X, ms_per_pixel: float) -> list[alt.Chart]:
    """Write names into the bands that have room for a part of them."""
    if "status" not in rows.columns:
        return []
    room = (pl.col("end") - pl.col("time")) / ms_per_pixel - 2 * _NAME_GAP
    named = rows.select("time", "label", "status", room=room).filter(pl.col("room") > _PIXELS_PER_NAME)
    if named.is_empty():
        return []
    ink = alt.condition(alt.datum.status == "failed", alt.value("white"), alt.value(theme.INK))
    limit: alt.ExprRef = alt.ExprRef("datum.room")
    names: alt.Chart = (
        alt.Chart({"values": tuple(named.to_dicts())}, name=NAMES_VIEW)
        .mark_text(align="left", dx=_NAME_GAP, fontSize=9, limit=limit)
        .encode(x=x, text=alt.Text("label:N"), color=ink)
    )
    return [names]


def _ms(column: str) -> pl.Expr:
    return pl.col(column).dt.epoch("ms")
