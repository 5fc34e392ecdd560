import json

import polars as pl
import vedro
from vedro import params

from tests.contexts.points import make_points
from vedro_profiling.storage.k6_encoding import SEPARATOR, encode_lines


def encoded(points: pl.DataFrame) -> list[str]:
    lines = encode_lines(points).collect().rows()
    return "\n".join(SEPARATOR.join(parts) for parts in lines).split("\n")


class EachMetricIsIntroducedOnce(vedro.Scenario):
    subject = "a Metric line stands right before the first point of its metric, and nowhere else"

    def when_points_of_two_metrics_are_encoded(self) -> None:
        points = make_points(readings=2).sort("time", maintain_order=True)
        self.entries = [json.loads(line) for line in encoded(points)]

    def then_the_lines_come_in_that_order(self) -> None:
        assert [f"{entry['type']} {entry['metric']}" for entry in self.entries[:4]] == [
            "Metric cpu_percent",
            "Point cpu_percent",
            "Metric memory_usage",
            "Point memory_usage",
        ]

    def and_all_others_are_points(self) -> None:
        assert {entry["type"] for entry in self.entries[4:]} == {"Point"}
        assert len(self.entries) == 8 + 2


class ForeignMetricsAreGauges(vedro.Scenario):
    subject = "a metric that is not ours is a gauge of default, without unit"

    def when_a_point_of_k6_itself_is_encoded(self) -> None:
        self.line = encoded(make_points(targets=["app"], metrics=["http_req_duration"], readings=1))[0]

    def then_its_metric_line_says_so(self) -> None:
        assert json.loads(self.line)["data"] == {
            "name": "http_req_duration",
            "type": "gauge",
            "contains": "default",
            "thresholds": [],
            "submetrics": None,
        }


class AbsentTagsAreLeftOut(vedro.Scenario):
    subject = "a null tag is left out and an empty one is kept, row by row"

    def given_points_with_a_tag_that_only_one_has(self) -> None:
        points = make_points(targets=["app"], metrics=["cpu_time"], readings=3)
        self.points = points.with_columns(pl.Series("branch", [None, "main", ""], dtype=pl.Categorical))

    def when_they_are_encoded(self) -> None:
        self.tag_sets = [json.loads(line)["data"]["tags"] for line in encoded(self.points)[1:]]

    def then_each_line_has_the_tags_of_its_row(self) -> None:
        common = {"method": "docker", "run": "run-1", "target": "app"}
        assert self.tag_sets == [common, {"branch": "main", **common}, {"branch": "", **common}]


class NoNameOfATagCollides(vedro.Scenario):
    subject = "a tag may bear any name, such as {name!r}"

    @params("head")
    @params("tail")
    @params("first")
    @params("is_first")
    @params("0")
    @params("")
    @params('qu"ote\\')
    def __init__(self, name: str) -> None:
        self.name = name

    def when_points_with_it_are_encoded(self) -> None:
        points = make_points(other="y").with_columns(pl.lit("x").alias(self.name))
        self.tag_sets = [json.loads(line)["data"].get("tags") for line in encoded(points)]

    def then_it_stands_in_each_point(self) -> None:
        assert [tags[self.name] for tags in self.tag_sets if tags] == ["x"] * 12


class NoPointsNoLines(vedro.Scenario):
    subject = "a frame without points has no lines"

    def when_it_is_encoded(self) -> None:
        self.lines = encode_lines(make_points(readings=0)).collect()

    def then_there_is_none(self) -> None:
        assert self.lines.is_empty()
