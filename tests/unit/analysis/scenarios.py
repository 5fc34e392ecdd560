"""What each scenario cost each target, by numbers that were worked out by hand."""

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

import polars as pl
import vedro
from vedro import params

from vedro_profiling.analysis.scenarios import scenario_costs
from vedro_profiling.errors import SchemaError
from vedro_profiling.storage.frame import as_points

START = datetime(2026, 1, 26, 12, tzinfo=timezone.utc)
COLUMNS = ["second", "metric", "value", "target", "service", "method", "run", "scenario", "subject"]

Row = tuple[float, str, float, str, str | None, str, str, str | None, str | None]


def attempt(second: float, milliseconds: float, scenario: str, run: str = "r") -> Row:
    return (second, "scenario_duration", milliseconds, "vedro", None, "default", run, scenario, f"about {scenario}")


def of_app(second: float, metric: str, value: float, scenario: str | None, run: str = "r") -> Row:
    return (second, metric, value, "p-app-1", "app", "docker", run, scenario, None)


def of_process(second: float, metric: str, value: float, scenario: str | None, run: str = "r") -> Row:
    return (second, metric, value, "vedro", None, "default", run, scenario, None)


def points_of(rows: Sequence[Row]) -> pl.DataFrame:
    frame = pl.DataFrame(rows, COLUMNS, orient="row")
    time = pl.lit(START) + (pl.col("second") * timedelta(seconds=1))
    return as_points(frame.with_columns(time=time.cast(pl.Datetime("us", "UTC"))).drop("second"))


def rows_of(costs: pl.DataFrame) -> list[dict[str, Any]]:
    return [dict(row) for row in costs.iter_rows(named=True)]


class WorkedOut(vedro.Scenario):
    subject = "attempts are summed, each target has its row, and what was never read is null"

    def given_a_scenario_of_two_attempts(self) -> None:
        self.points = points_of(
            [
                attempt(2, 1000, "a"),
                attempt(4, 3000, "a"),
                of_app(1, "memory_usage", 100, "a"),
                of_app(2, "memory_usage", 100, "a"),
                of_app(3, "memory_usage", 160, "a"),
                of_app(2, "memory_peak", 180, "a"),
                of_app(3, "memory_peak", 170, "a"),
                of_app(2, "cpu_time", 500, "a"),
                of_app(3, "cpu_time", 1500, "a"),
                of_app(3, "cpu_time", 9000, None),
                of_app(3, "network_received", 700, "a"),
                of_app(4, "network_received", 300, "a"),
                of_app(4, "network_sent", 40, "a"),
                of_app(3, "disk_written", 4096, "a"),
                of_app(4, "disk_written", 4096, "a"),
                of_process(3, "cpu_time", 100, "a"),
                of_process(3, "memory_usage", 50, "a"),
            ]
        )

    def when_its_costs_are_listed(self) -> None:
        self.costs = rows_of(scenario_costs(self.points))

    def then_the_container_comes_first(self) -> None:
        assert self.costs[0] == {
            "run": "r",
            "scenario": "a",
            "method": "docker",
            "target": "p-app-1",
            "service": "app",
            "subject": "about a",
            "attempts": 2,
            "duration": 4.0,
            "cpu_time": 2.0,
            "cores": 0.5,
            "memory": 120.0,
            "memory_peak": 180.0,
            "network_received": 1000.0,
            "network_sent": 40.0,
            "disk_read": None,
            "disk_written": 8192.0,
        }

    def and_the_process_has_what_was_read_of_it(self) -> None:
        process = self.costs[1]
        assert process["target"] == "vedro"
        assert process["cpu_time"] == 0.1
        assert process["memory_peak"] == 50.0
        assert process["service"] is None
        assert process["network_received"] is None


class ManyRuns(vedro.Scenario):
    subject = "one scenario in two runs is two rows"

    def given_two_runs(self) -> None:
        self.points = points_of(
            [
                attempt(1, 1000, "a", run="base"),
                of_app(1, "cpu_time", 100, "a", run="base"),
                attempt(1, 1000, "a", run="head"),
                of_app(1, "cpu_time", 300, "a", run="head"),
            ]
        )

    def when_costs_are_listed(self) -> None:
        self.costs = scenario_costs(self.points.lazy())

    def then_the_dearer_comes_first(self) -> None:
        assert self.costs.select("run", "cpu_time").rows() == [("head", 0.3), ("base", 0.1)]


class ForeignFrames(vedro.Scenario):
    subject = "a frame that lacks {column} {outcome}"

    @params("service", "has costs all the same", None)
    @params("value", "is refused by name", "no column 'value'")
    def __init__(self, column: str, outcome: str, words: str | None) -> None:
        self.column, self.outcome, self.words = column, outcome, words

    def given_such_a_frame(self) -> None:
        rows = [attempt(1, 1000, "a"), of_app(1, "cpu_time", 100, "a")]
        self.points = points_of(rows).drop(self.column)

    def when_costs_are_listed(self) -> None:
        self.said, self.costs = "", pl.DataFrame()
        try:
            self.costs = scenario_costs(self.points)
        except SchemaError as error:
            self.said = str(error)

    def then_it_is_so(self) -> None:
        assert self.costs.height == (1 if self.words is None else 0)
        assert (self.words or "") in self.said


class NoScenario(vedro.Scenario):
    subject = "points without scenarios have no costs, and the columns are there"

    def given_points_outside(self) -> None:
        self.points = points_of([of_app(1, "cpu_time", 100, None)])

    def when_costs_are_listed(self) -> None:
        self.costs = scenario_costs(self.points)

    def then_the_frame_is_empty(self) -> None:
        assert self.costs.is_empty()
        assert "memory_peak" in self.costs.columns
