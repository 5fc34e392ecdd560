"""What is left on disk of a run that died."""

import json
import subprocess
import sys
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import vedro
from vedro import catched, params

from tests.contexts.recording import Reading, pack, unpack
from vedro_profiling.errors import FileFormatError, MissingFileError, ProfilingError
from vedro_profiling.recording.journal import (
    TABLES,
    Readings,
    claimed,
    delete_journal,
    read_journal,
    try_lock,
    unfinished_journals,
)
from vedro_profiling.recording.journal_writer import Journal
from vedro_profiling.recording.samplers import Source

HOLD_LOCK = """
import fcntl, sys
lock = open(sys.argv[1], "r+")
fcntl.lockf(lock, fcntl.LOCK_EX)
print(flush=True)
input()
"""

APP = Source("docker", "app", "cgroup v2", service="app", cores=1, born_at_ns=7, peak_resets=True)
TICKS: list[Reading] = [(0, 1, 2, 3, 4, 5), (0, 6, 7, 8, 9, 10)]


def make_facts(run: str) -> dict[str, Any]:
    return {"run": run, "process": "vedro", "tags": {}, "anchor": {"unix_ns": 5, "monotonic_ns": 7}}


def leave_journal(parent: Path, run: str = "dead") -> Path:
    """Leave what a killed run would."""
    journal = Journal(parent, make_facts(run))
    journal.add_source(APP)
    ticks = journal.buffer("docker", "ticks")
    for reading in TICKS:
        ticks.append(*reading)
    journal.note("something was slow")
    folder = journal.folder
    journal.close(discard=False)
    assert folder is not None
    return folder


class DeadAndLive(vedro.Scenario):
    subject = "journals of dead runs are listed by name; those of this process and of another that lives are not"

    def given_a_journal_of_this_process(self) -> None:
        self.parent = vedro.create_tmp_dir()
        mine = Journal(self.parent, {"run": "mine"})
        vedro.defer(mine.close, discard=True)

    def given_journals_of_two_dead_runs(self) -> None:
        self.dead = [leave_journal(self.parent, run) for run in ("dead-b", "dead-a")]
        # A run whose lock could not be made is dead too.
        self.dead.append(leave_journal(self.parent, "dead-c"))
        (self.dead[-1] / "lock").unlink()

    def given_the_journal_of_another_process(self) -> None:
        theirs = leave_journal(self.parent, "theirs")
        command = [sys.executable, "-c", HOLD_LOCK, str(theirs / "lock")]
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        vedro.defer(child.communicate)
        vedro.defer(child.kill)
        assert child.stdout is not None
        child.stdout.readline()

    def given_a_folder_that_is_no_journal(self) -> None:
        (self.parent / ".journal" / "empty").mkdir()

    def when_they_are_listed(self) -> None:
        # Twice: a look that gave a lock of this process away would show in the second.
        self.listed = [unfinished_journals(self.parent), unfinished_journals(self.parent)]

    def then_the_dead_are_there(self) -> None:
        assert self.listed == [sorted(self.dead)] * 2


class OfAnOlderVersion(vedro.Scenario):
    subject = "sources that were written when they had fewer fields are read with what these mean when they are absent"

    def given_a_journal_whose_sources_have_three_fields(self) -> None:
        self.folder = leave_journal(vedro.create_tmp_dir())
        (self.folder / "sources.ndjson").write_text('["docker", "app", "cgroup v2"]\n')

    def when_it_is_read(self) -> None:
        self.sources = read_journal(self.folder).sources

    def then_the_others_have_their_defaults(self) -> None:
        assert self.sources == [Source("docker", "app", "cgroup v2")]
        assert self.sources[0].has_border_readings


class NothingListed(vedro.Scenario):
    subject = "a folder without journals lists none"

    def when_a_folder_that_does_not_exist_is_searched(self) -> None:
        self.listed = unfinished_journals(vedro.create_tmp_dir() / "missing")

    def then_there_is_none(self) -> None:
        assert self.listed == []


