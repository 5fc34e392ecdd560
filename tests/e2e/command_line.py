"""The command line in processes of its own: what it measures, how it ends, and what a terminal shows."""

import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import polars as pl
import vedro
from vedro import params

from tests.contexts.command_line import AtTerminal, command_of, environment_of, run_apart
from tests.contexts.points import make_points
from tests.contexts.series import make_series, put_together
from vedro_profiling import load, scenario_costs, write_parquet

BURNS: Final = """
import time
while time.process_time() < 1.5:
    pass
print(time.process_time())
"""
BURNS_IN_A_CHILD: Final = f"""
import subprocess, sys
subprocess.run([sys.executable, "-c", {BURNS!r}], check=True)
"""
# Says that it is there, and then each signal that it gets.
TELLS_SIGNALS: Final = """
import signal, sys, time
def tell(number, frame):
    print("got", number, flush=True)
    if number == signal.SIGTERM:
        sys.exit(7)
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, tell)
print("ready", flush=True)
while True:
    time.sleep(0.01)
"""
PROGRAM_OF_TESTS: Final = Path(sys.executable).resolve()
HAS_POLARS: Final = """
import sys
from vedro_profiling.cli.entry import run
code = run(sys.argv[1:])
heavy = {"polars", "altair", "psutil", "docker", "vl_convert", "numpy"} & set(sys.modules)
print(code, sorted(heavy), file=sys.stderr)
"""


def python(code: str) -> tuple[str, ...]:
    """Return a command that runs a program of Python."""
    return "--", str(PROGRAM_OF_TESTS), "-c", code


