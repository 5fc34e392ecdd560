"""A run on disk while it is being recorded."""

import errno
import json
import os
from pathlib import Path
from unittest.mock import patch

import psutil
import vedro
from vedro import params

from tests.contexts.recording import Reading, unpack
from vedro_profiling.recording.journal import LIVE_FOLDERS, read_journal, unfinished_journals
from vedro_profiling.recording.journal_writer import Journal
from vedro_profiling.recording.samplers import Source

APP = Source("docker", "app", "cgroup v2", service="app", born_at_ns=5, peak_resets=True)
SYSTEM = Source("default", "system", "/proc", cores=2)
BEGIN = {"at_ns": 10, "scenario": "scenarios/a.py::Scenario", "subject": "für 5 €"}
END = {"at_ns": 20, "status": "passed"}
TICK: Reading = (0, 1, 2, 3, 4, 5)
BORDER: Reading = (1, 6, 7, 8, 9, 10)


def fill(journal: Journal) -> None:
    """Enter one of everything."""
    journal.add_source(APP)
    journal.add_source(SYSTEM)
    journal.add_scenario_border(BEGIN)
    journal.add_scenario_border(END)
    journal.note("something was slow")
    journal.buffer("docker", "ticks").append(*TICK)
    journal.buffer("default", "borders").append(*BORDER)


class OnDiskAndInMemory(vedro.Scenario):
    subject = "the folder tells the same as the live journal, {place}"

    @params("in a folder")
    @params("in memory")
    def __init__(self, place: str) -> None:
        self.place = place

    def given_a_journal(self) -> None:
        parent = vedro.create_tmp_dir() if self.place == "in a folder" else None
        self.facts = {
            "run": "run-1",
            "process": "vedro",
            "tags": {"branch": "main"},
            "anchor": {"unix_ns": 5, "monotonic_ns": 7},
        }
        self.journal = Journal(parent, self.facts)
        vedro.defer(self.journal.close, discard=True)

    def when_it_is_written(self) -> None:
        fill(self.journal)
        self.live = self.journal.readings()
        self.left = read_journal(self.journal.folder) if self.journal.folder else self.live

    def then_both_tell_everything(self) -> None:
        for readings in (self.live, self.left):
            assert readings.facts == self.facts
            assert readings.sources == [APP, SYSTEM]
            assert readings.scenarios == [BEGIN, END]
            assert readings.notes == ["something was slow"]
            assert {table: unpack(blocks) for table, blocks in readings.tables.items()} == {
                "ticks": [TICK],
                "borders": [BORDER],
                "traffic": [],
            }

    def and_sources_are_known_by_their_place(self) -> None:
        assert self.journal.add_source(APP) == 2
        assert self.journal.sources == [APP, SYSTEM, APP]


class SaidOnce(vedro.Scenario):
    subject = "a note is kept once however often it is said, in the order of the first time"

    def given_a_journal(self) -> None:
        self.journal = Journal(vedro.create_tmp_dir(), {"run": "run-1"})
        vedro.defer(self.journal.close, discard=True)

    def when_notes_are_said(self) -> None:
        for text in ("slow", "lost", "slow", "slow", "lost"):
            self.journal.note(text)

    def then_each_is_there_once(self) -> None:
        assert self.journal.notes == ["slow", "lost"]
        assert self.journal.folder is not None
        assert (self.journal.folder / "notes.ndjson").read_text("utf-8") == '"slow"\n"lost"\n'


class FolderOfARun(vedro.Scenario):
    subject = "the journal of run {run!r} lies in the folder {folder!r} below .journal"

    @params("run-20261123-090507", "run-20261123-090507")
    @params("../../etc", "etc")
    @params("a/b c", "a_b_c")
    @params("..", "run")
    @params("ветка-1", "1")
    @params("NUL", "_NUL")
    @params("x" * 300, "x" * 80)
    def __init__(self, run: str, folder: str) -> None:
        self.run = run
        self.folder = folder

    def given_a_profiling_folder(self) -> None:
        self.parent = vedro.create_tmp_dir()

    def when_a_journal_is_made(self) -> None:
        self.journal = Journal(self.parent, {"run": self.run})
        vedro.defer(self.journal.close, discard=True)

    def then_it_lies_there(self) -> None:
        assert self.journal.folder == self.parent / ".journal" / self.folder

    def and_tells_its_true_name(self) -> None:
        assert self.journal.folder is not None
        assert json.loads((self.journal.folder / "facts.json").read_text("utf-8")) == {
            "journal_version": 1,
            "run": self.run,
        }


class SameRunId(vedro.Scenario):
    subject = "three runs of one id, as slices of a CI job may be, each keep their own journal"

    def given_a_profiling_folder(self) -> None:
        self.parent = vedro.create_tmp_dir()

    def when_three_journals_are_made(self) -> None:
        self.journals = [Journal(self.parent, {"run": "nightly"}) for _ in range(3)]
        for journal in self.journals:
            vedro.defer(journal.close, discard=True)

    def then_their_folders_differ(self) -> None:
        folders = [journal.folder.name for journal in self.journals if journal.folder]
        assert folders == ["nightly", "nightly~2", "nightly~3"]


class NoFolder(vedro.Scenario):
    subject = "where no folder can be made everything is kept in memory, and a note says so"

    def given_a_file_where_the_folder_should_be(self) -> None:
        self.parent = vedro.create_tmp_dir() / "taken"
        self.parent.touch()

    def when_a_journal_is_made_and_written(self) -> None:
        self.journal = Journal(self.parent, {"run": "run-1"})
        fill(self.journal)
        self.readings = self.journal.readings()
        self.journal.close(discard=True)

    def then_all_is_in_memory(self) -> None:
        assert self.readings.sources == [APP, SYSTEM]
        assert unpack(self.readings.tables["ticks"]) == [TICK]

    def and_it_was_said(self) -> None:
        first, second = self.readings.notes
        assert "no journal, a killed run is lost" in first
        assert "taken" in first
        assert second == "something was slow"

    def and_the_file_is_as_it_was(self) -> None:
        assert self.parent.read_bytes() == b""


