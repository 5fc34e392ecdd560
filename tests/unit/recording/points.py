"""Points made of raw readings, by numbers that were worked out by hand."""

from dataclasses import replace
from datetime import datetime, timezone
from random import Random
from typing import Any

import polars as pl
import vedro
from vedro import params

from tests.contexts.recording import MILLISECOND, SECOND, Reading, make_readings
from vedro_profiling import schema
from vedro_profiling.recording.buffer import CHUNK_BYTES
from vedro_profiling.recording.journal import Readings
from vedro_profiling.recording.points import derive
from vedro_profiling.recording.samplers import MISSING, Source

PROCESS = Source("default", "vedro", "/proc")
SYSTEM = Source("default", "system", "/proc", cores=4)
MEGABYTE = 1_000_000


def usage(  # noqa: PLR0913 - a column each
    at_ms: float,
    *,
    cpu_ms: float = MISSING,
    memory: float = MISSING,
    working_set: float = MISSING,
    peak: float = MISSING,
    source: int = 0,
) -> Reading:
    """Write a reading in milliseconds and megabytes."""
    megabytes = (MISSING if value == MISSING else round(value * MEGABYTE) for value in (memory, working_set, peak))
    memory_bytes, working_set_bytes, peak_bytes = megabytes
    cpu_ns = MISSING if cpu_ms == MISSING else round(cpu_ms * MILLISECOND)
    return source, cpu_ns, memory_bytes, working_set_bytes, peak_bytes, round(at_ms * MILLISECOND)


def begin(at_ms: float, scenario: str) -> dict[str, Any]:
    return {"at_ns": round(at_ms * MILLISECOND), "scenario": scenario, "subject": f"subject of {scenario}"}


def end(at_ms: float, status: str = "passed") -> dict[str, Any]:
    return {"at_ns": round(at_ms * MILLISECOND), "status": status}


def rows(readings: Readings, metric: str, *columns: str) -> list[tuple[Any, ...]]:
    """List the points of a metric as milliseconds since the start, value and more columns, in order of time."""
    points = derive(readings).filter(pl.col("metric") == metric).sort("time", maintain_order=True)
    return points.select(pl.col("time").dt.epoch("us") / 1000, "value", *columns).rows()


class FirstReading(vedro.Scenario):
    subject = "the first reading of a source has memory but no CPU: none is invented"

    def given_one_reading(self) -> None:
        self.readings = make_readings([PROCESS], ticks=[usage(1000, cpu_ms=5000, memory=64.5)])

    def when_points_are_made(self) -> None:
        self.points = derive(self.readings)

    def then_there_is_memory_alone(self) -> None:
        assert self.points.select("metric", "value").rows() == [("memory_usage", 64.5)]


class CpuOfAnInterval(vedro.Scenario):
    subject = "CPU is the difference to the reading before: milliseconds, and percent of {cores} cores"

    @params(1, [50.0, 25.0])
    @params(4, [12.5, 6.25])
    def __init__(self, cores: int, percent: list[float]) -> None:
        self.cores = cores
        self.percent = percent

    def given_three_ticks(self) -> None:
        source = Source("default", "system", "/proc", cores=self.cores)
        ticks = [usage(1000, cpu_ms=100), usage(2000, cpu_ms=600), usage(4000, cpu_ms=1100)]
        self.readings = make_readings([source], ticks=ticks)

    def when_points_are_made(self) -> None:
        self.cpu_time = rows(self.readings, "cpu_time")
        self.cpu_percent = rows(self.readings, "cpu_percent")

    def then_the_time_is_that_of_both_intervals(self) -> None:
        assert self.cpu_time == [(2000, 500), (4000, 500)]

    def and_the_percentage_weighs_their_length(self) -> None:
        assert self.cpu_percent == [(2000, self.percent[0]), (4000, self.percent[1])]


class BornInTheRun(vedro.Scenario):
    subject = "a counter that was born in the run counts from zero, and so does its peak"

    def given_a_container_that_started_at_1500_ms(self) -> None:
        app = Source("docker", "app", "cgroup v2", born_at_ns=1500 * MILLISECOND)
        ticks = [usage(2000, cpu_ms=300, memory=10, peak=30), usage(3000, cpu_ms=400, memory=10, peak=30)]
        self.readings = make_readings([app], ticks=ticks, traffic=[(0, 7, 0, 0, 0, 2 * SECOND)])

    def when_points_are_made(self) -> None:
        self.points = derive(self.readings)

    def then_all_its_cpu_counts(self) -> None:
        assert rows(self.readings, "cpu_time") == [(2000, 300), (3000, 100)]
        assert rows(self.readings, "cpu_percent") == [(2000, 60), (3000, 10)]

    def and_its_peak_and_traffic(self) -> None:
        assert rows(self.readings, "memory_peak") == [(2000, 30)]
        assert rows(self.readings, "network_received") == [(2000, 7)]


