"""A run from start to files, and what is recovered of one that died."""

import os
from dataclasses import asdict
from inspect import signature
from pathlib import Path
from typing import Any
from unittest.mock import patch

import polars as pl
import vedro
from vedro import catched, params

from tests.contexts.recording import SECOND
from vedro_profiling.errors import FileFormatError, OptionError, RecordingError
from vedro_profiling.options import Options
from vedro_profiling.recording.facts import run_facts
from vedro_profiling.recording.journal_writer import Journal
from vedro_profiling.recording.samplers import Source
from vedro_profiling.session import Session, make_samplers, record, recover, unfinished_runs
from vedro_profiling.storage import load, read_facts

NEVER = 3600.0
"""A period that no scenario lives to see: what is read is read at start, at borders and at the end."""


def make_session(folder: Path | None, **options: Any) -> Session:
    """Start a session of the test process and the host alone."""
    chosen = {"profiling_methods": ["default"], "poll_time": NEVER, **options}
    session = Session(Options(profiling_run_id="run-1", profiling_dir=folder, **chosen), facts={"arguments": ["-x"]})
    session.start()
    vedro.defer(session.finish)
    return session


def leave_journal(folder: Path, run: str) -> Path:
    """Leave what a run that was killed would: two readings a second apart, 400 ms of CPU between them."""
    facts = run_facts(run, process="vedro", tags={"branch": "main"})
    start_ns = facts["anchor"]["monotonic_ns"]
    journal = Journal(folder, facts)
    number = journal.add_source(Source("default", "vedro", "/proc"))
    ticks = journal.buffer("default", "ticks")
    ticks.append(number, 0, 1_000_000, -1, -1, start_ns)
    ticks.append(number, 400_000_000, 2_000_000, -1, -1, start_ns + SECOND)
    path = journal.folder
    journal.close(discard=False)
    assert path is not None
    return path


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


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
        points = self.outcome.points
        assert points.filter(metric="scenario_duration")["status"].to_list() == ["passed"]
        cpu = points.filter(pl.col("metric") == "cpu_time", pl.col("scenario") == "scenarios/a.py::A")
        assert cpu.filter(pl.col("target") != "system")["value"].item() > 0
        assert set(points["branch"]) == {"main"}

    def and_so_do_the_files(self) -> None:
        assert self.outcome.files == [self.folder / "profiling.ndjson", self.folder / "profiling.parquet"]
        for file in self.outcome.files:
            assert load(file).height == self.outcome.points.height

    def and_the_facts_say_how_it_was_recorded(self) -> None:
        (facts,) = read_facts(self.folder / "profiling.parquet")
        assert facts == self.outcome.facts
        expected = {"run": "run-1", "finished": True, "arguments": ["-x"], "methods": ["default"], "poll_time": NEVER}
        assert facts | expected == facts
        assert facts["cost"] == self.outcome.cost._asdict()

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
        assert self.outcome.points.height > 0

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
        assert all(load(file).height == self.outcome.points.height for file in self.outcome.files)


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
        assert all(load(file).height == self.outcome.points.height for file in self.recovered)


class DiskFullAtTheEnd(vedro.Scenario):
    subject = "a disk that is full when Parquet is written, which Polars tells in its own way, costs that file alone"

    def given_a_run(self) -> None:
        self.folder = vedro.create_tmp_dir()
        self.session = make_session(self.folder)

    def when_it_is_finished_on_a_full_disk(self) -> None:
        error = pl.exceptions.ComputeError("parquet: underlying IO error: No space left on device (os error 28)")
        with patch.object(pl.DataFrame, "write_parquet", side_effect=error):
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


class RecordedBlock(vedro.Scenario):
    subject = "a recorded block has its points when it has ended, {how}"

    @params("in memory")
    @params("and its files")
    def __init__(self, how: str) -> None:
        self.how = how

    def given_a_folder_or_none(self) -> None:
        self.folder = vedro.create_tmp_dir() / ".profiling" if self.how == "and its files" else None

    def when_a_block_is_recorded(self) -> None:
        folder = str(self.folder) if self.folder else None
        with record(
            poll_time=NEVER, profiling_dir=folder, run_id="cell-3", additional_tags={"branch": "main"}
        ) as self.run:
            sum(range(300_000))

    def then_the_points_tell_of_process_and_host(self) -> None:
        points = self.run.points
        assert points["target"].n_unique() == 2
        assert set(points["run"]) == {"cell-3"}
        assert set(points["branch"]) == {"main"}
        assert "cpu_time" in points["metric"]

    def and_files_are_there_if_wanted(self) -> None:
        if self.folder is not None:
            assert load(self.folder).height == self.run.points.height


class OptionsOfABlock(vedro.Scenario):
    subject = "a block can be told every option of a run, and means what a run means when it is told nothing"

    def when_both_are_asked_for_their_options(self) -> None:
        self.of_a_block = {name: told.default for name, told in signature(record).parameters.items()}
        made = asdict(Options(profiling_run_id="run-1"))
        self.of_a_run = {name.replace("profiling_run_id", "run_id"): value for name, value in made.items()}

    def then_the_names_are_the_same(self) -> None:
        assert set(self.of_a_block) == set(self.of_a_run)

    def and_the_defaults_but_for_what_suits_a_block_better(self) -> None:
        others = {name for name, default in self.of_a_block.items() if default != self.of_a_run[name]}
        assert others == {"poll_time", "profiling_methods", "run_id"}


