"""Points made window by window are those that are made all at once, wherever the time is cut."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import polars as pl
import vedro
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from tests.contexts.properties import SETTINGS
from tests.contexts.recording import MILLISECOND, SECOND, Reading, make_readings
from vedro_profiling.recording.blocks import ALL_TIME, Window
from vedro_profiling.recording.journal import Readings
from vedro_profiling.recording.points import Derivation, derive
from vedro_profiling.recording.samplers import MISSING, Source

LAST_MS = 40

SOURCES = [
    Source("default", "vedro", "/proc", peak_resets=True),
    Source("default", "system", "/proc", cores=4),
    Source("docker", "app", "engine", service="app", has_border_readings=False),
    Source("docker", "app", "engine", service="app", has_border_readings=False, born_at_ns=SECOND + 7 * MILLISECOND),
    # A process and a container of one name.
    Source("docker", "vedro", "cgroup v2", born_at_ns=SECOND + 5 * MILLISECOND),
]

instants = st.integers(0, LAST_MS * 1000).map(lambda microseconds: SECOND + microseconds * 1000 + microseconds % 7)
values = st.one_of(st.just(MISSING), st.integers(0, 50 * MILLISECOND))
reading_lists = st.lists(st.tuples(st.integers(0, len(SOURCES)), values, values, values, values, instants), max_size=60)


@st.composite
def scenario_lists(draw: st.DrawFn) -> list[dict[str, Any]]:
    borders = sorted(set(draw(st.lists(instants, max_size=8))))
    return [
        {"at_ns": at_ns, "scenario": f"s{place // 4}", "subject": "s"}
        if place % 2 == 0
        else {"at_ns": at_ns, "status": "passed"}
        for place, at_ns in enumerate(borders)
    ]


def cut(instants: Sequence[int]) -> list[Window]:
    edges = [ALL_TIME.begin_ns, *sorted({at_ns - at_ns % 1000 for at_ns in instants}), ALL_TIME.end_ns]
    return [Window(*pair) for pair in pairwise(edges)]


def derive_in(windows: Sequence[Window], readings: Readings) -> pl.DataFrame:
    derivation = Derivation(readings)
    rows = pl.concat([derivation.rows(window) for window in windows])
    return derivation.naming.points(derivation.naming.in_frame_order(rows))


class AnyWindows(vedro.Scenario):
    subject = "any readings in any order, cut into any windows, make the same points in the same order"

    def when_many_runs_are_cut(self) -> None:
        self.runs = 0

        # To make a failing run smaller takes minutes.
        @settings(SETTINGS, phases=[Phase.generate])
        @given(reading_lists, reading_lists, reading_lists, scenario_lists(), st.lists(instants, max_size=6))
        def check(
            ticks: list[Reading],
            borders: list[Reading],
            traffic: list[Reading],
            scenarios: list[dict[str, Any]],
            cuts: list[int],
        ) -> None:
            readings = make_readings(SOURCES, ticks=ticks, borders=borders, traffic=traffic, scenarios=scenarios)
            assert_frame_equal(derive_in(cut(cuts), readings), derive(readings))
            self.runs += 1

        check()

    def then_each_made_the_same_points(self) -> None:
        assert self.runs >= 100
