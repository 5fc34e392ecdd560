"""What is left of a recording when its process dies, is forked, or loses its disk: real processes, real signals."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import vedro
from vedro import params, skip_if

from tests.contexts.engine import IMAGE, NO_ENGINE, Project, no_engine
from tests.contexts.recording import unpack
from vedro_profiling import load, recover
from vedro_profiling.recording.journal import read_journal

PATIENCE_SECONDS = 60

LIMIT_BYTES = 200_000_000

SMALL_DISK = {"type": "tmpfs", "device": "tmpfs", "o": "size=16m,mode=0777"}

DISK_WITHOUT_ALLOCATION = {"type": "ramfs", "device": "ramfs", "o": "mode=0777"}

READ_ONLY_DISK = {"type": "tmpfs", "device": "tmpfs", "o": "ro"}

KERNELS = ("proc", "sys", "dev")
"""Folders that are the kernel's, and of which each container has its own."""

# Every program is told its folder, and begins so.
PREAMBLE = """
import json, os, shutil, signal, sys, threading, time
from pathlib import Path
from vedro_profiling.options import Options
from vedro_profiling.session.session import Session

folder = Path(sys.argv[1])

def start(poll_time):
    options = Options(
        profiling_run_id="run-1", profiling_dir=folder, profiling_methods=["default"], poll_time=poll_time
    )
    session = Session(options)
    session.start()
    return session

def scenario(name):
    session.border({"scenario": name, "subject": name})
    sum(range(20_000))
    session.border({"status": "passed"})

def wait_for_ticks(count):
    table = folder / ".journal/run-1/default.ticks"
    # Two targets, 48 bytes a reading: the rest of the file is zeros.
    while len(table.read_bytes().rstrip(bytes(1))) < count * 2 * 48:
        time.sleep(0.005)

def fill():
    with (folder / "filler").open("wb", buffering=0) as filler:
        try:
            while filler.write(bytes(65536)):
                pass
        except OSError:
            pass

def tell(session, borders):
    outcome = session.finish()
    # One more reading at the end: what was used since the last tick.
    print(json.dumps({
        "expected": outcome.cost.ticks + borders + 1,
        "read": session.points.filter(metric="memory_usage", target=outcome.facts["process"]).height,
        "durations": session.points.filter(metric="scenario_duration").height,
        "notes": outcome.notes,
        "files": [file.name for file in outcome.files],
        "journal": outcome.journal is not None,
    }))
"""


