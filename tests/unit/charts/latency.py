from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles
from typing import Any, Final

import polars as pl
import vedro
from vedro import catched, create_tmp_dir, params

from tests.contexts.png import read_png
from tests.contexts.series import START, make_series, put_together
from tests.contexts.specs import layers_of, rows_of, text_of
from vedro_profiling.charts import theme
from vedro_profiling.charts.latency import latency_chart
from vedro_profiling.charts.render import save_chart
from vedro_profiling.errors import OptionError, SchemaError
from vedro_profiling.storage import load

DATA: Final = Path(__file__).parents[2] / "data" / "k6"
PROFILE: Final = DATA / "http-profile.parquet"
K6: Final = DATA / "k6-1.1.0-http.json.gz"
START_MS: Final = START.timestamp() * 1000


def without_run(points: pl.DataFrame) -> pl.DataFrame:
    """Make of points what k6 would have written."""
    return points.with_columns(run=pl.lit(None, pl.Categorical), target=pl.lit(None, pl.Categorical))


def make_load(values: list[float], *, seconds: list[float]) -> pl.DataFrame:
    return without_run(make_series(values, seconds=seconds, metric="http_req_duration", method="GET"))


def make_profile() -> pl.DataFrame:
    """Make a run of a hundred seconds."""
    return put_together(
        make_series([50.0] * 101),
        make_series([20.0] * 101, target="system", method="default"),
        make_series([10.0], metric="memory_usage"),
    )


def under_load() -> pl.DataFrame:
    """Make the points of a run, and of twenty requests between its seconds 40 and 59."""
    return pl.concat([make_profile(), make_load([*range(10, 30)], seconds=[*range(40, 60)])])


class GenuineLoadTest(vedro.Scenario):
    subject = "what k6 wrote itself stands over the CPU that was recorded meanwhile"

    def given_both_files(self) -> None:
        self.points = load([str(PROFILE), str(K6)])
        self.durations = self.points.filter(pl.col("metric") == "http_req_duration")

    def when_they_are_drawn(self) -> None:
        self.chart = latency_chart(self.points)
        self.spec = self.chart.to_dict()

    def then_every_request_is_a_dot_at_its_instant(self) -> None:
        (dots,) = layers_of(self.spec, "circle")
        rows = rows_of(self.spec, dots)
        assert len(rows) == self.durations.height == 63
        expected = self.durations.sort("time").select(pl.col("time").dt.epoch("ms"), "value").rows()
        assert [(row["time"], row["value"]) for row in rows] == expected

    def and_the_cpu_of_the_server_is_below(self) -> None:
        _, cpu = layers_of(self.spec, "line")
        rows = [row for row in rows_of(self.spec, cpu) if row["name"] == "python (child)"]
        assert len(rows) > 100
        assert max(row["value"] for row in rows) > 90

    def and_both_have_one_time_axis(self) -> None:
        domains = [line["encoding"]["x"]["scale"]["domain"] for line in layers_of(self.spec, "line")]
        assert domains[0] == domains[1]

    def and_the_legend_names_all_lines(self) -> None:
        (domain,) = {tuple(line["encoding"]["color"]["scale"]["domain"]) for line in layers_of(self.spec, "line")}
        assert domain == ("median response", "95th percentile", "k6", "python", "python (child)")

    def and_it_can_be_drawn(self) -> None:
        picture = read_png(save_chart(self.chart, create_tmp_dir() / "latency.png", ppi=72))
        assert bytes.fromhex(theme.CPU.removeprefix("#")) + b"\xff" in picture.colors