class CutOff(vedro.Scenario):
    subject = "a journal cut off in {file} by {cut} bytes is read up to there"

    @params("sources.ndjson", 1, 1, ["something was slow"], 2)
    @params("sources.ndjson", 5, 0, ["something was slow"], 2)
    @params("notes.ndjson", 3, 1, [], 2)
    @params("docker.ticks", 4096 * 48 - 2 * 48, 1, ["something was slow"], 2)
    @params("docker.ticks", 4096 * 48 - 2 * 48 + 1, 1, ["something was slow"], 1)
    @params("docker.ticks", 4096 * 48 - 47, 1, ["something was slow"], 0)
    def __init__(self, file: str, cut: int, sources: int, notes: list[str], ticks: int) -> None:
        self.file = file
        self.cut = cut
        self.expected = (sources, notes, TICKS[:ticks])

    def given_the_journal_of_a_run_that_died(self) -> None:
        self.folder = leave_journal(vedro.create_tmp_dir())

    def given_it_is_cut_off(self) -> None:
        path = self.folder / self.file
        path.write_bytes(path.read_bytes()[: -self.cut])

    def when_it_is_read(self) -> None:
        self.readings = read_journal(self.folder)

    def then_everything_before_is_there(self) -> None:
        found = (len(self.readings.sources), self.readings.notes, unpack(self.readings.tables["ticks"]))
        assert found == self.expected


class SeveralMethods(vedro.Scenario):
    subject = "the readings of all methods come together, table by table"

    def given_a_journal_of_two_methods(self) -> None:
        self.folder = leave_journal(vedro.create_tmp_dir())
        (self.folder / "default.ticks").write_bytes(pack([(1, 0, 0, 0, 0, 11)]))
        (self.folder / "default.traffic").write_bytes(pack([(1, 0, 0, 0, 0, 12)]))

    def when_it_is_read(self) -> None:
        self.readings = read_journal(self.folder)

    def then_each_table_holds_what_was_read_for_it(self) -> None:
        instants = {name: [at for *_, at in unpack(blocks)] for name, blocks in self.readings.tables.items()}
        assert instants == {"ticks": [11, 5, 10], "borders": [], "traffic": [12]}


class NamesMissing(vedro.Scenario):
    subject = "a run that died before it named anything has facts and no more"

    def given_a_folder_with_facts_alone(self) -> None:
        self.folder = vedro.create_tmp_dir()
        (self.folder / "facts.json").write_text(json.dumps(make_facts("r")), "utf-8")

    def when_it_is_read(self) -> None:
        self.readings = read_journal(self.folder)

    def then_there_is_nothing_else(self) -> None:
        assert {name: list(blocks) for name, blocks in self.readings.tables.items()} == {table: [] for table in TABLES}
        assert replace(self.readings, tables={}) == Readings(make_facts("r"), [], [], [])


class NotAJournal(vedro.Scenario):
    subject = "facts.json {content!r} is refused as {error.__name__}, which names the folder"

    @params(None, MissingFileError)
    @params(b"", FileFormatError)
    @params(b'{"run": ', FileFormatError)
    @params(b"[]", FileFormatError)
    @params(b"{}", FileFormatError)
    @params(
        b'{"run": "r", "process": "p", "tags": {"a": 1}, "anchor": {"unix_ns": 1, "monotonic_ns": 1}}', FileFormatError
    )
    @params(b'{"run": "r", "process": "p", "tags": {}, "anchor": {"unix_ns": 1}}', FileFormatError)
    @params(b'{"run": "r", "process": "p", "tags": {}, "anchor": {"unix_ns": 1, "monotonic_ns": "1"}}', FileFormatError)
    @params(b"\xff\xfe", FileFormatError)
    def __init__(self, content: bytes | None, error: type[ProfilingError]) -> None:
        self.content = content
        self.error = error

    def given_a_folder(self) -> None:
        self.folder = vedro.create_tmp_dir()
        if self.content is not None:
            (self.folder / "facts.json").write_bytes(self.content)

    def when_it_is_read(self) -> None:
        with catched(ProfilingError) as self.caught:
            read_journal(self.folder)

    def then_it_is_refused(self) -> None:
        assert self.caught.type is self.error
        assert str(self.folder) in str(self.caught.value)


class Deleting(vedro.Scenario):
    subject = "deleting the last journal deletes the folder of journals, deleting another does not"

    def given_two_journals(self) -> None:
        self.parent = vedro.create_tmp_dir()
        self.first, self.second = leave_journal(self.parent, "a"), leave_journal(self.parent, "b")

    def when_both_are_deleted(self) -> None:
        delete_journal(self.first)
        self.after_first = sorted(self.parent.rglob("*/facts.json"))
        delete_journal(self.second)

    def then_the_second_remained_until_its_turn(self) -> None:
        assert self.after_first == [self.second / "facts.json"]

    def and_nothing_is_left(self) -> None:
        assert list(self.parent.iterdir()) == []


SYSTEMS_WITHOUT_LOCKS: dict[str, AbstractContextManager[object]] = {
    "there is no fcntl, as on Windows": patch.dict(sys.modules, {"fcntl": None}),
    "the file system has no locks": patch("fcntl.lockf", side_effect=OSError("no locks available")),
}


