from collections.abc import Callable
from typing import Any

import polars as pl
import vedro
from vedro import catched, create_tmp_dir, params

from tests.contexts.png import read_png
from tests.contexts.series import START, make_series, put_together
from tests.contexts.specs import layers_of, rows_of, text_of
from vedro_profiling.charts import theme
from vedro_profiling.charts.overlay import overlay_chart
from vedro_profiling.charts.render import save_chart
from vedro_profiling.errors import OptionError, SchemaError

DAY = 86_400
START_MS = START.timestamp() * 1000


def make_run(run: str, *, at: float, pay_at: float, factor: float = 1) -> pl.DataFrame:
    """Make a run of twenty seconds with one scenario, "pay", that took ten."""
    seconds = [at + second for second in range(21)]
    scenario = {"scenario": "pay.py::Scenario", "subject": "pay", "status": "passed", "target": "vedro"}
    return put_together(
        make_series([factor * value for value in range(21)], seconds=seconds, run=run),
        make_series([100.0] * 21, seconds=seconds, run=run, metric="memory_usage"),
        make_series([180.0], seconds=[at + 7], run=run, metric="memory_peak"),
        make_series([10_000], seconds=[at + pay_at + 10], run=run, metric="scenario_duration", **scenario),
        make_series([5.0] * 21, seconds=seconds, run=run, target="system", method="default"),
    )


def two_runs() -> pl.DataFrame:
    return put_together(make_run("tuesday", at=DAY, pay_at=5, factor=2), make_run("a later name", at=0, pay_at=2))


class WholeRuns(vedro.Scenario):
    subject = "runs lie over each other from their starts, a colour each, the earlier first"

    def given_two_runs_a_day_apart(self) -> None:
        self.points = two_runs()

    def when_they_are_overlaid(self) -> None:
        self.spec = overlay_chart(self.points.lazy()).to_dict()
        self.cpu, self.memory = layers_of(self.spec, "line")

    def then_both_begin_at_zero(self) -> None:
        rows = rows_of(self.spec, self.cpu)
        starts = [(row["run"], row["value"]) for row in rows if row["elapsed"] == 1]
        assert sorted(starts) == [("a later name", 1), ("tuesday", 2)]
        assert {row["time"] - START_MS for row in rows} == {1000 * second for second in range(21)}

    def and_the_legend_names_the_runs_in_their_order(self) -> None:
        color = self.cpu["encoding"]["color"]
        assert (color["field"], color["title"]) == ("run", "run")
        assert color["scale"]["domain"] == ["a later name", "tuesday"]

    def and_a_click_there_picks_a_run(self) -> None:
        (picked,) = [parameter for parameter in self.spec["params"] if parameter["name"] == "picked"]
        assert picked["select"]["fields"] == ["run"]
        assert picked["views"] == [self.cpu["name"], self.memory["name"]]

    def and_the_host_is_left_out(self) -> None:
        titles = [line["encoding"]["y"]["axis"]["title"] for line in (self.cpu, self.memory)]
        assert titles == ["app: CPU, % (100 = one core)", "app: Memory, MB"]
        assert text_of(self.spec).startswith("2 runs of app, over each other\n2 runs, each from its start · 20 s")

    def and_it_can_be_drawn(self) -> None:
        picture = read_png(save_chart(overlay_chart(self.points), create_tmp_dir() / "runs.png", ppi=72))
        assert bytes.fromhex(theme.CPU.removeprefix("#")) + b"\xff" in picture.colors


class FromAScenario(vedro.Scenario):
    subject = "runs lie over each other from the start of a scenario, called by its {what}"

    @params("subject", "pay")
    @params("id", "pay.py::Scenario")
    def __init__(self, what: str, scenario: str) -> None:
        self.what, self.scenario = what, scenario

    def given_two_runs_where_it_came_at_different_times(self) -> None:
        again = make_series([1000], seconds=[19], metric="scenario_duration", run="a later name", subject="pay")
        self.points = put_together(two_runs(), again)

    def when_they_are_overlaid(self) -> None:
        self.spec = overlay_chart(self.points, scenario=self.scenario).to_dict()
        self.rows = rows_of(self.spec, next(layers_of(self.spec, "line")))

    def then_each_is_shown_from_the_start_of_its_first_attempt_to_its_end(self) -> None:
        shown = {run: [row["value"] for row in self.rows if row["run"] == run] for run in ("a later name", "tuesday")}
        assert shown == {"a later name": [*range(2, 13)], "tuesday": [2 * value for value in range(5, 16)]}

    def and_the_time_counts_from_there(self) -> None:
        assert {row["elapsed"] for row in self.rows} == {*range(11)}

    def and_the_subtitle_says_so(self) -> None:
        assert f"{self.scenario}: 2 runs, each from its start · 10.0 s" in text_of(self.spec)


class Busiest(vedro.Scenario):
    subject = "of many targets the three busiest are drawn, and this is said; who names targets gets those"

    def given_five_targets(self) -> None:
        self.points = put_together(*(make_series([number, number], target=f"t{number}") for number in range(5)))

    def when_they_are_drawn(self) -> None:
        self.spec = overlay_chart(self.points).to_dict()
        self.chosen = overlay_chart(self.points, targets=["t0"]).to_dict()

    def then_three_are_shown(self) -> None:
        assert [rows_of(self.spec, line)[0]["name"] for line in layers_of(self.spec, "line")] == ["t2", "t3", "t4"]
        assert text_of(self.spec) == "one run of 3 targets\nrun-1 · 1.0 s · the 3 busiest of 5 targets"

    def and_the_one_that_was_named(self) -> None:
        assert text_of(self.chosen) == "one run of t0\nrun-1 · 1.0 s"

    def and_one_run_needs_no_legend(self) -> None:
        assert next(layers_of(self.spec, "line"))["encoding"]["color"]["legend"] is None


class OnlyTheHost(vedro.Scenario):
    subject = "where only the host was read it is drawn, as a share of the machine"

    def when_it_is_overlaid(self) -> None:
        self.spec = overlay_chart(make_series([1, 2], target="system", method="default")).to_dict()

    def then_its_axis_says_so(self) -> None:
        (line,) = layers_of(self.spec, "line")
        assert line["encoding"]["y"]["axis"]["title"] == "system: CPU, % of the whole machine"


class Refusals(vedro.Scenario):
    subject = "{what} is refused, and the message says what there is"

    @params("an unknown scenario", {"scenario": "buy"}, two_runs, OptionError, "none of the runs; choose from: pay")
    @params("a scenario where none was run", {"scenario": "pay"}, lambda: make_series([1]), OptionError, "none was run")
    @params("an unknown target", {"targets": ["db"]}, two_runs, OptionError, "choose from: app, system")
    @params("a foreign frame", {}, lambda: pl.DataFrame({"x": [1]}), SchemaError, "no column 'time', 'metric'")
    @params("a foreign frame", {"scenario": "pay"}, lambda: pl.DataFrame({"x": [1]}), SchemaError, "no column 'time'")
    @params("an empty frame", {}, lambda: two_runs().head(0), OptionError, "no cpu_percent and no memory_usage")
    def __init__(
        self, what: str, options: dict[str, Any], points: Callable[[], pl.DataFrame], error: type[Exception], text: str
    ) -> None:
        self.what, self.options, self.points, self.error, self.text = what, options, points, error, text

    def when_they_are_overlaid(self) -> None:
        with catched(Exception) as self.caught:
            overlay_chart(self.points(), **self.options)

    def then_the_error_tells(self) -> None:
        assert self.caught.type is self.error
        assert self.text in str(self.caught.value)
