"""What `load` makes of damaged files: points, points and a warning, a `ProfilingError`, and never anything else."""

import os
import subprocess
import sys
import warnings
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.benchmarks.rows import Row, claim, figure
from tests.contexts.damage import GenuineFile, damaged, genuine_files
from vedro_profiling.errors import ProfilingError
from vedro_profiling.storage import load, read_facts

__all__ = ("measure",)

_TRIES: Final = 104_000
_PIECE: Final = 13_000

_READ: Final = "read"
_REFUSED: Final = "refused"
_FINE: Final = (_READ, "read in part", _REFUSED)
_KILLED: Final = "ended the process"


def measure() -> list[Row]:
    """Try damaged files in processes of their own: one that ends its process is a finding, and not our end."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = Counter[tuple[str, str]]()
        for counted in pool.map(_tried, range(0, _TRIES, _PIECE)):
            found += counted
    kinds = [file.kind for file in genuine_files()]
    rows = [claim("damaged files tried", found.total(), at_least=100_000)]
    for kind in kinds:
        outcomes = {outcome: number for (of, outcome), number in found.items() if of == kind}
        fine = {outcome: outcomes.pop(outcome, 0) for outcome in _FINE}
        told = ", ".join(f"{number:,} {outcome}" for outcome, number in fine.items())
        # What Polars does with the pages of a file that has no checksum is beyond reach.
        aborted = outcomes.pop(_KILLED, 0) if "another tool" in kind else 0
        rows += [
            figure(f"{kind}: {told}", sum(fine.values())),
            claim(f"{kind}: anything else{_listed(outcomes)}", sum(outcomes.values()), at_most=0),
        ]
        if aborted:
            rows.append(figure(f"{kind}: Polars aborted the process", aborted))
    return rows


def _listed(outcomes: dict[str, int]) -> str:
    return f", such as {', '.join(list(outcomes)[:3])}" if outcomes else ""


def _turns() -> list[GenuineFile]:
    """Let Parquet have every other turn: Polars reads it in code of its own, and ten times as fast as lines."""
    files = genuine_files()
    return [*files, *(file for file in files if file.suffix == ".parquet")]


def _tried(first: int) -> Counter[tuple[str, str]]:
    kinds = [file.kind for file in _turns()]
    outcomes: list[str] = []
    while len(outcomes) < _PIECE:
        outcomes += _told_by_child(first + len(outcomes), first + _PIECE)
        if len(outcomes) < _PIECE:
            outcomes.append(_KILLED)
    return Counter((kinds[number % len(kinds)], outcome) for number, outcome in enumerate(outcomes, first))


def _told_by_child(first: int, end: int) -> list[str]:
    command = [sys.executable, "-m", "tests.benchmarks.fuzz", str(first), str(end)]
    # Of a panic that became an error, Polars still writes a trace to stderr.
    child = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    return child.stdout.splitlines()


def _outcomes(first: int, end: int) -> Iterator[str]:
    files = _turns()
    with TemporaryDirectory(prefix="vedro-profiling-benchmark-") as folder:
        for number in range(first, end):
            yield _outcome(files[number % len(files)], number, Path(folder))


def _outcome(file: GenuineFile, number: int, folder: Path) -> str:
    contents = damaged(file.contents, seed=number)
    place = folder / f"points{file.suffix}"
    place.write_bytes(contents)
    try:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            points = load(place)
            if file.suffix == ".parquet":
                read_facts(place)
    except ProfilingError:
        return _REFUSED
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is the finding; a panic is no Exception
        return f"{type(error).__name__} at {number}"
    if file.kind == "our Parquet" and contents != file.contents:
        place.write_bytes(file.contents)
        return _READ if points.equals(load(place)) else f"other points in silence at {number}"
    return "read in part" if told else _READ


if __name__ == "__main__":
    for outcome in _outcomes(int(sys.argv[1]), int(sys.argv[2])):
        sys.stdout.write(f"{outcome}\n")
        sys.stdout.flush()  # what is told must not be lost with the process
