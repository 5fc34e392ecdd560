"""From points to the lines of a chart: who is drawn, on which clock, broken at which gaps."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import polars as pl

from vedro_profiling.errors import OptionError, SchemaError

__all__ = (
    "Window",
    "readings_to_draw",
    "require_columns",
    "select_targets",
    "unbroken_lines",
    "when",
    "window_of",
)

_DRAWN: Final = ("cpu_percent", "memory_usage")
_BESIDE: Final = ("memory_working_set", "memory_peak")
_NEEDED: Final = ("time", "metric", "value", "target", "method", "run")
_SERIES: Final = ("name", "run", "metric")
_LONG_STEPS: Final = 3
_VISIBLE_PART: Final = 0.02
_WHOLE_SECONDS: Final = 20


class Window(NamedTuple):
    """The stretch of time that a chart shows, in milliseconds since the epoch."""

    start_ms: float
    end_ms: float
    zero_ms: float
    """When the run started: its first point, drawn or not."""
    is_one_run: bool
    """If not, runs are laid over each other: only the seconds since the start of each mean something."""


RUN_START: Final = pl.col("time").min().over("run")


def readings_to_draw(points: pl.DataFrame | pl.LazyFrame, *, zero: pl.Expr = RUN_START) -> pl.DataFrame:
    """Take the CPU and memory readings that have a target, ready to be drawn.

    `zero` is the instant from which the time of each point is counted.

    Returns
    -------
    DataFrame
        The points' columns and `name` (the target, with its method where two methods know a target of that name)
        and `elapsed` (seconds since `zero`). Where there are several runs, `time` is moved so that all start with the
        first.
    """
    lazy = points.lazy()
    require_columns(lazy)
    elapsed = pl.col("time") - zero
    clocked = lazy.with_columns(
        pl.col("metric", "target", "method").cast(pl.String),
        time=zero.min() + elapsed,
        elapsed=elapsed.dt.total_microseconds() / 1e6,
    )
    drawn = clocked.filter(pl.col("metric").is_in([*_DRAWN, *_BESIDE]), pl.col("target").is_not_null())
    is_shared = pl.col("method").n_unique().over("target") > 1
    name = pl.when(is_shared).then(pl.format("{} ({})", "target", "method")).otherwise("target")
    readings = drawn.with_columns(name=name).collect()
    if not readings["metric"].is_in(_DRAWN).any():
        raise OptionError(
            f"points hold nothing to draw: no {' and no '.join(_DRAWN)} that has a target; "
            "see points['metric'].value_counts() for what there is"
        )
    return readings


def require_columns(points: pl.LazyFrame) -> None:
    """Refuse a frame that is none of points."""
    columns = points.collect_schema().names()
    missing = [repr(column) for column in _NEEDED if column not in columns]
    if missing:
        raise SchemaError(
            f"points have no column {', '.join(missing)}; there are: {', '.join(columns)}; "
            "pass a frame as vedro_profiling.load() returns it"
        )


def select_targets(readings: pl.DataFrame, targets: Sequence[str] | None) -> pl.DataFrame:
    """Keep the readings of some targets, called by `target` or by `name`; None keeps all."""
    if targets is None:
        return readings
    known = {*readings["name"], *readings["target"]}
    unknown = [target for target in targets if target not in known]
    if unknown or not targets:
        raise OptionError(
            f"targets={list(targets)!r} has {unknown or 'no target'!r} to draw; "
            f"choose from: {', '.join(readings['name'].unique().sort())}"
        )
    return readings.filter(pl.col("name").is_in(targets) | pl.col("target").is_in(targets))


def window_of(readings: pl.DataFrame) -> Window:
    """Find the stretch of time that readings cover."""
    milliseconds = pl.col("time").dt.timestamp("us") / 1000
    start, end, elapsed, runs = readings.select(
        milliseconds.min(), milliseconds.max().alias("end"), pl.col("elapsed").min(), pl.col("run").n_unique()
    ).row(0)
    return Window(start, end, start - 1000 * elapsed, runs == 1)


def when(readings: pl.DataFrame, window: Window) -> str:
    """Say which runs are drawn, and how long they took."""
    runs = readings["run"].cast(pl.String).drop_nulls().unique().sort().to_list()
    which = ", ".join(runs) if len(runs) <= 1 else f"{len(runs)} runs, each from its start"
    seconds = (window.end_ms - window.start_ms) / 1000
    took = f"{seconds:,.0f} s" if seconds >= _WHOLE_SECONDS else f"{seconds:.1f} s"
    return " · ".join(part for part in (which, took if seconds else "one instant") if part)


def unbroken_lines(readings: pl.DataFrame) -> pl.DataFrame:
    """Give each unbroken line its number (`line`); a stroke across a gap would show readings that never were."""
    ordered = readings.sort(*_SERIES, "time")
    window = window_of(readings)
    step = pl.col("time").diff().dt.total_microseconds() / 1000
    # A gap is long beside the steps of its own series, and long enough to be seen in the picture.
    is_beyond_usual = step > _LONG_STEPS * step.quantile(0.9, "lower")
    is_visible = step > _VISIBLE_PART * (window.end_ms - window.start_ms)
    # The first reading of a series has no step, and starts a line too.
    starts_line = (is_beyond_usual & is_visible).over(_SERIES).fill_null(value=True)
    return ordered.with_columns(line=starts_line.cum_sum())
