"""A run from start to files."""

import os
from dataclasses import replace
from unittest.mock import patch

import polars as pl
import vedro
from vedro import catched, params

from tests.contexts.sessions import NEVER, contents, make_session
from vedro_profiling.errors import RecordingError
from vedro_profiling.options import Options
from vedro_profiling.session.block import record
from vedro_profiling.session.recovery import recover
from vedro_profiling.session.session import make_samplers
from vedro_profiling.storage import load, read_facts


class StartToFiles(vedro.Scenario):
    subject = "a finished run has points, files with the same points, facts, and no journal"

    def given_a_run_with_a_scenario(self) -> None:
        self.folder = vedro.create_tmp_dir() / "new" / ".profiling"
        self.session = make_session(self.folder, additional_tags={"branch": "main"})
        self.session.border({"scenario": "scenarios/a.py::A", "subject": "a"})
        sum(range(300_000))
        self.session.border({"status": "passed"})
        self.session.note("the moon was full")

    def when_it_is_finished(self) -> None:
        self.outcome = self.session.finish()

    def then_the_points_tell_of_the_scenario(self) -> None:
        points = self.session.points
        assert points.filter(metric="scenario_duration")["status"].to_list() == ["passed"]
        cpu = points.filter(pl.col("metric") == "cpu_time", pl.col("scenario") == "scenarios/a.py::A")
        assert cpu.filter(pl.col("target") != "system")["value"].item() > 0
        assert set(points["branch"]) == {"main"}

    def and_so_do_the_files(self) -> None:
        assert self.outcome.files == [self.folder / "profiling.ndjson", self.folder / "profiling.parquet"]
        for file in self.outcome.files:
            assert load(file).height == self.session.points.height

    def and_the_outcome_knows_of_them(self) -> None:
        assert self.outcome.has_points
        assert not replace(self.outcome, points=self.session.points.lazy().clear()).has_points

    def and_the_facts_say_how_it_was_recorded(self) -> None:
        (facts,) = read_facts(self.folder / "profiling.parquet")
        assert facts == self.outcome.facts
        expected = {"run": "run-1", "finished": True, "arguments": ["-x"], "methods": ["default"], "poll_time": NEVER}
        assert facts | expected == facts
        assert facts["cost"] == self.outcome.cost._asdict()
        assert facts["notes"] == ["the moon was full"]

    def and_nothing_else_is_left(self) -> None:
        assert sorted(path.name for path in self.folder.iterdir()) == ["profiling.ndjson", "profiling.parquet"]
        assert self.outcome.journal is None

    def and_the_notes_and_sources_are_there(self) -> None:
        assert self.outcome.notes == ["the moon was full"]
        assert [source.target for source in self.outcome.sources][1] == "system"


class FinishedTwice(vedro.Scenario):
    subject = "finishing again gives the same outcome and writes nothing"

    def given_a_finished_run(self) -> None:
        self.folder = vedro.create_tmp_dir()
        self.session = make_session(self.folder)
        self.first = self.session.finish()

    def when_it_is_finished_again(self) -> None:
        for file in self.first.files:
            file.unlink()
        self.second = self.session.finish()

    def then_the_outcome_is_the_same(self) -> None:
        assert self.second is self.first
        assert self.session.points is self.first.points

    def and_nothing_was_written(self) -> None:
        assert list(self.folder.iterdir()) == []


class InMemory(vedro.Scenario):
    subject = "without a folder there are points and no files"

    def given_a_run_without_a_folder(self) -> None:
        self.session = make_session(None)

    def when_it_is_finished(self) -> None:
        self.outcome = self.session.finish()

    def then_there_are_points(self) -> None:
        assert self.session.points.height > 0

    def and_no_files_and_no_journal(self) -> None:
        assert self.outcome.files == []
        assert self.outcome.journal is None
        assert self.outcome.notes == []


class Formats(vedro.Scenario):
    subject = "the formats {formats} make the files {files}"

    @params(["parquet"], ["profiling.parquet"])
    @params(["ndjson.gz"], ["profiling.ndjson.gz"])
    @params(["parquet", "ndjson"], ["profiling.ndjson", "profiling.parquet"])
    def __init__(self, formats: list[str], files: list[str]) -> None:
        self.formats = formats
        self.files = files

    def given_a_run(self) -> None:
        self.folder = vedro.create_tmp_dir()
        self.session = make_session(self.folder, profiling_formats=self.formats)

    def when_it_is_finished(self) -> None:
        self.outcome = self.session.finish()

    def then_these_are_there_and_can_be_read(self) -> None:
        assert sorted(path.name for path in self.folder.iterdir()) == self.files
        assert all(load(file).height == self.session.points.height for file in self.outcome.files)


class FileThatCannotBeWritten(vedro.Scenario):
    subject = "when a file cannot be written the other is, a note says so, and the journal is kept for recover"

    def given_a_folder_where_the_file_should_go(self) -> None:
        self.folder = vedro.create_tmp_dir()
        (self.folder / "profiling.parquet" / "in-the-way").mkdir(parents=True)
        self.session = make_session(self.folder)

    def when_the_run_is_finished_and_recovered(self) -> None:
        self.outcome = self.session.finish()
        self.recovered = recover(self.folder)

    def then_the_other_file_is_there(self) -> None:
        assert self.outcome.files == [self.folder / "profiling.ndjson"]

    def and_it_was_said(self) -> None:
        (note,) = self.outcome.notes
        assert note.startswith(f"{self.folder / 'profiling.parquet'} could not be written: ")
        assert self.outcome.journal == self.folder / ".journal" / "run-1"

    def and_recover_wrote_both(self) -> None:
        folder = self.folder / "recovered" / "run-1"
        assert self.recovered == [folder / "profiling.ndjson", folder / "profiling.parquet"]
        assert all(load(file).height == self.session.points.height for file in self.recovered)


