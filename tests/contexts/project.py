"""A Vedro project in a temporary folder, run as a process of its own: what a user has."""

import os
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import vedro

__all__ = ("Project", "ended")

_CONFIG: Final = """
import vedro
import vedro_profiling
{imports}

class Config(vedro.Config):
    class Plugins(vedro.Config.Plugins):
        {plugin}
        class VedroProfiling(vedro_profiling.VedroProfiling):
            enabled = True
            {options}
"""

_NONE: Final[Mapping[str, str]] = {}
_OPTIONS: Final = {"poll_time": "0.05", "profiling_methods": '["default"]'}

_TWO_SCENARIOS: Final = """
import vedro


class Counts(vedro.Scenario):
    subject = "it counts"

    def when_it_counts(self):
        self.total = sum(range(3_000_000))

    def then_it_counted_right(self):
        assert self.total == 4_499_998_500_000


class Idles(vedro.Scenario):
    subject = "it does next to nothing"

    def when_it_does_nothing(self):
        pass
"""


class Project:
    """A project with the plugin enabled and two small scenarios, unless others are given.

    Parameters
    ----------
    options
        Options of the plugin, as source: `{"poll_time": "0.1"}`.
    scenarios
        Source of the one scenario file.
    plugin
        Source of a module with a second plugin, whose configuration class is `Other`; at the same priority its
        handlers come before ours.
    """

    def __init__(
        self, *, options: Mapping[str, str] = _NONE, scenarios: str = _TWO_SCENARIOS, plugin: str | None = None
    ) -> None:
        self.folder = Path(vedro.create_tmp_dir())
        self.profiling = self.folder / ".profiling"
        config = _CONFIG.format(
            imports="" if plugin is None else "import other",
            options="\n            ".join(f"{name} = {value}" for name, value in {**_OPTIONS, **options}.items()),
            plugin="" if plugin is None else "class Other(other.Other): enabled = True",
        )
        self._write("vedro.cfg.py", config)
        self._write("scenarios/suite.py", scenarios)
        self._write("other.py", plugin or "")

    def _write(self, name: str, source: str) -> None:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(textwrap.dedent(source), encoding="utf-8")

    def run(self, *flags: str, profiling: bool = True, **environment: str) -> "subprocess.CompletedProcess[str]":
        """Run the project's scenarios and wait for the end, a minute at most."""
        return ended(self.start(*flags, profiling=profiling, **environment))

    def start(self, *flags: str, profiling: bool = True, **environment: str) -> "subprocess.Popen[str]":
        """Run the project's scenarios and do not wait."""
        switches = ["--enable-profiling"] if profiling else []
        # Where we are tested by a CI that wants a summary, it wants ours and not that of our tests.
        inherited = {name: value for name, value in os.environ.items() if name != "GITHUB_STEP_SUMMARY"}
        return subprocess.Popen(
            [sys.executable, "-m", "vedro", "run", *switches, *flags],
            cwd=self.folder,
            env={**inherited, "COLUMNS": "120", "TERM": "dumb", "PWD": str(self.folder), **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )


def ended(process: "subprocess.Popen[str]") -> "subprocess.CompletedProcess[str]":
    """Wait for the end of a run; one that hangs is killed, and raises TimeoutExpired."""
    try:
        stdout, stderr = process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)
