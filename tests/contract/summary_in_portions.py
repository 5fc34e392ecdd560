"""A summary is the same, to the last bit, whether points are summarized at once, lazily, or portion by portion."""

import random
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from unittest.mock import patch

import polars as pl
import vedro
from vedro import params

from tests.contexts.points import START, make_points
from tests.contexts.series import make_series
from vedro_profiling.analysis import summary
from vedro_profiling.analysis.portions import portions
from vedro_profiling.storage import scan, write_parquet

METRICS = ("cpu_percent", "cpu_time", "memory_usage")


def make_runs() -> list[pl.DataFrame]:
    """Make runs of other targets, some points without any names, and values that no two points share."""
    chance = random.Random(7)  # noqa: S311 - repeatable
    runs = [
        make_points(
            targets=("app", "db", f"only-{number}"),
            metrics=METRICS,
            readings=40 + number,
            start=START + timedelta(hours=number),
            value_at=lambda _: chance.random() * 100,
            run=f"run-{number}",
            scenario="pay.py::Scenario" if number else None,
        )
        for number in range(3)
    ]
    nameless = make_series([chance.random() for _ in range(9)], seconds=[n**2 for n in range(9)])
    return [
        *runs,
        nameless.with_columns(pl.lit(None, pl.Categorical).alias(name) for name in ("run", "target", "method")),
    ]


class SameNumbers(vedro.Scenario):
    subject = "the same by {by}, at most {rows} rows at once"

    @params(("method", "target", "metric"), 50)
    @params(("method", "target", "metric"), 1)
    @params(("run", "scenario", "method", "target", "metric"), 200)
    @params(("run", "metric"), 100)
    @params(("metric",), 100)
    @params(("scenario", "metric"), 7)
    def __init__(self, by: Sequence[str], rows: int) -> None:
        self.by, self.rows = by, rows

    def given_runs_in_a_frame_and_in_files(self) -> None:
        runs, self.folder = make_runs(), Path(vedro.create_tmp_dir())
        for number, points in enumerate(runs):
            write_parquet(points, self.folder / f"{number}.parquet")
        self.points = pl.concat(runs)

    def given_their_summary_at_once(self) -> None:
        self.expected = summary.summarize(self.points, by=self.by)

    def when_they_are_summarized_in_portions(self) -> None:
        with patch.object(summary, "portions", partial(portions, rows=self.rows)):
            self.summaries = [summary.summarize(points, by=self.by) for points in (self.points, scan(self.folder))]

    def then_every_number_is_the_same(self) -> None:
        for each in self.summaries:
            assert each.equals(self.expected)
