"""A small Vedro project in a folder of its own: made, run, and asked what its scenarios saw."""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

import polars as pl

import vedro_profiling as vp
from tests.benchmarks.side_by_side import Spent, run_process

__all__ = (
    "Clocks",
    "SampleProject",
    "sample_project",
)

_BARE: Final = """\
import vedro


class Config(vedro.Config):
    pass
"""

_WITH_PLUGIN: Final = """\
import vedro
import vedro_profiling


class Config(vedro.Config):
    class Plugins(vedro.Config.Plugins):
        class VedroProfiling(vedro_profiling.VedroProfiling):
            enabled = True
"""


class Clocks(NamedTuple):
    """What a scenario read of itself at one instant."""

    at_ns: int
    unix_ns: int
    process_cpu_ns: int
    own_cpu_ns: int
    """CPU of the threads that profile, by the kernel's clock of each thread."""


@dataclass(frozen=True)
class SampleProject:
    """A project on disk, and the interpreter that runs it."""

    folder: Path
    python: str

    def run(self) -> Spent:
        """Run `vedro run` to its end."""
        return run_process([self.python, "-m", "vedro", "run"], folder=self.folder)

    def clocks(self, scenario: str) -> tuple[Clocks, Clocks]:
        """Return what a working scenario read at its beginning and at its end."""
        before, after = json.loads((self.folder / "scenarios" / f"{scenario}.json").read_text())
        return Clocks(*before), Clocks(*after)

    def points(self) -> pl.DataFrame:
        """Return the points of the last run, of whichever vedro-profiling made them."""
        return vp.load(self.folder / ".profiling")

    def facts(self) -> dict[str, Any]:
        """Return what is known of the last run besides its points."""
        return vp.read_facts(self.folder / ".profiling" / "profiling.parquet")[0]


@contextmanager
def sample_project(
    scenarios: Mapping[str, str], *, options: Mapping[str, Any] | None = None, python: str = sys.executable
) -> Iterator[SampleProject]:
    """Make a project for as long as it is needed; without `options` it knows nothing of the plugin."""
    with TemporaryDirectory(prefix="vedro-profiling-benchmark-") as name:
        folder = Path(name)
        lines = [f"            {option} = {value!r}\n" for option, value in (options or {}).items()]
        (folder / "vedro.cfg.py").write_text(_BARE if options is None else "".join([_WITH_PLUGIN, *lines]))
        (folder / "scenarios").mkdir()
        for stem, text in scenarios.items():
            (folder / "scenarios" / f"{stem}.py").write_text(text)
        yield SampleProject(folder, python)
