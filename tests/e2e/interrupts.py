"""Ctrl-C, once and again, at a human pace and at the worst of moments: Vedro's exit code, our files."""

import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import vedro
from vedro import params

from tests.contexts import engine
from tests.contexts.endings import (
    BEFORE_OURS,
    BURNT_SECONDS,
    IN_ASYNC_STEP,
    IN_STEP,
    burnt_milliseconds,
    make_plugin,
    make_project,
    threads_left,
)
from tests.contexts.engine import NO_ENGINE, no_engine
from tests.contexts.project import Project, ended

INTERRUPT: Final = "signal.raise_signal(signal.SIGINT)"

# Goes on until it is told to, for as long as no signal ends it.
WAITING: Final = """
    burn()
    (folder / "begun").touch()
    while not (folder / "go on").exists():
        {wait}
"""
SYNC: Final = "def when_it_waits(self):" + WAITING.format(wait="time.sleep(0.01)")
ASYNC: Final = "async def when_it_waits(self):" + WAITING.format(wait="await asyncio.sleep(0.01)")

# Says so from within our conclusion, and lasts until the presses are done.
CONCLUDING: Final = make_plugin(
    "Cleanup",
    BEFORE_OURS,
    """
        import time
        from pathlib import Path

        from vedro_profiling import storage

        write = storage.write_parquet

        def wait(*given, **named):
            storage.write_parquet = write
            Path("concluding").touch()
            while not Path("go on").exists():
                time.sleep(0.01)
            write(*given, **named)

        storage.write_parquet = wait
""",
)

INTERRUPT_WRITING: Final = """
        from vedro_profiling import storage

        write = storage.write_parquet

        def interrupt(*given, **named):
            storage.write_parquet = write
            {interrupt}
            write(*given, **named)

        storage.write_parquet = interrupt
"""

PAUSE_SECONDS: Final = 0.2
"""Between two presses of one who wonders why nothing happens."""


def wait_for(path: Path) -> None:
    """Wait until a run has made a file."""
    give_up = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < give_up, f"there is no {path}"
        time.sleep(0.005)