class PercentBetweenTicksOnly(vedro.Scenario):
    subject = "borders cut the intervals of cpu_time, those of cpu_percent lie between ticks"

    def given_two_ticks_and_a_border_just_before_the_second(self) -> None:
        self.readings = make_readings(
            [PROCESS],
            ticks=[usage(1000, cpu_ms=0), usage(2000, cpu_ms=200)],
            borders=[usage(1999, cpu_ms=150)],
        )

    def when_points_are_made(self) -> None:
        self.cpu_time = rows(self.readings, "cpu_time")
        self.cpu_percent = rows(self.readings, "cpu_percent")

    def then_cpu_time_has_both_parts(self) -> None:
        assert self.cpu_time == [(1999, 150), (2000, 50)]

    def and_cpu_percent_no_short_interval(self) -> None:
        assert self.cpu_percent == [(2000, 20)]


class BackwardsCounter(vedro.Scenario):
    subject = "a counter that went backwards makes no row there, and counts on from where it is"

    def given_counters_that_fall(self) -> None:
        self.readings = make_readings(
            [SYSTEM],
            ticks=[usage(1000, cpu_ms=900), usage(2000, cpu_ms=100), usage(3000, cpu_ms=500)],
            traffic=[(0, 50, 0, 0, 0, SECOND), (0, 20, 0, 0, 0, 2 * SECOND), (0, 21, 0, 0, 0, 3 * SECOND)],
        )

    def when_points_are_made(self) -> None:
        self.made = {metric: rows(self.readings, metric) for metric in ("cpu_time", "cpu_percent", "network_received")}

    def then_only_what_grew_is_there(self) -> None:
        assert self.made == {
            "cpu_time": [(3000, 400)],
            "cpu_percent": [(3000, 10)],
            "network_received": [(3000, 1)],
        }


class SameInstant(vedro.Scenario):
    subject = "two readings of one instant make no percentage out of nothing"

    def given_readings_of_one_instant(self) -> None:
        ticks = [usage(1000, cpu_ms=1), usage(1000, cpu_ms=2), usage(2000, cpu_ms=3)]
        self.readings = make_readings([PROCESS], ticks=ticks)

    def when_points_are_made(self) -> None:
        self.percent = rows(self.readings, "cpu_percent")

    def then_there_is_one_interval(self) -> None:
        assert self.percent == [(2000, 0.1)]


class MissingValues(vedro.Scenario):
    subject = "what was not read makes no row, and the next difference reaches back over it"

    def given_readings_with_gaps(self) -> None:
        self.readings = make_readings(
            [PROCESS],
            ticks=[
                usage(1000, cpu_ms=100, memory=1),
                usage(2000, memory=2, working_set=1),
                usage(3000, cpu_ms=500),
            ],
            traffic=[
                (0, MISSING, MISSING, 10, MISSING, SECOND),
                (0, MISSING, MISSING, MISSING, MISSING, 2 * SECOND),
                (0, MISSING, MISSING, 17, MISSING, 3 * SECOND),
            ],
        )

    def when_points_are_made(self) -> None:
        self.points = derive(self.readings)

    def then_only_what_was_read_is_there(self) -> None:
        found = self.points.select("metric", pl.col("time").dt.epoch("s"), "value").rows()
        assert found == [
            ("cpu_percent", 3, 20.0),
            ("cpu_time", 3, 400.0),
            ("disk_read", 3, 7.0),
            ("memory_usage", 1, 1.0),
            ("memory_usage", 2, 2.0),
            ("memory_working_set", 2, 1.0),
        ]


