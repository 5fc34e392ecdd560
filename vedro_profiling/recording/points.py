"""Raw readings to tidy points: differences, percentages and megabytes are made here, once and vectorised."""

from typing import Any, Final

import polars as pl

from vedro_profiling import schema
from vedro_profiling.recording.clock import Anchor
from vedro_profiling.recording.journal import Readings
from vedro_profiling.recording.samplers import MISSING, Source

__all__ = ("derive",)

_USAGE: Final = ("source", "cpu_ns", "memory_bytes", "working_set_bytes", "peak_bytes", "at_ns")
_TRAFFIC: Final = ("source", "network_received", "network_sent", "disk_read", "disk_written", "at_ns")
_MEGABYTE: Final = 1e6

# Metrics and sources stay numbers, in the order in which points are sorted, until the last step: a name in each of
# ten million rows would cost more than all the arithmetic.
_METRICS: Final = sorted(schema.METRICS)


def derive(readings: Readings) -> pl.DataFrame:
    """Make the points of a run from its raw readings.

    A counter's point is the difference to the reading before; the first reading of a source makes none, unless the
    counter was born during the run. `cpu_percent` lies between ticks only, `cpu_time` between all readings. Values
    that were not read make no row, and neither does a counter that went backwards.

    A source that only the engine's stream tells of has no readings at borders: where an interval of its counters
    spans some, it is cut there and its value split by time. Such points bear the tag `apportioned`.

    Returns
    -------
    DataFrame
        The columns of `schema.COLUMNS`, then the run's tags and, if there are such points, `apportioned` ("true" or
        null), sorted by name; rows in `schema.SORT_ORDER`.
    """
    # A source without a name was lost with the process: its line was not written to the end.
    is_named = pl.col("source") < len(readings.sources)
    ticks, borders = (_table(readings.tables[table], _USAGE).filter(is_named) for table in ("ticks", "borders"))
    traffic = _table(readings.tables["traffic"], _TRAFFIC).filter(is_named)
    sources = _sources(readings.sources)
    usage = pl.concat([ticks, borders]).sort("source", "at_ns", maintain_order=True)
    attempts = _attempts(readings.scenarios)
    counters = pl.concat(
        [
            _cpu_time(usage, sources),
            *(_differences(traffic, sources, name).with_columns(metric=_metric(name)) for name in _TRAFFIC[1:-1]),
        ]
    )
    poll_ns = readings.facts.get("poll_time", 0.0) * 1e9
    measured = pl.concat(
        [
            # What the engine sent last arrives with the reading that ends the run, which is no tick.
            _cpu_percent(pl.concat([ticks, _streamed(borders, sources)]), sources, poll_ns=poll_ns),
            _megabytes(usage, "memory_bytes", "memory_usage"),
            _megabytes(usage, "working_set_bytes", "memory_working_set"),
            _peaks(usage, sources),
            _apportion(counters, attempts, sources),
        ],
        how="diagonal",
    )
    points = pl.concat(
        [_attribute(measured, attempts), _scenario_durations(attempts, source=len(readings.sources))], how="diagonal"
    )
    process = Source(schema.DEFAULT_METHOD, readings.facts["process"], reader="")
    return _as_frame(points, _sources([*readings.sources, process]), readings.facts)


def _metric(name: str) -> pl.Expr:
    return pl.lit(_METRICS.index(name), pl.UInt8)


def _table(blocks: list[bytes], names: tuple[str, ...]) -> pl.DataFrame:
    """Make a frame of blocks of readings; those that were never finished bear no instant."""
    numbers = memoryview(b"".join(blocks)).cast("q")
    columns = {name: pl.Series(numbers[place :: len(names)], dtype=pl.Int64) for place, name in enumerate(names)}
    return (
        pl.DataFrame(columns)
        .filter(pl.col("at_ns") > 0)
        .with_columns(pl.exclude("at_ns", "source").replace(MISSING, None))
    )


def _sources(sources: list[Source]) -> pl.DataFrame:
    dtypes = {
        "method": pl.String,
        "target": pl.String,
        "reader": pl.String,
        "service": pl.String,
        "cores": pl.Int64,
        "born_at_ns": pl.Int64,
        "peak_resets": pl.Boolean,
        "has_border_readings": pl.Boolean,
    }
    return pl.DataFrame(sources, schema=dtypes, orient="row").with_row_index("source").cast({"source": pl.Int64})


