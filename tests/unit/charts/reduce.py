import math
import random
from collections.abc import Callable

import altair as alt
import polars as pl
import vedro
from vedro import create_tmp_dir, params

from tests.contexts.png import Picture, read_png
from tests.contexts.series import make_series
from vedro_profiling.charts.panels import inline
from vedro_profiling.charts.reduce import average_lines, highest_readings, reduce_lines
from vedro_profiling.charts.render import save_chart

WIDTH = 320


class PeaksStay(vedro.Scenario):
    subject = "a peak or a trough of one reading in 10,000 stays, wherever it is (reading {place})"

    @params(0)
    @params(1)
    @params(4999)
    @params(9999)
    def __init__(self, place: int) -> None:
        self.place = place

    def given_a_flat_line_with_one_peak_and_one_trough(self) -> None:
        values = [50.0] * 10_000
        values[self.place], values[self.place - 2] = 99.0, 1.0
        self.lines = make_series(values)

    def when_it_is_reduced_to_100_pixels(self) -> None:
        self.reduced = reduce_lines(self.lines, pixels=100, by=["target"])

    def then_at_most_two_readings_a_pixel_are_left(self) -> None:
        assert self.reduced.height <= 200

    def and_the_peak_and_the_trough_are_among_them_at_their_times(self) -> None:
        extremes = self.lines.filter(pl.col("value") != 50.0)
        assert self.reduced.filter(pl.col("value") != 50.0).equals(extremes)


class SparseLines(vedro.Scenario):
    subject = "a line of at most two readings a pixel stays whole beside one that is reduced"

    def given_a_long_and_a_short_line(self) -> None:
        self.short = make_series(range(20), target="short")
        self.lines = pl.concat([make_series(range(1000), target="long"), self.short])

    def when_they_are_reduced_to_10_pixels(self) -> None:
        self.reduced = reduce_lines(self.lines, pixels=10, by=["target"])

    def then_the_short_line_is_whole(self) -> None:
        assert self.reduced.filter(target="short").equals(self.short)

    def and_the_long_line_is_not(self) -> None:
        assert self.reduced.filter(target="long").height == 20


class Averages(vedro.Scenario):
    subject = "a line is averaged over stretches of equal time, and its highest readings are found in them"

    def given_a_line(self) -> None:
        series = make_series([0, 10, 20, 30, 40, 50])
        self.lines = series.with_columns(elapsed=pl.int_range(pl.len()).cast(pl.Float64))

    def when_it_is_cut_into_two_stretches(self) -> None:
        self.averages = average_lines(self.lines, pixels=2, by=["target"])
        self.highest = highest_readings(self.lines, pixels=2, by=["target"])

    def then_each_stretch_has_its_average(self) -> None:
        assert self.averages["value"].to_list() == [10.0, 40.0]
        assert self.averages["elapsed"].to_list() == [1.0, 4.0]

    def and_its_highest_reading(self) -> None:
        assert self.highest["value"].to_list() == [20.0, 50.0]


def draw(lines: pl.DataFrame) -> Picture:
    """Draw a line as a panel draws the range of a long one."""
    x = alt.X("time:T", scale=alt.Scale(type="utc", nice=False), axis=None)
    y = alt.Y("value:Q", scale=alt.Scale(domain=[0, 200]), axis=None)
    chart = alt.Chart(inline(lines)).mark_line(strokeWidth=1).encode(x=x, y=y).properties(width=WIDTH, height=120)
    return read_png(save_chart(chart, create_tmp_dir() / "line.png", ppi=72))


class SamePicture(vedro.Scenario):
    subject = "{what}, reduced to two columns a pixel, is to the eye the picture of all its readings"

    @params("a wave with noise", lambda place, chance: 100 + 50 * math.sin(place / 1500) + chance.gauss(0, 12))
    @params("a quiet line with lone peaks", lambda place, chance: 180 if place % 1237 == 600 else 40 + chance.random())
    def __init__(self, what: str, value_at: Callable[[int, random.Random], float]) -> None:
        self.what, self.value_at = what, value_at

    def given_twenty_thousand_readings(self) -> None:
        chance = random.Random(1)  # noqa: S311 - noise, no secret
        self.lines = make_series([self.value_at(place, chance) for place in range(20_000)])

    def when_all_of_them_and_a_part_are_drawn(self) -> None:
        reduced = reduce_lines(self.lines, pixels=2 * WIDTH, by=["target"])
        self.whole, self.part = draw(self.lines), draw(reduced)
        self.thinned = draw(self.lines.gather_every(self.lines.height // reduced.height))

    def then_next_to_no_pixel_looks_different(self) -> None:
        # Of 255 and of 1: edges of the line, some of its hue stronger or weaker.
        mean, strong = self.whole.difference(self.part)
        assert mean < 2
        assert strong < 0.05

    def and_a_line_through_every_so_manieth_reading_differs_at_least_twice_as_much(self) -> None:
        assert self.whole.difference(self.thinned)[0] > 2 * self.whole.difference(self.part)[0]