class Steps(vedro.Scenario):
    subject = "median and 95th percentile are those of ten requests after each other, as k6 counts them"

    def given_twenty_requests_in_the_middle_of_a_run(self) -> None:
        self.points = under_load()

    def when_they_are_drawn(self) -> None:
        self.spec = latency_chart(self.points.lazy()).to_dict()
        self.latency, self.cpu = layers_of(self.spec, "line")

    def then_there_are_two_steps(self) -> None:
        rows = rows_of(self.spec, self.latency)
        told = {name: [row["value"] for row in rows if row["name"] == name] for name in ("median response",)}
        assert told == {"median response": [median(range(10, 20)), median(range(20, 30))]}

    def and_their_percentiles(self) -> None:
        rows = rows_of(self.spec, self.latency)
        told = [row["value"] for row in rows if row["name"] == "95th percentile"]
        expected = [quantiles(step, n=20, method="inclusive")[-1] for step in (range(10, 20), range(20, 30))]
        assert [round(value, 9) for value in told] == [round(value, 9) for value in expected]

    def and_the_cpu_is_shown_for_the_load_test_alone(self) -> None:
        assert {row["elapsed"] for row in rows_of(self.spec, self.cpu)} == {*range(39, 61)}

    def and_the_title_says_what_it_is(self) -> None:
        assert text_of(self.spec) == "http_req_duration over the CPU of app\nrun-1 · 21 s\n20 requests · dot: a request"

    def and_the_axis_has_room_for_the_slowest(self) -> None:
        assert self.latency["encoding"]["y"]["scale"]["domain"] == [0, 1.04 * 29]
        assert self.latency["encoding"]["y"]["axis"]["title"] == "http_req_duration, ms"


class HostToo(vedro.Scenario):
    subject = "the host can be asked for, and has a panel of its own"

    def when_it_is_drawn(self) -> None:
        self.spec = latency_chart(under_load(), targets=["app", "system"]).to_dict()

    def then_its_axis_is_of_the_machine(self) -> None:
        _, cpu, system = (line["encoding"]["y"]["axis"]["title"] for line in layers_of(self.spec, "line"))
        assert (cpu, system) == ("CPU, % (100 = one core)", "CPU, % of the whole machine")


class ManyRequests(vedro.Scenario):
    subject = "of a hundred thousand requests the slowest of each place are dots, and none of the slowest is lost"

    def given_a_long_load_test_with_one_slow_request(self) -> None:
        seconds = [10 + number / 2000 for number in range(100_000)]
        values = [20.0] * 100_000
        values[54_321] = 5000.0
        self.points = pl.concat([make_profile(), make_load(values, seconds=seconds)])

    def when_they_are_drawn(self) -> None:
        self.spec = latency_chart(self.points, width=300).to_dict()

    def then_few_dots_hold_the_slowest(self) -> None:
        (dots,) = layers_of(self.spec, "circle")
        rows = rows_of(self.spec, dots)
        assert len(rows) <= 600
        assert max(row["value"] for row in rows) == 5000

    def and_the_subtitle_says_so(self) -> None:
        assert "100,000 requests · dot: the slowest request nearby" in text_of(self.spec)


class Refusals(vedro.Scenario):
    subject = "{what} is refused, and the message says what to do"

    @params("a profile alone", {}, make_profile, OptionError, "load the file of k6 beside the profile")
    @params("an unknown metric", {"metric": "x"}, under_load, OptionError, "choose from: http_req_duration")
    @params("an unknown target", {"targets": ["db"]}, under_load, OptionError, "choose from: app, system")
    @params(
        "a load test without a profile",
        {},
        lambda: make_load([1, 2], seconds=[1, 2]),
        OptionError,
        "no cpu_percent and no memory_usage",
    )
    @params(
        "a load test of another day",
        {},
        lambda: pl.concat([make_profile(), make_load([1], seconds=[86_400])]),
        OptionError,
        "requests 2026-01-27 10:00:00 to 2026-01-27 10:00:00, readings 2026-01-26 10:00:00 to",
    )
    @params(
        "a load test beside the host alone",
        {},
        lambda: under_load().filter((pl.col("target") != "app") | pl.col("target").is_null()),
        OptionError,
        "targets=['system'] is the host",
    )
    @params(
        "a load test beside two runs",
        {},
        lambda: pl.concat([under_load(), make_series([1, 2], run="run-2")]),
        OptionError,
        "several runs",
    )
    @params("a foreign frame", {}, lambda: pl.DataFrame({"x": [1]}), SchemaError, "no column 'time', 'metric'")
    def __init__(
        self, what: str, options: dict[str, Any], points: Callable[[], pl.DataFrame], error: type[Exception], text: str
    ) -> None:
        self.what, self.options, self.points, self.error, self.text = what, options, points, error, text

    def when_it_is_drawn(self) -> None:
        with catched(Exception) as self.caught:
            latency_chart(self.points(), **self.options)

    def then_the_error_tells(self) -> None:
        assert self.caught.type is self.error
        assert self.text in str(self.caught.value)
