"""How much memory a summary of 50 million points in files takes, percentiles included."""

import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import polars as pl

import vedro_profiling as vp
from tests.benchmarks.rows import Row, claim, figure

__all__ = ("measure",)

_RUNS: Final = 10
_TARGETS: Final = 20
_METRICS: Final = ("cpu_percent", "cpu_time", "memory_peak", "memory_usage")
_TICKS: Final = 62_500
_POINTS: Final = _RUNS * _TARGETS * len(_METRICS) * _TICKS
_MOST_MEGABYTES: Final = 2000
_GROUPS: Final = (("method", "target", "metric"), ("metric",))

# In a process of its own, whose peak is the summary's.
_SUMMARIZE: Final = """
import resource, sys, time
import vedro_profiling as vp
folder, *by = sys.argv[1:]
began = time.monotonic()
summary = vp.summarize(vp.scan(folder), by=by)
seconds = time.monotonic() - began
print(summary["count"].sum(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000, seconds)
"""


def measure() -> list[Row]:
    """Write the points of ten runs, and summarize them in fresh processes."""
    with TemporaryDirectory(prefix="vedro-profiling-benchmark-") as folder:
        for number in range(_RUNS):
            vp.write_parquet(_points(number), Path(folder) / f"{number}.parquet")
        return [row for by in _GROUPS for row in _rows(folder, by)]


def _rows(folder: str, by: tuple[str, ...]) -> list[Row]:
    command = [sys.executable, "-c", _SUMMARIZE, folder, *by]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    count, megabytes, seconds = map(float, printed.split())
    assert count == _POINTS, f"{count} of {_POINTS} points were summarized"
    what = f"{_POINTS:,} points in Parquet, summarized by {', '.join(by)}"
    return [
        claim(f"{what}: peak memory of the process", megabytes, " MB", at_most=_MOST_MEGABYTES),
        figure(f"{what}: time", seconds, " s"),
    ]


def _points(number: int) -> pl.DataFrame:
    """Make the points of a run that read 20 containers ten times a second."""
    start = datetime(2026, 1, 26, tzinfo=timezone.utc) + timedelta(hours=2 * number)
    ticks = pl.int_range(_TICKS, eager=True)
    time = pl.select(pl.lit(start) + ticks * timedelta(milliseconds=100)).to_series().cast(pl.Datetime("us", "UTC"))
    series = [
        pl.DataFrame({"time": time, "value": (ticks + place).hash(seed=number) % 100_000 / 1000}).with_columns(
            pl.lit(name, pl.Categorical).alias(column)
            for column, name in (("metric", metric), ("target", f"app-{place}"), ("run", f"run-{number}"))
        )
        for place in range(_TARGETS)
        for metric in _METRICS
    ]
    return pl.concat(series).with_columns(pl.lit("docker", pl.Categorical).alias("method"))
