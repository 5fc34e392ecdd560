"""Finished runs, as the summaries are told of them."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from vedro_profiling.recording.cost import Cost
from vedro_profiling.recording.samplers import Source
from vedro_profiling.session.session import Outcome

__all__ = ("make_outcome", "make_verdicts")


def make_outcome(
    points: pl.DataFrame, *, run: str = "run-1", notes: Sequence[str] = (), sources: Sequence[Source] = ()
) -> Outcome:
    """Make a run of 10 s on a machine of 4 CPUs."""
    return Outcome(
        points=points,
        facts={"run": run, "poll_time": 0.5, "host": {"cpus": 4}},
        sources=list(sources),
        notes=list(notes),
        cost=Cost(cpu_seconds=0.025, wall_seconds=10.0, ticks=20, late=1, missed=2),
        files=[Path("/project/.profiling/profiling.parquet")],
        journal=None,
    )


def make_verdicts(*rows: tuple[str, str, str, str | None]) -> pl.DataFrame:
    """Make verdicts of threshold, expression, status and reason."""
    return pl.DataFrame(rows, ["threshold", "expression", "status", "reason"], orient="row")
