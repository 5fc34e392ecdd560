"""What a long run costs in memory: while it is recorded, and when its files are written."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.benchmarks.rows import Row, claim, figure

__all__ = ("measure",)

_RECORD: Final = "tests.benchmarks.memory_of_recording"
_DRAIN: Final = "tests.benchmarks.memory_of_drain"
_MOST_GROWTH_MB: Final = 64
_MOST_DRAIN_MB: Final = 1000
_DRAINED: Final = (1_000_000, 2_000_000, 4_000_000)


def measure() -> list[Row]:
    """Record 24 hours of 50 targets at 10 Hz in a process of its own, and drain shorter runs in others."""
    with _folder() as folder:
        readings, grown_mb = _run(_RECORD, str(folder), "864000", "50")
    rows = [
        claim(f"{readings:,.0f} readings: the recorder's memory grows by", grown_mb, " MB", at_most=_MOST_GROWTH_MB)
    ]
    seconds_each = []
    for count in _DRAINED:
        with _folder() as folder:
            peak_mb, cpu_seconds = _run(_DRAIN, str(folder), str(count))
        seconds_each.append(cpu_seconds / count * 1e6)
        most = f"{count:,} readings to NDJSON and Parquet"
        rows.append(claim(f"{most}: peak of memory", peak_mb, " MB", at_most=_MOST_DRAIN_MB))
        rows.append(figure(f"{most}: CPU time", cpu_seconds, " s"))
    ratio = seconds_each[-1] / seconds_each[0]
    return [*rows, claim("CPU time of a reading in the longest against the shortest", ratio, at_most=1.5)]


@contextmanager
def _folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="vedro-profiling-benchmark-") as folder:
        yield Path(folder)


def _run(module: str, *arguments: str) -> list[float]:
    done = subprocess.run([sys.executable, "-m", module, *arguments], check=True, capture_output=True, text=True)
    return [float(word) for word in done.stdout.split()]
