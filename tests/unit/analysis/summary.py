from collections.abc import Sequence

import polars as pl
import vedro
from vedro import catched, params

from tests.contexts.series import make_series, put_together
from vedro_profiling.analysis.summary import summarize
from vedro_profiling.errors import OptionError, SchemaError


class AverageOfGauge(vedro.Scenario):
    subject = "a gauge's average weighs {what}"

    @params("readings in step alike", [0, 1, 2], [10, 20, 60], 30.0)
    @params("a late reading by the time it covers", [0, 1, 2, 4], [10, 10, 10, 60], (10 + 10 + 10 + 2 * 60) / 5)
    @params("a gap as three median steps", [0, 1, 2, 600], [10, 20, 30, 90], (10 + 20 + 30 + 3 * 90) / 6)
    @params("the first reading as one median step", [0, 4, 8], [90, 0, 0], 30.0)
    @params("a lone reading as it is", [5], [42], 42.0)
    @params("readings of one instant alike", [5, 5], [10, 30], 20.0)
    def __init__(self, what: str, seconds: Sequence[float], values: Sequence[float], average: float) -> None:
        self.what, self.seconds, self.values, self.average = what, seconds, values, average

    def given_a_series(self) -> None:
        self.points = make_series(self.values, seconds=self.seconds)

    def when_it_is_summarized(self) -> None:
        self.summary = summarize(self.points)

    def then_the_average_is_as_computed_by_hand(self) -> None:
        assert abs(self.summary["avg"].item() - self.average) < 1e-9


class ReadingsAtBorders(vedro.Scenario):
    subject = "many readings at the borders of short scenarios do not make a gap of the tick between them"

    def given_ticks_of_cpu_and_memory_with_a_burst_of_borders(self) -> None:
        ticks = [0, 1, 2, 3, 4]
        borders = [4 + number / 1000 for number in range(1, 21)]
        self.points = put_together(
            make_series([0] * 5, seconds=ticks),
            make_series([100] * 5 + [500] * 20, seconds=[*ticks, *borders], metric="memory_usage"),
        )

    def when_they_are_summarized(self) -> None:
        self.summary = summarize(self.points, by=["metric"]).filter(metric="memory_usage")

    def then_each_tick_weighs_its_second(self) -> None:
        assert abs(self.summary["avg"].item() - (100 * 5 + 500 * 0.02) / 5.02) < 1e-6


class OrderOfRows(vedro.Scenario):
    subject = "the order of rows makes no difference, nor does laziness"

    def given_points(self) -> None:
        self.points = make_series([10, 20, 30, 90], seconds=[0, 1, 2, 600])

    def when_they_are_summarized_in_order_and_backwards_and_lazily(self) -> None:
        frames = (self.points, self.points.reverse(), self.points.reverse().lazy())
        self.summaries = [summarize(points) for points in frames]

    def then_the_summaries_are_equal(self) -> None:
        assert self.summaries[0].equals(self.summaries[1])
        assert self.summaries[0].equals(self.summaries[2])


class SeveralRuns(vedro.Scenario):
    subject = "the time between two runs weighs nothing"

    def given_two_runs_an_hour_apart(self) -> None:
        first = make_series([10, 10, 10], run="run-1")
        self.points = put_together(first, make_series([40, 40, 40], seconds=[3600, 3601, 3602], run="run-2"))

    def when_they_are_summarized_together(self) -> None:
        self.summary = summarize(self.points)

    def then_each_run_counts_for_its_own_time(self) -> None:
        assert self.summary["avg"].to_list() == [25.0]

    def and_a_lone_reading_would_count_for_a_second(self) -> None:
        points = put_together(make_series([10, 10, 10]), make_series([50], run="run-2"))
        assert summarize(points)["avg"].to_list() == [20.0]


