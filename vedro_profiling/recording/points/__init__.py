"""Raw readings to tidy points: differences, percentages and megabytes are made here, once and vectorised."""

from typing import Final

import polars as pl

from vedro_profiling import schema
from vedro_profiling.recording.blocks import ALL_TIME, Table, Window, make_windows
from vedro_profiling.recording.journal import TABLES, Readings
from vedro_profiling.recording.points.attempts import apportion, attribute, durations, pair_borders
from vedro_profiling.recording.points.intervals import Intervals
from vedro_profiling.recording.points.naming import METRICS, Naming
from vedro_profiling.recording.samplers import MISSING, Source

__all__ = (
    "Derivation",
    "derive",
)

_USAGE: Final = ("source", "cpu_ns", "memory_bytes", "working_set_bytes", "peak_bytes", "at_ns")
_TRAFFIC: Final = ("source", "network_received", "network_sent", "disk_read", "disk_written", "at_ns")
_MEGABYTE: Final = 1e6


def derive(readings: Readings) -> pl.DataFrame:
    """Make the points of a run from its raw readings, all at once (see `Derivation`).

    Returns
    -------
    DataFrame
        The columns of `schema.COLUMNS`, then the run's tags and, if there are such points, `apportioned` ("true" or
        null), sorted by name; rows in `schema.SORT_ORDER`.
    """
    return Derivation(readings).frame()


