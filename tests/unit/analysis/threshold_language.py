"""What of k6's language is understood, and how it is refused (the cases that k6 itself was seen to take or refuse)."""

from math import inf
from typing import Any

import vedro
from vedro import catched, params

from vedro_profiling.analysis.threshold_language import make_key, parse_key, parse_thresholds
from vedro_profiling.errors import OptionError

FORM = "expected <avg|min|max|med|p(N)|count|rate|value> <operator> <number>"
KEY_FORM = "expected a metric name, or metric{tag:value,tag2:value2}"


class ExpressionsAreUnderstood(vedro.Scenario):
    subject = "{expression!r} means {method} {operator} {limit}"

    @params("max<512", "max", "<", 512.0)
    @params("max < 512 ", "max", "<", 512.0)
    @params(" max<512", "max", "<", 512.0)
    @params("med==200", "med", "==", 200.0)
    @params("med===200", "med", "===", 200.0)
    @params("med!=200", "med", "!=", 200.0)
    @params("avg>=1.5", "avg", ">=", 1.5)
    @params("min>+1.", "min", ">", 1.0)
    @params("count<=10", "count", "<=", 10.0)
    @params("rate<0.01", "rate", "<", 0.01)
    @params("value<50", "value", "<", 50.0)
    @params("max<5e2", "max", "<", 500.0)
    @params("max<-1", "max", "<", -1.0)
    @params("max<.5e4", "max", "<", 5000.0)
    @params("max<5E-1", "max", "<", 0.5)
    @params("max<Inf", "max", "<", inf)
    @params("max>-Infinity", "max", ">", -inf)
    def __init__(self, expression: str, method: str, operator: str, limit: float) -> None:
        self.expression = expression
        self.method = method
        self.operator = operator
        self.limit = limit

    def when_it_is_parsed(self) -> None:
        [self.threshold] = parse_thresholds({"memory_usage": self.expression})

    def then_it_means_that(self) -> None:
        assert self.threshold.method == self.method
        assert self.threshold.percentile is None
        assert self.threshold.operator == self.operator
        assert self.threshold.limit == self.limit

    def and_it_keeps_what_was_written(self) -> None:
        assert self.threshold.expression == self.expression
        assert self.threshold.key == "memory_usage"


class PercentilesAreUnderstood(vedro.Scenario):
    subject = "{expression!r} judges the percentile {percentile}"

    @params("p(95)<400", 95.0)
    @params("p(99.99)<=300", 99.99)
    @params("p(0)>1", 0.0)
    @params("p(100) < 1", 100.0)
    def __init__(self, expression: str, percentile: float) -> None:
        self.expression = expression
        self.percentile = percentile

    def when_it_is_parsed(self) -> None:
        [self.threshold] = parse_thresholds({"memory_usage": [self.expression]})

    def then_it_judges_that_percentile(self) -> None:
        assert (self.threshold.method, self.threshold.percentile) == ("p", self.percentile)


class ExpressionsAreRefused(vedro.Scenario):
    subject = "{expression!r} is refused: {fault}"

    @params("p95<400", "'p95' is no method")
    @params("p( 95 )<400", "' 95 ' is no number")
    @params("p(101)<1", "101 is no percentile: those lie between 0 and 100")
    @params("p(-1)<1", "-1 is no percentile")
    @params("p(Inf)<1", "Inf is no percentile")
    @params("p()<1", "'' is no number")
    @params("p<1", "'p' is no method")
    @params("p(9)5<1", "'p(9)5' is no method")
    @params("max<512MB", "'512MB' is no number")
    @params("max<80%", "'80%' is no number")
    @params("max=512", "there is none of the operators <= >= === == != < >")
    @params("max=<512", "there is none of the operators")
    @params("max<<512", "'<512' is no number")
    @params("max====512", "'=512' is no number")
    @params("", "there is none of the operators")
    @params("max", "there is none of the operators")
    @params("max<", "'' is no number")
    @params("<512", "'' is no method")
    @params("average<512", "'average' is no method")
    @params("MAX<512", "'MAX' is no method")
    @params("max<NaN", "'NaN' is no number")
    @params("max<0x1p10", "'0x1p10' is no number")
    @params("max<1_000", "'1_000' is no number")
    @params("max<1,5", "'1,5' is no number")
    @params("max<1e999", "'1e999' is no number")
    @params("max<\N{ARABIC-INDIC DIGIT FIVE}", "is no number")
    @params("max<5 and min>1", "'5 and min>1' is no number")
    def __init__(self, expression: str, fault: str) -> None:
        self.expression = expression
        self.fault = fault

    def when_it_is_parsed(self) -> None:
        with catched(OptionError) as self.caught:
            parse_thresholds({"memory_usage{service:app}": ["max<1", self.expression]})

    def then_the_error_names_the_place_the_fault_and_what_is_allowed(self) -> None:
        text = str(self.caught.value)
        place = f"thresholds['memory_usage{{service:app}}'] = {self.expression!r}: "
        assert text.startswith(place + self.fault) or self.fault in text
        assert place in text
        assert FORM in text
        assert text.endswith("; the unit is megabytes already")


class AForeignMetricHasNoUnitToTell(vedro.Scenario):
    subject = "any well-formed metric may be named, and only ours have a unit to tell"

    def when_a_wrong_number_is_given_for_a_metric_of_k6(self) -> None:
        with catched(OptionError) as self.caught:
            parse_thresholds({"http_req_duration": "max<5s"})

    def then_no_unit_is_claimed(self) -> None:
        assert "unit" not in str(self.caught.value)


