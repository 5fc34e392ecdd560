"""How often twenty containers are read beside process and host, and what that costs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import polars as pl

from tests.benchmarks.idle_containers import idle_containers
from tests.benchmarks.rows import Row, Spread, claim, figure
from tests.benchmarks.sample_project import SampleProject, sample_project
from tests.benchmarks.sample_scenarios import working_scenario

__all__ = ("measure",)

_CONTAINERS: Final = 20
_SECONDS: Final = 20
_METHODS: Final = ("default", "docker")
_SCENARIO: Final = "idle"

_YARDSTICK: Final = """\
import time
began, instants = time.monotonic(), []
while time.monotonic() < began + {seconds}:
    instants.append(time.monotonic())
    time.sleep(max(0, began + {poll_seconds} * len(instants) - time.monotonic()))
gaps = sorted(later - earlier for earlier, later in zip(instants, instants[1:]))
print(1000 * gaps[len(gaps) * 99 // 100])
"""
"""A process that does nothing on the same grid: what the machine itself lets a sleeper reach just then."""

_WORK: Final = """
import subprocess, sys
told = subprocess.run([sys.executable, "-c", {script!r}], capture_output=True, text=True, check=True).stdout
Path(__file__).with_suffix(".yardstick").write_text(told)
"""


def measure() -> list[Row]:
    """Read containers that sleep, during a scenario that sleeps."""
    with idle_containers(_CONTAINERS) as name:
        return [*_at_10_hz(name), *_at_100_hz(name)]


def _at_10_hz(name: str) -> list[Row]:
    with _ran(name, poll_seconds=0.1, work=f"time.sleep({_SECONDS})") as project:
        counts = _ticks(project, "docker").group_by("target").len()["len"].to_list()
        before, after = project.clocks(_SCENARIO)
        rate = min(counts) / (after.at_ns - before.at_ns) * 1e9 if len(counts) == _CONTAINERS else 0.0
        told = f"{_CONTAINERS} containers, process and host at 10 Hz"
        return [
            claim(f"{told}: readings a second, of the container with fewest", rate, at_least=9.8),
            claim("the same: own cost, by the CPU clocks of its threads", _cost(project), " % of a core", at_most=1),
        ]


def _at_100_hz(name: str) -> list[Row]:
    told = f"{_CONTAINERS} containers, process and host at 100 Hz"
    yardstick = _WORK.format(script=_YARDSTICK.format(seconds=_SECONDS, poll_seconds=0.01))
    with _ran(name, poll_seconds=0.01, work=yardstick) as project:
        gaps = {method: _gaps_ms(_ticks(project, method)) for method in _METHODS}
        cost = _cost(project)
        bare = float((project.folder / "scenarios" / f"{_SCENARIO}.yardstick").read_text())
    rows = [claim(f"{told}: own cost, by the CPU clocks of its threads", cost, " % of a core", at_most=5)]
    for method, measured in gaps.items():
        percentile = float(measured.quantile(0.99, "higher") or 0)
        rows += [
            claim(f"the same: gap, {method}", Spread.of(measured), " ms", at_least=9.9, at_most=10.1),
            claim(f"the same: 99th percentile of the gaps, {method}", percentile, " ms", at_most=15),
        ]
    return [*rows, figure("the same of a process that only sleeps, at the same time", bare, " ms")]


@contextmanager
def _ran(name: str, *, poll_seconds: float, work: str) -> Iterator[SampleProject]:
    options = {
        "enable_profiling": True,
        "poll_time": poll_seconds,
        "profiling_methods": list(_METHODS),
        "docker_compose_project_name": name,
    }
    scenarios = {_SCENARIO: working_scenario(work.strip().replace("\n", "\n        "))}
    with sample_project(scenarios, options=options) as project:
        project.run()
        yield project


def _ticks(project: SampleProject, method: str) -> pl.DataFrame:
    """Select the points of which each tick during the scenario makes one for a target."""
    before, after = project.clocks(_SCENARIO)
    return project.points().filter(
        pl.col("method") == method,
        pl.col("metric") == "cpu_percent",
        pl.col("target") != "system",
        pl.col("time").dt.epoch("ns").is_between(before.unix_ns, after.unix_ns),
    )


def _gaps_ms(ticks: pl.DataFrame) -> pl.Series:
    gaps = ticks.select(pl.col("time").diff().over("target").dt.total_microseconds() / 1000)
    return gaps.to_series().drop_nulls()


def _cost(project: SampleProject) -> float:
    before, after = project.clocks(_SCENARIO)
    return 100 * (after.own_cpu_ns - before.own_cpu_ns) / (after.at_ns - before.at_ns)