def _differences(readings: pl.DataFrame, sources: pl.DataFrame, counter: str) -> pl.DataFrame:
    """Difference a cumulative counter within each source: rows of source, since_ns, at_ns, value."""
    born = pl.col("born_at_ns")
    before = pl.col("at_ns").shift().over("source").fill_null(born)
    return (
        readings.filter(pl.col(counter).is_not_null())
        .join(sources.select("source", "born_at_ns"), on="source", maintain_order="left")
        .select(
            "source",
            # A birth told by another clock may lie behind the first reading: what was used counts all the same.
            pl.min_horizontal(before, "at_ns").alias("since_ns"),
            "at_ns",
            value=pl.col(counter)
            - pl.col(counter).shift().over("source").fill_null(pl.when(born.is_not_null()).then(0)),
        )
        # Two readings of one instant are one, but for what one of them has more.
        .filter((pl.col("value") > 0) | ((pl.col("value") == 0) & (pl.col("at_ns") > pl.col("since_ns"))))
        .cast({"value": pl.Float64})
    )


def _cpu_time(usage: pl.DataFrame, sources: pl.DataFrame) -> pl.DataFrame:
    return _differences(usage, sources, "cpu_ns").with_columns(pl.col("value") / 1e6, metric=_metric("cpu_time"))


def _cpu_percent(ticks: pl.DataFrame, sources: pl.DataFrame, *, poll_ns: float) -> pl.DataFrame:
    """Relate CPU to wall time between ticks.

    A late tick may come right before the next: within less than half a period a counter that moves in steps of
    4 ms tells nothing in percent. What was used in it counts in `cpu_time` all the same.
    """
    interval_ns = pl.col("at_ns") - pl.col("since_ns")
    percent = pl.col("value") * 100 / interval_ns / pl.col("cores")
    # The host's counter moves in ticks of 10 ms: a short interval can seem to hold more than there is.
    of_whole_machine = percent.clip(upper_bound=100)
    is_host = (pl.col("method") == schema.DEFAULT_METHOD) & (pl.col("target") == schema.SYSTEM_TARGET)
    return (
        _differences(ticks, sources, "cpu_ns")
        .filter(interval_ns > 0, interval_ns >= poll_ns / 2)
        .join(sources.select("source", "cores", "method", "target"), on="source", maintain_order="left")
        .with_columns(value=pl.when(is_host).then(of_whole_machine).otherwise(percent), metric=_metric("cpu_percent"))
        .drop("cores", "method", "target")
    )


def _megabytes(usage: pl.DataFrame, column: str, metric: str) -> pl.DataFrame:
    return _gauges(usage.filter(pl.col(column).is_not_null()), column, metric)


def _gauges(usage: pl.DataFrame, column: str, metric: str) -> pl.DataFrame:
    # A gauge covers no interval: its own instant stands for both ends.
    return usage.select(
        "source",
        pl.col("at_ns").alias("since_ns"),
        "at_ns",
        value=(pl.col(column) / _MEGABYTE).round(6),
        metric=_metric(metric),
    )


def _peaks(usage: pl.DataFrame, sources: pl.DataFrame) -> pl.DataFrame:
    """Keep the peaks that fell within the interval of their reading.

    That is each one where the reading resets the mark, else each one that grew. What was the mark when a source was
    first read may be older than the run.
    """
    peak = pl.col("peak_bytes")
    grown = (
        usage.filter(peak.is_not_null())
        .join(sources.select("source", "born_at_ns", "peak_resets"), on="source", maintain_order="left")
        .with_columns(before=peak.shift().over("source").fill_null(pl.when(pl.col("born_at_ns").is_not_null()).then(0)))
        .filter(pl.col("before").is_not_null() & (pl.col("peak_resets") | (peak > pl.col("before"))))
    )
    return _gauges(grown, "peak_bytes", "memory_peak")


def _attempts(borders: list[dict[str, Any]]) -> pl.DataFrame:
    """Pair the borders of each attempt; one without an end was cut off and lasts for ever."""
    rows: list[dict[str, Any]] = []
    for border in borders:
        if "scenario" in border:
            rows.append({"opened_ns": border["at_ns"], **border})
        elif rows:
            rows[-1] |= {"closed_ns": border["at_ns"], "status": border["status"]}
    dtypes = {
        "opened_ns": pl.Int64,
        "closed_ns": pl.Int64,
        "scenario": pl.String,
        "subject": pl.String,
        "status": pl.String,
    }
    return pl.DataFrame(rows, schema=dtypes)