class KeysAreUnderstood(vedro.Scenario):
    subject = "{key!r} selects {metric} with {selector}"

    @params("mem", "mem", {})
    @params(" mem ", "mem", {})
    @params("m" * 129, "m" * 129, {})
    @params("mem{target:app}", "mem", {"target": "app"})
    @params("mem{ target:app }", "mem", {"target": "app"})
    @params("mem{target: app}", "mem", {"target": "app"})
    @params("mem{target:app,m:a:b}", "mem", {"target": "app", "m": "a:b"})
    @params("mem{\"target\":'app'}", "mem", {"target": "app"})
    @params("mem{scenario:scenarios/a.py::Pay#2}", "mem", {"scenario": "scenarios/a.py::Pay#2"})
    @params("mem{name:http://${}.com}", "mem", {"name": "http://${}.com"})
    @params('mem{target:"a,b",m:c}', "mem", {"target": "a,b", "m": "c"})
    @params("mem{ target : 'a, b:c' , m:c}", "mem", {"target": "a, b:c", "m": "c"})
    @params("mem{target:it's,m:o'clock}", "mem", {"target": "it's", "m": "o'clock"})
    @params("mem{a:\"x,y\",b:'z}',c:{1,d:e}", "mem", {"a": "x,y", "b": "z}", "c": "{1", "d": "e"})
    def __init__(self, key: str, metric: str, selector: dict[str, str]) -> None:
        self.key = key
        self.metric = metric
        self.selector = selector

    def when_it_is_parsed(self) -> None:
        self.parsed = parse_key(self.key)

    def then_metric_and_tags_are_told_apart(self) -> None:
        assert self.parsed == (self.metric, self.selector)


class KeysAreWritten(vedro.Scenario):
    subject = "a key that is written of {selector} can be read"

    @params({})
    @params({"target": "app", "scenario": "scenarios/pay.py::Pay#2"})
    @params({"scenario": "pay, then {go}.py::Pay", "target": "app"})
    @params({"scenario": 'a "b", c', "target": "it's"})
    @params({"target": " app "})
    def __init__(self, selector: dict[str, str]) -> None:
        self.selector = selector

    def when_it_is_written(self) -> None:
        self.key = make_key("mem", self.selector)

    def then_it_can_be_read(self) -> None:
        assert parse_key(self.key) == ("mem", self.selector)


class KeysAreRefused(vedro.Scenario):
    subject = "the key {key!r} is refused: {fault}"

    @params("mem{}", "'' is no tag:value")
    @params("mem{target}", "'target' is no tag:value")
    @params("mem{target:}", "'target:' is no tag:value")
    @params("mem{:app}", "':app' is no tag:value")
    @params("mem{target:app,}", "'' is no tag:value")
    @params("mem{target:a,b}", "'b' is no tag:value (a value with ',' stands in quotes)")
    @params('mem{target:"a,b}', "'b' is no tag:value")
    @params('mem{target:"",a:b}', "'target:\"\"' is no tag:value")
    @params("mem{target:a,target:b}", "tag 'target' stands twice")
    @params("mem{target:app", "the key does not end with '}'")
    @params("mem{target:app} x", "the key does not end with '}'")
    @params("mem}target:app{", "'mem}target:app' is no name of a metric")
    @params("memory.usage", "'memory.usage' is no name of a metric")
    @params("memory-usage{a:b}", "'memory-usage' is no name of a metric")
    @params("m", "'m' is no name of a metric")
    @params("m" * 130, "is no name of a metric")
    @params("1mem", "'1mem' is no name of a metric")
    @params("{target:app}", "'' is no name of a metric")
    @params("", "'' is no name of a metric")
    @params(5, "this key is no text")
    def __init__(self, key: Any, fault: str) -> None:
        self.key = key
        self.fault = fault

    def when_it_is_parsed(self) -> None:
        with catched(OptionError) as self.caught:
            parse_thresholds({self.key: "max<1"})

    def then_the_error_names_the_key_the_fault_and_what_is_allowed(self) -> None:
        text = str(self.caught.value)
        assert text.startswith(f"thresholds[{self.key!r}]: ")
        assert self.fault in text
        assert KEY_FORM in text


class OtherShapesAreRefused(vedro.Scenario):
    subject = "thresholds cannot be {thresholds!r}"

    @params(["max<1"], "expected a dict")
    @params("memory_usage: max<1", "expected a dict")
    @params({"memory_usage": []}, FORM)
    @params({"memory_usage": None}, FORM)
    @params({"memory_usage": 512}, FORM)
    @params({"memory_usage": b"max<512"}, FORM)
    @params({"memory_usage": {"max<512"}}, FORM)
    @params({"memory_usage": [{"threshold": "max<512", "abortOnFail": True}]}, FORM)
    def __init__(self, thresholds: Any, allowed: str) -> None:
        self.thresholds = thresholds
        self.allowed = allowed

    def when_they_are_parsed(self) -> None:
        with catched(OptionError) as self.caught:
            parse_thresholds(self.thresholds)

    def then_the_error_tells_what_is_allowed(self) -> None:
        assert str(self.caught.value).startswith("thresholds")
        assert self.allowed in str(self.caught.value)


class OrderIsKept(vedro.Scenario):
    subject = "thresholds are parsed in the order they are written, one per expression"

    def when_several_are_parsed(self) -> None:
        self.thresholds = parse_thresholds({"memory_usage": ("max<2", "avg<1"), "cpu_percent{target:app}": "max<90"})

    def then_each_is_there_in_its_place(self) -> None:
        assert [(threshold.key, threshold.expression) for threshold in self.thresholds] == [
            ("memory_usage", "max<2"),
            ("memory_usage", "avg<1"),
            ("cpu_percent{target:app}", "max<90"),
        ]