class DiskFullAtTheStart(vedro.Scenario):
    subject = "a disk that is full at the start leaves no half-made journal for recover to stop at"

    def given_a_full_disk(self) -> None:
        self.parent = vedro.create_tmp_dir()
        self.descriptors = psutil.Process().num_fds()
        self.live = set(LIVE_FOLDERS)
        self.full = patch.object(Path, "write_text", side_effect=OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))

    def when_a_journal_is_made(self) -> None:
        with self.full:
            self.journal = Journal(self.parent, {"run": "run-1"})
        fill(self.journal)
        self.readings = self.journal.readings()

    def then_nothing_is_left_of_it(self) -> None:
        assert list(self.parent.iterdir()) == []
        assert psutil.Process().num_fds() == self.descriptors
        assert self.live == LIVE_FOLDERS

    def and_the_readings_are_in_memory(self) -> None:
        assert unpack(self.readings.tables["borders"]) == [BORDER]
        assert "No space left" in self.readings.notes[0]


class DiskFullLater(vedro.Scenario):
    subject = "when the disk fills up later, a note says so once and the run goes on in memory"

    def given_a_journal_with_two_buffers(self) -> None:
        self.journal = Journal(vedro.create_tmp_dir(), {"run": "run-1"})
        vedro.defer(self.journal.close, discard=True)
        self.ticks = self.journal.buffer("default", "ticks")
        self.borders = self.journal.buffer("default", "borders")

    def when_nothing_more_can_be_written(self) -> None:
        full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        with patch("os.posix_fallocate", side_effect=full), patch("os.write", side_effect=full):
            self.ticks.append(*TICK)
            self.borders.append(*BORDER)
            self.journal.add_source(APP)

    def then_everything_is_there_still(self) -> None:
        readings = self.journal.readings()
        assert (unpack(readings.tables["ticks"]), unpack(readings.tables["borders"])) == ([TICK], [BORDER])
        assert readings.sources == [APP]

    def and_it_was_said_once(self) -> None:
        (note,) = self.journal.notes
        assert note.startswith("the journal could not grow, later readings were kept in memory only: ")


class Closing(vedro.Scenario):
    subject = "a journal that is closed and {fate} gives every descriptor and the lock back"

    @params("kept")
    @params("discarded")
    def __init__(self, fate: str) -> None:
        self.fate = fate

    def given_a_journal_in_use(self) -> None:
        self.parent = vedro.create_tmp_dir()
        self.descriptors = psutil.Process().num_fds()
        self.journal = Journal(self.parent, {"run": "run-1"})
        fill(self.journal)
        assert unfinished_journals(self.parent) == []

    def when_it_is_closed_twice(self) -> None:
        self.journal.close(discard=self.fate == "discarded")
        self.journal.close(discard=self.fate == "discarded")

    def then_nothing_is_open(self) -> None:
        assert psutil.Process().num_fds() == self.descriptors

    def and_the_folder_is_there_or_not(self) -> None:
        kept = self.parent / ".journal" / "run-1"
        assert unfinished_journals(self.parent) == ([kept] if self.fate == "kept" else [])
        assert kept.parent.exists() is (self.fate == "kept")


class SaidAfterClosing(vedro.Scenario):
    subject = "what is said after closing is kept in memory and harms nobody"

    def given_a_closed_journal(self) -> None:
        self.journal = Journal(vedro.create_tmp_dir(), {"run": "run-1"})
        self.journal.close(discard=True)

    def when_something_is_said(self) -> None:
        self.journal.note("too late")

    def then_it_is_among_the_notes(self) -> None:
        assert self.journal.notes == ["too late"]


class LinksAreNotFollowed(vedro.Scenario):
    subject = (
        "where the folder of journals is a link, everything is kept in memory, and nothing is written where it leads"
    )

    def given_a_link_that_leads_elsewhere(self) -> None:
        self.parent, self.elsewhere = vedro.create_tmp_dir(), vedro.create_tmp_dir()
        (self.parent / ".journal").symlink_to(self.elsewhere)

    def when_a_journal_is_made_and_written(self) -> None:
        self.journal = Journal(self.parent, {"run": "run-1"})
        fill(self.journal)
        self.notes = self.journal.notes
        self.journal.close(discard=True)

    def then_nothing_is_there(self) -> None:
        assert list(self.elsewhere.iterdir()) == []

    def and_it_was_said(self) -> None:
        assert "no journal, a killed run is lost" in self.notes[0]
        assert "a symbolic link that may lead anywhere" in self.notes[0]


class NamesOfAnyBytes(vedro.Scenario):
    subject = "names that are no text, as those of processes may be, are escaped where they enter"

    def when_a_process_and_a_scenario_of_such_names_are_entered(self) -> None:
        self.journal = Journal(None, {"run": "run-1"})
        self.journal.add_source(SYSTEM._replace(target="a\udcff"))
        self.journal.add_scenario_border(BEGIN | {"subject": "\ud83d"})
        self.readings = self.journal.readings()

    def then_they_are_texts(self) -> None:
        assert self.readings.sources == [SYSTEM._replace(target="a\\udcff")]
        assert self.readings.scenarios == [BEGIN | {"subject": "\\ud83d"}]