def _streamed(rows: pl.DataFrame, sources: pl.DataFrame) -> pl.DataFrame:
    return rows.join(sources.filter(~pl.col("has_border_readings")), on="source", how="semi")


def _apportion(counters: pl.DataFrame, attempts: pl.DataFrame, sources: pl.DataFrame) -> pl.DataFrame:
    """Cut the intervals of streamed sources at the borders they span, and split their value by time."""
    borders = pl.concat([attempts["opened_ns"], attempts["closed_ns"]]).drop_nulls().unique()
    intervals = counters.with_row_index("interval")
    cuts = _streamed(intervals, sources).join_where(
        borders.alias("end_ns").to_frame(),
        pl.col("since_ns") < pl.col("end_ns"),
        pl.col("end_ns") < pl.col("at_ns"),
    )
    if cuts.is_empty():
        return counters
    last = intervals.join(cuts, on="interval", how="semi").with_columns(pl.col("at_ns").alias("end_ns"))
    begin = pl.col("end_ns").shift().over("interval").fill_null(pl.col("since_ns"))
    share = (pl.col("end_ns") - begin) / (pl.col("at_ns") - pl.col("since_ns"))
    parts = (
        pl.concat([cuts, last])
        .sort("interval", "end_ns")
        .select(
            "source",
            begin.alias("since_ns"),
            pl.col("end_ns").alias("at_ns"),
            pl.col("value") * share,
            "metric",
            pl.lit("true").alias(schema.APPORTIONED_TAG),
        )
    )
    whole = intervals.join(cuts, on="interval", how="anti").drop("interval")
    return pl.concat([whole, parts], how="diagonal")


def _attribute(measured: pl.DataFrame, attempts: pl.DataFrame) -> pl.DataFrame:
    """Give each point the scenario that its whole interval lies in."""
    if attempts.is_empty():
        return measured.drop("since_ns")
    # The attempt that was opened last before the interval began; null before the first.
    number = attempts["opened_ns"].search_sorted(measured["since_ns"], side="right").cast(pl.Int64) - 1
    number = number.set(number < 0, None)
    closed_ns = attempts["closed_ns"].gather(number)
    is_inside = closed_ns.is_null() | (measured["at_ns"] <= closed_ns)
    scenario = attempts["scenario"].cast(pl.Categorical).gather(number)
    return measured.drop("since_ns").with_columns(scenario=pl.when(is_inside).then(scenario))


def _scenario_durations(attempts: pl.DataFrame, *, source: int) -> pl.DataFrame:
    return attempts.filter(pl.col("closed_ns").is_not_null()).select(
        pl.lit(source, pl.Int64).alias("source"),
        pl.col("closed_ns").alias("at_ns"),
        ((pl.col("closed_ns") - pl.col("opened_ns")) / 1e6).alias("value"),
        _metric("scenario_duration").alias("metric"),
        pl.col("scenario", "subject", "status").cast(pl.Categorical),
    )


def _as_frame(points: pl.DataFrame, sources: pl.DataFrame, facts: dict[str, Any]) -> pl.DataFrame:
    place = sources.select(pl.struct("method", "target").rank("dense"))["method"]
    points = points.with_columns(place.gather(points["source"]).alias("place")).sort(
        "place", "metric", "at_ns", maintain_order=True
    )
    microseconds = (pl.col("at_ns") + Anchor(**facts["anchor"]).unix_ns_at(0)) // 1000
    names = pl.Series(_METRICS, dtype=pl.Categorical)
    columns = {
        "time": microseconds.cast(pl.Datetime("us", "UTC")),
        "metric": names.gather(points["metric"]),
        "run": pl.lit(facts["run"]),
        **{
            name: sources[name].cast(pl.Categorical).gather(points["source"])
            for name in ("method", "target", "service")
        },
        **{name: pl.lit(text, pl.Categorical) for name, text in facts["tags"].items()},
    }
    absent = {name: pl.lit(None) for name in schema.COLUMN_NAMES if name not in {*columns, *points.columns}}
    tags = sorted({*facts["tags"], *({schema.APPORTIONED_TAG} & set(points.columns))})
    return points.with_columns(**columns, **absent).select(
        *(pl.col(name).cast(dtype) for name, dtype in schema.dtypes(pl).items()),
        *(pl.col(name).cast(pl.Categorical) for name in tags),
    )
