"""How long a container that starts waits for its first reading."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import polars as pl

import vedro_profiling as vp
from tests.benchmarks.rows import Row, Spread, claim
from tests.contexts.engine import Project

__all__ = ("measure",)

_STARTS: Final = 10
_MOST_SECONDS: Final = 0.2


def measure() -> list[Row]:
    """Start containers while nothing else runs, one after the other."""
    what = f"from the start of a container to its first reading, {_STARTS} times"
    return [claim(what, _delays(), " s", at_most=_MOST_SECONDS)]


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
