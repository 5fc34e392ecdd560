"""A run together with what its scenario saw of the CPU it used."""

from collections.abc import Callable
from typing import NamedTuple

from tests.benchmarks.sample_project import SampleProject

__all__ = (
    "Seen",
    "watched",
)


class Seen(NamedTuple):
    """What one run used; percent of a core while its scenario went on."""

    cpu_seconds: float
    """From the start of the process to its end."""
    threads_percent: float
    """Of the threads that profile."""
    process_percent: float


def watched(project: SampleProject, scenario: str) -> Callable[[], Seen]:
    """Make a run of a project that tells what it used."""

    def run() -> Seen:
        spent = project.run()
        before, after = project.clocks(scenario)
        percent_a_ns = 100 / (after.at_ns - before.at_ns)
        return Seen(
            spent.cpu_seconds,
            percent_a_ns * (after.own_cpu_ns - before.own_cpu_ns),
            percent_a_ns * (after.process_cpu_ns - before.process_cpu_ns),
        )

    return run