class Peaks(vedro.Scenario):
    subject = "a peak is told {when}, and what it was before the run is not"

    @params("at each reading where that resets it", [(2000, 80), (3000, 80), (4000, 70)])
    @params("only when it grew where nothing resets it", [(2000, 80)])
    def __init__(self, when: str, expected: list[tuple[int, int]]) -> None:
        self.when = when
        self.expected = expected

    def given_a_source_whose_peak_was_60(self) -> None:
        source = Source("docker", "app", "cgroup v2", peak_resets=self.when.startswith("at each"))
        ticks = [usage(1000 * second, peak=peak) for second, peak in enumerate([60, 80, 80, 70], start=1)]
        self.readings = make_readings([source], ticks=ticks)

    def when_points_are_made(self) -> None:
        self.peaks = rows(self.readings, "memory_peak")

    def then_they_are_told_so(self) -> None:
        assert self.peaks == self.expected


class PeaksAtBorders(vedro.Scenario):
    subject = "the peak of a border reading counts like that of a tick, and missing ones are passed over"

    def given_a_peak_that_grows_at_a_border(self) -> None:
        self.readings = make_readings(
            [PROCESS],
            ticks=[usage(1000, peak=60), usage(3000, peak=70), usage(4000), usage(5000, peak=75)],
            borders=[usage(2000, peak=70)],
        )

    def when_points_are_made(self) -> None:
        self.peaks = rows(self.readings, "memory_peak")

    def then_it_grew_at_the_border_and_in_the_end(self) -> None:
        assert self.peaks == [(2000, 70), (5000, 75)]


class ScenarioOfAPoint(vedro.Scenario):
    subject = "a counter belongs to the scenario its whole interval lies in, a gauge to the one it was read in"

    def given_a_tick_within_each_of_two_scenarios_and_between_them(self) -> None:
        self.readings = make_readings(
            [PROCESS],
            ticks=[
                usage(1000, cpu_ms=0, memory=1),
                usage(2000, cpu_ms=100, memory=2),
                usage(3000, cpu_ms=200, memory=3),
                usage(4000, cpu_ms=300, memory=4),
                usage(5000, cpu_ms=400, memory=5),
            ],
            borders=[
                usage(1500, cpu_ms=50, memory=1.5),
                usage(2500, cpu_ms=150, memory=2.5),
                usage(3500, cpu_ms=250, memory=3.5),
                usage(4500, cpu_ms=350, memory=4.5),
            ],
            scenarios=[begin(1499, "a"), end(2501), begin(3499, "b"), end(4501, "failed")],
        )

    def when_points_are_made(self) -> None:
        self.made = {
            metric: rows(self.readings, metric, "scenario") for metric in ("cpu_time", "cpu_percent", "memory_usage")
        }

    def then_cpu_time_is_cut_at_the_borders(self) -> None:
        assert self.made["cpu_time"] == [
            (1500, 50, None),
            (2000, 50, "a"),
            (2500, 50, "a"),
            (3000, 50, None),
            (3500, 50, None),
            (4000, 50, "b"),
            (4500, 50, "b"),
            (5000, 50, None),
        ]

    def and_a_percentage_that_spans_a_border_belongs_to_none(self) -> None:
        assert self.made["cpu_percent"] == [(second, 10, None) for second in (2000, 3000, 4000, 5000)]

    def and_memory_belongs_where_it_was_read(self) -> None:
        scenarios = [scenario for *_, scenario in self.made["memory_usage"]]
        assert scenarios == [None, "a", "a", "a", None, "b", "b", "b", None]


class PercentWithinAScenario(vedro.Scenario):
    subject = "a percentage between two ticks of one scenario belongs to it"

    def given_two_ticks_in_a_scenario(self) -> None:
        ticks = [usage(1000, cpu_ms=0), usage(2000, cpu_ms=100), usage(3000, cpu_ms=200)]
        self.readings = make_readings([PROCESS], ticks=ticks, scenarios=[begin(1500, "a"), end(3500)])

    def when_points_are_made(self) -> None:
        self.percent = rows(self.readings, "cpu_percent", "scenario")

    def then_the_second_is_its_own(self) -> None:
        assert self.percent == [(2000, 10, None), (3000, 10, "a")]