class FirstFileThatCannotBeWritten(vedro.Scenario):
    subject = "when the NDJSON cannot be written, the Parquet tells so among its facts"

    def given_a_folder_where_the_file_should_go(self) -> None:
        self.folder = vedro.create_tmp_dir()
        (self.folder / "profiling.ndjson" / "in-the-way").mkdir(parents=True)
        self.session = make_session(self.folder)

    def when_the_run_is_finished(self) -> None:
        self.outcome = self.session.finish()

    def then_the_facts_hold_the_note(self) -> None:
        (facts,) = read_facts(self.folder / "profiling.parquet")
        assert facts["notes"] == self.outcome.notes
        assert facts["notes"][0].startswith(f"{self.folder / 'profiling.ndjson'} could not be written: ")


class DiskFullAtTheEnd(vedro.Scenario):
    subject = "a disk that is full when Parquet is written, which Polars tells in its own way, costs that file alone"

    def given_a_run(self) -> None:
        self.folder = vedro.create_tmp_dir()
        self.session = make_session(self.folder)

    def when_it_is_finished_on_a_full_disk(self) -> None:
        error = pl.exceptions.ComputeError("parquet: underlying IO error: No space left on device (os error 28)")
        with patch.object(pl.LazyFrame, "sink_parquet", side_effect=error):
            self.outcome = self.session.finish()

    def then_the_other_file_is_there(self) -> None:
        assert self.outcome.files == [self.folder / "profiling.ndjson"]

    def and_the_reason_is_told(self) -> None:
        (note,) = self.outcome.notes
        assert "profiling.parquet could not be written: " in note
        assert "No space left" in note


class AskedTooEarly(vedro.Scenario):
    subject = "points that are asked for while the run is recorded are refused, with what to do"

    def given_a_running_session(self) -> None:
        self.session = make_session(None)

    def when_points_are_asked_for(self) -> None:
        with catched(RecordingError) as self.caught:
            self.session.points  # noqa: B018 - asking is the deed

    def then_the_error_says_when(self) -> None:
        assert "finish()" in str(self.caught.value)


class ForkedChild(vedro.Scenario):
    subject = "in a forked child borders and notes do nothing, finishing is refused, and leaving `with` is not noticed"

    def given_a_recorded_block(self) -> None:
        self.folder = vedro.create_tmp_dir()
        self.block = record(poll_time=NEVER, profiling_dir=self.folder, run_id="run-1")
        self.session = self.block.__enter__()
        vedro.defer(self.session.finish)
        self.journal = self.folder / ".journal" / "run-1"
        self.before = contents(self.journal)

    def when_it_is_used_in_a_child(self) -> None:
        with patch("os.getpid", return_value=os.getpid() + 1):
            self.session.border({"scenario": "a", "subject": "a"})
            self.session.note("from the child")
            with catched(RecordingError) as self.caught:
                self.session.finish()
            self.block.__exit__(None, None, None)

    def then_finishing_was_refused(self) -> None:
        assert f"finish the run in {os.getpid()}" in str(self.caught.value)

    def and_the_journal_is_as_it_was(self) -> None:
        assert contents(self.journal) == self.before

    def and_the_parent_finishes_as_if_nothing_had_been(self) -> None:
        outcome = self.session.finish()
        assert outcome.notes == []
        assert len(outcome.files) == 2


class EndOfTheInterpreter(vedro.Scenario):
    subject = "a run that nobody finished is finished at exit, but not by a forked child"

    def given_a_run(self) -> None:
        self.folder = vedro.create_tmp_dir()
        with patch("atexit.register") as register:
            make_session(self.folder)
        (self.at_exit,) = register.call_args.args

    def when_a_child_and_then_the_process_itself_ends(self) -> None:
        with patch("os.getpid", return_value=os.getpid() + 1):
            self.at_exit()
        self.after_child = sorted(path.name for path in self.folder.iterdir())
        self.at_exit()

    def then_the_child_left_all_as_it_was(self) -> None:
        assert self.after_child == [".journal"]

    def and_the_process_wrote_the_files(self) -> None:
        assert sorted(path.name for path in self.folder.iterdir()) == ["profiling.ndjson", "profiling.parquet"]


class SamplersOfMethods(vedro.Scenario):
    subject = "the methods {methods} are read by {samplers}"

    @params(["default"], ["ProcessSampler", "HostSampler"])
    @params(["docker"], ["DockerSampler"])
    @params(["docker", "default"], ["ProcessSampler", "HostSampler", "DockerSampler"])
    def __init__(self, methods: list[str], samplers: list[str]) -> None:
        self.methods = methods
        self.samplers = samplers

    def when_samplers_are_made(self) -> None:
        self.made = make_samplers(Options(profiling_run_id="run-1", profiling_methods=self.methods))

    def then_they_are_these(self) -> None:
        assert [type(sampler).__name__ for sampler in self.made] == self.samplers
