"""The way of a run's readings into its files, at once or in slices."""

import shutil
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import polars as pl
import vedro
from vedro import catched, params

from tests.contexts.recording import MILLISECOND, SECOND, Reading, make_readings, pack
from vedro_profiling.errors import RecordingError
from vedro_profiling.recording.journal import Readings
from vedro_profiling.recording.points import derive
from vedro_profiling.recording.points.slices import Slices
from vedro_profiling.recording.samplers import Source
from vedro_profiling.session.drain import derived, in_memory, points_of, write_points
from vedro_profiling.storage import read_facts

SOURCES = [
    Source("default", "vedro", "/proc", peak_resets=True),
    # Read by the engine's stream: the parts of an interval may lie in an earlier slice than its end.
    Source("docker", "app", "engine", service="app", has_border_readings=False),
    Source("docker", "vedro", "cgroup v2"),
]


def make_long_run(seconds: int = 40) -> Readings:
    """Make a run of three sources and a scenario of 1.3 s each two, in blocks of ten readings."""
    ticks: list[Reading] = [
        (source, at * (5 + source) * MILLISECOND, 10**6 * at, 10**6, 10**6 * at, (at + 1) * SECOND + source)
        for at in range(seconds)
        for source in range(len(SOURCES))
        # The stream was held up for some seconds.
        if source != 1 or not 15 < at < 22
    ]
    scenarios: list[dict[str, Any]] = []
    for number in range(seconds // 2):
        opened_ns = (2 * number + 1) * SECOND + 100 * MILLISECOND
        scenarios.append({"at_ns": opened_ns, "scenario": f"s{number}", "subject": "s"})
        scenarios.append({"at_ns": opened_ns + 1300 * MILLISECOND, "status": "passed"})
    readings = make_readings(SOURCES, traffic=ticks, scenarios=scenarios, tags={"branch": "main"})
    blocks = [pack(ticks[at : at + 10]) for at in range(0, len(ticks), 10)]
    return replace(readings, tables={**readings.tables, "ticks": blocks})


class InSlices(vedro.Scenario):
    subject = (
        "a run derived {at_once} readings at a time has the files, byte by byte and row by row, of one derived at once"
    )

    @params(10)
    @params(45)
    @params(100)
    def __init__(self, at_once: int) -> None:
        self.at_once = at_once

    def given_a_run_and_its_files(self) -> None:
        self.readings = make_long_run()
        self.folder = vedro.create_tmp_dir()
        self.expected = derive(self.readings)
        for name in ("whole.ndjson", "whole.parquet"):
            write_points(self.expected, self.folder / name, self.readings.facts)

    def when_it_is_derived_in_slices(self) -> None:
        self.scratch = vedro.create_tmp_dir()
        with derived(self.readings, self.scratch, at_once=self.at_once) as run:
            assert isinstance(run, Slices)
            self.slices = len(list(self.scratch.iterdir()))
            for name in ("new.ndjson", "new.parquet"):
                write_points(run, self.folder / name, self.readings.facts)
            self.few = list(run.in_frame_order(most=7))

    def then_there_were_several(self) -> None:
        assert self.slices > 1

    def and_the_files_are_the_same(self) -> None:
        assert (self.folder / "new.ndjson").read_bytes() == (self.folder / "whole.ndjson").read_bytes()
        assert pl.read_parquet(self.folder / "new.parquet").equals(pl.read_parquet(self.folder / "whole.parquet"))
        assert read_facts(self.folder / "new.parquet") == [self.readings.facts]

    def and_so_is_the_frame_in_pieces_of_any_size(self) -> None:
        assert pl.concat(self.few).equals(self.expected)
        # A piece has what lies in one slice for one series at least.
        assert max(piece.height for piece in self.few) < self.at_once * 8

    def and_nothing_is_left(self) -> None:
        assert list(self.scratch.iterdir()) == []


class WithoutScratch(vedro.Scenario):
    subject = "slices stay in memory where {reason}, and nothing is lost"

    @params("there is no folder")
    @params("the folder is gone")
    @params("the disk is full")
    def __init__(self, reason: str) -> None:
        self.reason = reason

    def given_a_run_and_such_a_place(self) -> None:
        self.readings = make_long_run()
        folder = vedro.create_tmp_dir()
        self.scratch = {"there is no folder": None, "the folder is gone": folder / "gone"}.get(self.reason, folder)

    def when_it_is_derived_in_slices(self) -> None:
        error = pl.exceptions.ComputeError("No space left on device (os error 28)")
        full = patch.object(pl.DataFrame, "write_parquet", side_effect=error)
        if self.reason == "the disk is full":
            full.start()
            vedro.defer(full.stop)
        with derived(self.readings, self.scratch, at_once=45) as run:
            self.points = points_of(run, [])

    def then_all_points_are_there(self) -> None:
        assert in_memory(self.points, [], self.readings.facts).equals(derive(self.readings))


class QueryOverTheFile(vedro.Scenario):
    subject = "the points of a long run are a query over its Parquet, those of a short one a frame"

    def given_a_run(self) -> None:
        self.readings = make_long_run()
        self.file = vedro.create_tmp_dir() / "profiling.parquet"

    def when_it_is_derived_both_ways(self) -> None:
        with derived(self.readings, None, at_once=45) as run:
            write_points(run, self.file, self.readings.facts)
            self.of_long = points_of(run, [self.file.with_suffix(".ndjson"), self.file])
        with derived(self.readings, None, at_once=10_000) as run:
            self.of_short = points_of(run, [self.file])

    def then_they_are_so(self) -> None:
        assert isinstance(self.of_long, pl.LazyFrame)
        assert isinstance(self.of_short, pl.DataFrame)

    def and_both_tell_the_same(self) -> None:
        of_short = in_memory(self.of_short, [self.file], self.readings.facts)
        assert in_memory(self.of_long, [self.file], self.readings.facts).equals(of_short)


class AnothersFile(vedro.Scenario):
    subject = "the points of a long run are refused once its file is {fate}, and never another run's"

    @params("overwritten by a run of the same name")
    @params("deleted")
    def __init__(self, fate: str) -> None:
        self.fate = fate

    def given_the_query_of_a_long_run(self) -> None:
        self.readings = make_long_run()
        self.file = vedro.create_tmp_dir() / "profiling.parquet"
        with derived(self.readings, None, at_once=45) as run:
            write_points(run, self.file, self.readings.facts)
            self.points = points_of(run, [self.file])

    def given_what_happened_to_the_file(self) -> None:
        self.file.unlink()
        if self.fate != "deleted":
            anchor = {"unix_ns": 1, "monotonic_ns": 1}
            write_points(derive(self.readings), self.file, self.readings.facts | {"anchor": anchor})

    def when_the_points_are_asked_for(self) -> None:
        with catched(RecordingError) as self.refused:
            in_memory(self.points, [self.file], self.readings.facts)

    def then_the_file_and_the_way_out_are_named(self) -> None:
        assert self.refused.type is RecordingError
        text = str(self.refused.value)
        assert text.startswith(f"{self.file} is not the file of run 'run-1' any more")
        assert text.endswith("give each a folder of its own.")


class FolderTurnedIntoAFile(vedro.Scenario):
    subject = "slices whose folder became a file while they lay there end without a word"

    def given_slices_in_a_folder(self) -> None:
        self.readings = make_long_run()
        self.scratch = vedro.create_tmp_dir() / "scratch"
        self.scratch.mkdir()

    def when_it_becomes_a_file_meanwhile(self) -> None:
        with derived(self.readings, self.scratch, at_once=45) as run:
            assert isinstance(run, Slices)
            shutil.rmtree(self.scratch)
            self.scratch.write_text("in the way")

    def then_the_file_is_left_alone(self) -> None:
        assert self.scratch.read_text() == "in the way"


class NothingMeasured(vedro.Scenario):
    subject = "a long run of which no reading has a value has both files, with all columns and no points"

    def given_a_run_of_such_readings(self) -> None:
        readings = make_readings([SOURCES[0]])
        block = pack([(0, -1, -1, -1, -1, at) for at in range(1, 11)])
        self.readings = replace(readings, tables={**readings.tables, "ticks": [block] * 9})
        self.folder = vedro.create_tmp_dir()

    def when_it_is_written_in_slices(self) -> None:
        with derived(self.readings, None, at_once=20) as run:
            for name in ("profiling.ndjson", "profiling.parquet"):
                write_points(run, self.folder / name, self.readings.facts)
            self.points = in_memory(points_of(run, []), [], self.readings.facts)

    def then_the_files_are_empty(self) -> None:
        assert (self.folder / "profiling.ndjson").read_bytes() == b""
        assert pl.read_parquet(self.folder / "profiling.parquet").equals(derive(self.readings))
        assert self.points.equals(derive(self.readings))
