"""What it takes to write and read a million points, beside vedro-profiling 0.2.0 and a line at a time."""

import json
import subprocess
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import polars as pl

from tests.benchmarks.rival import RIVAL, rival_python
from tests.benchmarks.rows import Row, claim, figure
from tests.contexts.points import make_points
from vedro_profiling.storage import load, write_ndjson, write_parquet

__all__ = ("measure",)

_TARGETS: Final = 20
_READINGS: Final = 25_000
_ROUNDS: Final = 3

# Its own code without its threads: a point as its samplers make it, and the file as it writes it at the end.
_RIVAL: Final = """
import sys, time
from vedro_profiling import VedroProfiling, VedroProfilingPlugin

plugin = VedroProfilingPlugin(VedroProfiling)
plugin._run_id = "run-1"
began = time.perf_counter()
for reading in range(int(sys.argv[2])):
    for target in range(int(sys.argv[1])):
        for metric in ("cpu_percent", "memory_usage"):
            point = plugin._create_data_point(metric, 10.5 + reading, f"app-{target}", "docker")
            plugin._data_points.append(point)
plugin._write_profiling_log()
print(time.perf_counter() - began)
"""


def measure() -> list[Row]:
    """Write and read the same points each way, in turns; the best of some rounds, for others are at work as well."""
    points = make_points(targets=[f"app-{number}" for number in range(_TARGETS)], readings=_READINGS)
    with TemporaryDirectory(prefix="vedro-profiling-benchmark-") as name:
        folder = Path(name)
        ndjson, torn, parquet = folder / "points.ndjson", folder / "torn.ndjson", folder / "points.parquet"
        writing = _best(lambda: write_ndjson(points, ndjson))
        write_parquet(points, parquet)
        _tear(ndjson, torn)
        reading, torn_reading, by_lines = (
            _best(lambda: load(ndjson)),
            _best(lambda: _load_quietly(torn)),
            _seconds(lambda: _by_lines(ndjson)),
        )
        rival = _rival_seconds(folder)
        what = f"{points.height:,} points"
        rows = [
            figure(f"{what} to NDJSON", writing, " s"),
            figure(f"{what} from NDJSON", reading, " s"),
            figure("the same, a thousand lines damaged", torn_reading, " s"),
            figure("the same by json.loads, line by line, into a frame", by_lines, " s"),
            claim("NDJSON is read so many times as fast", by_lines / reading, at_least=6),
            claim("a damaged one too", by_lines / torn_reading, at_least=6),
            claim(f"{what} from Parquet, checksum included", _best(lambda: load(parquet)), " s", at_most=0.1),
            figure("bytes a point, NDJSON", ndjson.stat().st_size / points.height),
            figure("bytes a point, Parquet", parquet.stat().st_size / points.height),
        ]
        if rival is not None:
            rows.insert(1, claim(f"{RIVAL} takes so many times as long to write", rival / writing, at_least=10))
        return rows


def _seconds(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def _best(action: Callable[[], object]) -> float:
    return min(_seconds(action) for _ in range(_ROUNDS))


def _tear(whole: Path, torn: Path) -> None:
    lines = whole.read_bytes().split(b"\n")
    lines[:: len(lines) // 1000] = [line[:70] for line in lines[:: len(lines) // 1000]]
    torn.write_bytes(b"\n".join(lines))


def _load_quietly(place: Path) -> pl.DataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return load(place)


def _by_lines(place: Path) -> pl.DataFrame:
    with place.open(encoding="utf-8") as lines:
        entries = [json.loads(line) for line in lines]
    return pl.DataFrame(
        [
            {"metric": entry["metric"], "value": entry["data"]["value"], "time": entry["data"]["time"]}
            | entry["data"]["tags"]
            for entry in entries
            if entry["type"] == "Point"
        ]
    )


def _rival_seconds(folder: Path) -> float | None:
    python = rival_python()
    if python is None:
        return None
    command = [python, "-c", _RIVAL, str(_TARGETS), str(_READINGS)]
    return float(subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout)
