from collections.abc import Sequence

import polars as pl
import vedro
from vedro import catched, params

from tests.contexts.series import START, make_series, put_together
from tests.contexts.specs import layers_of, rows_of, text_of
from vedro_profiling.charts.timeline import timeline
from vedro_profiling.errors import OptionError, SchemaError

START_MS = int(START.timestamp() * 1000)


class CpuOverMemory(vedro.Scenario):
    subject = "CPU stands over memory, each with its unit, on one UTC axis that also counts seconds"

    def given_a_target_that_was_read_a_little_after_the_run_began(self) -> None:
        self.points = put_together(
            make_series([0.5], metric="cpu_time"),
            make_series([10, 20, 30], seconds=[5, 15, 25]),
            make_series([100, 110, 120], seconds=[5, 15, 25], metric="memory_usage"),
        )

    def when_it_is_drawn(self) -> None:
        self.spec = timeline(self.points.lazy()).to_dict()
        self.lines = list(layers_of(self.spec, "line"))

    def then_there_are_two_panels_with_units(self) -> None:
        titles = [line["encoding"]["y"]["axis"]["title"] for line in self.lines]
        assert titles == ["CPU, % (100 = one core)", "Memory, MB"]

    def and_the_data_are_the_readings(self) -> None:
        rows = rows_of(self.spec, self.lines[0])
        assert [(row["time"], row["value"]) for row in rows] == [
            (START_MS + 5000, 10.0),
            (START_MS + 15000, 20.0),
            (START_MS + 25000, 30.0),
        ]

    def and_the_axis_tells_the_clock_and_the_seconds_of_the_run(self) -> None:
        x = self.lines[-1]["encoding"]["x"]
        assert x["scale"]["type"] == "utc"
        assert x["axis"]["title"] == "time in UTC, 2026-01-26, and since the start of the run"
        assert "utcFormat(time(datum.value)" in x["axis"]["labelExpr"]
        assert f"(time(datum.value) - {START_MS}) / 1000, ',.3~f')" in x["axis"]["labelExpr"]

    def and_only_the_lower_panel_labels_it(self) -> None:
        assert [line["encoding"]["x"]["axis"]["labels"] for line in self.lines] == [False, True]

    def and_one_target_needs_no_legend(self) -> None:
        assert self.lines[0]["encoding"]["color"]["legend"] is None
        assert text_of(self.spec) == "CPU and memory of app\nrun-1 · 20 s"

    def and_the_time_can_be_zoomed_and_readings_be_told(self) -> None:
        names = {parameter["name"]: parameter["views"] for parameter in self.spec["params"] if "views" in parameter}
        assert list(names) == ["brush", "zoom", "hovered_cpu", "hovered_memory"]
        views = {layer["name"] for layer in layers_of(self.spec) if "name" in layer}
        assert {view for bound in names.values() for view in bound} == views


class SystemApart(vedro.Scenario):
    subject = "the host has panels of its own, its CPU from 0 to 100 % of the machine; a container named system has not"

    def given_the_host_and_a_container_of_that_name(self) -> None:
        self.points = put_together(
            make_series([390, 395], target="system"),
            make_series([20, 30], target="system", method="default"),
            make_series([9000, 9100], target="system", method="default", metric="memory_usage"),
        )

    def when_they_are_drawn(self) -> None:
        self.spec = timeline(self.points).to_dict()
        self.lines = list(layers_of(self.spec, "line"))

    def then_the_titles_tell_them_apart(self) -> None:
        titles = [line["encoding"]["y"]["axis"]["title"] for line in self.lines]
        assert titles == ["CPU, % (100 = one core)", "system: CPU, % of the whole machine", "system: Memory, MB"]

    def and_no_axis_is_shared(self) -> None:
        assert [row["value"] for row in rows_of(self.spec, self.lines[0])] == [390.0, 395.0]
        assert self.lines[1]["encoding"]["y"]["scale"]["domain"] == [0, 104]

    def and_the_method_is_said_where_the_name_is_not_enough(self) -> None:
        names = [rows_of(self.spec, line)[0]["name"] for line in self.lines]
        assert names == ["system (docker)", "system (default)", "system (default)"]
        assert text_of(self.spec).startswith("CPU and memory of system (docker) and system (default)\n")


