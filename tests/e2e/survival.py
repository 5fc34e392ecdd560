"""What is left of a recording when its process dies, is forked, or loses its disk: real processes, real signals."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import vedro
from vedro import params, skip_if

from tests.contexts.recording import unpack
from vedro_profiling import load, recover
from vedro_profiling.recording.journal import read_journal

PATIENCE_SECONDS = 60

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

def tell(outcome, borders):
    # One more reading at the end: what was used since the last tick.
    print(json.dumps({
        "expected": outcome.cost.ticks + borders + 1,
        "read": outcome.points.filter(metric="memory_usage", target=outcome.facts["process"]).height,
        "durations": outcome.points.filter(metric="scenario_duration").height,
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


def has_no_right_to_mount() -> bool:
    """Look for CAP_SYS_ADMIN among what this process may do."""
    status = Path("/proc/self/status")
    capabilities = status.read_text("utf-8").partition("CapEff:")[2].split()[:1] if status.exists() else []
    return not capabilities or not int(capabilities[0], 16) >> 21 & 1


MEMORY_GROUPS = Path("/sys/fs/cgroup/memory") if Path("/sys/fs/cgroup/memory").exists() else Path("/sys/fs/cgroup")


def has_no_right_to_limit_memory() -> bool:
    """Look whether a group can be made here; on cgroup v2 only at the root, where the controller is at hand."""
    return not os.access(MEMORY_GROUPS, os.W_OK)


def make_memory_group(*, limit_bytes: int) -> Path:
    """Make a cgroup whose processes are killed when they take more."""
    group = MEMORY_GROUPS / f"vedro-profiling-{os.getpid()}"
    group.mkdir()
    vedro.defer(group.rmdir)
    for name in ("memory.limit_in_bytes", "memory.max"):
        if (group / name).exists():
            (group / name).write_text(str(limit_bytes))
    return group


def make_small_disk() -> Path:
    """Mount a disk of 16 MB."""
    folder = vedro.create_tmp_dir() / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "vp-small", folder], check=True)
    vedro.defer(subprocess.run, ["umount", folder], check=True)
    return folder


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


@skip_if(has_no_right_to_limit_memory, "a limit of memory needs a cgroup that can be made")
class OutOfMemory(vedro.Scenario):
    subject = "a process that the kernel kills for its memory leaves all its readings, and recover writes them"

    def given_a_process_that_took_more_than_it_may(self) -> None:
        self.folder = vedro.create_tmp_dir()
        self.group = make_memory_group(limit_bytes=200_000_000)
        program = f"""
Path({str(self.group / "cgroup.procs")!r}).write_text(str(os.getpid()))
session = start(0.005)
scenario("a")
wait_for_ticks(20)
hoard = [os.urandom(1_000_000) for _ in range(1000)]
"""
        self.run = run_program(program, self.folder)

    def when_it_is_recovered(self) -> None:
        self.files = recover(self.folder)

    def then_it_was_killed(self) -> None:
        assert self.run.returncode == -signal.SIGKILL, self.run.stderr

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
    tell(session.finish(), borders=4)
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


@skip_if(has_no_right_to_mount, "mounting a small disk needs CAP_SYS_ADMIN")
class DiskFull(vedro.Scenario):
    subject = "a disk that fills up {when} costs a note, no reading and no process"

    @params("before the first border", "fill()", 'scenario("a")')
    @params("between two chunks", 'scenario("a")', "fill()")
    def __init__(self, when: str, first: str, second: str) -> None:
        self.when = when
        self.first = first
        self.second = second

    def given_a_small_disk(self) -> None:
        self.folder = make_small_disk()

    def when_it_fills_up_in_a_run_of_six_thousand_border_readings(self) -> None:
        program = f"""
def fill():
    with (folder / "filler").open("wb", buffering=0) as filler:
        try:
            while filler.write(bytes(65536)):
                pass
        except OSError:
            pass

session = start(0.01)
{self.first}
{self.second}
for number in range(1499):
    scenario(f"s{{number}}")
tell(session.finish(), borders=3000)
"""
        self.run = run_program(program, self.folder)

    def then_no_reading_was_lost(self) -> None:
        answer = told(self.run)
        assert answer["read"] == answer["expected"]
        assert answer["durations"] == 1500

    def and_the_notes_say_what_was_not_written(self) -> None:
        answer = told(self.run)
        growth, ndjson, parquet = answer["notes"]
        assert growth.startswith("the journal could not grow, later readings were kept in memory only: ")
        assert "profiling.ndjson could not be written: " in ndjson
        assert "profiling.parquet could not be written: " in parquet
        assert answer["files"] == []

    def and_what_is_on_the_disk_can_be_recovered_when_there_is_room(self) -> None:
        assert told(self.run)["journal"]
        (self.folder / "filler").unlink()
        assert [load(file).height > 0 for file in recover(self.folder)] == [True, True]


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
tell(session.finish(), borders=3000)
"""
        self.run = run_program(program, self.folder)

    def then_everything_is_in_the_files(self) -> None:
        answer = told(self.run)
        assert answer["read"] == answer["expected"]
        assert answer["durations"] == 1500
        assert answer["notes"] == []
        assert load(self.folder / "profiling.parquet").filter(metric="scenario_duration").height == 1500
