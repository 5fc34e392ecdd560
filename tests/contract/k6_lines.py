"""Our lines are k6's, byte for byte; k6's own file and that of vedro-profiling 0.2.0 are read."""

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Final

import polars as pl
import vedro

from tests.contexts.points import make_points
from vedro_profiling.schema import COLUMN_NAMES, METRICS
from vedro_profiling.storage import load, write_ndjson

DATA: Final = Path(__file__).parents[1] / "data" / "k6"
K6_FILE: Final = DATA / "k6-1.1.0-out.json"
FILE_OF_0_2: Final = DATA / "vedro-profiling-0.2.0.ndjson"

GOLDEN: Final = """\
{"type":"Metric","data":{"name":"cpu_time","type":"counter","contains":"time","thresholds":[],"submetrics":null,"unit":"milliseconds"},"metric":"cpu_time"}
{"metric":"cpu_time","type":"Point","data":{"time":"2026-01-26T10:00:00.000000Z","value":5.0,"tags":{"branch":"main","method":"docker","run":"run-1","target":"app"}}}
{"type":"Metric","data":{"name":"http_reqs","type":"gauge","contains":"default","thresholds":[],"submetrics":null},"metric":"http_reqs"}
{"metric":"http_reqs","type":"Point","data":{"time":"2026-01-26T10:00:00.000001Z","value":0.1,"tags":{"branch":"\\"<&>\\" {é\\u2028}","method":"docker","run":"run-1","scenario":"checkout","target":"app"}}}
{"metric":"cpu_time","type":"Point","data":{"time":"2026-01-26T10:00:01.250000Z","value":1e+300,"tags":{"method":"docker","run":"run-1","target":"app"}}}
"""  # noqa: E501 - these are the lines of the file


class OurLinesAreExact(vedro.Scenario):
    subject = "the bytes of our file are these"

    def given_points_out_of_order(self) -> None:
        noon = datetime(2026, 1, 26, 10, tzinfo=timezone.utc)
        self.points = pl.DataFrame(
            {
                "time": [noon.replace(second=1, microsecond=250_000), noon.replace(microsecond=1), noon],
                "metric": ["cpu_time", "http_reqs", "cpu_time"],
                "value": [1e300, 0.1, 5],
                "target": ["app"] * 3,
                "method": ["docker"] * 3,
                "run": ["run-1"] * 3,
                "scenario": [None, "checkout", None],
                "branch": [None, '"<&>" {é\u2028}', "main"],
            },
            strict=False,
        )

    def when_they_are_written(self) -> None:
        self.place = vedro.create_tmp_dir() / "profiling.ndjson"
        write_ndjson(self.points, self.place)

    def then_the_file_is_exactly_this(self) -> None:
        assert self.place.read_bytes().decode() == GOLDEN


def shape_of(value: Any) -> Any:
    """The keys of an entry in their order; what may be anything is its type."""
    if not isinstance(value, dict):
        return float if isinstance(value, int | float) else type(value)
    return [(key, str if key == "tags" else shape_of(inner)) for key, inner in value.items()]


def entries_of(place: Path, kind: str) -> list[dict[str, Any]]:
    return [entry for entry in map(json.loads, place.read_text().splitlines()) if entry["type"] == kind]


class OurLinesHaveTheShapeOfK6(vedro.Scenario):
    subject = "keys, their order and their types are those in a file of k6 itself; only `unit` is ours"

    def given_a_file_of_ours_with_every_metric(self) -> None:
        self.place = vedro.create_tmp_dir() / "profiling.ndjson"
        write_ndjson(make_points(metrics=tuple(METRICS)), self.place)

    def when_both_files_are_compared(self) -> None:
        self.points = [entries_of(place, "Point") for place in (self.place, K6_FILE)]
        self.metrics = [entries_of(place, "Metric") for place in (self.place, K6_FILE)]

    def then_all_points_have_the_shape_of_those_of_k6(self) -> None:
        ours, theirs = ([shape_of(entry) for entry in entries] for entries in self.points)
        assert all(shape == theirs[0] for shape in [*ours, *theirs])

    def and_the_metric_lines_too_but_for_the_unit_at_the_end(self) -> None:
        ours = self.metrics[0]
        units = [entry["data"].popitem() for entry in ours]
        assert [name for name, _ in units] == ["unit"] * len(METRICS)
        plain = [shape_of(entry) for entry in self.metrics[1] if entry["data"]["submetrics"] is None]
        assert all(shape_of(entry) == plain[0] for entry in ours)

    def and_k6_would_take_every_type_and_content(self) -> None:
        data = [entry["data"] for entry in self.metrics[0]]
        assert {entry["type"] for entry in data} <= {"counter", "gauge", "trend", "rate"}
        assert {entry["contains"] for entry in data} <= {"default", "time", "data"}


class K6ItselfIsRead(vedro.Scenario):
    subject = "every point of a file that k6 wrote is read, its tags into columns of their names"

    def when_it_is_loaded(self) -> None:
        self.points = load(K6_FILE, strict=True)

    def then_every_point_is_there(self) -> None:
        assert self.points.height == len(entries_of(K6_FILE, "Point")) == 110

    def and_the_columns_are_ours_and_the_other_tags_of_k6(self) -> None:
        assert self.points.columns == [*COLUMN_NAMES, "group"]
        assert self.points["scenario"].drop_nulls().unique().to_list() == ["default"]

    def and_the_values_are_those_of_the_file(self) -> None:
        entries = entries_of(K6_FILE, "Point")
        there = sorted((entry["metric"], float(entry["data"]["value"])) for entry in entries)
        assert sorted(self.points.select("metric", "value").rows()) == there

    def and_the_instants_are_in_utc(self) -> None:
        first = self.points.sort("time").row(0, named=True)
        assert first["time"] == datetime(2026, 11, 22, 19, 42, 30, 943412, tzinfo=timezone.utc)

    def and_escaped_names_are_plain(self) -> None:
        assert self.points["target"].drop_nulls().unique().sort().to_list() == ["app", "db<&>"]


class FilesOf02AreRead(vedro.Scenario):
    subject = "a file of vedro-profiling 0.2.0 is read into the same columns as ours"

    def when_it_is_loaded(self) -> None:
        self.points = load(FILE_OF_0_2, strict=True)

    def then_the_columns_are_ours_and_its_tag(self) -> None:
        assert self.points.columns == [*COLUMN_NAMES, "branch"]

    def and_the_points_are_those_of_the_file(self) -> None:
        entries = entries_of(FILE_OF_0_2, "Point")
        there = sorted((entry["metric"], entry["data"]["tags"]["target"], entry["data"]["value"]) for entry in entries)
        assert sorted(self.points.select("metric", "target", "value").rows()) == there

    def and_a_time_without_fraction_is_right(self) -> None:
        assert self.points.sort("time")["time"][0] == datetime(2026, 1, 26, 10, tzinfo=timezone.utc)
