"""Targets beside each other: average and maximum of CPU and memory."""

from typing import Final

import altair as alt
import polars as pl

from vedro_profiling.analysis.summary import summarize
from vedro_profiling.analysis.system import IS_SYSTEM
from vedro_profiling.charts import axes, theme
from vedro_profiling.charts.lines import readings_to_draw, when, window_of

__all__ = ("comparison_chart",)

_WIDTH: Final = 150
_ROW_HEIGHT: Final = 20
_TEXT_GAP: Final = 8
_PALE: Final = 0.3
_METRICS: Final = ("cpu_percent", "memory_usage")


def comparison_chart(points: pl.DataFrame | pl.LazyFrame) -> alt.ConcatChart:
    """Draw average and maximum of CPU and memory of each target, the hungriest first.

    The average is weighted by time, as `vedro_profiling.summarize` tells it. The host (`system`) stands below the
    others on scales of its own.

    Raises
    ------
    SchemaError
        If a column is missing.
    OptionError
        If there is nothing to draw.

    Examples
    --------
    >>> from datetime import datetime, timezone
    >>> noon = datetime(2026, 1, 26, 12, tzinfo=timezone.utc)
    >>> points = pl.DataFrame({
    ...     "time": noon, "metric": "cpu_percent", "value": [10.0, 90.0],
    ...     "target": ["app", "redis"], "method": "docker", "run": "run-1",
    ... })
    >>> comparison_chart(points).title.text
    'Average and maximum of 2 targets'
    """
    readings = readings_to_draw(points)
    costs = summarize(readings.filter(pl.col("metric").is_in(_METRICS)), by=["method", "target", "name", "metric"])
    groups = [group for group in (costs.filter(~IS_SYSTEM), costs.filter(IS_SYSTEM)) if not group.is_empty()]
    metrics = [metric for metric in _METRICS if metric in costs["metric"]]
    columns = [_column(group, metric, labels=metric == metrics[0]) for group in groups for metric in metrics]
    count = costs["name"].n_unique()
    return theme.styled(
        alt.concat(*columns, columns=len(metrics), align="each", spacing=24),
        title=f"Average and maximum of {count} target{'s' * (count > 1)}",
        subtitle=[
            when(readings, window_of(readings)),
            "solid, first number: average, weighted by time · pale, second: maximum",
        ],
    )


def _column(costs: pl.DataFrame, metric: str, *, labels: bool) -> alt.LayerChart:
    is_percent, is_system = metric == "cpu_percent", bool(costs.select(IS_SYSTEM.any()).item())
    names = _hungriest_first(costs)
    rows = [
        {**row, "text": f"{axes.plain_number(row['avg'])} / {axes.plain_number(row['max'])}"}
        for row in costs.filter(metric=metric).select("name", "avg", "max", "count").to_dicts()
    ]
    top = 100 if is_percent and is_system else max((row["max"] for row in rows), default=1)
    title = (axes.CPU_MACHINE if is_system else axes.CPU_CORES) if is_percent else axes.MEMORY
    base = alt.Chart({"values": tuple(rows)}).encode(
        y=_name_axis(names, labels=labels),
        color=alt.ColorValue(theme.CPU if is_percent else theme.MEMORY),
        tooltip=_tooltip(title),
    )
    thickness = {"band": 0.7}
    maximum = base.mark_bar(fillOpacity=_PALE, height=thickness).encode(x=_value_axis("max", title, top))
    average = base.mark_bar(height=thickness).encode(x=_value_axis("avg", title, top))
    text = base.mark_text(x=_WIDTH + _TEXT_GAP, align="left", fontSize=10).encode(
        text=alt.Text("text:N"), color=alt.ColorValue(theme.INK)
    )
    size = {"width": _WIDTH, "height": _ROW_HEIGHT * len(names)}
    column: alt.LayerChart = alt.layer(maximum, average, text).properties(**size)
    return column


def _hungriest_first(costs: pl.DataFrame) -> list[str]:
    # Memory decides where the CPU was not read.
    order = costs.sort(pl.col("metric") == "memory_usage", -pl.col("avg"), "name")
    return order["name"].unique(maintain_order=True).to_list()


def _name_axis(names: list[str], *, labels: bool) -> alt.Y:
    axis = alt.Axis(
        title=None,
        labelExpr=theme.SHORT_NAME,
        labelLimit=0,
        labelFontSize=11,
        labelPadding=6,
        domain=False,
        ticks=False,
    )
    return alt.Y("name:N", scale=alt.Scale(domain=names), axis=axis if labels else None)


def _value_axis(field: str, title: str, top: float) -> alt.X:
    axis = alt.Axis(title=title, orient="top", format=axes.NUMBER, tickCount=4, titleAnchor="start", titlePadding=8)
    return alt.X(f"{field}:Q", scale=alt.Scale(domain=[0, top or 1], nice=True), axis=axis)


def _tooltip(title: str) -> list[alt.Tooltip]:
    values = [alt.Tooltip(f"{field}:Q", title=f"{field}, {title}", format=axes.NUMBER) for field in ("avg", "max")]
    return [alt.Tooltip("name:N", title="target"), *values, alt.Tooltip("count:Q", title="readings")]
