"""What is recovered of runs that died."""

import polars as pl
import vedro
from vedro import catched

from tests.contexts.sessions import leave_journal, make_session
from vedro_profiling.errors import FileFormatError
from vedro_profiling.options import Options
from vedro_profiling.recovery import recover, unfinished_runs
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
