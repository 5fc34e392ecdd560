"""The tables of targets, read cell by cell."""

import vedro

from tests.contexts.report_tables import cells_of, texts_of, titles_of
from tests.contexts.series import make_series, put_together
from vedro_profiling.charts.report.target_tables import readings, targets


class Used(vedro.Scenario):
    subject = "targets are tabled by the CPU they used, the host last, with what was measured and no more"

    def given_two_containers_and_the_host(self) -> None:
        self.points = put_together(
            make_series([10, 20, 60]),
            make_series([100, 200], metric="cpu_time"),
            make_series([50, 70], metric="memory_usage"),
            make_series([90], metric="memory_peak"),
            make_series([1500, 0], metric="network_received"),
            make_series([4000], metric="cpu_time", target="db"),
            make_series([99_000], metric="cpu_time", target="system", method="default"),
        )

    def when_they_are_tabled(self) -> None:
        self.table = targets(self.points)

    def then_the_dearest_comes_first_and_the_host_last(self) -> None:
        assert texts_of(self.table, "target") == ["db", "app", "system"]
        assert texts_of(self.table, "CPU time") == ["4.00 s", "0.30 s", "99.00 s"]

    def and_the_numbers_are_those_of_the_summary(self) -> None:
        row = {column.title: cell.text for column, cell in zip(self.table.columns, self.table.rows[1], strict=True)}
        assert row == {
            "target": "app",
            "CPU avg": "30.0 %",
            "CPU p95": "56.0 %",
            "CPU max": "60.0 %",
            "CPU time": "0.30 s",
            "memory avg": "60.0 MB",
            "memory max": "70.0 MB",
            "memory peak": "90.0 MB",
            "received": "1.5 kB",
        }

    def and_columns_that_nobody_fills_are_left_out(self) -> None:
        assert not {"sent", "read", "written", "run"} & {*titles_of(self.table)}


class OfTwoRuns(vedro.Scenario):
    subject = "a target of two runs has two rows"

    def when_they_are_tabled(self) -> None:
        self.table = targets(put_together(make_series([10]), make_series([20], run="run-2")))

    def then_each_is_named(self) -> None:
        assert texts_of(self.table, "run") == ["run-1", "run-2"]
        assert [cell.value for cell in cells_of(self.table, "CPU max")] == [10, 20]


class OfALoadTest(vedro.Scenario):
    subject = "what k6 measured is no target, whatever it was measured of"

    def when_its_points_are_tabled(self) -> None:
        points = put_together(make_series([10], metric="http_req_duration"))
        self.tables = [targets(points), readings(points)]

    def then_there_is_no_row(self) -> None:
        assert [list(table.rows) for table in self.tables] == [[], []]


class Gaps(vedro.Scenario):
    subject = "gaps are counted on the grid of ticks, not among the readings at borders"

    def given_a_target_that_was_not_read_for_a_while_and_one_with_many_borders(self) -> None:
        borders = [second / 100 for second in range(200)] + [3, 4, 5, 6]
        self.points = put_together(
            make_series([1] * 6, seconds=[0, 1, 2, 12, 13, 14], target="gone"),
            make_series([1] * 7, seconds=range(7), target="there"),
            make_series([1] * len(borders), seconds=borders, target="there", metric="memory_usage"),
        )

    def when_they_are_tabled(self) -> None:
        self.table = readings(self.points)

    def then_the_gap_is_told_first(self) -> None:
        assert texts_of(self.table, "target") == ["gone", "there"]
        assert texts_of(self.table, "gaps") == ["1", "0"]
        assert texts_of(self.table, "not read") == ["9.00 s", "0.0 ms"]
        assert texts_of(self.table, "longest step") == ["10.00 s", "1.00 s"]

    def and_from_when_to_when_each_was_read(self) -> None:
        assert texts_of(self.table, "first reading") == ["10:00:00", "10:00:00"]
        assert texts_of(self.table, "last reading") == ["10:00:14", "10:00:06"]


class OneReading(vedro.Scenario):
    subject = "a target that was read once has no step and no gap"

    def when_it_is_tabled(self) -> None:
        self.table = readings(make_series([1]))

    def then_nothing_is_made_up(self) -> None:
        assert texts_of(self.table, "readings") == ["1"]
        assert texts_of(self.table, "usual step") == ["-"]
        assert texts_of(self.table, "gaps") == ["0"]