class Derivation:
    """Makes points from raw readings, window by window: any cut of the time gives the same.

    A counter's point is the difference to the reading before; the first reading of a source makes none, unless the
    counter was born during the run. `cpu_percent` lies between ticks only, `cpu_time` between all readings. Values
    that were not read make no row, and neither does a counter that went backwards.

    A source that only the engine's stream tells of has no readings at borders: where an interval of its counters
    spans some, it is cut there and its value split by time. Such points bear the tag `apportioned`; in the window in
    which the interval ends there may so be points that lie before it.

    Rows bear numbers until the last step: a name in each of ten million would cost more than all the arithmetic.
    """

    def __init__(self, readings: Readings) -> None:
        process = Source(schema.DEFAULT_METHOD, readings.facts["process"], reader="")
        self._tables = {name: Table(readings.tables[name]) for name in TABLES}
        self._poll_ns = (readings.facts.get("poll_time") or 0.0) * 1e9
        self._process = len(readings.sources)
        self._sources = _source_table(readings.sources)
        self._attempts = pair_borders(readings.scenarios)
        self._intervals = Intervals(self._sources)
        self.naming = Naming(readings.facts, _source_table([*readings.sources, process]), self._attempts)

    def windows(self, most: int) -> list[Window]:
        """Cut the run into windows of about `most` readings."""
        return make_windows(self._tables.values(), most=most, origin_ns=-self.naming.origin_ns)

    def frame(self) -> pl.DataFrame:
        """Derive everything at once: see `derive`."""
        return self.naming.points(self.naming.in_frame_order(self.rows(ALL_TIME)))

    def rows(self, window: Window) -> pl.DataFrame:
        """Derive a window, the next after that of the call before.

        Returns
        -------
        DataFrame
            A row per point, in no order: `source`, `metric`, `at_ns`, `value`, `attempt`, `is_apportioned`, and `key`,
            which stands for method, target and metric: all numbers (see `Naming`).
        """
        ticks, borders = self._read("ticks", _USAGE, window), self._read("borders", _USAGE, window)
        usage = pl.concat([ticks, borders]).sort("source", "at_ns", maintain_order=True)
        is_streamed = ~self._sources["has_border_readings"]
        # What the engine sent last arrives with the reading that ends the run, which is no tick.
        ticks = pl.concat([ticks, borders.filter(pl.lit(is_streamed).gather(pl.col("source")))])
        counters = [
            self._differences(usage, "cpu_ns", "cpu_time").with_columns(pl.col("value") / 1e6),
            *(self._differences(self._read("traffic", _TRAFFIC, window), name, name) for name in _TRAFFIC[1:-1]),
        ]
        measured = [
            self._cpu_percent(ticks.sort("source", "at_ns", maintain_order=True)),
            _megabytes(usage, "memory_bytes", "memory_usage"),
            _megabytes(usage, "working_set_bytes", "memory_working_set"),
            _megabytes(self._grown_peaks(usage), "peak_bytes", "memory_peak"),
            apportion(pl.concat(counters), self._attempts, is_streamed=is_streamed),
        ]
        ended = durations(self._attempts, source=self._process, window=window)
        rows = pl.concat(
            [
                attribute(pl.concat(measured, how="diagonal"), self._attempts),
                ended.with_columns(metric=_metric("scenario_duration")),
            ],
            how="diagonal",
        )
        return self.naming.with_key(rows)

    def _read(self, table: str, names: tuple[str, ...], window: Window) -> pl.DataFrame:
        """Make a frame of a table's readings; those that were never finished bear no instant."""
        numbers = memoryview(b"".join(self._tables[table].within(window))).cast("q")
        columns = {name: pl.Series(numbers[place :: len(names)], dtype=pl.Int64) for place, name in enumerate(names)}
        at_ns = pl.col("at_ns")
        return (
            pl.DataFrame(columns)
            .filter(
                at_ns > 0,
                at_ns >= window.begin_ns,
                at_ns < window.end_ns,
                # A source without a name was lost with the process: its line was not written to the end.
                pl.col("source").is_between(0, self._process, closed="left"),
            )
            .with_columns(pl.exclude("at_ns", "source").replace(MISSING, None))
        )

    def _differences(self, readings: pl.DataFrame, counter: str, metric: str) -> pl.DataFrame:
        """Difference a cumulative counter within each source: rows of source, since_ns, at_ns, value, metric."""
        return (
            self._intervals.pair(readings, counter, name=metric)
            .select(
                "source",
                # A birth told by another clock may lie behind the first reading: what was used counts all the same.
                pl.min_horizontal("since_ns", "at_ns").alias("since_ns"),
                "at_ns",
                value=pl.col(counter) - pl.col("before"),
                metric=_metric(metric),
            )
            # Two readings of one instant are one, but for what one of them has more.
            .filter((pl.col("value") > 0) | ((pl.col("value") == 0) & (pl.col("at_ns") > pl.col("since_ns"))))
            .cast({"value": pl.Float64})
        )

    def _cpu_percent(self, ticks: pl.DataFrame) -> pl.DataFrame:
        """Relate CPU to wall time between ticks.

        A late tick may come right before the next: within less than half a period a counter that moves in steps of
        4 ms tells nothing in percent. What was used in it counts in `cpu_time` all the same.
        """
        interval_ns = pl.col("at_ns") - pl.col("since_ns")
        percent = pl.col("value") * 100 / interval_ns / self._of_source("cores")
        # The host's counter moves in ticks of 10 ms: a short interval can seem to hold more than there is.
        of_whole_machine = percent.clip(upper_bound=100)
        is_host = (self._of_source("method") == schema.DEFAULT_METHOD) & (
            self._of_source("target") == schema.SYSTEM_TARGET
        )
        return (
            self._differences(ticks, "cpu_ns", "cpu_percent")
            .filter(interval_ns > 0, interval_ns >= self._poll_ns / 2)
            .with_columns(value=pl.when(is_host).then(of_whole_machine).otherwise(percent))
        )

    def _grown_peaks(self, usage: pl.DataFrame) -> pl.DataFrame:
        """Keep the peaks that fell within the interval of their reading.

        That is each one where the reading resets the mark, else each one that grew. What was the mark when a source was
        first read may be older than the run.
        """
        has_grown = self._of_source("peak_resets") | (pl.col("peak_bytes") > pl.col("before"))
        pairs = self._intervals.pair(usage, "peak_bytes", name="memory_peak")
        return pairs.filter(pl.col("before").is_not_null() & has_grown)

    def _of_source(self, column: str) -> pl.Expr:
        return pl.lit(self._sources[column]).gather(pl.col("source"))


def _megabytes(usage: pl.DataFrame, column: str, metric: str) -> pl.DataFrame:
    # A gauge covers no interval: its own instant stands for both ends.
    return usage.filter(pl.col(column).is_not_null()).select(
        "source",
        pl.col("at_ns").alias("since_ns"),
        "at_ns",
        value=(pl.col(column) / _MEGABYTE).round(6),
        metric=_metric(metric),
    )


def _metric(name: str) -> pl.Expr:
    return pl.lit(METRICS.index(name), pl.UInt8)


def _source_table(sources: list[Source]) -> pl.DataFrame:
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
    return pl.DataFrame(sources, schema=dtypes, orient="row")
