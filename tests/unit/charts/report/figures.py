"""The charts of the report, unpacked again."""

import base64
import gzip
import json
import re
from datetime import timedelta
from typing import Any

import polars as pl
import vedro

from tests.contexts.long_runs import make_run
from tests.contexts.series import make_series
from tests.contexts.specs import layers_of, rows_of
from vedro_profiling.charts.report.figures import DARK, figures


def unpacked(text: str) -> dict[str, Any]:
    specification: dict[str, Any] = json.loads(gzip.decompress(base64.b64decode(text)))
    return specification


def colors_of(specification: dict[str, Any]) -> dict[str, str]:
    """Find the colour of each name."""
    scales = [layer["encoding"]["color"]["scale"] for layer in layers_of(specification) if is_named(layer)]
    return dict(zip(scales[0]["domain"], scales[0]["range"], strict=True))


def is_named(layer: dict[str, Any]) -> bool:
    return "domain" in (layer["encoding"].get("color", {}).get("scale") or {})


class Packed(vedro.Scenario):
    subject = "timeline and ranking are packed in two widths, titled by the page, in colours of its theme"

    def when_a_run_is_drawn(self) -> None:
        self.drawn = figures(make_run(["app", "db"]))
        self.texts = [json.dumps(unpacked(text)) for figure in self.drawn for text in (figure.wide, figure.narrow)]

    def then_there_are_two(self) -> None:
        assert [(figure.id, figure.title) for figure in self.drawn] == [
            ("timeline", "CPU and memory of 3 targets and system"),
            ("dearest", "CPU time of 4 scenarios"),
        ]

    def and_no_colour_is_left_that_a_dark_page_could_not_change(self) -> None:
        assert [re.findall(r"#[0-9a-fA-F]{3,8}\b|white", text) for text in self.texts] == [[], [], [], []]

    def and_each_variable_is_one_of_the_page(self) -> None:
        used = {name for text in self.texts for name in re.findall(r"var\(--chart-(\w+)\)", text)}
        assert {f"#{name}" for name in used} <= {*DARK}

    def and_the_narrow_one_fits_a_screen_in_a_hand(self) -> None:
        panels = unpacked(self.drawn[0].narrow)["vconcat"]
        assert {panel["width"] for panel in panels} == {300}

    def and_the_wheel_zooms_with_a_key_only(self) -> None:
        selects = [parameter["select"] for parameter in unpacked(self.drawn[0].wide)["params"] if "select" in parameter]
        zooms = [select["zoom"] for select in selects if select["type"] == "interval"]
        assert zooms
        assert all("event.ctrlKey" in zoom for zoom in zooms)

    def and_legends_stand_below(self) -> None:
        layers = [layer for layer in layers_of(unpacked(self.drawn[1].wide)) if is_named(layer)]
        assert [layer["encoding"]["color"]["legend"]["orient"] for layer in layers] == ["bottom"]


class OneColourATarget(vedro.Scenario):
    subject = "a target has one colour in all charts; where two would then look the same, each chart has its own"

    def when_few_and_when_many_targets_are_drawn(self) -> None:
        self.few = [colors_of(unpacked(figure.wide)) for figure in figures(make_run(["z", "m", "a"]))]
        self.many = [colors_of(unpacked(figure.wide)) for figure in figures(make_run([f"t{n:02}" for n in range(16)]))]

    def then_the_few_look_the_same(self) -> None:
        timeline, dearest = self.few
        assert timeline == {name: dearest[name] for name in timeline}

    def and_of_the_many_no_two_of_a_chart_do(self) -> None:
        assert len({*self.many[1].values()}) == len(self.many[1])


class WhatFits(vedro.Scenario):
    subject = (
        "of too many targets the timeline shows those that used most CPU, of too many runs the latest, and says so"
    )

    def when_too_much_is_drawn(self) -> None:
        [self.targets, *_] = figures(make_run([f"t{number:02}" for number in range(30)], scenarios=0))
        many = [make_run(["app"], run=f"run-{day:02}", starts_after=timedelta(days=day)) for day in range(12)]
        [self.runs, *_] = figures(pl.concat(many))

    def then_the_notes_tell_what_is_missing(self) -> None:
        note = "shown: the {} of {}; the tables have all"
        assert self.targets.notes[-1] == note.format("23", "31 targets that used most CPU")
        assert self.runs.notes[-1] == "shown: the latest 8 of 12 runs; the tables have all"

    def and_so_many_are_drawn(self) -> None:
        assert len(colors_of(unpacked(self.targets.wide))) == 23
        specification = unpacked(self.runs.wide)
        drawn = [rows_of(specification, layer) for layer in layers_of(specification, "line")]
        assert {row["run"] for rows in drawn for row in rows} == {f"run-{day:02}" for day in range(4, 12)}


class NothingToDraw(vedro.Scenario):
    subject = "where there is nothing to draw there is no figure"

    def when_a_load_test_is_drawn(self) -> None:
        self.drawn = figures(make_series([10], metric="http_req_duration"))

    def then_there_is_none(self) -> None:
        assert self.drawn == []


class DigitsOfDrawnValues(vedro.Scenario):
    subject = "what is drawn keeps five digits, its instants all of them"

    def when_a_value_with_many_digits_is_drawn(self) -> None:
        [figure] = figures(make_series([1 / 3, 2 / 3]))
        specification = unpacked(figure.wide)
        self.rows = rows_of(specification, next(layers_of(specification, "line")))

    def then_it_is_short_and_its_time_is_not(self) -> None:
        assert [row["value"] for row in self.rows] == [0.33333, 0.66667]
        assert [row["time"] for row in self.rows] == [1769421600000, 1769421601000]