def press(run: "subprocess.Popen[str]", project: Project, places: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    """Press Ctrl-C in each place that the run comes to, wait a little, and let it go on."""
    for place in places:
        wait_for(project.folder / place)
        run.send_signal(signal.SIGINT)
        time.sleep(PAUSE_SECONDS)
    (project.folder / "go on").touch()
    return ended(run)


class AtHumanPace(vedro.Scenario):
    subject = "a run in which Ctrl-C is pressed {how} exits as it does without profiling, whole"

    @params("once in sync steps", SYNC, ["begun"], {"A", "B"})
    @params("twice in sync steps", SYNC, ["begun", "begun"], {"A", "B"})
    @params("once in async steps", ASYNC, ["begun"], {"A", "B"})
    def __init__(self, how: str, step: str, places: Sequence[str], scenarios: set[str]) -> None:
        self.how, self.step, self.places, self.scenarios = how, step, places, scenarios

    def given_a_project(self) -> None:
        self.project, self.bare = make_project(self.step), make_project(self.step)

    def when_it_is_run_with_and_without_profiling(self) -> None:
        bare = self.bare.start(profiling=False)
        self.run = press(self.project.start(), self.project, self.places)
        self.expected = press(bare, self.bare, self.places)

    def then_the_exit_code_is_vedros_own(self) -> None:
        assert self.run.returncode == self.expected.returncode, self.run.stderr

    def and_so_is_what_it_says_of_the_fault(self) -> None:
        assert self.run.stderr.replace(str(self.project.folder), str(self.bare.folder)) == self.expected.stderr

    def and_the_summary_is_whole(self) -> None:
        assert "# files: " in self.run.stdout
        assert (self.project.profiling / "summary.json").is_file()

    def and_both_files_hold_what_was_burnt_to_the_end(self) -> None:
        burnt = burnt_milliseconds(self.project)
        assert all(burnt[name] >= BURNT_SECONDS * 1000 for name in self.scenarios), burnt

    def and_neither_journal_nor_thread_is_left(self) -> None:
        assert not (self.project.profiling / ".journal").exists()
        assert threads_left(self.project) == ["MainThread"]


class WhileItIsConcluded(vedro.Scenario):
    subject = "a run in which Ctrl-C is pressed {how} is concluded all the same, and exits 130"

    @params("in async steps and again while it is concluded", ASYNC, ["begun", "concluding"])
    @params("while it is concluded", IN_STEP.format("pass"), ["concluding"])
    def __init__(self, how: str, step: str, places: Sequence[str]) -> None:
        self.how, self.step, self.places = how, step, places

    def given_a_project(self) -> None:
        self.project = make_project(self.step, plugin=CONCLUDING)

    def when_it_is_run(self) -> None:
        self.run = press(self.project.start(), self.project, self.places)

    def then_it_was_interrupted(self) -> None:
        assert self.run.returncode == 130, self.run.stderr
        # The asyncio of Python 3.10 tells of an interrupted task, with or without us.
        assert "profiling" not in self.run.stderr

    def and_the_summary_is_whole(self) -> None:
        assert "!!! Interrupted by" in self.run.stdout
        assert "# files: " in self.run.stdout
        assert (self.project.profiling / "summary.json").is_file()

    def and_both_files_hold_what_was_burnt_to_the_end(self) -> None:
        burnt = burnt_milliseconds(self.project)
        assert burnt["B"] >= BURNT_SECONDS * 1000

    def and_neither_journal_nor_thread_is_left(self) -> None:
        assert not (self.project.profiling / ".journal").exists()
        assert threads_left(self.project) == ["MainThread"]


class AtOnce(vedro.Scenario):
    subject = "a run that meets {cause} exits as it does without profiling, and its files are there to the end"

    @params("an interrupt in a step", IN_STEP.format(INTERRUPT))
    @params("two interrupts in a step", IN_STEP.format(f"{INTERRUPT}; {INTERRUPT}"))
    @params("an interrupt in an async step", IN_ASYNC_STEP.format(INTERRUPT))
    @params("two interrupts in an async step", IN_ASYNC_STEP.format(f"{INTERRUPT}; {INTERRUPT}"))
    def __init__(self, cause: str, step: str) -> None:
        self.cause, self.step = cause, step

    def given_a_project(self) -> None:
        self.project, self.bare = make_project(self.step), make_project(self.step)

    def when_it_is_run_with_and_without_profiling(self) -> None:
        bare = self.bare.start(profiling=False)
        self.run = self.project.run()
        self.expected = ended(bare)

    def then_the_exit_code_is_vedros_own(self) -> None:
        assert self.run.returncode == self.expected.returncode, self.run.stderr

    def and_so_is_what_it_says_of_the_fault(self) -> None:
        assert self.run.stderr.replace(str(self.project.folder), str(self.bare.folder)) == self.expected.stderr

    def and_both_files_hold_what_was_burnt_to_the_end(self) -> None:
        burnt = burnt_milliseconds(self.project)
        assert burnt["A"] >= BURNT_SECONDS * 1000
        assert burnt["B"] >= BURNT_SECONDS * 1000

    def and_neither_journal_nor_thread_is_left(self) -> None:
        assert not (self.project.profiling / ".journal").exists()
        assert threads_left(self.project) == ["MainThread"]


class InTheMiddleOfAFile(vedro.Scenario):
    subject = "{what} while a file is being written loses nothing: the files are there, at exit at the latest"

    @params("a Ctrl-C", INTERRUPT, 130)
    @params("a Ctrl-C that waits no longer", "raise KeyboardInterrupt", -2)
    def __init__(self, what: str, interrupt: str, status: int) -> None:
        self.what, self.status = what, status
        self.plugin = make_plugin("Cleanup", BEFORE_OURS, INTERRUPT_WRITING.format(interrupt=interrupt))

    def given_a_project_whose_parquet_file_is_interrupted_once(self) -> None:
        self.project = make_project(plugin=self.plugin)

    def when_it_is_run(self) -> None:
        self.run = self.project.run()

    def then_it_was_interrupted(self) -> None:
        assert self.run.returncode == self.status, self.run.stderr

    def and_both_files_are_there(self) -> None:
        assert burnt_milliseconds(self.project)["B"] >= BURNT_SECONDS * 1000

    def and_neither_journal_nor_thread_is_left(self) -> None:
        assert not (self.project.profiling / ".journal").exists()
        assert threads_left(self.project) == ["MainThread"]


class OfABlock(vedro.Scenario):
    subject = "a second Ctrl-C while the files of a recorded block are written waits until they are there"

    def given_a_program_that_is_interrupted_in_the_block_and_in_the_middle_of_a_file(self) -> None:
        self.folder = Path(vedro.create_tmp_dir())
        interrupt_writing = textwrap.indent(textwrap.dedent(INTERRUPT_WRITING).format(interrupt=INTERRUPT), "    ")
        self.program = (
            f"import signal\nimport vedro_profiling as vp\nwith vp.record(profiling_dir={str(self.folder)!r}):"
        )
        self.program += f"{interrupt_writing}    {INTERRUPT}\n"

    def when_it_is_run(self) -> None:
        self.run = subprocess.run(
            [sys.executable, "-c", self.program], capture_output=True, encoding="utf-8", check=False, timeout=60
        )

    def then_it_was_interrupted(self) -> None:
        assert self.run.returncode == -signal.SIGINT, self.run.stderr
        assert self.run.stderr.endswith("KeyboardInterrupt\n")

    def and_both_files_are_there_without_a_journal(self) -> None:
        assert {path.name for path in self.folder.iterdir()} == {"profiling.ndjson", "profiling.parquet"}


@vedro.skip_if(no_engine, NO_ENGINE)
class WithContainers(vedro.Scenario):
    subject = "a run that reads containers by {reader} leaves no thread, {how} it ends"

    @params("cgroup", "however quietly", IN_STEP.format("pass"), 0)
    @params("engine", "however quietly", IN_STEP.format("pass"), 0)
    @params("engine", "interrupted as", IN_STEP.format(f"{INTERRUPT}; {INTERRUPT}"), 130)
    @params("engine", "without Cleanup as", IN_STEP.format("vedro.defer(lambda: 1 / 0)"), 1)
    def __init__(self, reader: str, how: str, step: str, status: int) -> None:
        self.reader, self.how, self.step, self.status = reader, how, step, status

    def given_a_container_and_a_project(self) -> None:
        self.engine = engine.Project()
        self.engine.run("app")
        self.project = make_project(self.step)

    def when_it_is_run(self) -> None:
        self.run = self.project.run(
            "--profiling-methods=default,docker",
            f"--docker-reader={self.reader}",
            f"--docker-compose-project-name={self.engine.name}",
        )

    def then_it_ends_as_it_would(self) -> None:
        assert self.run.returncode == self.status, self.run.stdout + self.run.stderr

    def and_no_thread_is_left(self) -> None:
        assert threads_left(self.project) == ["MainThread"]
