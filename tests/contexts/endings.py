"""Projects whose second of three scenarios, or whose second plugin, ends the run; and what is left of it."""

import textwrap
from typing import Final

import polars as pl

import vedro_profiling as vp
from tests.contexts.project import Project

__all__ = (
    "AFTER_OURS",
    "BEFORE_OURS",
    "BURNT_SECONDS",
    "IN_ASYNC_STEP",
    "IN_STEP",
    "RAISE",
    "TERMINATE",
    "burnt_in",
    "burnt_milliseconds",
    "make_plugin",
    "make_project",
    "read_both",
    "threads_left",
)

BURNT_SECONDS: Final = 0.05

SCENARIOS: Final = """
import asyncio
import atexit
import os
import signal
import sys
import threading
import time
from pathlib import Path

import vedro

folder = Path(__file__).parents[1]


# Registered before ours is, so it runs after it.
@atexit.register
def tell_threads():
    (folder / "threads").write_text("\\n".join(thread.name for thread in threading.enumerate()))


def burn():
    until = time.process_time() + {seconds}
    while time.process_time() < until:
        pass


class A(vedro.Scenario):
    subject = "it passes before"

    def when_it_burns(self):
        burn()


class B(vedro.Scenario):
    subject = "it brings the end"

    {end}


class C(vedro.Scenario):
    subject = "it comes afterwards"

    def then_it_passes(self):
        pass
"""

PLUGIN: Final = """
import signal

from vedro import events
from vedro.core import Plugin, PluginConfig


class EndsTheRun(Plugin):
    def subscribe(self, dispatcher):
        dispatcher.listen(events.{event}Event, self.end, priority={priority})

    def end(self, event):
        {end}


class Other(PluginConfig):
    plugin = EndsTheRun
"""

BEFORE_OURS: Final = 0
AFTER_OURS: Final = 1

IN_STEP: Final = "def when_it_burns(self):\n    burn()\n    {}"
IN_ASYNC_STEP: Final = "async def when_it_burns(self):\n    burn()\n    {}\n    await asyncio.sleep(30)"
TERMINATE: Final = "signal.raise_signal(signal.SIGTERM)"
RAISE: Final = "raise RuntimeError('not ours')"


def make_project(step: str = IN_STEP.format("pass"), *, plugin: str | None = None) -> Project:
    """Make a project whose second of three scenarios, or whose second plugin, ends the run."""
    end = textwrap.indent(step, "    ").strip()
    return Project(scenarios=SCENARIOS.format(end=end, seconds=BURNT_SECONDS), plugin=plugin)


def make_plugin(event: str, priority: int, end: str) -> str:
    """Write a plugin that ends the run in its handler."""
    return PLUGIN.format(event=event, priority=priority, end=end)


def burnt_milliseconds(project: Project) -> dict[str, float]:
    """Tell the CPU time of each scenario of a run, from its files."""
    return burnt_in(read_both(project))


def read_both(project: Project) -> pl.DataFrame:
    """Read the points of a project's run, which are the same in both files."""
    points = vp.load(project.profiling / "profiling.parquet")
    assert vp.load(project.profiling / "profiling.ndjson").height == points.height
    return points


def burnt_in(points: pl.DataFrame) -> dict[str, float]:
    """Tell the CPU time of the test process in each scenario, in milliseconds."""
    cpu_time = points.filter(target="python", metric="cpu_time").group_by("scenario").agg(pl.col("value").sum())
    return {str(name).rpartition("::")[2]: value for name, value in cpu_time.rows()}


def threads_left(project: Project) -> list[str]:
    """List the threads that Python knew of at the very end."""
    return (project.folder / "threads").read_text().splitlines()