class ManyTargets(vedro.Scenario):
    subject = "thirty-five targets differ in colour or dash, and the legend names them all"

    def given_targets(self) -> None:
        self.names = [f"service-{number:02}" for number in range(35)]
        self.points = put_together(*(make_series([1, 2], target=name) for name in self.names))

    def when_they_are_drawn(self) -> None:
        self.spec = timeline(self.points).to_dict()
        self.encoding = next(layers_of(self.spec, "line"))["encoding"]

    def then_no_two_look_alike(self) -> None:
        color, dash = self.encoding["color"]["scale"], self.encoding["strokeDash"]["scale"]
        assert color["domain"] == dash["domain"] == self.names
        looks = {(hue, tuple(pattern)) for hue, pattern in zip(color["range"], dash["range"], strict=True)}
        assert len(looks) == 35

    def and_the_legend_leaves_none_out_and_stands_in_two_columns(self) -> None:
        legend = self.encoding["color"]["legend"]
        assert (legend["symbolLimit"], legend["columns"], legend["symbolOpacity"]) == (0, 2, 1)

    def and_a_click_in_it_picks_a_target(self) -> None:
        assert self.spec["params"][-1]["bind"] == "legend"
        assert text_of(self.spec).startswith("CPU and memory of 35 targets")


class DenseLines(vedro.Scenario):
    subject = "ten thousand readings are drawn as their average over a pale range that keeps the peak"

    def given_a_long_series_with_one_peak(self) -> None:
        self.points = make_series([50.0] * 7000 + [180.0] + [50.0] * 2999)

    def when_it_is_drawn(self) -> None:
        self.spec = timeline(self.points, width=500).to_dict()
        self.pale, self.line = layers_of(self.spec, "line")

    def then_the_range_keeps_the_peak(self) -> None:
        rows = rows_of(self.spec, self.pale)
        assert len(rows) <= 2000
        assert max(rows, key=lambda row: float(row["value"]))["time"] == START_MS + 7_000_000

    def and_the_line_is_an_average(self) -> None:
        rows = rows_of(self.spec, self.line)
        assert len(rows) == 125
        assert max(row["value"] for row in rows) == 50 + 130 / 80

    def and_the_subtitle_explains_it(self) -> None:
        assert "line: average of 80 s · pale: lowest to highest reading" in text_of(self.spec)

    def and_hovering_tells_the_peak(self) -> None:
        (readings,) = layers_of(self.spec, "point")
        assert 180.0 in [row["value"] for row in rows_of(self.spec, readings)]


class Gaps(vedro.Scenario):
    subject = "a line breaks at a gap, and a lone reading between gaps is a dot"

    def given_a_series_with_two_gaps(self) -> None:
        self.points = make_series([1.0] * 41, seconds=[*range(40), 100])

    def when_it_is_drawn(self) -> None:
        self.spec = timeline(self.points).to_dict()

    def then_there_are_two_lines(self) -> None:
        rows = rows_of(self.spec, next(layers_of(self.spec, "line")))
        assert [row["line"] for row in rows] == [1] * 40 + [2]

    def and_the_lone_reading_is_a_dot(self) -> None:
        dots = rows_of(self.spec, next(layers_of(self.spec, "point")))
        assert [row["elapsed"] for row in dots] == [100.0]


class MemoryPeaks(vedro.Scenario):
    subject = "a memory peak that the readings do not show is a whisker above them; others are not drawn"

    def given_usage_and_peaks(self) -> None:
        self.points = put_together(
            make_series([100, 100, 100], metric="memory_usage"),
            make_series([101, 160, 100], metric="memory_peak"),
        )

    def when_they_are_drawn(self) -> None:
        self.spec = timeline(self.points).to_dict()

    def then_one_whisker_goes_from_usage_to_peak(self) -> None:
        (rule,) = layers_of(self.spec, "rule")
        (row,) = rows_of(self.spec, rule)
        assert (row["elapsed"], row["value"], row["usage"]) == (1.0, 160.0, 100.0)

    def and_the_axis_has_room_for_it(self) -> None:
        (rule,) = layers_of(self.spec, "rule")
        assert rule["encoding"]["y"]["scale"]["domain"][1] >= 160

    def and_the_subtitle_explains_it(self) -> None:
        assert "whisker: memory peak between readings" in text_of(self.spec)