class NoLocks(vedro.Scenario):
    subject = "where {reason}, nobody holds a lock"

    @params("there is no fcntl, as on Windows")
    @params("the file system has no locks")
    def __init__(self, reason: str) -> None:
        self.reason = reason

    def given_such_a_system(self) -> None:
        self.system = SYSTEMS_WITHOUT_LOCKS[self.reason]

    def when_a_lock_is_tried(self) -> None:
        path = vedro.create_tmp_file()
        with path.open("r+b") as file, self.system:
            self.taken = try_lock(file.fileno())

    def then_it_is_taken(self) -> None:
        assert self.taken


class OfAnotherVersion(vedro.Scenario):
    subject = "a journal of a newer version is refused: both versions are named, and what to do"

    def given_a_journal_of_tomorrow(self) -> None:
        self.folder = leave_journal(vedro.create_tmp_dir())
        facts = json.loads((self.folder / "facts.json").read_text("utf-8"))
        (self.folder / "facts.json").write_text(json.dumps({**facts, "journal_version": 2}), "utf-8")

    def when_it_is_read(self) -> None:
        with catched(FileFormatError) as self.caught:
            read_journal(self.folder)

    def then_it_says_so(self) -> None:
        assert "version 2, expected 1" in str(self.caught.value)
        assert "update" in str(self.caught.value)


class GarbageAmongNames(vedro.Scenario):
    subject = "damaged in {file}: {line!r} costs {cost}"

    @params("sources.ndjson", b'["docker"]', "the sources from there on", (1, 2, 1))
    @params("sources.ndjson", b'["docker", 5, "cgroup v2"]', "the sources from there on", (1, 2, 1))
    @params("sources.ndjson", b'["docker", "app", "x", null, 1, null, true, true, 9]', "the sources after", (1, 2, 1))
    @params("sources.ndjson", b"\xff\xfe", "the sources from there on", (1, 2, 1))
    @params("scenarios.ndjson", b'{"at_ns": "soon", "status": "passed"}', "itself", (2, 1, 1))
    @params("scenarios.ndjson", b'{"at_ns": 7, "scenario": "a"}', "itself", (2, 1, 1))
    @params("scenarios.ndjson", b"null", "itself", (2, 1, 1))
    @params("scenarios.ndjson", b'{"at_ns": 7, "sta', "itself", (2, 1, 1))
    @params("notes.ndjson", b"{}", "itself", (2, 2, 0))
    def __init__(self, file: str, line: bytes, cost: str, left: tuple[int, int, int]) -> None:
        self.file, self.line, self.cost, self.left = file, line, cost, left

    def given_a_journal_with_two_sources_and_two_borders(self) -> None:
        self.folder = leave_journal(vedro.create_tmp_dir())
        (self.folder / "sources.ndjson").write_text(json.dumps(APP) + "\n" + json.dumps(APP) + "\n", "utf-8")
        borders = [{"at_ns": 5, "scenario": "a", "subject": "a"}, {"at_ns": 6, "status": "passed"}]
        (self.folder / "scenarios.ndjson").write_text("\n".join(map(json.dumps, borders)) + "\n", "utf-8")

    def given_its_last_line_is_damaged(self) -> None:
        path = self.folder / self.file
        kept = path.read_bytes().splitlines(keepends=True)[:-1]
        path.write_bytes(b"".join(kept) + self.line + b"\n")

    def when_it_is_read(self) -> None:
        self.readings = read_journal(self.folder)

    def then_the_rest_is_there(self) -> None:
        found = self.readings
        assert (len(found.sources), len(found.scenarios), len(found.notes)) == self.left
        assert unpack(found.tables["ticks"]) == TICKS


class Claimed(vedro.Scenario):
    subject = "one recovery at a time has a journal, also within a process, and it is nobody's that was deleted"

    def given_a_dead_journal(self) -> None:
        self.folder = leave_journal(vedro.create_tmp_dir())

    def when_it_is_claimed_twice(self) -> None:
        with claimed(self.folder) as self.first, claimed(self.folder) as self.second:
            self.listed = unfinished_journals(self.folder.parent.parent)

    def then_the_first_had_it(self) -> None:
        assert (self.first, self.second, self.listed) == (True, False, [])

    def and_it_was_given_back(self) -> None:
        with claimed(self.folder) as again:
            assert again
        delete_journal(self.folder)
        with claimed(self.folder) as gone:
            assert not gone