class PreviousPointElsewhere(vedro.Scenario):
    subject = "a reading weighs the time since the previous one of its series, though that lies in another group"

    def given_a_reading_late_in_a_scenario(self) -> None:
        self.points = put_together(
            make_series([0, 0, 0, 0], scenario="first"),
            make_series([30, 60], seconds=[5, 6], scenario="second"),
        )

    def when_scenarios_are_summarized(self) -> None:
        self.summary = summarize(self.points, by=["scenario", "metric"])

    def then_it_weighs_two_seconds(self) -> None:
        assert self.summary["avg"].to_list() == [0.0, (2 * 30 + 60) / 3]


class Percentiles(vedro.Scenario):
    subject = "percentiles are interpolated linearly, as k6 does"

    def given_the_numbers_from_one_to_ten(self) -> None:
        self.points = make_series(range(10, 0, -1))

    def when_they_are_summarized(self) -> None:
        self.row = summarize(self.points).row(0, named=True)

    def then_each_statistic_is_as_computed_by_hand(self) -> None:
        expected = {"count": 10, "avg": 5.5, "min": 1.0, "med": 5.5, "max": 10.0, "p90": 9.1, "p95": 9.55}
        assert all(abs(self.row[name] - value) < 1e-9 for name, value in expected.items())

    def and_the_columns_stand_in_the_promised_order(self) -> None:
        names = "method target metric count avg min med max p90 p95 total"
        assert list(self.row) == names.split()


class Counters(vedro.Scenario):
    subject = "a counter has a total, and its average is the plain mean of its points"

    def given_cpu_time_in_uneven_intervals(self) -> None:
        self.points = make_series([100, 300, 800], seconds=[1, 2, 9], metric="cpu_time")

    def when_it_is_summarized(self) -> None:
        self.row = summarize(self.points).row(0, named=True)

    def then_total_is_the_sum(self) -> None:
        assert self.row["total"] == 1200.0

    def and_the_average_is_plain(self) -> None:
        assert self.row["avg"] == 400.0


class ForeignMetrics(vedro.Scenario):
    subject = "a metric of genuine k6 is a trend: a plain mean, no total, no target needed"

    def given_k6_points(self) -> None:
        points = make_series([1, 2, 9], seconds=[0, 1, 60], metric="http_req_duration")
        self.points = points.select("time", "metric", "value")

    def when_they_are_summarized(self) -> None:
        self.row = summarize(self.points, by=["metric"]).row(0, named=True)

    def then_the_mean_is_plain_and_nothing_is_totalled(self) -> None:
        assert (self.row["avg"], self.row["total"]) == (4.0, None)


class Groups(vedro.Scenario):
    subject = "there is one row a group, sorted by group"

    def given_points_of_two_targets(self) -> None:
        metrics = ("memory_usage", "cpu_percent")
        self.points = put_together(*(make_series([1], target=name, metric=each) for name in "ba" for each in metrics))

    def when_they_are_summarized(self) -> None:
        self.summary = summarize(self.points, by=["target", "metric"])

    def then_the_rows_are_sorted(self) -> None:
        rows = self.summary.select(pl.col("target", "metric").cast(pl.String)).rows()
        assert rows == [(name, metric) for name in "ab" for metric in ("cpu_percent", "memory_usage")]

    def and_no_points_make_no_rows(self) -> None:
        assert summarize(self.points.clear()).is_empty()


class WrongArguments(vedro.Scenario):
    subject = "{what} is refused, and the message says what to do"

    @params("a column that is not there", ["target", "pod", "metric"], SchemaError, "'pod'; there are: time, metric")
    @params("an empty by", [], OptionError, "by=() names no column")
    @params("a group of several metrics", ["target"], OptionError, "add 'metric' to by")
    def __init__(self, what: str, by: Sequence[str], error: type[Exception], text: str) -> None:
        self.what, self.by, self.error, self.text = what, by, error, text

    def given_points_of_two_metrics(self) -> None:
        self.points = put_together(make_series([1]), make_series([1], metric="memory_usage"))

    def when_they_are_summarized(self) -> None:
        with catched(Exception) as self.caught:
            summarize(self.points, by=self.by)

    def then_the_error_tells(self) -> None:
        assert self.caught.type is self.error
        assert self.text in str(self.caught.value)
