"""What a budget is judged by, and what is said of one that is broken or cannot be judged."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import polars as pl
import vedro
from vedro import catched, params

from tests.contexts.series import START, make_series, put_together
from vedro_profiling.analysis.summary import summarize
from vedro_profiling.analysis.thresholds import check, parse_thresholds
from vedro_profiling.errors import OptionError, SchemaError

COLUMNS = {
    "threshold": pl.String,
    "expression": pl.String,
    "metric": pl.String,
    "value": pl.Float64,
    "limit": pl.Float64,
    "status": pl.String,
    "reason": pl.String,
}

SCRIPT = [float(value) for value in range(300, 521, 20)]
"""What the k6 script of the facts sent: k6 itself said p(90) = 498 and p(95) = 509 of it."""


def memory(values: Sequence[float] = SCRIPT, **names: Any) -> pl.DataFrame:
    return make_series(values, metric="memory_usage", **names)


class StatisticsAreThoseOfK6(vedro.Scenario):
    subject = "{method} of a gauge is {value}"

    @params("min", 300.0)
    @params("max", 520.0)
    @params("med", 410.0)
    @params("p(0)", 300.0)
    @params("p(90)", 498.0)
    @params("p(95)", 509.0)
    @params("p(100)", 520.0)
    @params("avg", 410.0)
    @params("value", 520.0)
    @params("count", 12.0)
    @params("rate", 12 / 11)
    def __init__(self, method: str, value: float) -> None:
        self.method = method
        self.value = value

    def given_readings_a_second_apart(self) -> None:
        self.points = memory()

    def when_it_is_judged(self) -> None:
        self.verdicts = check(self.points, {"memory_usage": f"{self.method} <= 512"})

    def then_the_value_is_told(self) -> None:
        assert abs(self.verdicts["value"][0] - self.value) < 1e-9

    def and_judged(self) -> None:
        assert self.verdicts["status"][0] == ("passed" if self.value <= 512 else "broken")


class OperatorsJudge(vedro.Scenario):
    subject = "a value of 520 {expression}: {status}"

    @params("max<520", "broken")
    @params("max<521", "passed")
    @params("max<=520", "passed")
    @params("max<=519", "broken")
    @params("max>520", "broken")
    @params("max>519", "passed")
    @params("max>=520", "passed")
    @params("max>=521", "broken")
    @params("max==520", "passed")
    @params("max==521", "broken")
    @params("max===520", "passed")
    @params("max!=521", "passed")
    @params("max!=520", "broken")
    @params("max<Inf", "passed")
    def __init__(self, expression: str, status: str) -> None:
        self.expression = expression
        self.status = status

    def when_it_is_judged(self) -> None:
        self.verdicts = check(memory(), {"memory_usage": self.expression})

    def then_the_limit_is_kept_or_not(self) -> None:
        assert self.verdicts["status"].to_list() == [self.status]


class TheFrameOfVerdictsHasOneShape(vedro.Scenario):
    subject = "verdicts have the same columns, judged or not, of a DataFrame or a LazyFrame"

    @params({}, 0)
    @params({"memory_usage": ["max<512", "avg<512"], "cpu_percent{target:nosuch}": "max<9"}, 3)
    def __init__(self, thresholds: dict[str, Any], rows: int) -> None:
        self.thresholds = thresholds
        self.rows = rows

    def given_points(self) -> None:
        self.points = put_together(memory(), make_series([5, 9]))

    def when_they_are_judged(self) -> None:
        self.verdicts = check(self.points, self.thresholds)
        self.of_lazy = check(self.points.lazy(), self.thresholds)

    def then_each_expression_has_its_row(self) -> None:
        assert self.verdicts.schema == COLUMNS
        assert self.verdicts.height == self.rows

    def and_laziness_makes_no_difference(self) -> None:
        assert self.of_lazy.equals(self.verdicts)


class AveragesAreThoseOfTheSummary(vedro.Scenario):
    subject = "the average of {key} is the weighted one that summarize tells"

    @params("memory_usage", ("metric",), ("memory_usage",))
    @params("memory_usage{target:app}", ("metric", "target"), ("memory_usage", "app"))
    @params("memory_usage{target:db,run:run-1}", ("metric", "target", "run"), ("memory_usage", "db", "run-1"))
    @params("memory_usage{run:run-1,target:db}", ("metric", "target", "run"), ("memory_usage", "db", "run-1"))
    @params("memory_usage{scenario:pay}", ("metric", "scenario"), ("memory_usage", "pay"))
    def __init__(self, key: str, by: tuple[str, ...], group: tuple[str, ...]) -> None:
        self.key = key
        self.by = by
        self.group = group

    def given_readings_at_uneven_intervals_with_gaps(self) -> None:
        self.points = put_together(
            memory([100, 400, 100], seconds=[0, 1, 2]),
            memory([900, 100, 50], seconds=[5, 5.5, 60], scenario="pay"),
            memory([10, 90, 20], seconds=[0, 5, 6], target="db"),
            make_series([1, 2, 3]),
        )

    def when_the_average_is_judged(self) -> None:
        self.verdicts = check(self.points, {self.key: "avg<1"})

    def then_it_is_the_same_number(self) -> None:
        rows = {
            row[: len(self.by)]: row[-1] for row in summarize(self.points, by=self.by).select(*self.by, "avg").rows()
        }
        assert self.verdicts["value"].to_list() == [rows[self.group]]


class CountersAreAddedUp(vedro.Scenario):
    subject = "{expression} of a counter is {value}, and says {reason!r}"

    @params("count<1", 30.0, "count is 30 milliseconds, target app")
    @params("rate<1", 7.5, "rate is 7.5 milliseconds per second, target app")
    @params("avg<1", 10.0, "avg is 10 milliseconds, target app")
    @params("max<1", 20.0, "max is 20 milliseconds, target app, at 2026-01-26T10:00:03Z")
    def __init__(self, expression: str, value: float, reason: str) -> None:
        self.expression = expression
        self.value = value
        self.reason = reason

    def given_a_counter_whose_first_interval_ends_after_the_run_began(self) -> None:
        self.points = put_together(
            make_series([5, 5, 20], seconds=[1, 2, 3], metric="cpu_time"), make_series([1, 1], seconds=[0, 4])
        )

    def when_it_is_judged(self) -> None:
        self.verdicts = check(self.points, {"cpu_time": self.expression})

    def then_value_and_reason_tell(self) -> None:
        assert self.verdicts.select("value", "reason").rows() == [(self.value, self.reason)]


class TheHostIsLeftOut(vedro.Scenario):
    subject = "the host counts for {key} {expression} only if that names it: {value}"

    @params("cpu_time", "count<9999", 1000.0)
    @params("cpu_time{method:default}", "count<9999", 300.0)
    @params("cpu_time{target:system}", "count<9999", 5700.0)
    @params("cpu_time{target:system,method:default}", "count<9999", 5000.0)
    @params("cpu_time", "max<9999", 700.0)
    @params("cpu_time", "avg<9999", 500.0)
    @params("cpu_time{target:system}", "avg<9999", 2850.0)
    @params("vus", "max<9999", 5.0)
    def __init__(self, key: str, expression: str, value: float) -> None:
        self.key, self.expression, self.value = key, expression, value

    def given_a_host_a_process_and_a_container_of_the_name_of_the_host(self) -> None:
        nobody = pl.lit(None, pl.Categorical)
        nobodys = make_series([5], metric="vus").with_columns(target=nobody, method=nobody)
        self.points = put_together(
            make_series([300], metric="cpu_time", target="vedro", method="default"),
            make_series([5000], metric="cpu_time", target="system", method="default"),
            make_series([700], metric="cpu_time", target="system", method="docker"),
            nobodys,
        )

    def when_it_is_judged(self) -> None:
        self.verdicts = check(self.points, {self.key: self.expression})

    def then_that_is_the_value(self) -> None:
        assert self.verdicts["value"].to_list() == [self.value]


class DigitsEnough(vedro.Scenario):
    subject = "{value} that breaks {expression} is told as {told}"

    @params(520.123456789, "max<512", "520.123")
    @params(512.0000004, "max<=512", "512.0000004")
    @params(1234567.8, "max<9", "1234567.8")
    @params(0.00000125, "max<-1", "1.25e-06")
    def __init__(self, value: float, expression: str, told: str) -> None:
        self.value, self.expression, self.told = value, expression, told

    def when_it_is_judged(self) -> None:
        self.verdicts = check(memory([self.value]), {"memory_usage": self.expression})

    def then_it_is_told_so(self) -> None:
        assert self.verdicts["reason"][0].startswith(f"max is {self.told} megabytes")


class OnlyTheHost(vedro.Scenario):
    subject = "a budget of what only the host has is broken, and says how the host is named"

    def when_it_is_judged(self) -> None:
        points = make_series([300], metric="network_sent", target="system", method="default")
        self.verdicts = check(points, {"network_sent": "count<9999"})

    def then_it_is_broken_with_that_reason(self) -> None:
        assert self.verdicts.select("status", "reason").row(0) == (
            "broken",
            "only the host has network_sent points: 'target:system' names it, nothing else means it",
        )


class RatesRelateToTheTimeOfTheirOwn(vedro.Scenario):
    subject = "the rate of {key} relates to {seconds} s"

    @params("disk_read", 400, 14)
    @params("disk_read{run:run-1}", 300, 10)
    @params("disk_read{target:app,run:run-2}", 100, 4)
    @params("disk_read{scenario:pay}", 100, 0.5)
    @params("disk_read{scenario:pay,run:run-1}", 100, 0.5)
    @params("disk_read{scenario:k6}", 200, 14)
    def __init__(self, key: str, amount: float, seconds: float) -> None:
        self.key = key
        self.amount = amount
        self.seconds = seconds

    def given_two_runs_far_apart_with_a_scenario_of_two_attempts(self) -> None:
        self.points = put_together(
            make_series([0, 0], seconds=[0, 10]),
            make_series([100], seconds=[2], metric="disk_read", scenario="pay"),
            make_series([200], seconds=[3], metric="disk_read", scenario="k6"),
            make_series([200, 300], seconds=[2, 3], metric="scenario_duration", target="vedro", scenario="pay"),
            make_series([100], seconds=[5000], metric="disk_read", run="run-2"),
            make_series([0], seconds=[5004], run="run-2"),
        )

    def when_the_rate_is_judged(self) -> None:
        self.verdicts = check(self.points, {self.key: "rate<1"})

    def then_it_is_the_amount_per_second(self) -> None:
        assert self.verdicts["value"].to_list() == [self.amount / self.seconds]


class ARateNeedsTime(vedro.Scenario):
    subject = "a rate over no time at all is not judged"

    def when_a_single_reading_is_judged(self) -> None:
        self.verdicts = check(make_series([100], metric="disk_read"), {"disk_read": ["rate<1", "count<101"]})

    def then_the_reason_is_told_and_the_rest_is_judged(self) -> None:
        assert self.verdicts.select("value", "status", "reason").rows() == [
            (None, "not judged", "the points cover no time that a rate could relate to"),
            (100.0, "passed", None),
        ]


class K6sOwnMetricsAreCountedByTheirType(vedro.Scenario):
    subject = "{metric}: {expression} is broken with {reason!r}"

    @params("http_req_failed", "rate<0.01", "rate is 0.25, target app")
    @params("http_req_failed", "count<1", "count is 4 points, target app")
    @params("http_reqs", "count<1", "count is 1, target app")
    @params("http_reqs", "rate<0.1", "rate is 0.333333 per second, target app")
    @params("vus", "count<1", "count is 4 points, target app")
    @params("http_req_duration", "p(50)>1", "p(50) is 0, target app")
    @params("http_req_duration", "rate<1", "rate is 1.33333 points per second, target app")
    def __init__(self, metric: str, expression: str, reason: str) -> None:
        self.metric = metric
        self.expression = expression
        self.reason = reason

    def when_it_is_judged(self) -> None:
        self.verdicts = check(make_series([0, 1, 0, 0], metric=self.metric), {self.metric: self.expression})

    def then_the_reason_tells_the_number(self) -> None:
        assert self.verdicts["reason"].to_list() == [self.reason]


class TheLastValueDoesNotDependOnOrder(vedro.Scenario):
    subject = "of several points at the last instant, the greatest is the value, however the rows lie"

    @params(descending=False)
    @params(descending=True)
    def __init__(self, *, descending: bool) -> None:
        self.descending = descending

    def given_points_of_two_targets(self) -> None:
        both = put_together(memory([900, 5]), memory([1, 7], target="db"), memory([2], target="late"))
        self.points = both.sort("value", descending=self.descending)

    def when_the_value_is_judged(self) -> None:
        self.verdicts = check(self.points, {"memory_usage": "value<1"})

    def then_it_is_the_greatest_of_the_last(self) -> None:
        assert self.verdicts.select("value", "reason").rows() == [
            (7.0, "value is 7 megabytes, target db, at 2026-01-26T10:00:01Z")
        ]


class ABrokenBudgetTellsWhere(vedro.Scenario):
    subject = "{expression} is broken, and the reason names value, target, scenario and instant"

    @params("max<512", "max is 520.5 megabytes, target app, scenario scenarios/pay.py::Pay, at 2026-01-26T10:00:01Z")
    @params("min>400", "min is 300 megabytes, target app, at 2026-01-26T10:00:00Z")
    @params("p(95)<400", "p(95) is 509.475 megabytes, target app")
    @params("med<400", "med is 410.25 megabytes, target app")
    def __init__(self, expression: str, reason: str) -> None:
        self.expression = expression
        self.reason = reason

    def given_a_scenario_that_needs_more_than_the_rest(self) -> None:
        self.points = put_together(memory([300]), memory([520.5], seconds=[1], scenario="scenarios/pay.py::Pay"))

    def when_it_is_judged(self) -> None:
        self.verdicts = check(self.points, {"memory_usage": self.expression})

    def then_the_reason_tells(self) -> None:
        assert self.verdicts.select("status", "reason").rows() == [("broken", self.reason)]


class AllTagsMustMatch(vedro.Scenario):
    subject = "{key} judges {count} points"

    @params("memory_usage", 6)
    @params("memory_usage{service:app}", 3)
    @params("memory_usage{service:app,target:app-2}", 1)
    @params("memory_usage{method:docker}", 5)
    @params("memory_usage{branch:main}", 1)
    def __init__(self, key: str, count: int) -> None:
        self.key = key
        self.count = count

    def given_points_of_several_targets_and_a_custom_tag(self) -> None:
        series = put_together(
            memory([1, 1], service="app", target="app-1"),
            memory([1], service="app", target="app-2"),
            memory([1, 1], service="db", target="db-1"),
            memory([1], target="vedro", method="default"),
            make_series([1], service="app"),
        )
        is_vedro = pl.col("target") == "vedro"
        self.points = series.with_columns(branch=pl.when(is_vedro).then(pl.lit("main")))

    def when_they_are_counted(self) -> None:
        self.verdicts = check(self.points, {self.key: "count<1000"})

    def then_only_those_with_all_tags_are(self) -> None:
        assert self.verdicts["value"].to_list() == [float(self.count)]


class NamesMayComeInAnyDtype(vedro.Scenario):
    subject = "names as {dtype} are judged alike, and columns that are no tags do not disturb"

    @params(pl.String())
    @params(pl.Categorical())
    @params(pl.Enum(["memory_usage", "app"]))
    def __init__(self, dtype: pl.DataType) -> None:
        self.dtype = dtype

    def given_a_frame_made_by_hand(self) -> None:
        names = pl.lit("memory_usage").cast(self.dtype), pl.lit("app").cast(self.dtype)
        self.points = pl.DataFrame({"time": [START], "value": [5], "minute": [1]}).with_columns(
            metric=names[0], target=names[1]
        )

    def when_it_is_judged(self) -> None:
        self.verdicts = check(self.points, {"memory_usage{target:app}": "max<9", "memory_usage{target:db}": "max<9"})

    def then_the_verdicts_are_right(self) -> None:
        assert self.verdicts["status"].to_list() == ["passed", "broken"]


class ABudgetThatMatchesNothingIsBroken(vedro.Scenario):
    subject = "{key} matches no point: broken, {reason!r}"

    @params(
        "memory_usage{service:ap}",
        "no memory_usage point has service 'ap'; did you mean 'app'? there are: app, db",
    )
    @params("memory_usage{service:queue}", "no memory_usage point has service 'queue'; there are: app, db")
    @params(
        "memory_usag{service:app}",
        "no point has metric 'memory_usag'; did you mean 'memory_usage'? there are: cpu_percent, memory_usage",
    )
    @params(
        "memory_usage{servce:app}",
        "no memory_usage point has a tag 'servce'; did you mean 'service'? there are: target, service, method, run",
    )
    @params(
        "memory_usage{scenario:pay}",
        "no memory_usage point has a tag 'scenario'; there are: target, service, method, run",
    )
    @params(
        "memory_usage{value:5}",
        "no memory_usage point has a tag 'value'; there are: target, service, method, run",
    )
    @params(
        "memory_usage{service:app,target:db}",
        "no memory_usage point has service 'app' and target 'db' at once, though each of them alone",
    )
    def __init__(self, key: str, reason: str) -> None:
        self.key = key
        self.reason = reason

    def given_points_of_two_services(self) -> None:
        self.points = put_together(
            memory(service="app"), memory(service="db", target="db"), make_series([1], service="queue")
        )

    def when_it_is_judged_from_above_and_below(self) -> None:
        self.verdicts = check(self.points, {self.key: ["max<1", "max>0", "avg<1", "count==0", "rate<1", "value<1"]})

    def then_every_expression_is_broken(self) -> None:
        assert self.verdicts["status"].unique().to_list() == ["broken"]
        assert self.verdicts["value"].null_count() == self.verdicts.height

    def and_the_reason_leads_to_the_right_spelling(self) -> None:
        assert self.verdicts["reason"].unique().to_list() == [self.reason]


class LongListsAreCut(vedro.Scenario):
    subject = "of many names ten are listed, and the rest is counted"

    def given_many_targets(self) -> None:
        self.points = put_together(*(memory([1], target=f"app-{number:02}") for number in range(13)))

    def when_one_is_missed(self) -> None:
        self.verdicts = check(self.points, {"memory_usage{target:queue}": "max<1"})

    def then_the_reason_stays_short(self) -> None:
        listed = ", ".join(f"app-{number:02}" for number in range(10))
        assert self.verdicts["reason"].to_list() == [
            f"no memory_usage point has target 'queue'; there are: {listed} and 3 more"
        ]


class NoPointsAtAll(vedro.Scenario):
    subject = "where there is no point at all, that is the reason"

    def when_an_empty_frame_is_judged(self) -> None:
        self.verdicts = check(memory([]), {"memory_usage": ["max<1", "avg<1", "rate<1"]})

    def then_each_is_broken(self) -> None:
        assert self.verdicts.select("status", "reason").rows() == [("broken", "there is no point at all")] * 3


class AFrameWithoutTags(vedro.Scenario):
    subject = "where no point has any tag, none is offered"

    def when_a_tag_is_asked_for(self) -> None:
        points = pl.DataFrame({"time": [START], "metric": ["memory_usage"], "value": [1.0]})
        self.verdicts = check(points, {"memory_usage{target:app}": "max<1"})

    def then_the_reason_says_so(self) -> None:
        assert self.verdicts["reason"].to_list() == ["no memory_usage point has a tag 'target'"]


WITHOUT_DOCKER = {"unavailable_methods": ["docker"]}
WITHOUT_SCENARIOS = {"no_scenario_ran": True}
WITHOUT_ANYTHING = {"unavailable_methods": ["docker", "default"], "no_scenario_ran": True}
NO_DOCKER = "method 'docker' was not available; no memory_usage point has "
NOTHING = (
    "no scenario ran and method 'default' was not available and method 'docker' was not available; no memory_usage"
)


class SomeAreNotJudged(vedro.Scenario):
    subject = "{key} is {status} with {circumstances}"

    @params("memory_usage{service:app}", WITHOUT_DOCKER, "not judged", NO_DOCKER)
    @params("memory_usage{method:docker}", WITHOUT_DOCKER, "not judged", NO_DOCKER)
    @params("memory_usage{service:app,method:default}", WITHOUT_DOCKER, "broken", "no memory_usage point has a tag")
    @params("memory_usage{target:vedro}", WITHOUT_DOCKER, "broken", "max is 520 megabytes")
    @params("memory_usage{service:app}", WITHOUT_SCENARIOS, "not judged", "no scenario ran; no memory_usage point has")
    @params("memory_usage{target:vedro}", WITHOUT_SCENARIOS, "broken", "max is 520 megabytes")
    @params("memory_usage{service:app}", WITHOUT_ANYTHING, "not judged", NOTHING)
    def __init__(self, key: str, circumstances: dict[str, Any], status: str, reason: str) -> None:
        self.key = key
        self.circumstances = circumstances
        self.status = status
        self.reason = reason

    def given_points_of_the_test_process_alone(self) -> None:
        self.points = memory(target="vedro", method="default")

    def when_it_is_judged(self) -> None:
        self.verdicts = check(self.points, {self.key: "max<1"}, **self.circumstances)

    def then_only_what_could_not_match_is_excused(self) -> None:
        assert self.verdicts["status"].to_list() == [self.status]
        assert self.verdicts["reason"][0].startswith(self.reason)


class ParsedThresholdsMayBeNarrowed(vedro.Scenario):
    subject = "thresholds parsed before may be narrowed to a scenario, whatever its name holds, and judged"

    def given_a_threshold_of_one_scenario(self) -> None:
        [parsed] = parse_thresholds({"memory_usage{service:app}": "max<512"})
        self.threshold = replace(parsed, selector={**parsed.selector, "scenario": "a, b.py::Pay"})

    def given_points_inside_and_outside(self) -> None:
        self.points = put_together(memory(service="app"), memory([5], service="app", scenario="a, b.py::Pay"))

    def when_it_is_judged(self) -> None:
        self.verdicts = check(self.points, iter([self.threshold]))

    def then_only_the_scenario_counts(self) -> None:
        assert self.verdicts.select("value", "status").rows() == [(5.0, "passed")]


class WrongInputIsRefused(vedro.Scenario):
    subject = "what cannot be judged at all is refused"

    def when_a_column_is_missing(self) -> None:
        with catched(SchemaError) as self.no_column:
            check(memory().drop("value"), {"memory_usage": "max<1"})

    def and_when_an_expression_cannot_be_read(self) -> None:
        with catched(OptionError) as self.no_expression:
            check(memory(), {"memory_usage": "max<1GB"})

    def then_each_error_names_its_fault(self) -> None:
        assert "missing: value" in str(self.no_column.value)
        assert "'1GB' is no number" in str(self.no_expression.value)