class OptionsReachTheRun(vedro.Scenario):
    subject = "what a block is told reaches the run: {option} = {value}"

    @params("profiling_methods", ("docker",))
    @params("processes", ("postgres", 7))
    @params("docker_compose_project_name", ("shop", "bank"))
    @params("profiling_containers", ("db-*",))
    @params("docker_reader", "engine")
    @params("reset_peaks", False)  # noqa: FBT003 - the value of a named option
    @params("profiling_formats", ("ndjson.gz",))
    @params("additional_tags", {"branch": "main"})
    def __init__(self, option: str, value: Any) -> None:
        self.option = option
        self.value = value

    def when_a_block_is_recorded(self) -> None:
        with (
            patch("vedro_profiling.session.Session") as self.session,
            record(poll_time=NEVER, **{self.option: self.value}),
        ):
            pass

    def then_the_run_was_told_it(self) -> None:
        (options,) = self.session.call_args.args
        assert getattr(options, self.option) == self.value


class BlockThatRaises(vedro.Scenario):
    subject = "a block that raises is finished, and its error goes on"

    def when_a_block_raises(self) -> None:
        with catched(ZeroDivisionError) as self.caught, record(poll_time=NEVER) as self.run:
            raise ZeroDivisionError("the user's own")

    def then_the_error_went_on(self) -> None:
        assert str(self.caught.value) == "the user's own"

    def and_there_are_points(self) -> None:
        assert self.run.points.height > 0

    def and_the_run_was_named_after_its_start(self) -> None:
        (run,) = set(self.run.points["run"])
        assert len(run) == len("run-20261123-090507")


class WrongOption(vedro.Scenario):
    subject = "a block with a wrong option is not begun"

    def when_a_block_is_begun_with_a_wrong_option(self) -> None:
        self.begun = False
        with catched(OptionError) as self.caught, record(poll_time=-1):
            self.begun = True

    def then_the_option_is_named(self) -> None:
        assert "poll_time = -1" in str(self.caught.value)
        assert not self.begun


class Recovered(vedro.Scenario):
    subject = "runs that were killed are written below recovered/, and their journals deleted; live ones are left"

    def given_two_dead_runs_and_a_live_one(self) -> None:
        self.folder = vedro.create_tmp_dir()
        for run in ("run-a", "run/b"):
            leave_journal(self.folder, run)
        self.live = make_session(self.folder)
        self.unfinished = unfinished_runs(Options(profiling_run_id="x", profiling_dir=self.folder))

    def when_they_are_recovered(self) -> None:
        self.files = recover(str(self.folder))

    def then_both_files_of_each_are_there(self) -> None:
        names = [str(file.relative_to(self.folder / "recovered")) for file in self.files]
        assert names == [
            "run-a/profiling.ndjson",
            "run-a/profiling.parquet",
            "run_b/profiling.ndjson",
            "run_b/profiling.parquet",
        ]

    def and_they_hold_what_was_read(self) -> None:
        for file in self.files:
            points = load(file)
            found = sorted(points.select(pl.col("metric").cast(pl.String), "value").rows())
            assert found == [
                ("cpu_percent", 40.0),
                ("cpu_time", 400.0),
                ("memory_usage", 1.0),
                ("memory_usage", 2.0),
            ]
            assert set(points["branch"]) == {"main"}

    def and_the_facts_say_that_it_was_not_finished(self) -> None:
        (facts,) = read_facts(self.files[1])
        assert (facts["run"], facts["finished"]) == ("run-a", False)

    def and_only_the_live_journal_is_left(self) -> None:
        assert [journal.name for journal in self.unfinished] == ["run-a", "run_b"]
        assert [journal.name for journal in (self.folder / ".journal").iterdir()] == ["run-1"]
        assert recover(self.folder) == []


class NothingToRecover(vedro.Scenario):
    subject = "where no run died, nothing is written and nothing is unfinished"

    def given_an_empty_folder(self) -> None:
        self.folder = vedro.create_tmp_dir()

    def when_it_is_recovered(self) -> None:
        self.files = recover(self.folder)

    def then_nothing_was_written(self) -> None:
        assert self.files == list(self.folder.iterdir()) == []

    def and_nothing_is_unfinished(self) -> None:
        assert unfinished_runs(Options(profiling_run_id="x", profiling_dir=self.folder)) == []
        assert unfinished_runs(Options(profiling_run_id="x")) == []


class DamagedJournal(vedro.Scenario):
    subject = "a journal whose facts are damaged is named and kept, after the others were recovered"

    def given_a_journal_with_damaged_facts_before_a_good_one(self) -> None:
        self.folder = vedro.create_tmp_dir()
        self.journal = leave_journal(self.folder, "run-a")
        (self.journal / "facts.json").write_text("{", "utf-8")
        leave_journal(self.folder, "run-b")

    def when_they_are_recovered(self) -> None:
        with catched(FileFormatError) as self.caught:
            recover(self.folder)

    def then_it_is_named(self) -> None:
        assert str(self.journal / "facts.json") in str(self.caught.value)

    def and_kept(self) -> None:
        assert (self.journal / "default.ticks").exists()

    def and_the_good_one_is_written(self) -> None:
        assert load(self.folder / "recovered" / "run-b").height == 4


class DiedTwice(vedro.Scenario):
    subject = "a run id that dies twice is recovered twice, side by side"

    def given_a_recovered_run_and_another_dead_one_of_its_name(self) -> None:
        self.folder = vedro.create_tmp_dir()
        leave_journal(self.folder, "night")
        self.first = recover(self.folder)
        leave_journal(self.folder, "night")

    def when_it_is_recovered(self) -> None:
        self.second = recover(self.folder)

    def then_both_are_there(self) -> None:
        assert [path.parent.name for path in (self.first[0], self.second[0])] == ["night", "night~2"]
        assert all(path.exists() for path in (*self.first, *self.second))