class ExactSums(vedro.Scenario):
    subject = "the cpu_time of a scenario adds up to what was used between its borders, all attempts together"

    def given_a_counter_that_was_read_often(self) -> None:
        # An odd counter: 7 ns for each us, so that no sum is round by chance.
        def reading(at_us: int) -> Reading:
            return (0, 7 * at_us + at_us % 3, MISSING, MISSING, MISSING, at_us * 1000)

        edges = [(1000, 3000, "a"), (3500, 9000, "b"), (9000, 9500, "a"), (9900, 20_001, "a")]
        self.readings = make_readings(
            [PROCESS],
            ticks=[reading(at_us) for at_us in range(500, 21_000, 333)],
            borders=[reading(at_us + shift) for first, last, _ in edges for at_us, shift in ((first, 1), (last, -1))],
            scenarios=[event for first, last, name in edges for event in (begin(first / 1000, name), end(last / 1000))],
        )
        self.expected = {"a": 0, "b": 0}
        for first, last, name in edges:
            self.expected[name] += reading(last - 1)[1] - reading(first + 1)[1]

    def when_points_are_made(self) -> None:
        self.points = derive(self.readings)

    def then_the_sums_are_exact(self) -> None:
        cpu_time = self.points.filter(pl.col("metric") == "cpu_time", pl.col("scenario").is_not_null())
        sums = cpu_time.group_by("scenario").agg((pl.col("value").sum() * 1e6).round().cast(pl.Int64))
        assert dict(sums.rows()) == self.expected


