"""How long a scenario waits for the readings at its borders, and a container for its first one."""

import time
from collections.abc import Mapping
from datetime import datetime
from tempfile import TemporaryDirectory
from typing import Any, Final

import polars as pl

import vedro_profiling as vp
from tests.benchmarks.idle_containers import idle_containers
from tests.benchmarks.rows import Row, Spread, claim
from tests.contexts.engine import Project

__all__ = ("measure",)

_CONTAINERS: Final = 20
_SCENARIOS: Final = 300
_SCENARIO_SECONDS: Final = 0.01
_STARTS: Final = 10


def measure() -> list[Row]:
    """Time borders of short scenarios without a container and with many, and starts of containers."""
    alone = _borders_ms({"profiling_methods": ["default"]})
    with idle_containers(_CONTAINERS) as name:
        beside = _borders_ms({"profiling_methods": ["default", "docker"], "docker_compose_project_name": name})
    told = f"both borders of a scenario of {1000 * _SCENARIO_SECONDS:g} ms"
    return [
        claim(f"{told}: process and host", alone, " ms", at_most=0.15),
        claim(f"{told}: {_CONTAINERS} containers too", beside, " ms", at_most=0.5),
        claim(f"from the start of a container to its first reading, {_STARTS} times", _delays(), " s", at_most=0.2),
    ]


def _borders_ms(options: Mapping[str, Any]) -> Spread:
    with (
        TemporaryDirectory(prefix="vedro-profiling-benchmark-") as folder,
        vp.record(poll_time=1.0, profiling_dir=folder, **options) as run,
    ):
        spent = []
        for number in range(_SCENARIOS):
            began = time.perf_counter()
            run.border({"scenario": f"scenario-{number}", "subject": "it sleeps"})
            opened = time.perf_counter()
            time.sleep(_SCENARIO_SECONDS)
            closing = time.perf_counter()
            run.border({"status": "passed"})
            spent.append(1000 * (opened - began + time.perf_counter() - closing))
    return Spread.of(spent)


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
