"""Fair comparison on a machine that others use too: all sides in turn, pair by pair, by the kernel's own accounting."""

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

from tests.benchmarks.rows import Spread

__all__ = (
    "Spent",
    "differences",
    "ratios",
    "run_process",
    "side_by_side",
)

_Result = TypeVar("_Result")


class Spent(NamedTuple):
    """What a process used from its start to its end, its children included."""

    began_ns: int
    """Monotonic instants, which are the same in every process."""
    ended_ns: int
    cpu_seconds: float

    @property
    def wall_seconds(self) -> float:
        return (self.ended_ns - self.began_ns) / 1e9


def run_process(command: Sequence[str], *, folder: Path) -> Spent:
    """Run a command to its end; what it used is the kernel's account of it (`wait4`)."""
    with tempfile.TemporaryFile() as output:
        began_ns = time.monotonic_ns()
        process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
        _, status, usage = os.wait4(process.pid, 0)
        ended_ns = time.monotonic_ns()
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            output.seek(0)
            said = output.read().decode(errors="replace")
            raise RuntimeError(f"{' '.join(command)} ended with exit code {process.returncode}:\n{said}")
    return Spent(began_ns, ended_ns, usage.ru_utime + usage.ru_stime)


def side_by_side(sides: Mapping[str, Callable[[], _Result]], *, rounds: int) -> dict[str, list[_Result]]:
    """Run each side once to warm it up, then all in turn: A B A B."""
    for run in sides.values():
        run()
    results: dict[str, list[_Result]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, run in sides.items():
            results[name].append(run())
    return results


def ratios(sides: Sequence[float], bases: Sequence[float]) -> Spread:
    """Divide pair by pair, so that what slows the machine down slows both."""
    return Spread.of(side / base for side, base in zip(sides, bases, strict=True))


def differences(sides: Sequence[float], bases: Sequence[float]) -> list[float]:
    """Subtract pair by pair."""
    return [side - base for side, base in zip(sides, bases, strict=True)]