class NothingIsLost(vedro.Scenario):
    subject = "the cpu_time of all scenarios and of what lies outside adds up to all that each target used, to the ns"

    @params(1)
    @params(2)
    @params(3)
    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311 - cases for a test, the same each time

    def given_targets_with_counters_and_borders_anywhere(self) -> None:
        instants_ns = sorted(self.random.choices(range(SECOND, 3 * SECOND), k=400))
        readings: list[Reading] = []
        self.used_ns = {}
        for source in range(3):
            counter = self.random.randrange(10**12)
            for at_ns in instants_ns:
                counter += self.random.choice([0, 1, 999_999_937])
                readings.append((source, counter, MISSING, MISSING, MISSING, at_ns + source))
            # The first reading has no interval before it, unless its counter was born in the run.
            self.used_ns[f"target-{source}"] = counter - readings[-len(instants_ns)][1] if source else counter
        borders = self.random.sample(readings, len(readings) // 2)
        self.readings = make_readings(
            [
                Source("docker", f"target-{source}", "cgroup v2", born_at_ns=None if source else 1)
                for source in range(3)
            ],
            ticks=[reading for reading in readings if reading not in borders],
            borders=borders,
            scenarios=[
                begin(at_ns / MILLISECOND, f"scenario {place}") if place % 2 else end(at_ns / MILLISECOND)
                for place, at_ns in enumerate(sorted(self.random.sample(instants_ns, 31)), start=1)
            ],
        )

    def when_points_are_made(self) -> None:
        self.points = derive(self.readings)

    def then_the_parts_add_up(self) -> None:
        cpu_time = self.points.filter(pl.col("metric") == "cpu_time")
        parts = cpu_time.group_by("target", "scenario").agg(ns=(pl.col("value").sum() * 1e6).round().cast(pl.Int64))
        assert parts["scenario"].n_unique() > 2
        assert dict(parts.group_by("target").agg(pl.col("ns").sum()).rows()) == self.used_ns


class BornBehindItsFirstReading(vedro.Scenario):
    subject = "what a counter shows when its birth is told too late counts all the same"

    def given_a_birth_after_the_first_reading(self) -> None:
        source = Source("docker", "app", "cgroup v2", born_at_ns=2001 * MILLISECOND)
        self.readings = make_readings([source], ticks=[usage(2000, cpu_ms=30), usage(3000, cpu_ms=40)])

    def when_points_are_made(self) -> None:
        self.cpu_time = rows(self.readings, "cpu_time")
        self.cpu_percent = rows(self.readings, "cpu_percent")

    def then_all_its_cpu_counts(self) -> None:
        assert self.cpu_time == [(2000, 30), (3000, 10)]

    def and_no_percentage_is_made_of_no_time(self) -> None:
        assert self.cpu_percent == [(3000, 1)]


class BackToBack(vedro.Scenario):
    subject = "what is used between two scenarios that follow at once belongs to neither"

    def given_scenarios_with_their_borders_1_ms_apart(self) -> None:
        self.readings = make_readings(
            [PROCESS],
            borders=[
                usage(1000, cpu_ms=0),
                usage(2000, cpu_ms=100),
                usage(2001, cpu_ms=101),
                usage(3000, cpu_ms=300),
            ],
            scenarios=[begin(1000, "a"), end(2000), begin(2001, "a"), end(3000)],
        )

    def when_points_are_made(self) -> None:
        self.cpu_time = rows(self.readings, "cpu_time", "scenario")

    def then_the_part_between_is_nobodys(self) -> None:
        assert self.cpu_time == [(2000, 100, "a"), (2001, 1, None), (3000, 199, "a")]


class CutOffAttempt(vedro.Scenario):
    subject = "an attempt that never ended owns what was read since it began, and has no duration"

    def given_a_run_killed_in_its_second_scenario(self) -> None:
        self.readings = make_readings(
            [PROCESS],
            ticks=[usage(1000, cpu_ms=0), usage(5000, cpu_ms=90)],
            borders=[usage(2000, cpu_ms=10), usage(3000, cpu_ms=30), usage(4000, cpu_ms=40)],
            scenarios=[begin(2000, "a"), end(3000), begin(4000, "b")],
        )

    def when_points_are_made(self) -> None:
        self.cpu_time = rows(self.readings, "cpu_time", "scenario")
        self.durations = rows(self.readings, "scenario_duration", "scenario")

    def then_the_rest_is_its_own(self) -> None:
        assert self.cpu_time == [(2000, 10, None), (3000, 20, "a"), (4000, 10, None), (5000, 50, "b")]

    def and_only_the_first_has_a_duration(self) -> None:
        assert self.durations == [(3000, 1000, "a")]


class EndWithoutBeginning(vedro.Scenario):
    subject = "an end whose beginning is not known is passed over"

    def given_an_end_and_then_a_scenario(self) -> None:
        self.readings = make_readings([PROCESS], scenarios=[end(500), begin(1000, "a"), end(2000)])

    def when_points_are_made(self) -> None:
        self.durations = rows(self.readings, "scenario_duration", "scenario")

    def then_the_scenario_has_its_own_times(self) -> None:
        assert self.durations == [(2000, 1000, "a")]


class Durations(vedro.Scenario):
    subject = "each attempt is a point of the test process, with subject and status"

    def given_a_scenario_that_was_run_twice(self) -> None:
        attempts = [begin(1000, "a"), end(1250, "failed"), begin(2000, "a"), end(2062.5)]
        self.readings = make_readings(scenarios=attempts, tags={"branch": "main"})

    def when_points_are_made(self) -> None:
        self.points = derive(self.readings)

    def then_both_attempts_are_there(self) -> None:
        assert self.points.select(pl.col("time").dt.epoch("us"), pl.exclude("time")).rows(named=True) == [
            {
                "time": at_us,
                "metric": "scenario_duration",
                "value": duration_ms,
                "target": "vedro",
                "service": None,
                "method": "default",
                "run": "run-1",
                "scenario": "a",
                "subject": "subject of a",
                "status": status,
                "branch": "main",
            }
            for at_us, duration_ms, status in [(1_250_000, 250.0, "failed"), (2_062_500, 62.5, "passed")]
        ]


class OnlyDurationsHaveASubject(vedro.Scenario):
    subject = "subject and status are on scenario_duration alone"

    def given_a_scenario_with_readings(self) -> None:
        self.readings = make_readings(
            [PROCESS],
            borders=[usage(1000, cpu_ms=1, memory=1), usage(2000, cpu_ms=2, memory=1)],
            scenarios=[begin(1000, "a"), end(2000)],
        )

    def when_points_are_made(self) -> None:
        self.points = derive(self.readings)

    def then_no_other_point_has_one(self) -> None:
        named = self.points.filter(pl.col("subject").is_not_null() | pl.col("status").is_not_null())
        assert named["metric"].to_list() == ["scenario_duration"]
        assert self.points["scenario"].to_list() == ["a"] * self.points.height


class Restart(vedro.Scenario):
    subject = "a container that restarts is one timeline of two sources, and all its CPU counts"

    def given_two_lives_of_a_container(self) -> None:
        lives = [
            Source("docker", "app", "cgroup v2", service="app"),
            Source("docker", "app", "cgroup v2", service="app", born_at_ns=2500 * MILLISECOND),
        ]
        self.readings = make_readings(
            lives,
            ticks=[
                usage(1000, cpu_ms=9000, source=0),
                usage(2000, cpu_ms=9100, source=0),
                usage(3000, cpu_ms=40, source=1),
                usage(4000, cpu_ms=50, source=1),
            ],
        )

    def when_points_are_made(self) -> None:
        self.cpu_time = rows(self.readings, "cpu_time", "target", "service")
        self.cpu_percent = rows(self.readings, "cpu_percent")

    def then_both_lives_count_and_nothing_in_between(self) -> None:
        assert self.cpu_time == [(2000, 100, "app", "app"), (3000, 40, "app", "app"), (4000, 10, "app", "app")]
        assert self.cpu_percent == [(2000, 10), (3000, 8), (4000, 1)]


class Traffic(vedro.Scenario):
    subject = "network and disk are bytes of the interval, each under its own name"

    def given_two_readings_of_traffic(self) -> None:
        self.readings = make_readings(
            [SYSTEM], traffic=[(0, 100, 200, 300, 400, SECOND), (0, 101, 202, 303, 404, 2 * SECOND)]
        )

    def when_points_are_made(self) -> None:
        self.points = derive(self.readings)

    def then_each_is_its_own_difference(self) -> None:
        assert dict(self.points.select("metric", "value").rows()) == {
            "network_received": 1.0,
            "network_sent": 2.0,
            "disk_read": 3.0,
            "disk_written": 4.0,
        }


class WallClock(vedro.Scenario):
    subject = "times are those of the wall clock at the anchor plus what passed since, to the microsecond"

    def given_a_run_that_was_anchored_in_2026(self) -> None:
        self.readings = make_readings([PROCESS], ticks=[usage(1000.0016, memory=1)])
        start = datetime(2026, 1, 26, 10, tzinfo=timezone.utc)
        anchor = {"unix_ns": int(start.timestamp()) * SECOND, "monotonic_ns": SECOND // 2}
        self.readings.facts["anchor"] = anchor

    def when_points_are_made(self) -> None:
        self.times = derive(self.readings)["time"].to_list()

    def then_half_a_second_had_passed(self) -> None:
        assert self.times == [datetime(2026, 1, 26, 10, 0, 0, 500_001, tzinfo=timezone.utc)]


class OrderOfRows(vedro.Scenario):
    subject = "rows come by method, target, metric and time, whatever the order of sources and readings"

    def given_sources_in_no_order(self) -> None:
        sources = [
            Source("docker", "web", "cgroup v2"),
            Source("default", "vedro", "/proc"),
            Source("docker", "app", "cgroup v2"),
            Source("default", "system", "/proc"),
        ]
        self.readings = make_readings(
            sources,
            ticks=[
                usage(1000 * second, cpu_ms=second, memory=1, source=source)
                for source in range(4)
                for second in (1, 2, 3)
            ],
            borders=[usage(2500, cpu_ms=2.5, memory=1, source=source) for source in (3, 1, 2, 0)],
            scenarios=[begin(2500, "a"), end(2600)],
        )

    def when_points_are_made(self) -> None:
        self.points = derive(self.readings)

    def then_they_are_sorted(self) -> None:
        keys = self.points.select(pl.col("method", "target", "metric").cast(pl.String), "time").rows()
        assert keys == sorted(keys)
        assert list(dict.fromkeys(target for _, target, _, _ in keys)) == ["system", "vedro", "app", "web"]


class Tags(vedro.Scenario):
    subject = "each tag is a column of its own, after the schema's, sorted by name"

    def given_a_run_with_tags(self) -> None:
        tags = {"zone": "eu", "branch": "main"}
        self.readings = make_readings([PROCESS], ticks=[usage(1000, memory=1), usage(2000, memory=1)], tags=tags)

    def when_points_are_made(self) -> None:
        self.points = derive(self.readings)

    def then_they_are_columns(self) -> None:
        assert self.points.columns == [*schema.COLUMN_NAMES, "branch", "zone"]
        assert self.points.select("branch", "zone").rows() == [("main", "eu")] * 2

    def and_of_the_schemas_dtype(self) -> None:
        assert dict(self.points.schema) == {**schema.dtypes(pl), "branch": pl.Categorical(), "zone": pl.Categorical()}


class Nothing(vedro.Scenario):
    subject = "no readings make an empty frame with all columns and their dtypes"

    @params([])
    @params([PROCESS])
    def __init__(self, sources: list[Source]) -> None:
        self.sources = sources

    def given_a_run_without_readings(self) -> None:
        readings = make_readings(self.sources, tags={"branch": "main"})
        self.readings = replace(readings, tables={**readings.tables, "borders": []})

    def when_points_are_made(self) -> None:
        self.points = derive(self.readings)

    def then_the_frame_is_empty_and_whole(self) -> None:
        assert self.points.height == 0
        assert dict(self.points.schema) == {**schema.dtypes(pl), "branch": pl.Categorical()}


class UnfinishedReading(vedro.Scenario):
    subject = "the reading in progress when a run was killed, and the empty rest of its chunk, are ignored"

    def given_a_table_whose_last_reading_bears_no_instant(self) -> None:
        readings = make_readings([PROCESS], ticks=[usage(1000, memory=1), usage(2000, memory=2)])
        (table,) = readings.tables["ticks"]
        unfinished = table[48:88] + bytes(8)
        ticks = [(table + unfinished).ljust(CHUNK_BYTES, b"\0"), bytes(CHUNK_BYTES)]
        self.readings = replace(readings, tables={**readings.tables, "ticks": ticks})

    def when_points_are_made(self) -> None:
        self.memory = rows(self.readings, "memory_usage")

    def then_the_finished_ones_are_there(self) -> None:
        assert self.memory == [(1000, 1), (2000, 2)]


class UnknownSource(vedro.Scenario):
    subject = "readings of a source whose name was lost with the process are left out"

    def given_a_reading_of_a_source_without_name(self) -> None:
        self.readings = make_readings([PROCESS], ticks=[usage(1000, memory=1), usage(1000, memory=2, source=1)])

    def when_points_are_made(self) -> None:
        self.memory = rows(self.readings, "memory_usage", "target")

    def then_the_named_ones_are_there(self) -> None:
        assert self.memory == [(1000, 1, "vedro")]


STREAMED = Source("docker", "app", "engine", service="app", has_border_readings=False)


class Apportioned(vedro.Scenario):
    subject = "an interval of the engine's stream is split by time at the borders it spans, and its parts say so"

    def given_a_scenario_of_half_a_second_and_one_of_a_tenth_between_readings(self) -> None:
        # 1000-2000 lies outside; 2000-3000 holds all of `a` and a border of `b`; 3000-4000 the rest of `b`.
        self.readings = make_readings(
            [STREAMED],
            ticks=[
                usage(1000, cpu_ms=100, memory=10),
                usage(2000, cpu_ms=300, memory=20),
                usage(3000, cpu_ms=1300, memory=30),
                usage(4000, cpu_ms=1700, memory=40),
            ],
            scenarios=[begin(2200, "a"), end(2700), begin(2900, "b"), end(3100)],
        )

    def when_points_are_made(self) -> None:
        self.cpu_time = rows(self.readings, "cpu_time", "scenario", "apportioned")
        self.cpu_percent = rows(self.readings, "cpu_percent", "scenario", "apportioned")

    def then_each_part_has_the_share_of_its_length(self) -> None:
        assert self.cpu_time == [
            (2000, 200, None, None),
            (2200, 200, None, "true"),
            (2700, 500, "a", "true"),
            (2900, 200, None, "true"),
            (3000, 100, "b", "true"),
            (3100, 40, "b", "true"),
            (4000, 360, None, "true"),
        ]

    def and_percentages_stay_whole(self) -> None:
        assert self.cpu_percent == [(2000, 20, None, None), (3000, 100, None, None), (4000, 40, None, None)]

    def and_memory_belongs_to_the_scenario_in_which_it_was_read(self) -> None:
        memory = rows(self.readings, "memory_usage", "scenario", "apportioned")
        assert memory == [(1000, 10, None, None), (2000, 20, None, None), (3000, 30, "b", None), (4000, 40, None, None)]


class ApportionedTraffic(vedro.Scenario):
    subject = "network and disk of the engine's stream are split as CPU is, from a birth in the run on"

    def given_a_container_born_in_a_scenario_that_never_ended(self) -> None:
        life = STREAMED._replace(born_at_ns=1000 * MILLISECOND)
        self.readings = make_readings(
            [life], traffic=[(0, 100, 200, MISSING, 400, 2 * SECOND)], scenarios=[begin(1250, "a")]
        )

    def when_points_are_made(self) -> None:
        points = derive(self.readings).filter(pl.col("value") > 0).sort("metric", "time")
        self.rows = points.select("metric", "value", "scenario", "apportioned").rows()

    def then_a_quarter_lies_before_it(self) -> None:
        assert self.rows == [
            ("disk_written", 100, None, "true"),
            ("disk_written", 300, "a", "true"),
            ("network_received", 25, None, "true"),
            ("network_received", 75, "a", "true"),
            ("network_sent", 50, None, "true"),
            ("network_sent", 150, "a", "true"),
        ]


class NothingApportioned(vedro.Scenario):
    subject = "{source}: without an interval of a stream that spans a border there is no column for it"

    @params("read at borders too", has_border_readings=True, border_ms=1500)
    @params("a stream", has_border_readings=False, border_ms=2000)
    def __init__(self, source: str, *, has_border_readings: bool, border_ms: int) -> None:
        self.source = source
        self.has_border_readings = has_border_readings
        self.border_ms = border_ms

    def given_a_border(self) -> None:
        self.readings = make_readings(
            [STREAMED._replace(has_border_readings=self.has_border_readings)],
            ticks=[usage(1000, cpu_ms=1), usage(2000, cpu_ms=11), usage(3000, cpu_ms=21)],
            scenarios=[begin(self.border_ms, "a")],
            tags={"branch": "main"},
        )

    def when_points_are_made(self) -> None:
        self.points = derive(self.readings)

    def then_columns_are_those_of_every_run(self) -> None:
        assert self.points.columns == [*schema.COLUMN_NAMES, "branch"]

    def and_intervals_stay_whole(self) -> None:
        assert rows(self.readings, "cpu_time", "scenario") == [(2000, 10, None), (3000, 10, "a")]


class ApportionedAmongTags(vedro.Scenario):
    subject = "the tag stands among the run's own, and the points are what files give back"

    def given_a_tagged_run(self) -> None:
        self.readings = make_readings(
            [PROCESS, STREAMED],
            ticks=[usage(at_ms, cpu_ms=at_ms, source=source) for at_ms in (1000, 2000) for source in (0, 1)],
            scenarios=[begin(1500, "a"), end(1600)],
            tags={"zone": "eu", "aim": "speed"},
        )

    def when_points_are_made(self) -> None:
        self.points = derive(self.readings)

    def then_it_is_sorted_in(self) -> None:
        assert self.points.columns == [*schema.COLUMN_NAMES, "aim", "apportioned", "zone"]
        assert self.points.schema["apportioned"] == pl.Categorical()

    def and_the_process_has_none(self) -> None:
        apportioned = self.points.filter(pl.col("apportioned") == "true")
        assert apportioned.select("target", "metric").unique().rows() == [("app", "cpu_time")]
        assert apportioned["value"].to_list() == [500, 100, 400]


class LastOfTheStream(vedro.Scenario):
    subject = "what the stream brings with the reading that ends the run has its percentage, as on a tick"

    def given_an_object_that_arrived_after_the_last_tick(self) -> None:
        self.readings = make_readings(
            [STREAMED, PROCESS],
            ticks=[usage(1000, cpu_ms=0), usage(2000, cpu_ms=100), usage(2000, cpu_ms=0, source=1)],
            borders=[usage(3000, cpu_ms=400), usage(3000, cpu_ms=400, source=1)],
        )

    def when_points_are_made(self) -> None:
        self.points = derive(self.readings).filter(pl.col("metric") == "cpu_percent")

    def then_it_counts(self) -> None:
        assert self.points.select("target", "value").rows() == [("app", 10), ("app", 30)]


class LateTick(vedro.Scenario):
    subject = "a late tick right before the next makes no percent of the moment between, but its CPU time counts"

    def given_ticks_of_a_second_of_which_one_was_late(self) -> None:
        at_ms = (1000, 2000, 3990, 4000, 5000)
        self.readings = make_readings(
            [Source("default", "vedro", "/proc")],
            ticks=[
                (0, cpu_ms * MILLISECOND, MISSING, MISSING, MISSING, at * MILLISECOND)
                for at, cpu_ms in zip(at_ms, (0, 100, 300, 304, 404), strict=True)
            ],
        )
        self.readings.facts["poll_time"] = 1.0

    def when_points_are_made(self) -> None:
        self.percents = rows(self.readings, "cpu_percent")
        self.times = rows(self.readings, "cpu_time")

    def then_the_moment_has_no_percent(self) -> None:
        assert [at for at, _ in self.percents] == [2000, 3990, 5000]

    def and_all_cpu_time_is_there(self) -> None:
        assert sum(value for _, value in self.times) == 404
