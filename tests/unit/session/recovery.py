"""What is recovered of runs that died."""

import errno
import os
from pathlib import Path
from typing import Any
from unittest.mock import patch

import polars as pl
import vedro
from vedro import catched, params

from tests.contexts.sessions import leave_journal, make_session
from vedro_profiling.errors import FileFormatError
from vedro_profiling.options import Options
from vedro_profiling.recording.journal import claimed
from vedro_profiling.session.drain import write_points
from vedro_profiling.session.recovery import recover, unfinished_runs
from vedro_profiling.storage import load, read_facts


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

    def and_the_facts_say_that_it_was_not_finished_and_what_was_noted(self) -> None:
        (facts,) = read_facts(self.files[1])
        assert (facts["run"], facts["finished"]) == ("run-a", False)
        assert facts["notes"] == ["the moon was full"]

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


class StoppedBetweenTheFiles(vedro.Scenario):
    subject = "a recovery that died {when} leaves the journal, and the next one writes both files to the same folder"

    @params("before the first file was whole", 0)
    @params("between the files", 1)
    @params("before the journal was deleted", 2)
    def __init__(self, when: str, written: int) -> None:
        self.when = when
        self.written = written

    def given_a_journal_and_a_recovery_of_it_that_died(self) -> None:
        self.folder = vedro.create_tmp_dir()
        self.journal = leave_journal(self.folder, "night")
        self.place = self.folder / "recovered" / "night"
        self.left = self.written
        with (
            catched(KeyboardInterrupt) as self.died,
            patch("vedro_profiling.session.recovery.write_points", side_effect=self._take_step),
            patch("vedro_profiling.session.recovery.delete_journal", side_effect=self._take_step),
        ):
            recover(self.folder)
        # What a process that is killed leaves of the file that it was writing.
        self.place.mkdir(parents=True, exist_ok=True)
        (self.place / ".profiling.ndjson.0f0f.tmp").touch()

    def _take_step(self, *arguments: Any) -> None:
        if self.left == 0:
            raise KeyboardInterrupt
        self.left -= 1
        write_points(*arguments)

    def when_it_is_recovered_again(self) -> None:
        self.was_kept = (self.journal / "facts.json").exists()
        self.files = recover(self.folder)

    def then_the_journal_had_been_kept(self) -> None:
        assert self.died.type is KeyboardInterrupt
        assert self.was_kept

    def and_both_files_are_there_once(self) -> None:
        assert self.files == [self.place / "profiling.ndjson", self.place / "profiling.parquet"]
        assert sorted(self.place.iterdir()) == self.files
        assert [path.name for path in self.place.parent.iterdir()] == ["night"]
        assert [load(file).height for file in self.files] == [4, 4]

    def and_the_journal_is_gone(self) -> None:
        assert not self.journal.exists()


class FolderOfAnotherRun(vedro.Scenario):
    subject = "a folder with files of another run, or damaged ones, is not written to"

    @params("other.parquet")
    @params("profiling.parquet")
    @params("profiling.ndjson")
    def __init__(self, name: str) -> None:
        self.name = name

    def given_a_folder_that_is_taken(self) -> None:
        self.folder = vedro.create_tmp_dir()
        leave_journal(self.folder, "night")
        self.taken = self.folder / "recovered" / "night" / self.name
        self.taken.parent.mkdir(parents=True)
        self.taken.write_bytes(b"theirs")

    def when_the_run_is_recovered(self) -> None:
        self.files = recover(self.folder)

    def then_it_went_beside(self) -> None:
        assert {file.parent.name for file in self.files} == {"night~2"}

    def and_theirs_is_as_it_was(self) -> None:
        assert [(path, path.read_bytes()) for path in self.taken.parent.iterdir()] == [(self.taken, b"theirs")]


class NoRoom(vedro.Scenario):
    subject = "a run that cannot be written keeps its journal, the others are recovered, and the error is told"

    def given_two_runs_and_no_room_for_the_first(self) -> None:
        self.folder = vedro.create_tmp_dir()
        self.journals = [leave_journal(self.folder, run) for run in ("a", "b")]

    def when_they_are_recovered(self) -> None:
        with (
            patch("vedro_profiling.session.recovery.write_points", side_effect=self._write_all_but_a),
            catched(OSError) as self.caught,
        ):
            recover(self.folder)

    def _write_all_but_a(self, run: pl.DataFrame, path: Path, facts: dict[str, Any]) -> None:
        if facts["run"] == "a":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        write_points(run, path, facts)

    def then_the_error_is_the_systems_own(self) -> None:
        assert isinstance(self.caught.value, OSError)
        assert self.caught.value.errno == errno.ENOSPC

    def and_the_other_run_is_there(self) -> None:
        assert load(self.folder / "recovered" / "b").height == 4
        assert [journal.exists() for journal in self.journals] == [True, False]

    def and_the_first_can_be_recovered_later(self) -> None:
        assert {file.parent.name for file in recover(self.folder)} == {"a"}


class LongRun(vedro.Scenario):
    subject = "a long run is recovered in slices, which are gone afterwards"

    def given_a_dead_run(self) -> None:
        self.folder = vedro.create_tmp_dir()
        self.journal = leave_journal(self.folder, "night", seconds=20_000)

    def when_it_is_recovered(self) -> None:
        with patch("vedro_profiling.session.recovery.READINGS_AT_ONCE", 5000):
            self.files = recover(self.folder)

    def then_everything_is_in_both_files(self) -> None:
        for file in self.files:
            points = load(file)
            assert points.filter(metric="memory_usage").height == 20_000 + 1
            assert points.filter(metric="cpu_time")["value"].sum() == 20_000 * 400

    def and_nothing_else_is_left(self) -> None:
        assert not self.journal.parent.exists()
        assert sorted(self.files[0].parent.iterdir()) == self.files


class DoneMeanwhile(vedro.Scenario):
    subject = "a journal that another recovery has at the moment is left to it"

    def given_a_journal_that_is_being_recovered(self) -> None:
        self.folder = vedro.create_tmp_dir()
        self.journal = leave_journal(self.folder, "night")

    def when_it_is_recovered_by_another(self) -> None:
        with (
            claimed(self.journal),
            patch("vedro_profiling.session.recovery.unfinished_journals", return_value=[self.journal]),
        ):
            self.files = recover(self.folder)

    def then_nothing_was_done(self) -> None:
        assert self.files == []
        assert self.journal.exists()
