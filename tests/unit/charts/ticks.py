import re
from itertools import pairwise
from typing import Any

import vedro
import vl_convert
from vedro import params

from tests.contexts.series import START, make_series, put_together
from vedro_profiling.charts.profile import profile_chart
from vedro_profiling.charts.timeline import timeline

START_MS = int(START.timestamp() * 1000)


def labels_in(specification: dict[str, Any], zoom: list[int] | None = None) -> tuple[list[str], list[str]]:
    """Draw a chart, zoomed as by a mouse if asked to, and read the clock times and the elapsed times below it."""
    vega = vl_convert.vegalite_to_vega(specification)
    if zoom:
        next(signal for signal in vega["signals"] if signal["name"] == "zoom_time")["value"] = zoom
    texts = re.findall(r"<tspan[^>]*>([^<]+)</tspan>", vl_convert.vega_to_svg(vega))
    elapsed = re.compile(r"[\d.,]+ (s|min|h|d)")
    return [text for text in texts if ":" in text], [text for text in texts if elapsed.fullmatch(text)]


class RoundTimes(vedro.Scenario):
    subject = "a run of {seconds} s has labels at {since}, below their clock times, in a wide and in a narrow chart"

    @params(0.09, ["0 s", "0.02 s", "0.04 s", "0.06 s", "0.08 s"], "10:00:00.057")
    @params(0.9, ["0 s", "0.2 s", "0.4 s", "0.6 s", "0.8 s"], "10:00:00.2")
    @params(2, ["0 s", "0.5 s", "1 s", "1.5 s", "2 s"], "10:00:00.5")
    @params(20, ["0 s", "5 s", "10 s", "15 s", "20 s"], "10:00:05")
    @params(1000, ["0 min", "3 min", "6 min", "9 min", "12 min", "15 min"], "10:03:00")
    @params(5 * 3600, ["0 h", "1 h", "2 h", "3 h", "4 h", "5 h"], "11:00:00")
    @params(5 * 86_400, ["0 d", "1 d", "2 d", "3 d", "4 d", "5 d"], "27 Jan 10:00")
    def __init__(self, seconds: float, since: list[str], second_clock: str) -> None:
        self.seconds, self.since, self.second_clock = seconds, since, second_clock

    def given_a_run_that_starts_between_two_milliseconds(self) -> None:
        start = 0.037_4
        self.points = make_series([10, 20], seconds=[start, start + self.seconds])

    def when_it_is_drawn(self) -> None:
        charts = (timeline(self.points), profile_chart(self.points, "app"))
        self.labels = [labels_in(chart.to_dict()) for chart in charts]

    def then_round_times_since_the_start_are_told(self) -> None:
        assert [since for _, since in self.labels] == [self.since] * 2

    def and_each_has_its_clock_time(self) -> None:
        for clocks, since in self.labels:
            assert len(clocks) == len(since)
            assert clocks[1] == self.second_clock


class NearestSecond(vedro.Scenario):
    subject = "a run that starts a millisecond before a whole second has that second at its start"

    def when_such_a_run_is_drawn(self) -> None:
        points = make_series([1, 2], seconds=[0.999, 5.999])
        self.clocks, self.since = labels_in(timeline(points).to_dict())

    def then_clock_and_elapsed_seconds_agree(self) -> None:
        assert self.clocks == [f"10:00:0{second}" for second in range(1, 7)]
        assert self.since == [f"{second} s" for second in range(6)]


class AnyLength(vedro.Scenario):
    subject = "a run of any length has four to nine ticks, evenly apart, none of whose labels is left out"

    def given_runs_from_milliseconds_to_days(self) -> None:
        self.runs = [make_series([1, 2], seconds=[0, 0.02 * 1.9**power]) for power in range(24)]

    def when_they_are_drawn(self) -> None:
        self.labels = [labels_in(profile_chart(points, "app").to_dict()) for points in self.runs]

    def then_none_has_too_few_or_too_many(self) -> None:
        for _, since in self.labels:
            assert 4 <= len(since) <= 9, since

    def and_they_are_evenly_apart(self) -> None:
        for _, since in self.labels:
            numbers = [float(text.split()[0].replace(",", "")) for text in since]
            steps = {round(after - before, 6) for before, after in pairwise(numbers)}
            assert len(steps) == 1, since


class Zoomed(vedro.Scenario):
    subject = "who zooms in finds ticks at finer times"

    def given_the_timeline_of_a_long_run(self) -> None:
        points = make_series([1, 2, 3], seconds=[0, 500, 1000])
        self.spec = timeline(points).to_dict()

    def when_it_is_zoomed_to_two_seconds(self) -> None:
        self.clocks, self.since = labels_in(self.spec, zoom=[START_MS + 500_000, START_MS + 502_000])

    def then_there_are_as_many_as_before(self) -> None:
        assert self.since == ["500 s", "500.5 s", "501 s", "501.5 s"]
        assert self.clocks[0] == "10:08:20.0"


class NarrowChart(vedro.Scenario):
    subject = "a narrow chart has fewer ticks"

    def when_a_run_is_drawn_150_pixels_wide(self) -> None:
        chart = timeline(make_series([1, 2], seconds=[0, 20]), width=150)
        self.labels = labels_in(chart.to_dict())

    def then_its_labels_have_room(self) -> None:
        assert self.labels == (["10:00:00", "10:00:10", "10:00:20"], ["0 s", "10 s", "20 s"])


class SeveralRuns(vedro.Scenario):
    subject = "runs laid over each other have no clock below them"

    def when_two_runs_are_drawn(self) -> None:
        later = make_series([3, 4], seconds=[86_400, 86_402], run="run-2")
        self.labels = labels_in(timeline(put_together(make_series([1, 2]), later)).to_dict())

    def then_time_since_the_start_is_told(self) -> None:
        assert self.labels[0] == []
