from datetime import timedelta
from pathlib import Path

import polars as pl
import vedro

from tests.contexts.series import START, make_series, put_together
from tests.contexts.specs import layers_of, rows_of
from vedro_profiling.charts.bands import scenario_at, scenario_bands
from vedro_profiling.charts.lines import Window
from vedro_profiling.charts.render import save_chart
from vedro_profiling.charts.timeline import timeline

START_MS = START.timestamp() * 1000


def scenario(subject: str, start: float, end: float, *, status: str = "passed", run: str = "run-1") -> pl.DataFrame:
    """Make the point that a scenario leaves."""
    names = {"scenario": f"{subject}.py::Scenario", "subject": subject, "status": status, "method": "default"}
    return make_series(
        [1000 * (end - start)], seconds=[end], metric="scenario_duration", run=run, **{**names, "target": "vedro"}
    )


def make_run() -> pl.DataFrame:
    """Make a run of ten seconds with three scenarios, the last of which failed."""
    return put_together(
        make_series(range(11)),
        scenario("open the shop", 1, 3),
        scenario("pay", 3, 7),
        scenario("refund", 8, 9, status="failed"),
    )


class ScenariosAlongTheTime(vedro.Scenario):
    subject = "a strip names the scenarios of the run at their times, and its brush decides what the panels show"

    def given_a_run_with_three_scenarios(self) -> None:
        self.points = make_run()

    def when_it_is_drawn(self) -> None:
        self.spec = timeline(self.points).to_dict()
        self.strip, self.ground = layers_of(self.spec, "rect")

    def then_the_strip_shows_each_from_its_start_to_its_end(self) -> None:
        rows = rows_of(self.spec, self.strip)
        assert [(row["time"] - START_MS, row["end"] - START_MS, row["label"], row["status"]) for row in rows] == [
            (1000, 3000, "open the shop", "passed"),
            (3000, 7000, "pay", "passed"),
            (8000, 9000, "refund", "failed"),
        ]

    def and_names_them_where_there_is_room(self) -> None:
        (names,) = layers_of({"vconcat": self.spec["vconcat"][:1]}, "text")
        assert [row["label"] for row in rows_of(self.spec, names)] == ["open the shop", "pay", "refund"]

    def and_every_second_one_and_the_failed_one_are_the_ground_of_the_panel(self) -> None:
        rows = rows_of(self.spec, self.ground)
        assert [row["time"] - START_MS for row in rows] == [1000, 8000]

    def and_the_axis_of_the_panel_follows_the_brush(self) -> None:
        line = next(layers_of(self.spec, "line"))
        assert line["encoding"]["x"]["scale"]["domain"]["expr"].startswith("brush.time ?")
        (brush,) = [parameter for parameter in self.spec["params"] if parameter["name"] == "brush"]
        assert brush["views"] == [self.strip["name"]]

    def and_a_reading_tells_its_scenario(self) -> None:
        readings = [layer for layer in layers_of(self.spec, "point") if "tooltip" in layer["encoding"]]
        told = {row["value"]: row["scenario"] for row in rows_of(self.spec, readings[0])}
        assert (told[0], told[2], told[5], told[8.0]) == ("between scenarios", "open the shop", "pay", "refund")


class Still(vedro.Scenario):
    subject = "a picture names the strip, and asks nobody to drag in it"

    def given_a_folder(self) -> None:
        self.folder = Path(vedro.create_tmp_dir())

    def when_a_run_is_drawn(self) -> None:
        self.picture = save_chart(timeline(make_run()), self.folder / "timeline.svg").read_text(encoding="utf-8")

    def then_its_strip_is_named_so(self) -> None:
        assert ">Scenarios<" in self.picture
        assert "drag" not in self.picture


class ManyScenarios(vedro.Scenario):
    subject = "of thousands of scenarios the strip shows the longest in each pixel column, and every failure seen there"

    def given_five_thousand_scenarios_of_a_millisecond_two_of_them_notable(self) -> None:
        seconds = [number / 100 for number in range(5000)]
        short = make_series([1.0] * 5000, seconds=seconds, metric="scenario_duration", subject="short", status="passed")
        long = scenario("long", 20, 20.009)
        failed = scenario("failed", 30, 30.001, status="failed")
        self.points = put_together(make_series([1, 2], seconds=[0, 50]), short, long, failed)

    def when_their_bands_are_found(self) -> None:
        window = Window(START_MS, START_MS + 50_000, START_MS, is_one_run=True)
        self.bands = scenario_bands(self.points, window, width=100)

    def then_there_is_one_a_column_and_status(self) -> None:
        assert self.bands.height == 101

    def and_the_notable_are_among_them(self) -> None:
        assert {"long", "failed"} <= {*self.bands["label"]}

    def and_a_chart_neither_names_nor_shades_so_many(self) -> None:
        spec = timeline(self.points).to_dict()
        (strip,) = layers_of(spec, "rect")
        assert len(rows_of(spec, strip)) > 600
        assert list(layers_of(spec, "text")) == []


class NoScenarios(vedro.Scenario):
    subject = "a run without scenarios has a strip of the whole run, and several runs none that could be at one time"

    def given_runs(self) -> None:
        self.bare = make_series([1, 2, 3])
        later = (scenario("pay", 100, 101, run="run-2"), make_series([1, 2], seconds=[99, 102], run="run-2"))
        self.several = put_together(make_run(), *later)

    def when_they_are_drawn(self) -> None:
        self.bare_spec, self.several_spec = (timeline(points).to_dict() for points in (self.bare, self.several))

    def then_each_strip_is_one_band(self) -> None:
        for spec in (self.bare_spec, self.several_spec):
            (strip,) = layers_of(spec, "rect")
            assert [row["label"] for row in rows_of(spec, strip)] == ["the whole run"]
            assert "tooltip" not in strip["encoding"]

    def and_readings_tell_of_no_scenario(self) -> None:
        for spec in (self.bare_spec, self.several_spec):
            assert all("scenario" not in str(layer["encoding"].get("tooltip")) for layer in layers_of(spec, "point"))


class ForeignPoints(vedro.Scenario):
    subject = "a scenario without subject goes by its id, one without status is of unknown status"

    def given_points_of_few_columns(self) -> None:
        self.points = scenario("pay", 1, 2).drop("subject", "status")

    def when_its_band_is_found(self) -> None:
        window = Window(START_MS, START_MS + 3000, START_MS, is_one_run=True)
        self.bands = scenario_bands(self.points, window, width=100)

    def then_it_is_named(self) -> None:
        assert self.bands.select("label", "status").rows() == [("pay.py::Scenario", "unknown")]

    def and_readings_within_are_its_own(self) -> None:
        instants = pl.DataFrame({"time": [START + timedelta(seconds=at) for at in (0.5, 1.5, 2.5)]})
        readings = instants.cast({"time": pl.Datetime("us", "UTC")})
        assert scenario_at(readings, self.bands)["scenario"].to_list() == [
            "between scenarios",
            "pay.py::Scenario",
            "between scenarios",
        ]
