"""A load test's response times over the CPU of what answered, on one time axis."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timezone
from typing import Final

import altair as alt
import polars as pl

from vedro_profiling.analysis.system import IS_SYSTEM
from vedro_profiling.charts import axes, theme
from vedro_profiling.charts.bands import scenario_bands
from vedro_profiling.charts.lines import (
    Window,
    readings_to_draw,
    require_columns,
    select_targets,
    unbroken_lines,
    when,
    window_of,
)
from vedro_profiling.charts.panels import Panel, inline, stack
from vedro_profiling.charts.reduce import highest_readings, pixel_column
from vedro_profiling.errors import OptionError
from vedro_profiling.schema import METRICS

__all__ = ("latency_chart",)

_LATENCY_HEIGHT: Final = 170
_CPU_HEIGHT: Final = 150
_MOST_STEPS: Final = 120
_REQUESTS_PER_STEP: Final = 10
_MARGIN: Final = 0.02
_SECOND_MS: Final = 1000
_MEDIAN: Final = "median response"
_P95: Final = "95th percentile"
_K6: Final = "k6"


def latency_chart(
    points: pl.DataFrame | pl.LazyFrame,
    *,
    metric: str = "http_req_duration",
    targets: Sequence[str] | None = None,
    width: int = theme.WIDTH,
) -> alt.VConcatChart:
    """Draw the response times of a k6 load test over the CPU of each target, at the same instants.

    Every dot is a request (where there are too many, the slowest nearby); the lines are median and 95th percentile of
    some requests after each other. What k6 and the profile tell is put together by the clock, so both have to come
    from machines whose clocks agree.

    Parameters
    ----------
    points
        A points frame of one run and of one k6 file: `vedro_profiling.load([".profiling", "k6.json.gz"])`.
    metric
        A trend of k6 that holds times, such as `http_req_waiting` or `iteration_duration`.
    targets
        The targets to draw, by default all but the host.
    width
        Of a panel, in pixels of 1/72 inch.

    Returns
    -------
    VConcatChart
        It moves under the mouse as `vedro_profiling.timeline` does.

    Raises
    ------
    SchemaError
        If a column is missing.
    OptionError
        If there is no such metric, no CPU, no such target, more than one run, or if k6 and the profile were not
        recorded at the same time.

    Examples
    --------
    >>> from datetime import datetime, timezone
    >>> noon = datetime(2026, 1, 26, 12, tzinfo=timezone.utc)
    >>> points = pl.DataFrame({
    ...     "time": [noon, noon.replace(second=2), noon.replace(second=1)],
    ...     "metric": ["cpu_percent", "cpu_percent", "http_req_duration"], "value": [10.0, 90.0, 35.2],
    ...     "target": ["app", "app", None], "method": ["docker", "docker", "GET"], "run": ["run-1", "run-1", None],
    ... })
    >>> latency_chart(points).title.text
    'http_req_duration over the CPU of app'
    """
    lazy = points.lazy()
    require_columns(lazy)
    requests = _requests(lazy, metric)
    # k6 may well have metrics of our names; only a recorded run has an id.
    readings = readings_to_draw(lazy.filter(pl.col("run").is_not_null()))
    window = _load_test(requests, window_of(readings))
    lines = _cpu(readings, window, targets)
    names = lines["name"].unique().sort().to_list()
    panels = _panels(requests, lines, window, title=f"{metric}, ms", width=width)
    bands = scenario_bands(lazy, window, width=width)
    return theme.styled(
        stack([replace(panel, bands=bands) for panel in panels]),
        title=f"{metric} over the CPU of {theme.shortened(names[0]) if len(names) == 1 else f'{len(names)} targets'}",
        subtitle=[when(lines, window), _note(requests, width)],
    )


def _requests(points: pl.LazyFrame, metric: str) -> pl.DataFrame:
    name = pl.col("metric").cast(pl.String)
    requests = points.filter(name == metric).select("time", "value").sort("time").collect()
    if requests.is_empty():
        known = points.select(name.unique().sort()).collect().to_series()
        foreign = [other for other in known if other not in METRICS]
        raise OptionError(
            f"metric={metric!r} is not in points; "
            + (f"choose from: {', '.join(foreign)}" if foreign else "load the file of k6 beside the profile")
        )
    return requests


def _load_test(requests: pl.DataFrame, run: Window) -> Window:
    """Find the stretch of the load test; its clock counts from the start of the run."""
    if not run.is_one_run:
        raise OptionError(
            "points hold several runs, which cannot all have been under this load; keep one, and what is of k6: "
            "points.filter((pl.col('run') == ...) | pl.col('run').is_null())"
        )
    start, end = requests.select(
        first=pl.col("time").dt.timestamp("us").min() / 1000, last=pl.col("time").dt.timestamp("us").max() / 1000
    ).row(0)
    if end < run.start_ms or start > run.end_ms:
        raise OptionError(
            f"k6 was not running when the profile was recorded: requests {_clock(start)} to {_clock(end)}, readings "
            f"{_clock(run.start_ms)} to {_clock(run.end_ms)}; load files of the same time"
        )
    # A little more than the requests, for readings are some time apart.
    margin = max(_MARGIN * (end - start), _SECOND_MS)
    return run._replace(start_ms=start - margin, end_ms=end + margin)


def _clock(at_ms: float) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1000, timezone.utc):%Y-%m-%d %H:%M:%S}"


def _cpu(readings: pl.DataFrame, window: Window, targets: Sequence[str] | None) -> pl.DataFrame:
    at_ms = pl.col("time").dt.timestamp("us") / 1000
    cpu = readings.filter(pl.col("metric") == "cpu_percent", at_ms.is_between(window.start_ms, window.end_ms))
    chosen = select_targets(cpu, targets) if targets is not None else cpu.filter(~IS_SYSTEM)
    if chosen.is_empty():
        raise OptionError("points hold no cpu_percent of a target while k6 was running; targets=['system'] is the host")
    return unbroken_lines(chosen)


def _panels(requests: pl.DataFrame, cpu_lines: pl.DataFrame, window: Window, *, title: str, width: int) -> list[Panel]:
    names = [_MEDIAN, _P95, *cpu_lines["name"].unique().sort()]
    latency = Panel(
        name="latency",
        lines=_in_steps(requests, window),
        title=title,
        window=window,
        width=width,
        height=_LATENCY_HEIGHT,
        color=theme.name_color(names, title="line"),
        dash=theme.name_dash(names, title="line"),
        highest=float(requests.select(pl.col("value").max()).item()),
        picked_by="name",
    )
    shown = requests if requests.height <= 2 * width else highest_readings(requests, pixels=2 * width, by=[])
    dots: alt.Chart = (
        alt.Chart(inline(shown), mark=alt.MarkDef("circle", clip=True, size=14, opacity=0.5, color=theme.MUTED))
    ).encode(x=axes.time_axis(window, labels=False, is_brushed=True), y=latency.y())
    cpu = replace(latency, name="cpu", lines=cpu_lines.filter(~IS_SYSTEM), title=axes.CPU_CORES, highest=None)
    system = replace(cpu, name="system", lines=cpu_lines.filter(IS_SYSTEM), title=axes.CPU_MACHINE, highest=100)
    below = [replace(panel, height=_CPU_HEIGHT) for panel in (cpu, system) if not panel.lines.is_empty()]
    return [replace(latency, over=(dots,)), *below]


def _in_steps(requests: pl.DataFrame, window: Window) -> pl.DataFrame:
    """Tell median and 95th percentile of requests after each other, as rows of the lines of a panel."""
    steps = max(1, min(_MOST_STEPS, requests.height // _REQUESTS_PER_STEP))
    value = pl.col("value")
    told = requests.group_by(pixel_column(steps).alias("step"), maintain_order=True).agg(
        pl.col("time").mean(),
        value.median().alias(_MEDIAN),
        # As k6 does: linear between ranks.
        value.quantile(0.95, "linear").alias(_P95),
    )
    lines = told.drop("step").unpivot([_MEDIAN, _P95], index="time", variable_name="name")
    elapsed = (pl.col("time").dt.timestamp("us") / 1000 - window.zero_ms) / 1000
    number = pl.when(pl.col("name") == _P95).then(-1).otherwise(-2)
    return lines.with_columns(elapsed=elapsed, line=number, run=pl.lit(_K6))


def _note(requests: pl.DataFrame, width: int) -> str:
    dots = "dot: a request" if requests.height <= 2 * width else "dot: the slowest request nearby"
    return f"{requests.height:,} requests · {dots}"
