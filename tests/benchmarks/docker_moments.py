"""How long a scenario waits for the readings at its borders, and a container for its first one."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

import polars as pl

import vedro_profiling as vp
from tests.benchmarks.batches import Clocks
from tests.benchmarks.idle_containers import idle_containers
from tests.benchmarks.rows import Row, Spread, claim, figure
from tests.contexts.engine import Project
from vedro_profiling.session import Session

__all__ = ("measure",)

_CONTAINERS: Final = 20
_SCENARIOS: Final = 300
_TRIVIAL_SECONDS: Final = 0.001
_SHORT_SECONDS: Final = 0.01
_STARTS: Final = 10


class _Borders(NamedTuple):
    """What both borders of a scenario took together, in milliseconds."""

    cpu: Spread
    wall: Spread


def measure() -> list[Row]:
    """Time borders of scenarios without a container and with many, and starts of containers."""
    alone = {"profiling_methods": ["default"]}
    with idle_containers(_CONTAINERS) as name:
        beside = {"profiling_methods": ["default", "docker"], "docker_compose_project_name": name}
        rows = [
            *_rows("process and host", alone, at_most_ms=0.15),
            *_rows(f"process, host and {_CONTAINERS} containers", beside, at_most_ms=0.5),
        ]
    delays = claim(f"from the start of a container to its first reading, {_STARTS} times", _delays(), " s", at_most=0.2)
    return [*rows, delays]


def _rows(read: str, options: Mapping[str, Any], *, at_most_ms: float) -> list[Row]:
    trivial, short = _borders(_TRIVIAL_SECONDS, options), _borders(_SHORT_SECONDS, options)
    told = f"both borders of a scenario of {1000 * _TRIVIAL_SECONDS:g} ms"
    return [
        claim(f"{read}: CPU time of {told}", trivial.cpu, " ms", at_most=at_most_ms),
        figure("the same by the wall clock, others at work on the machine included", trivial.wall, " ms"),
        figure(f"of one of {1000 * _SHORT_SECONDS:g} ms, which leaves cold caches: CPU time", short.cpu, " ms"),
    ]


def _borders(scenario_seconds: float, options: Mapping[str, Any]) -> _Borders:
    cpu_ms, wall_ms = [], []
    with _recorded(options) as run:
        for number in range(_SCENARIOS):
            began = Clocks.now()
            run.border({"scenario": f"scenario-{number}", "subject": "it sleeps"})
            opened = Clocks.now()
            time.sleep(scenario_seconds)
            closing = Clocks.now()
            run.border({"status": "passed"})
            closed = Clocks.now()
            cpu_ms.append((opened.cpu_ns - began.cpu_ns + closed.cpu_ns - closing.cpu_ns) / 1e6)
            wall_ms.append((opened.wall_ns - began.wall_ns + closed.wall_ns - closing.wall_ns) / 1e6)
    return _Borders(Spread.of(cpu_ms), Spread.of(wall_ms))


@contextmanager
def _recorded(options: Mapping[str, Any]) -> Iterator[Session]:
    with (
        TemporaryDirectory(prefix="vedro-profiling-benchmark-") as folder,
        vp.record(poll_time=1.0, profiling_dir=folder, **options) as run,
    ):
        yield run


def _delays() -> Spread:
    project = Project()
    try:
        with vp.record(profiling_methods=["docker"], docker_compose_project_name=project.name) as run:
            containers = [project.run("late", number=number) for number in range(1, _STARTS + 1)]
            for container in containers:
                container.reload()
        times = run.points.group_by("target").agg(pl.col("time").min())
        first = {target: at.timestamp() for target, at in times.iter_rows()}
        return Spread.of(first[str(container.name)] - _started(container.attrs) for container in containers)
    finally:
        project.remove()


def _started(inspection: Mapping[str, Any]) -> float:
    """Read the engine's `2026-11-23T01:46:00.123456789Z`, where zeros at the end are left out."""
    seconds, _, fraction = inspection["State"]["StartedAt"].rstrip("Z").partition(".")
    return datetime.fromisoformat(f"{seconds}+00:00").timestamp() + float(f"0.{fraction or 0}")
