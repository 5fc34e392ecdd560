"""Whether containers are read truly, often, cheaply and from their first moment on."""

from tests.benchmarks import docker_pace, docker_starts, docker_truth
from tests.benchmarks.rows import Row
from tests.contexts.engine import NO_ENGINE, no_engine

__all__ = ("measure",)


def measure() -> list[Row]:
    """Measure all that was promised of containers."""
    if no_engine():
        return [Row("containers", f"not measured: {NO_ENGINE}")]
    return [*docker_truth.measure(), *docker_pace.measure(), *docker_starts.measure()]