def run_program(program: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Run to the end; one that hangs is killed, and the scenario fails with TimeoutExpired."""
    return subprocess.run(
        [sys.executable, "-c", PREAMBLE + program, str(folder)],
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE_SECONDS,
        check=False,
    )


def told(run: "subprocess.CompletedProcess[str]") -> dict[str, Any]:
    """Read what the program told last."""
    assert run.returncode == 0, run.stderr
    answer: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return answer


def run_in_container(
    program: str, folder: Path, *, disk: Mapping[str, str] | None = None, **limits: Any
) -> "subprocess.CompletedProcess[str]":
    """Run to the end in a container that sees the files of this machine and lives within limits of its own.

    So a limit of memory, or a disk, takes an engine and no rights.

    Parameters
    ----------
    disk
        What to mount at `folder`, in the engine's words.
    """
    project = Project()
    volumes = [f"{place}:{place}" for place in Path("/").iterdir() if place.is_dir() and place.name not in KERNELS]
    if disk:
        project.client.volumes.create(project.name, driver="local", driver_opts=dict(disk))
        vedro.defer(project.client.api.remove_volume, project.name)
        # What is deferred last is done first, and a volume goes after its container.
        vedro.defer(project.remove)
        volumes.append(f"{project.name}:{folder}")
    command = [sys.executable, "-c", PREAMBLE + program, str(folder)]
    container = project.client.containers.run(
        IMAGE,
        command,
        detach=True,
        network="none",
        user=f"{os.getuid()}:{os.getgid()}",
        labels={"com.docker.compose.project": project.name},
        volumes=volumes,
        **limits,
    )
    status = int(container.wait(timeout=PATIENCE_SECONDS)["StatusCode"])
    stdout, stderr = (container.logs(stdout=is_out, stderr=not is_out).decode() for is_out in (True, False))
    return subprocess.CompletedProcess(command, status, stdout, stderr)


class Killed(vedro.Scenario):
    subject = "a process that dies by {death} leaves all its readings, and recover writes both files of them"

    @params("SIGKILL", "os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL)
    @params("SIGTERM", "os.kill(os.getpid(), signal.SIGTERM); time.sleep(60)", -signal.SIGTERM)
    @params("SIGHUP", "os.kill(os.getpid(), signal.SIGHUP); time.sleep(60)", -signal.SIGHUP)
    @params("a crash", "os.abort()", -signal.SIGABRT)
    @params("os._exit", "os._exit(7)", 7)
    def __init__(self, death: str, last_words: str, status: int) -> None:
        self.death = death
        self.last_words = last_words
        self.status = status

    def given_a_process_that_died_in_its_second_scenario(self) -> None:
        self.folder = vedro.create_tmp_dir()
        begin = 'session = start(0.005); scenario("a"); session.border({"scenario": "b", "subject": "b"})'
        run = run_program(f"{begin}; session.note('last note'); wait_for_ticks(20)\n{self.last_words}", self.folder)
        assert run.returncode == self.status, run.stderr

    def given_what_its_journal_holds(self) -> None:
        self.readings = read_journal(self.folder / ".journal" / "run-1")
        blocks = [*self.readings.tables["ticks"], *self.readings.tables["borders"]]
        usage = sorted((at_ns, cpu_ns) for source, cpu_ns, _, _, _, at_ns in unpack(blocks) if source == 0)
        self.count, self.used_ns = len(usage), usage[-1][1] - usage[0][1]
        assert self.count >= 20 + 3
        assert not self.readings.facts["finished"]

    def when_it_is_recovered(self) -> None:
        self.files = recover(self.folder)

    def then_both_files_hold_every_reading(self) -> None:
        assert [file.name for file in self.files] == ["profiling.ndjson", "profiling.parquet"]
        for file in self.files:
            points = load(file).filter(pl.col("target") == self.readings.sources[0].target)
            assert points.filter(metric="memory_usage").height == self.count
            assert round(sum(points.filter(metric="cpu_time")["value"].to_list()) * 1e6) == self.used_ns

    def and_both_scenarios_are_known(self) -> None:
        points = load(self.files[1])
        assert points.filter(metric="scenario_duration")["scenario"].to_list() == ["a"]
        assert set(points["scenario"].drop_nulls()) == {"a", "b"}
        assert self.readings.notes == ["last note"]

    def and_the_journal_is_gone(self) -> None:
        assert not (self.folder / ".journal").exists()


@skip_if(no_engine, NO_ENGINE)
class OutOfMemory(vedro.Scenario):
    subject = "a process that the kernel kills for its memory leaves all its readings, and recover writes them"

    def given_a_process_that_took_more_than_it_may(self) -> None:
        self.folder = vedro.create_tmp_dir()
        program = """
session = start(0.005)
scenario("a")
wait_for_ticks(20)
hoard = [os.urandom(1_000_000) for _ in range(1000)]
"""
        self.run = run_in_container(program, self.folder, mem_limit=LIMIT_BYTES, memswap_limit=LIMIT_BYTES)

    def when_it_is_recovered(self) -> None:
        self.files = recover(self.folder)

    def then_it_was_killed(self) -> None:
        assert self.run.returncode == 128 + signal.SIGKILL, self.run.stderr

    def and_both_files_tell_of_its_end(self) -> None:
        assert [file.name for file in self.files] == ["profiling.ndjson", "profiling.parquet"]
        for file in self.files:
            points = load(file)
            assert points.filter(metric="scenario_duration")["scenario"].to_list() == ["a"]
            usage = points.filter(pl.col("metric") == "memory_usage", pl.col("target") != "system")["value"].to_list()
            assert len(usage) >= 20
            assert max(usage) > min(usage) + 50


class NobodyFinished(vedro.Scenario):
    subject = (
        "a main thread that ends {how} gives its own exit code, and the files are there: a tick every {poll_time} s"
    )

    @params("with an exception", 'raise ValueError("their own")', 0.01, 1)
    @params("with sys.exit(3)", "sys.exit(3)", 0.01, 3)
    @params("by itself", "", 0.01, 0)
    @params("by itself", "", 3600, 0)
    @params("with an exception", 'raise ValueError("their own")', 1e-6, 1)
    def __init__(self, how: str, last_words: str, poll_time: float, status: int) -> None:
        self.how = how
        self.last_words = last_words
        self.poll_time = poll_time
        self.status = status

    def given_a_folder(self) -> None:
        self.folder = vedro.create_tmp_dir()

    def when_a_process_ends_so(self) -> None:
        self.run = run_program(f'session = start({self.poll_time}); scenario("a")\n{self.last_words}', self.folder)

    def then_the_exit_code_is_its_own(self) -> None:
        assert self.run.returncode == self.status

    def and_nothing_is_said_but_its_own_error(self) -> None:
        said = [line for line in self.run.stderr.splitlines() if not line.startswith((" ", "Traceback"))]
        assert said == (["ValueError: their own"] if self.status == 1 else [])

    def and_the_files_are_there(self) -> None:
        assert sorted(path.name for path in self.folder.iterdir()) == ["profiling.ndjson", "profiling.parquet"]
        assert load(self.folder).filter(metric="scenario_duration").height == 1


class LongRunThatNobodyFinished(vedro.Scenario):
    subject = "a long run is written in slices at exit too, with every reading in both files"

    def given_a_folder(self) -> None:
        self.folder = vedro.create_tmp_dir()

    def when_a_process_of_six_thousand_readings_ends(self) -> None:
        program = """
import vedro_profiling.session.session
vedro_profiling.session.session.READINGS_AT_ONCE = 2000
session = start(3600)
for number in range(1500):
    scenario(f"s{number}")
"""
        self.run = run_program(program, self.folder)

    def then_nothing_is_said(self) -> None:
        assert (self.run.returncode, self.run.stderr) == (0, "")

    def and_both_files_hold_everything(self) -> None:
        assert sorted(path.name for path in self.folder.iterdir()) == ["profiling.ndjson", "profiling.parquet"]
        for file in self.folder.iterdir():
            points = load(file)
            assert points.filter(metric="scenario_duration").height == 1500
            assert points.filter(metric="memory_usage", target="system").height == 3000 + 2


class Forked(vedro.Scenario):
    subject = "a forked child that {end} ends cleanly and writes nothing; the run goes on"

    @params("leaves by itself", "")
    @params("calls sys.exit", "sys.exit(0)")
    @params("uses the session", 'scenario("of the child"); session.note("of the child")')
    def __init__(self, end: str, last_words: str) -> None:
        self.end = end
        self.last_words = last_words

    def given_a_folder(self) -> None:
        self.folder = vedro.create_tmp_dir()

    def when_a_recorded_process_forks(self) -> None:
        program = f"""
session = start(0.002)
scenario("a")
wait_for_ticks(5)
pid = os.fork()
if pid == 0:
    {self.last_words or "pass"}
else:
    _, status = os.waitpid(pid, 0)
    assert status == 0, status
    assert sorted(path.name for path in folder.iterdir()) == [".journal"], "the child wrote"
    wait_for_ticks(10)
    scenario("b")
    tell(session, borders=4)
"""
        self.run = run_program(program, self.folder)

    def then_the_parent_lost_and_gained_nothing(self) -> None:
        answer = told(self.run)
        assert answer["read"] == answer["expected"]
        assert answer["durations"] == 2
        assert answer["notes"] == []

    def and_the_files_are_the_parents(self) -> None:
        assert sorted(path.name for path in self.folder.iterdir()) == ["profiling.ndjson", "profiling.parquet"]
        assert set(load(self.folder)["scenario"].drop_nulls()) == {"a", "b"}


@skip_if(no_engine, NO_ENGINE)
class DiskFull(vedro.Scenario):
    subject = "a disk that fills up {when} costs a note, no reading and no process"

    @params("before the first border", "fill()", 'scenario("a")')
    @params("between two chunks", 'scenario("a")', "fill()")
    def __init__(self, when: str, first: str, second: str) -> None:
        self.when = when
        self.first = first
        self.second = second

    def when_it_fills_up_in_a_run_of_six_thousand_border_readings(self) -> None:
        program = f"""
from vedro_profiling import load, recover

session = start(0.01)
{self.first}
{self.second}
for number in range(1499):
    scenario(f"s{{number}}")
tell(session, borders=3000)

(folder / "filler").unlink()
print([load(file).height > 0 for file in recover(folder)])
"""
        self.run = run_in_container(program, vedro.create_tmp_dir(), disk=SMALL_DISK)
        assert self.run.returncode == 0, self.run.stderr
        answer, self.recovered = self.run.stdout.splitlines()
        self.answer = json.loads(answer)

    def then_no_reading_was_lost(self) -> None:
        assert self.answer["read"] == self.answer["expected"]
        assert self.answer["durations"] == 1500

    def and_the_notes_say_what_was_not_written(self) -> None:
        growth, ndjson, parquet = self.answer["notes"]
        assert growth.startswith("the journal could not grow, later readings were kept in memory only: ")
        assert "profiling.ndjson could not be written: " in ndjson
        assert "profiling.parquet could not be written: " in parquet
        assert self.answer["files"] == []

    def and_what_is_on_the_disk_can_be_recovered_when_there_is_room(self) -> None:
        assert self.answer["journal"]
        assert self.recovered == "[True, True]"


@skip_if(no_engine, NO_ENGINE)
class RecoveredOnAFullDisk(vedro.Scenario):
    subject = "a recovery on a full disk says so in a line and keeps the journal, and with room again it succeeds"

    def when_a_killed_run_is_recovered_on_a_full_disk_and_with_room(self) -> None:
        program = """
import subprocess
from vedro_profiling import load

def recovered():
    command = [sys.executable, "-m", "vedro_profiling", "recover", str(folder)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8")
    files = [path for path in (folder / "recovered").rglob("*") if path.is_file()]
    print(json.dumps({
        "status": done.returncode,
        "stderr": done.stderr,
        "journal": (folder / ".journal/run-1").exists(),
        "durations": [load(file).filter(metric="scenario_duration").height for file in files],
    }))

if os.fork() == 0:
    session = start(0.005)
    for number in range(1500):
        scenario(f"s{number}")
    os.kill(os.getpid(), signal.SIGKILL)
os.wait()
fill()
recovered()
(folder / "filler").unlink()
recovered()
"""
        self.run = run_in_container(program, vedro.create_tmp_dir(), disk=SMALL_DISK)
        assert self.run.returncode == 0, self.run.stderr
        self.without_room, self.with_room = map(json.loads, self.run.stdout.splitlines())

    def then_it_says_in_a_line_what_is_wrong(self) -> None:
        assert self.without_room["status"] == 2
        (line,) = self.without_room["stderr"].splitlines()
        assert "No space left on device" in line

    def and_the_journal_is_kept_and_no_file_is_half_there(self) -> None:
        assert self.without_room["journal"]
        assert self.without_room["durations"] == []

    def and_with_room_both_files_hold_everything(self) -> None:
        assert self.with_room["status"] == 0, self.with_room["stderr"]
        assert self.with_room["durations"] == [1500, 1500]
        assert not self.with_room["journal"]


@skip_if(no_engine, NO_ENGINE)
class DiskWithoutAllocation(vedro.Scenario):
    subject = "on a file system that cannot allocate ahead a run is recorded as on any other"

    def when_six_thousand_border_readings_are_recorded_there(self) -> None:
        program = """
session = start(0.01)
for number in range(1500):
    scenario(f"s{number}")
tell(session, borders=3000)
"""
        self.run = run_in_container(program, vedro.create_tmp_dir(), disk=DISK_WITHOUT_ALLOCATION)

    def then_both_files_are_there_and_nothing_is_noted(self) -> None:
        answer = told(self.run)
        assert answer["read"] == answer["expected"]
        assert answer["files"] == ["profiling.ndjson", "profiling.parquet"]
        assert answer["notes"] == []


@skip_if(no_engine, NO_ENGINE)
class ReadOnlyDisk(vedro.Scenario):
    subject = "in a folder that is read-only a run has its points, and notes of what is missing"

    def when_a_run_is_recorded_there(self) -> None:
        program = """
session = start(0.01)
scenario("a")
tell(session, borders=2)
"""
        self.run = run_in_container(program, vedro.create_tmp_dir(), disk=READ_ONLY_DISK)

    def then_no_reading_was_lost(self) -> None:
        self.answer = told(self.run)
        assert self.answer["read"] == self.answer["expected"]

    def and_the_notes_say_what_is_missing(self) -> None:
        journal, *files = self.answer["notes"]
        assert journal.startswith("no journal, a killed run is lost: ")
        assert ["could not be written: " in note for note in files] == [True, True]
        assert all("Read-only file system" in note for note in self.answer["notes"])
        assert not self.answer["journal"]


class SizeOfFilesLimited(vedro.Scenario):
    subject = "a limit to the size of files (ulimit -f) that is reached costs notes, no reading and no process"

    def given_a_folder(self) -> None:
        self.folder = vedro.create_tmp_dir()

    def when_it_is_reached_in_a_run_of_six_thousand_border_readings(self) -> None:
        program = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
session = start(0.01)
for number in range(1500):
    scenario(f"s{number}")
tell(session, borders=3000)
"""
        self.run = run_program(program, self.folder)

    def then_no_reading_was_lost(self) -> None:
        answer = told(self.run)
        assert answer["read"] == answer["expected"]
        assert answer["durations"] == 1500

    def and_the_notes_say_what_is_not_on_disk(self) -> None:
        growth, ndjson = told(self.run)["notes"]
        assert growth.startswith("the journal could not grow, later readings were kept in memory only: ")
        assert "profiling.ndjson could not be written: File too large" in ndjson

    def and_what_fits_is_whole(self) -> None:
        assert load(self.folder / "profiling.parquet").filter(metric="scenario_duration").height == 1500


class JournalDeleted(vedro.Scenario):
    subject = "a journal folder that is deleted while it is written loses nothing"

    def given_a_folder(self) -> None:
        self.folder = vedro.create_tmp_dir()

    def when_it_is_deleted_in_a_run_of_six_thousand_border_readings(self) -> None:
        program = """
session = start(0.01)
scenario("a")
shutil.rmtree(folder / ".journal")
for number in range(1499):
    scenario(f"s{number}")
tell(session, borders=3000)
"""
        self.run = run_program(program, self.folder)

    def then_everything_is_in_the_files(self) -> None:
        answer = told(self.run)
        assert answer["read"] == answer["expected"]
        assert answer["durations"] == 1500
        assert answer["notes"] == []
        assert load(self.folder / "profiling.parquet").filter(metric="scenario_duration").height == 1500


class FolderGone(vedro.Scenario):
    subject = "an output folder that is {fate} in a run {length} costs no reading; the files are there if they can be"

    @params("deleted", "at once", "shutil.rmtree(folder)", 400_000)
    @params("deleted", "in slices", "shutil.rmtree(folder)", 2_000)
    @params("moved away", "in slices", 'folder.rename(folder.with_name("elsewhere"))', 2_000)
    @params("now a file", "at once", 'shutil.rmtree(folder); folder.write_text("")', 400_000)
    @params("now a file", "in slices", 'shutil.rmtree(folder); folder.write_text("")', 2_000)
    def __init__(self, fate: str, length: str, source: str, at_once: int) -> None:
        self.fate = fate
        self.length = length
        self.source = source
        self.at_once = at_once

    def given_a_folder(self) -> None:
        self.folder = vedro.create_tmp_dir() / ".profiling"

    def when_that_happens_in_a_run_of_six_thousand_border_readings(self) -> None:
        program = f"""
import vedro_profiling.session.session
vedro_profiling.session.session.READINGS_AT_ONCE = {self.at_once}
session = start(0.01)
scenario("a")
{self.source}
for number in range(1499):
    scenario(f"s{{number}}")
tell(session, borders=3000)
"""
        self.run = run_program(program, self.folder)

    def then_no_reading_was_lost(self) -> None:
        self.answer = told(self.run)
        assert self.answer["read"] == self.answer["expected"]
        assert self.answer["durations"] == 1500

    def and_what_could_not_be_written_is_noted(self) -> None:
        missing = [note for note in self.answer["notes"] if "could not be written" in note]
        names = ["profiling.ndjson", "profiling.parquet"]
        assert (missing, self.answer["files"]) == ([], names) if self.fate != "now a file" else len(missing) == 2

    def and_no_journal_is_named_that_is_not_there(self) -> None:
        assert not self.answer["journal"]
