"""All pictures of a run, 300 DPI, against what vedro-profiling 0.2.0 takes for them; and one of 720,000 readings."""

import json
import math
import random
import sys
import tempfile
import time
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

import polars as pl

from tests.benchmarks.rival import RIVAL, rival_python
from tests.benchmarks.rows import Row, claim, figure
from tests.benchmarks.side_by_side import Spent, run_process
from vedro_profiling.charts.render import save_chart
from vedro_profiling.charts.timeline import timeline
from vedro_profiling.storage import write_parquet

__all__ = ("measure",)


class _Run(NamedTuple):
    targets: int
    readings: int
    at_least: float


# At 36,000 readings the rival takes minutes for twenty targets, for it searches a list for each reading. With eight it
# is done in two, and we are at a disadvantage: what a process costs us before its first picture is spread over fewer.
_RUNS: Final = (_Run(20, 3_600, 3), _Run(8, 36_000, 15))

_US: Final = "vedro-profiling"
_OURS: Final = "import vedro_profiling as vp; vp.save_profiles(vp.load('points.parquet'), 'vedro-profiling')"

# Its own methods, on points as it would have kept them in memory.
_THEIRS: Final = """
import json, pathlib
from vedro_profiling import VedroProfiling, VedroProfilingPlugin
plugin = VedroProfilingPlugin(VedroProfiling)
plugin._data_points = json.loads(pathlib.Path("points.json").read_text())
plugin._ensure_profiling_dir = lambda: "vedro-profiling 0.2.0"
pathlib.Path("vedro-profiling 0.2.0").mkdir(exist_ok=True)
plugin._generate_plots()
"""

_START: Final = datetime(2026, 1, 26, 10, tzinfo=timezone.utc)


def measure() -> list[Row]:
    """Draw as a user would: each side in a process of its own, its imports included."""
    return [row for run in _RUNS for row in _against_rival(run)] + [_long()]


def _against_rival(run: _Run) -> list[Row]:
    what = f"{run.targets} targets x {run.readings:,} readings"
    with tempfile.TemporaryDirectory(prefix="vedro-profiling-plots-") as name:
        folder = Path(name)
        points = _points(run.targets, run.readings)
        write_parquet(points, folder / "points.parquet")
        (folder / "points.json").write_text(json.dumps(_as_rival_keeps(points)), encoding="utf-8")
        sides = {_US: partial(run_process, [sys.executable, "-c", _OURS], folder=folder)}
        rival = rival_python()
        if rival is not None:
            sides[RIVAL] = partial(run_process, [rival, "-c", _THEIRS], folder=folder)
        # Once each: whole processes of many seconds, that nothing needs to warm up.
        spent = {side: draw() for side, draw in sides.items()}
        drawn = {side: len([*(folder / side).glob("*.png")]) for side in sides}
    if set(drawn.values()) != {run.targets + 1}:
        raise RuntimeError(f"not all pictures were drawn: {drawn}")
    rows = [row for side, used in spent.items() for row in _figures(f"{what}: {side}", used)]
    if rival is None:
        return rows
    ours, theirs = spent[_US], spent[RIVAL]
    in_cpu, in_wall = theirs.cpu_seconds / ours.cpu_seconds, theirs.wall_seconds / ours.wall_seconds
    return [
        *rows,
        # Two processes at once are sooner done only where two cores are free: on a busy machine look at CPU time.
        claim(f"{what}: sooner than {RIVAL}", in_wall, " times", at_least=run.at_least),
        figure(f"{what}: less CPU time than {RIVAL}", in_cpu, " times"),
    ]


def _figures(what: str, spent: Spent) -> list[Row]:
    return [
        figure(f"{what}, until all pictures are there", spent.wall_seconds, " s"),
        figure(f"{what}, CPU time", spent.cpu_seconds, " s"),
    ]


def _long() -> Row:
    points = _points(20, 36_000).filter(metric="cpu_percent")
    with tempfile.TemporaryDirectory(prefix="vedro-profiling-plots-") as folder:
        began = time.process_time()
        save_chart(timeline(points), Path(folder, "timeline.png"), ppi=150)
        return figure(
            f"a timeline of {points.height:,} readings at 150 DPI, CPU time", time.process_time() - began, " s"
        )


def _points(targets: int, readings: int) -> pl.DataFrame:
    """Make a CPU that swings and a memory that wanders, a reading a second."""
    chance = random.Random(1)  # noqa: S311 - noise, no secret
    last = _START + timedelta(seconds=readings - 1)
    instants = pl.datetime_range(_START, last, "1s", eager=True, time_unit="us")
    series = []
    for number in range(targets):
        cpu = [max(0.0, 30 + 20 * math.sin(second / 50) + chance.gauss(0, 8)) for second in range(readings)]
        for metric, values in (("cpu_percent", cpu), ("memory_usage", [200 + value for value in cpu])):
            names = {"target": f"service-{number:02}", "method": "docker", "run": "run-1"}
            series.append(pl.DataFrame({"time": instants, "metric": metric, "value": values, **names}))
    return pl.concat(series)


def _as_rival_keeps(points: pl.DataFrame) -> list[dict[str, object]]:
    return [
        {
            "type": "Point",
            "metric": row["metric"],
            "data": {
                "time": f"{row['time'].replace(tzinfo=None).isoformat()}Z",
                "value": row["value"],
                "tags": {"target": row["target"], "method": row["method"], "run": row["run"]},
            },
        }
        for row in points.to_dicts()
    ]
