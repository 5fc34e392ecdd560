"""The summary that k6's reporters read, held against one that k6 2.2.0 wrote."""

import json
from typing import Any, Final

import vedro
from vedro import params

from tests.contexts.series import make_series, put_together
from vedro_profiling.analysis.k6_summary import handle_summary
from vedro_profiling.analysis.thresholds import check

# From a genuine handleSummary(data) of k6 2.2.0, less the values that its clock made.
OF_K6: Final[dict[str, Any]] = {
    "root_group": {"id": "d41d8cd98f00b204e9800998ecf8427e", "groups": [], "checks": [], "name": "", "path": ""},
    "options": {
        "summaryTrendStats": ["avg", "min", "med", "max", "p(90)", "p(95)"],
        "summaryTimeUnit": "",
        "noColor": False,
    },
    "state": {"isStdOutTTY": False, "isStdErrTTY": False, "testRunDurationMs": 1212.255195},
    "metrics": {
        "cpu_percent": {
            "type": "gauge",
            "contains": "default",
            "values": {"value": 93.5, "min": 0, "max": 93.5},
            "thresholds": {"value<50": {"ok": False}},
        },
        "errors{target:app}": {
            "type": "trend",
            "contains": "default",
            "values": {"avg": 410, "min": 300, "med": 410, "max": 520, "p(90)": 498, "p(95)": 509},
            "thresholds": {"max<512": {"ok": False}, "p(95)<600": {"ok": True}},
        },
    },
}


class ItHasTheShapeOfK6(vedro.Scenario):
    subject = "the summary equals the one that k6 makes of the same points, key by key"

    def given_the_points_of_the_k6_script(self) -> None:
        self.points = put_together(
            make_series([0, 50, 93.5]),
            make_series(range(300, 521, 20), metric="errors"),
            make_series([7], metric="vus"),
        )
        self.verdicts = check(self.points, {"cpu_percent": "value<50", "errors{target:app}": ["max<512", "p(95)<600"]})

    def when_it_is_made_and_written_as_json(self) -> None:
        summary = handle_summary(self.points.lazy(), self.verdicts, duration_ms=1212.255195)
        self.summary = json.loads(json.dumps(summary, allow_nan=False))

    def then_it_is_what_k6_writes(self) -> None:
        metrics = self.summary["metrics"]
        assert {**self.summary, "metrics": {name: metrics[name] for name in OF_K6["metrics"]}} == OF_K6

    def and_metrics_without_thresholds_have_no_such_key(self) -> None:
        assert self.summary["metrics"]["vus"] == {
            "type": "gauge",
            "contains": "default",
            "values": {"value": 7, "min": 7, "max": 7},
        }

    def and_submetrics_follow_their_metric(self) -> None:
        assert list(self.summary["metrics"]) == ["cpu_percent", "errors", "errors{target:app}", "vus"]


class ValuesFollowTheType(vedro.Scenario):
    subject = "{metric} is told as {type_} of {contains}"

    @params("cpu_time", "counter", "time", {"count": 4, "rate": 2})
    @params("disk_read", "counter", "data", {"count": 4, "rate": 2})
    @params("iterations", "counter", "default", {"count": 4, "rate": 2})
    @params("memory_peak", "gauge", "default", {"value": 3, "min": 0, "max": 3})
    @params("http_req_failed", "rate", "default", {"rate": 2 / 3, "passes": 2, "fails": 1})
    @params(
        "scenario_duration",
        "trend",
        "time",
        {"avg": 4 / 3, "min": 0, "med": 1, "max": 3, "p(90)": 2.6, "p(95)": 2.8},
    )
    def __init__(self, metric: str, type_: str, contains: str, values: dict[str, float]) -> None:
        self.metric = metric
        self.type_ = type_
        self.contains = contains
        self.values = values

    def given_its_points(self) -> None:
        self.points = make_series([0, 1, 3], metric=self.metric)

    def when_the_summary_is_made(self) -> None:
        summary = handle_summary(self.points, check(self.points, {}), duration_ms=2000)
        self.told = summary["metrics"][self.metric]

    def then_type_and_contents_are_those_of_k6(self) -> None:
        assert (self.told["type"], self.told["contains"]) == (self.type_, self.contains)

    def and_the_values_too(self) -> None:
        assert self.told["values"].keys() == self.values.keys()
        assert all(abs(self.told["values"][name] - value) < 1e-9 for name, value in self.values.items())


class NothingMatched(vedro.Scenario):
    subject = "{key} that matches nothing has zeros, as in k6, and a verdict that is not ok"

    @params("memory_usage{service:nosuch}")
    @params("nosuch")
    @params("scenario_duration")
    def __init__(self, key: str) -> None:
        self.key = key

    def given_a_broken_budget(self) -> None:
        self.points = make_series([1], metric="memory_usage")
        self.verdicts = check(self.points, {self.key: "max<5"})

    def when_the_summary_is_made(self) -> None:
        self.told = handle_summary(self.points, self.verdicts, duration_ms=0)["metrics"][self.key]

    def then_all_values_are_zero(self) -> None:
        assert set(self.told["values"].values()) == {0.0}

    def and_the_verdict_is_not_ok(self) -> None:
        assert self.told["thresholds"] == {"max<5": {"ok": False}}


class WhatIsNotJudgedIsLeftOut(vedro.Scenario):
    subject = "a threshold that was not judged is left out, for k6 knows only kept and crossed"

    def given_a_budget_of_a_method_that_was_not_available(self) -> None:
        self.points = make_series([1], metric="memory_usage", method="default")
        thresholds = {"memory_usage{service:app}": "max<5", "memory_usage": "max<5"}
        self.verdicts = check(self.points, thresholds, unavailable_methods=["docker"])

    def when_the_summary_is_made(self) -> None:
        self.metrics = handle_summary(self.points, self.verdicts, duration_ms=1)["metrics"]

    def then_only_the_judged_one_is_there(self) -> None:
        assert {name: metric.get("thresholds") for name, metric in self.metrics.items()} == {
            "memory_usage": {"max<5": {"ok": True}}
        }


class TheHostIsLeftOut(vedro.Scenario):
    subject = "the host is in the summary where a threshold names it, and in no sum"

    def when_the_summary_is_made(self) -> None:
        points = put_together(
            make_series([300], metric="cpu_time", target="vedro", method="default"),
            make_series([5000], metric="cpu_time", target="system", method="default"),
            make_series([77], metric="network_sent", target="system", method="default"),
        )
        verdicts = check(points, {"cpu_time{target:system}": "count<1"})
        self.metrics = handle_summary(points, verdicts, duration_ms=1000)["metrics"]

    def then_it_stands_there_alone(self) -> None:
        counts = {name: metric["values"]["count"] for name, metric in self.metrics.items()}
        assert counts == {"cpu_time": 300, "cpu_time{target:system}": 5000}


class ARunOfNoLength(vedro.Scenario):
    subject = "a run that took no time has a rate of zero, and no points make no metrics"

    def when_summaries_are_made(self) -> None:
        counted = make_series([5], metric="cpu_time")
        empty = make_series([])
        self.of_no_length = handle_summary(counted, check(counted, {}), duration_ms=0)
        self.of_nothing = handle_summary(empty, check(empty, {}), duration_ms=0)

    def then_nothing_is_divided_by_zero(self) -> None:
        assert self.of_no_length["metrics"]["cpu_time"]["values"] == {"count": 5.0, "rate": 0.0}

    def and_nothing_is_made_up(self) -> None:
        assert self.of_nothing["metrics"] == {}
        assert isinstance(self.of_nothing["options"], dict)