def started(*arguments: object, folder: Path) -> "subprocess.Popen[str]":
    """Start a command line, and go on once its command says that it is ready."""
    process = subprocess.Popen(
        command_of(*arguments),
        cwd=folder,
        env=environment_of(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def descendants(pid: int) -> list[int]:
    """List the children of a process."""
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(child) for child in listed.stdout.split()]


def idle_seconds() -> float:
    """Measure the CPU of an interpreter that only waits for another."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([str(PROGRAM_OF_TESTS), "-c", "import subprocess; subprocess.run(['true'])"], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


class Burn(vedro.Scenario):
    subject = "record tells the CPU that {what} used, within 2 % and 4 ms"

    @params("a command", BURNS, 0)
    @params("the child of a command", BURNS_IN_A_CHILD, 1)
    def __init__(self, what: str, code: str, beside: int) -> None:
        self.what, self.code, self.beside = what, code, beside

    def given_a_folder(self) -> None:
        self.folder = Path(vedro.create_tmp_dir())

    def when_it_is_recorded(self) -> None:
        self.ended = run_apart("record", "--name", "burn", *python(self.code), folder=self.folder)

    def then_its_output_is_its_own(self) -> None:
        assert self.ended.returncode == 0, self.ended.stderr
        assert re.fullmatch(r"[\d.]+\n", self.ended.stdout)

    def and_the_summary_is_on_stderr(self) -> None:
        for words in ("profiling run-", "target ", "dearest scenarios", "burn ", "own cost: ", "files: .profiling/"):
            assert words in self.ended.stderr, self.ended.stderr

    def and_the_cpu_is_what_it_used(self) -> None:
        costs = scenario_costs(load(self.folder / ".profiling")).filter(pl.col("target") != "system")
        assert costs["scenario"].unique().to_list() == ["burn"]
        # Beside what the burn tells of itself there is the end of each interpreter, and the start of the outer one.
        used, beside = float(self.ended.stdout), self.beside * idle_seconds()
        assert used * 0.98 - 0.004 <= costs["cpu_time"].sum() <= used * 1.02 + 0.004 + beside, costs


class LikeAnyOther(vedro.Scenario):
    subject = "a recorded command is a run for all other commands, and its recorder is no target"

    def given_a_recorded_command(self) -> None:
        self.folder = Path(vedro.create_tmp_dir())
        self.ended = run_apart(
            *("record", "--run-id", "../night 7", "--tag", "branch=main", "--profiling-dir", "runs/{run}"),
            *("--poll-time", "0.05", "--name", "sleep", "--", "sleep", "0.5"),
            folder=self.folder,
        )
        self.run_folder = self.folder / "runs" / "night_7"

    def when_it_is_asked_for(self) -> None:
        self.answers = {
            "summary": run_apart("summary", self.run_folder),
            "scenarios": run_apart("scenarios", self.run_folder),
            "check": run_apart("check", self.run_folder, "--budget", "cpu_time{target:sleep}: count<400"),
            "plot": run_apart("plot", self.run_folder, "-o", self.folder / "pictures", "--ppi", "20"),
        }

    def then_each_answers(self) -> None:
        assert {name: answer.returncode for name, answer in self.answers.items()} == dict.fromkeys(self.answers, 0)
        assert "../night 7: " in self.answers["summary"].stdout
        assert self.answers["scenarios"].stdout.splitlines()[1].split()[:2] == ["sleep", "sleep"]

    def and_its_targets_are_the_command_and_the_host(self) -> None:
        points = load(self.run_folder).filter(pl.col("metric") != "scenario_duration")
        assert set(points["target"].unique()) == {"sleep", "system"}
        assert points["branch"].unique().to_list() == ["main"]


class ExitCodes(vedro.Scenario):
    subject = "record exits {code} after {command}"

    @params(0, "true")
    @params(3, "exit 3")
    @params(137, "kill -9 $$")
    @params(143, "kill -TERM $$")
    def __init__(self, code: int, command: str) -> None:
        self.code, self.command = code, command

    def given_a_folder(self) -> None:
        self.folder = Path(vedro.create_tmp_dir())

    def when_it_is_recorded(self) -> None:
        self.ended = run_apart("record", "--", "sh", "-c", self.command, folder=self.folder)

    def then_it_exits_as_a_shell_does(self) -> None:
        assert self.ended.returncode == self.code, self.ended.stderr

    def and_the_readings_are_there_with_the_outcome(self) -> None:
        points = load(self.folder / ".profiling")
        assert "sh" in points["target"]
        assert set(points["status"].drop_nulls()) == {"failed" if self.code else "passed"}


class PassedOn(vedro.Scenario):
    subject = "a signal sent to record gets to the command, which decides what comes of it"

    def given_a_command_that_tells_signals(self) -> None:
        self.folder = Path(vedro.create_tmp_dir())
        self.process = started("record", *python(TELLS_SIGNALS), folder=self.folder)

    def when_signals_are_sent(self) -> None:
        said = self.process.stdout
        assert said is not None
        self.said = []
        for number in (signal.SIGINT, signal.SIGHUP):
            self.process.send_signal(number)
            self.said.append(said.readline())
        self.process.send_signal(signal.SIGTERM)
        self.rest, self.err = self.process.communicate(timeout=60)

    def then_the_command_got_each_once(self) -> None:
        assert [*self.said, self.rest] == ["got 2\n", "got 1\n", "got 15\n"]

    def and_its_exit_code_is_that_of_record(self) -> None:
        assert self.process.returncode == 7, self.err

    def and_the_files_are_there(self) -> None:
        assert "files: .profiling/profiling.ndjson" in self.err
        assert not load(self.folder / ".profiling").is_empty()


class CtrlC(vedro.Scenario):
    subject = "Ctrl-C at a terminal gets to the command once, and not to its recorder"

    def given_a_command_at_a_terminal(self) -> None:
        self.folder = Path(vedro.create_tmp_dir())
        self.terminal = AtTerminal(["record", *python(TELLS_SIGNALS)], folder=self.folder)
        self.terminal.read_until("ready")

    def when_ctrl_c_is_pressed_and_the_command_ended(self) -> None:
        self.terminal.press(b"\x03")
        self.terminal.read_until("got 2")
        self.terminal.process.send_signal(signal.SIGTERM)
        self.code = self.terminal.read_to_end()

    def then_the_command_got_it_once(self) -> None:
        assert re.findall(r"got (\d+)", self.terminal.shown) == ["2", "15"]

    def and_the_run_is_recorded(self) -> None:
        assert self.code == 7
        assert "own cost" in self.terminal.shown
        assert "Traceback" not in self.terminal.shown


class KilledRecorder(vedro.Scenario):
    subject = "what a killed record had read is written by recover, and the next record names it"

    def given_a_record_that_was_killed(self) -> None:
        self.folder = Path(vedro.create_tmp_dir())
        process = started("record", "--poll-time", "0.02", *python(TELLS_SIGNALS), folder=self.folder)
        (command,) = descendants(process.pid)
        ticks = self.folder / ".profiling" / ".journal"
        until = time.monotonic() + 30
        while not any(path.stat().st_blocks for path in ticks.glob("*/*.ticks")) and time.monotonic() < until:
            time.sleep(0.05)
        time.sleep(0.3)
        process.kill()
        os.kill(command, signal.SIGKILL)
        process.communicate(timeout=60)

    def when_another_is_recorded_and_the_first_recovered(self) -> None:
        self.next = run_apart("record", "--", "true", folder=self.folder)
        self.recovered = run_apart("recover", ".profiling", folder=self.folder)

    def then_the_next_named_it(self) -> None:
        assert "a run was killed, and vedro-profiling recover " in self.next.stderr

    def and_its_files_are_printed(self) -> None:
        assert self.recovered.returncode == 0, self.recovered.stderr
        assert [Path(line).name for line in self.recovered.stdout.splitlines()] == [
            "profiling.ndjson",
            "profiling.parquet",
        ]

    def and_what_was_read_of_the_command_is_in_them(self) -> None:
        points = load(self.folder / self.recovered.stdout.splitlines()[1])
        read = points.filter(target=PROGRAM_OF_TESTS.name, metric="memory_usage")
        assert read.height >= 5


class Wrong(vedro.Scenario):
    subject = "wrong: {what} - one line on stderr, exit code 2"

    @params("no such command", "'summry'", "summry", "x")
    @params("no such option", "--nope", "summary", "--nope")
    @params("no argument", "PATH", "summary")
    @params("no such format", "xml", "summary", "run", "--format", "xml")
    @params("nothing at a path", "nowhere", "summary", "nowhere")
    @params("a broken file", "broken.parquet", "scenarios", "broken.parquet")
    @params("a file of something else", "other.json", "summary", "other.json")
    @params("no budget", "--budget", "check", "run")
    @params("a broken budget", "mix<5", "check", "run", "--budget", "cpu_time: mix<5")
    @params("an unknown suffix", "out.xls", "convert", "run", "out.xls")
    @params("a folder that is a file", "other.json", "plot", "run", "-o", "other.json/x")
    @params("no folder to recover", "nowhere", "recover", "nowhere")
    @params("no such program", "no-such-program", "record", "--", "no-such-program")
    @params("no poll time", "poll_time", "record", "--poll-time", "0", "--", "true")
    @params("no such method", "'all'", "record", "--profiling-methods", "all", "--", "true")
    @params("a tag without a value", "'branch'", "record", "--tag", "branch", "--", "true")
    def __init__(self, what: str, named: str, *arguments: str) -> None:
        self.what, self.named, self.arguments = what, named, arguments

    def given_a_folder_with_a_run_and_broken_files(self) -> None:
        self.folder = Path(vedro.create_tmp_dir())
        (self.folder / "run").mkdir()
        write_parquet(make_points(), self.folder / "run" / "profiling.parquet")
        (self.folder / "broken.parquet").write_bytes(b"PAR1\x00\x01PAR1")
        (self.folder / "other.json").write_text('{"a": 1}\n')

    def when_it_is_run(self) -> None:
        self.ended = run_apart(*self.arguments, folder=self.folder)

    def then_one_line_names_it(self) -> None:
        lines = self.ended.stderr.splitlines()
        assert len(lines) == 1, self.ended.stderr
        assert lines[0].startswith("vedro-profiling: ")
        assert self.named in lines[0]

    def and_the_exit_code_says_so(self) -> None:
        assert (self.ended.returncode, self.ended.stdout) == (2, "")


class DamagedLines(vedro.Scenario):
    subject = "damaged lines are a warning on stderr, and the others are told of"

    def given_a_file_that_was_cut_off(self) -> None:
        self.folder = Path(vedro.create_tmp_dir())
        write_parquet(make_points(), self.folder / "run.parquet")
        run_apart("convert", "run.parquet", "run.ndjson", folder=self.folder)
        file = self.folder / "run.ndjson"
        file.write_text(file.read_text()[:-9])

    def when_it_is_summarized(self) -> None:
        self.ended = run_apart("summary", "run.ndjson", folder=self.folder)

    def then_the_others_are_told_of(self) -> None:
        assert self.ended.returncode == 0
        assert "11 points of 2 targets" in self.ended.stdout

    def and_the_warning_is_one_line(self) -> None:
        assert re.fullmatch(r"vedro-profiling: warning: run\.ndjson has damaged lines: 1, .*\n", self.ended.stderr)


class ClosedPipe(vedro.Scenario):
    subject = "a reader that has gone, as `head` does, ends {arguments} without a word"

    @params("summary", "run.parquet")
    @params("scenarios", "run.parquet", "--top", "0")
    @params("scenarios", "run.parquet", "--format", "json")
    @params("scenarios", "run.parquet", "--format", "csv")
    def __init__(self, *arguments: str) -> None:
        self.arguments = arguments

    def given_a_run_of_many_scenarios(self) -> None:
        self.folder = Path(vedro.create_tmp_dir())
        names = [f"scenario {number}" for number in range(300)]
        durations = [make_series([1000], metric="scenario_duration", scenario=name) for name in names]
        costs = [make_series([500], metric="cpu_time", scenario=name) for name in names]
        write_parquet(put_together(*durations, *costs), self.folder / "run.parquet")

    def when_nobody_reads(self) -> None:
        ours, theirs = os.pipe()
        os.close(ours)
        with os.fdopen(theirs, "wb") as closed:
            self.ended = subprocess.run(
                command_of(*self.arguments),
                cwd=self.folder,
                env=environment_of(),
                stdout=closed,
                stderr=subprocess.PIPE,
                check=False,
            )

    def then_nothing_is_said(self) -> None:
        assert self.ended.stderr == b""

    def and_the_exit_code_is_that_of_a_closed_pipe(self) -> None:
        assert self.ended.returncode == 141


class Light(vedro.Scenario):
    subject = "`{command}` loads nothing heavy"

    @params("--help")
    @params("--version")
    @params("record --help")
    @params("summary --help")
    def __init__(self, command: str) -> None:
        self.command = command

    def when_it_is_run(self) -> None:
        self.ended = subprocess.run(
            [str(sys.executable), "-c", HAS_POLARS, *self.command.split()],
            env=environment_of(),
            capture_output=True,
            text=True,
            check=False,
        )

    def then_nothing_is_loaded(self) -> None:
        assert self.ended.stderr == "0 []\n"

    def and_something_is_told(self) -> None:
        assert self.ended.stdout.strip()


class ImportIsLight(vedro.Scenario):
    subject = "`import vedro_profiling` loads no Typer"

    def when_it_is_imported(self) -> None:
        code = "import sys, vedro_profiling; print('typer' in sys.modules)"
        self.said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    def then_there_is_none(self) -> None:
        assert self.said == "False\n"


class Help(vedro.Scenario):
    subject = "`{command} --help` has examples that begin with the program, and ends with 0"

    @params("summary")
    @params("scenarios")
    @params("check")
    @params("compare")
    @params("plot")
    @params("report")
    @params("convert")
    @params("recover")
    @params("record")
    def __init__(self, command: str) -> None:
        self.command = command

    def when_help_is_asked_for(self) -> None:
        self.ended = run_apart(self.command, "--help", COLUMNS="120")

    def then_examples_are_shown(self) -> None:
        assert (self.ended.returncode, self.ended.stderr) == (0, "")
        _, _, examples = self.ended.stdout.partition("Examples:")
        assert f"vedro-profiling {self.command}" in examples


class NoArguments(vedro.Scenario):
    subject = "without arguments the help is shown"

    def when_it_is_run(self) -> None:
        self.ended = run_apart()

    def then_the_commands_are_listed(self) -> None:
        assert self.ended.returncode == 0
        assert "record" in self.ended.stdout


class Terminal(vedro.Scenario):
    subject = "at a terminal of {columns} columns the table fits, and its titles are {how}"

    @params(60, "bold", {})
    @params(80, "bold", {})
    @params(80, "plain", {"NO_COLOR": "1", "TERM": "dumb"})
    def __init__(self, columns: int, how: str, environment: dict[str, str]) -> None:
        self.columns, self.how, self.environment = columns, how, environment

    def given_a_run_with_long_names(self) -> None:
        self.folder = Path(vedro.create_tmp_dir())
        name = "a-container-with-quite-a-long-name-1"
        points = make_points(targets=[name, "db"], metrics=["cpu_percent", "memory_usage", "cpu_time"])
        write_parquet(points, self.folder / "run.parquet")

    def when_it_is_summarized_there(self) -> None:
        self.terminal = AtTerminal(
            ["summary", "run.parquet"], folder=self.folder, columns=self.columns, environment=self.environment
        )
        self.code = self.terminal.read_to_end()

    def then_each_line_fits(self) -> None:
        assert self.code == 0
        # What was drawn over, as the bar is, stands before the last carriage return or erased line.
        shown = re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", self.terminal.shown.rpartition("\x1b[2K")[2])
        table = shown[shown.index("target") :].splitlines()
        assert max(map(len, table[:4])) <= self.columns, table

    def and_the_titles_are_so(self) -> None:
        assert ("\x1b[1mtarget" in self.terminal.shown) == (self.how == "bold")


class Whole(vedro.Scenario):
    subject = "a pipe has room for all columns and names, and no bar and no colour"

    def given_a_run_with_a_long_name(self) -> None:
        self.folder = Path(vedro.create_tmp_dir())
        self.name = "a-container-with-a-name-" + "x" * 200
        write_parquet(make_points(targets=[self.name]), self.folder / "run.parquet")

    def when_it_is_summarized(self) -> None:
        self.ended = run_apart("summary", "run.parquet", folder=self.folder)

    def then_nothing_is_folded(self) -> None:
        assert self.name in self.ended.stdout
        assert "mem peak" in self.ended.stdout

    def and_nothing_is_drawn(self) -> None:
        assert "\x1b" not in self.ended.stdout
        assert self.ended.stderr == ""


class Json(vedro.Scenario):
    subject = "JSON is ASCII and has no number that JSON lacks"

    def given_a_run_with_a_foreign_name(self) -> None:
        self.folder = Path(vedro.create_tmp_dir())
        write_parquet(make_points(targets=["caf\N{LATIN SMALL LETTER E WITH ACUTE}"]), self.folder / "run.parquet")

    def when_it_is_summarized_in_ascii(self) -> None:
        self.ended = run_apart(
            "summary", "run.parquet", "--format", "json", folder=self.folder, PYTHONIOENCODING="ascii"
        )

    def then_it_can_be_read(self) -> None:
        rows = json.loads(self.ended.stdout)
        assert {row["target"] for row in rows} == {"caf\N{LATIN SMALL LETTER E WITH ACUTE}"}
        assert self.ended.stdout.isascii()