class SeveralRuns(vedro.Scenario):
    subject = "several runs start at the same place, and the axis counts the seconds of each"

    def given_two_runs_on_two_days(self) -> None:
        later = make_series([3, 4], seconds=[86_400, 86_401], run="run-2")
        self.points = put_together(make_series([1, 2]), later)

    def when_they_are_drawn(self) -> None:
        self.spec = timeline(self.points).to_dict()
        self.line = next(layers_of(self.spec, "line"))

    def then_they_lie_over_each_other(self) -> None:
        rows = rows_of(self.spec, self.line)
        assert [row["time"] - START_MS for row in rows] == [0, 1000, 0, 1000]
        assert [row["line"] for row in rows] == [1, 1, 2, 2]

    def and_no_clock_is_claimed(self) -> None:
        axis = self.line["encoding"]["x"]["axis"]
        assert axis["title"] == "time since the start of each"
        assert "utcFormat" not in axis["labelExpr"]
        assert "2 runs, each from its start · 1.0 s" in text_of(self.spec)


class LongRuns(vedro.Scenario):
    subject = "a run over midnight names both dates, and one over several days puts the date at each clock time"

    def given_a_run_of_two_days(self) -> None:
        self.points = make_series([1, 2, 3], seconds=[0, 86_400, 172_800])

    def when_it_is_drawn(self) -> None:
        self.axis = next(layers_of(timeline(self.points).to_dict(), "line"))["encoding"]["x"]["axis"]

    def then_the_dates_are_told(self) -> None:
        assert "2026-01-26 to 2026-01-28" in self.axis["title"]
        assert "%d %b %H:%M" in self.axis["labelExpr"]


class NothingToSpread(vedro.Scenario):
    subject = "one reading of zero still has axes: a second of time around it, and values up to one"

    def given_one_reading(self) -> None:
        self.points = make_series([0])

    def when_it_is_drawn(self) -> None:
        self.spec = timeline(self.points).to_dict()
        self.encoding = next(layers_of(self.spec, "line"))["encoding"]

    def then_the_axes_have_an_extent(self) -> None:
        assert self.encoding["x"]["scale"]["domain"] == [START_MS - 500, START_MS + 500]
        assert {"name": "tick_times", "expr": f"[{START_MS}]"} in self.spec["params"]
        assert self.encoding["y"]["scale"]["domain"] == [0, 1]

    def and_the_subtitle_says_so(self) -> None:
        assert text_of(self.spec).endswith("run-1 · one instant")


class ChosenTargets(vedro.Scenario):
    subject = "only the chosen targets are drawn"

    def given_three_targets(self) -> None:
        self.points = put_together(*(make_series([1, 2], target=name) for name in ("app", "db", "cache")))

    def when_two_are_drawn(self) -> None:
        self.spec = timeline(self.points, targets=["app", "db"]).to_dict()

    def then_the_third_is_not(self) -> None:
        rows = rows_of(self.spec, next(layers_of(self.spec, "line")))
        assert {row["name"] for row in rows} == {"app", "db"}


class Refusals(vedro.Scenario):
    subject = "{what} is refused, and the message says what there is"

    @params("an unknown target", ["app", "dbb"], pl.all(), OptionError, "['dbb'] to draw; choose from: app")
    @params("an empty choice", [], pl.all(), OptionError, "'no target' to draw; choose from: app")
    @params(
        "a lack of columns", None, pl.col("time", "value", "metric"), SchemaError, "no column 'target', 'method', 'run'"
    )
    @params("a lack of readings", None, pl.all().head(0), OptionError, "no cpu_percent and no memory_usage")
    def __init__(
        self, what: str, targets: Sequence[str] | None, part: pl.Expr, error: type[Exception], text: str
    ) -> None:
        self.what, self.targets, self.part, self.error, self.text = what, targets, part, error, text

    def given_points(self) -> None:
        self.points = make_series([1, 2]).select(self.part)

    def when_they_are_drawn(self) -> None:
        with catched(Exception) as self.caught:
            timeline(self.points, targets=self.targets)

    def then_the_error_tells(self) -> None:
        assert self.caught.type is self.error
        assert self.text in str(self.caught.value)
