"""Every way a run can end: the exit code is Vedro's own, and what was recorded is there to the end."""

from typing import Final

import vedro
from vedro import params

import vedro_profiling as vp
from tests.contexts.endings import (
    AFTER_OURS,
    BEFORE_OURS,
    BURNT_SECONDS,
    IN_ASYNC_STEP,
    IN_STEP,
    RAISE,
    TERMINATE,
    burnt_milliseconds,
    make_plugin,
    make_project,
    threads_left,
)
from tests.contexts.project import ended

FAILING: Final = """
        import vedro_profiling.{module} as module

        def fail(*_, **__):
            raise ValueError("three is no colour")

        module.{function} = fail
"""
DEFERRED: Final = "def when_it_burns(self):\n    burn()\n    vedro.defer(lambda: 1 / 0)"
IN_CONSTRUCTOR: Final = "def __init__(self):\n    burn()\n    1 / 0\n\ndef then_it_passes(self):\n    pass"


class InAScenario(vedro.Scenario):
    subject = "a run that meets {cause} exits as it does without profiling, and its files are there to the end"

    @params("SIGTERM in a step", IN_STEP.format(TERMINATE))
    @params("SIGTERM in an async step", IN_ASYNC_STEP.format(TERMINATE))
    @params("sys.exit(5) in a step", IN_STEP.format("sys.exit(5)"))
    @params("sys.exit(0) in a step", IN_STEP.format("sys.exit(0)"))
    @params("sys.exit('words') in a step", IN_STEP.format("sys.exit('words')"))
    @params("an exception in vedro.defer", DEFERRED)
    @params("an exception in a scenario's constructor", IN_CONSTRUCTOR)
    @params("a failed scenario with --fail-fast", IN_STEP.format("assert False"), "--fail-fast")
    def __init__(self, cause: str, step: str, *flags: str) -> None:
        self.cause, self.step, self.flags = cause, step, flags

    def given_a_project(self) -> None:
        self.project, self.bare = make_project(self.step), make_project(self.step)

    def when_it_is_run_with_and_without_profiling(self) -> None:
        bare = self.bare.start(*self.flags, profiling=False)
        self.run = self.project.run(*self.flags)
        self.expected = ended(bare)

    def then_the_exit_code_is_vedros_own(self) -> None:
        assert self.run.returncode == self.expected.returncode, self.run.stderr

    def and_so_is_what_it_says_of_the_fault(self) -> None:
        own, other = str(self.project.folder), str(self.bare.folder)
        assert self.run.stderr.replace(own, other) == self.expected.stderr

    def and_both_files_hold_what_was_burnt_to_the_end(self) -> None:
        burnt = burnt_milliseconds(self.project)
        assert burnt["A"] >= BURNT_SECONDS * 1000
        assert burnt["B"] >= BURNT_SECONDS * 1000

    def and_no_journal_is_left(self) -> None:
        assert not (self.project.profiling / ".journal").exists()

    def and_no_thread(self) -> None:
        assert threads_left(self.project) == ["MainThread"]


class InAPlugin(vedro.Scenario):
    subject = "a run in which another plugin raises in {place} exits as without profiling, with its files"

    @params("Startup, after ours", "Startup", AFTER_OURS, set())
    @params("ScenarioRun", "ScenarioRun", BEFORE_OURS, set())
    @params("StepPassed", "StepPassed", BEFORE_OURS, {"A"})
    @params("ScenarioPassed", "ScenarioPassed", BEFORE_OURS, {"A"})
    @params("Cleanup, before ours", "Cleanup", BEFORE_OURS, {"A", "B"})
    @params("Cleanup, after ours", "Cleanup", AFTER_OURS, {"A", "B"})
    def __init__(self, place: str, event: str, priority: int, scenarios: set[str]) -> None:
        self.place, self.plugin, self.scenarios = place, make_plugin(event, priority, RAISE), scenarios

    def given_a_project(self) -> None:
        self.project, self.bare = make_project(plugin=self.plugin), make_project(plugin=self.plugin)

    def when_it_is_run_with_and_without_profiling(self) -> None:
        bare = self.bare.start(profiling=False)
        self.run = self.project.run()
        self.expected = ended(bare)

    def then_the_exit_code_is_vedros_own(self) -> None:
        assert self.run.returncode == self.expected.returncode == 1, self.run.stderr

    def and_so_is_what_it_says_of_the_fault(self) -> None:
        own, other = str(self.project.folder), str(self.bare.folder)
        assert self.run.stderr.replace(own, other) == self.expected.stderr

    def and_both_files_hold_what_was_burnt_to_the_end(self) -> None:
        burnt = burnt_milliseconds(self.project)
        assert {name for name, value in burnt.items() if value >= BURNT_SECONDS * 1000} - {"None"} == self.scenarios

    def and_no_journal_is_left(self) -> None:
        assert not (self.project.profiling / ".journal").exists()

    def and_no_thread(self) -> None:
        assert threads_left(self.project) == ["MainThread"]


class BeforeItBegins(vedro.Scenario):
    subject = "a run that ends before ours has started, by {cause}, exits as without profiling and leaves nothing"

    @params("a syntax error in a scenario file", "def def", None)
    @params("another plugin that raises in Startup", IN_STEP.format("pass"), make_plugin("Startup", BEFORE_OURS, RAISE))
    def __init__(self, cause: str, step: str, plugin: str | None) -> None:
        self.cause, self.step, self.plugin = cause, step, plugin

    def given_a_project(self) -> None:
        self.project = make_project(self.step, plugin=self.plugin)

    def when_it_is_run(self) -> None:
        self.run = self.project.run()

    def then_it_exits_with_that_fault(self) -> None:
        assert self.run.returncode == 1
        assert "SyntaxError" in self.run.stderr or "not ours" in self.run.stderr

    def and_leaves_nothing(self) -> None:
        assert not self.project.profiling.exists()


class ClosedPipe(vedro.Scenario):
    subject = "a run whose output nobody reads any more ends as without profiling, with its files"

    def given_a_project(self) -> None:
        self.project, self.bare = make_project(), make_project()

    def when_the_reader_leaves_at_once(self) -> None:
        runs = [self.project.start(), self.bare.start(profiling=False)]
        for run in runs:
            assert run.stdout is not None
            run.stdout.close()
        self.run, self.expected = (ended(run) for run in runs)

    def then_the_exit_code_is_vedros_own(self) -> None:
        assert self.run.returncode == self.expected.returncode, self.run.stderr

    def and_the_files_are_there(self) -> None:
        assert burnt_milliseconds(self.project)

    def and_no_journal_is_left(self) -> None:
        assert not (self.project.profiling / ".journal").exists()

    def and_no_thread(self) -> None:
        assert threads_left(self.project) == ["MainThread"]


class Killed(vedro.Scenario):
    subject = "a run that is killed by {cause} leaves its journal, which recover writes to the last reading"

    @params("os._exit in a step", IN_STEP.format("os._exit(7)"), None, 7)
    @params("SIGKILL in a step", IN_STEP.format("os.kill(os.getpid(), signal.SIGKILL)"), None, -9)
    @params("SIGHUP in a step", IN_STEP.format("signal.raise_signal(signal.SIGHUP)"), None, -1)
    @params("SIGTERM in Cleanup", IN_STEP.format("pass"), make_plugin("Cleanup", BEFORE_OURS, TERMINATE), -15)
    def __init__(self, cause: str, step: str, plugin: str | None, status: int) -> None:
        self.cause, self.step, self.plugin, self.status = cause, step, plugin, status

    def given_a_project(self) -> None:
        self.project = make_project(self.step, plugin=self.plugin)

    def when_it_is_run(self) -> None:
        self.run = self.project.run("--run-id", "killed")

    def then_it_exits_as_it_was_killed(self) -> None:
        assert self.run.returncode == self.status, self.run.stderr

    def and_recover_writes_its_points_to_the_last_reading(self) -> None:
        vp.recover(self.project.profiling)
        points = vp.load(self.project.profiling / "recovered" / "killed")
        assert {"scenarios/suite.py::A", "scenarios/suite.py::B"} <= set(points["scenario"].unique())


class AfterAKill(vedro.Scenario):
    subject = "the run after one that was killed names its journal, and how to recover it"

    def given_a_killed_run(self) -> None:
        self.project = make_project(IN_STEP.format("os._exit(7)"))
        self.project.run("--run-id", "killed")

    def when_another_is_run(self) -> None:
        self.run = make_project().run("--profiling-dir", str(self.project.profiling))

    def then_the_journal_is_named_once(self) -> None:
        (line,) = (line for line in self.run.stdout.splitlines() if "profiling: a run was killed" in line)
        assert line.endswith(".profiling/.journal/killed")
        assert f"vedro-profiling recover {self.project.profiling}" in line


class OneOfOursFails(vedro.Scenario):
    subject = "where {function} fails, the run passes, the rest of its conclusion is there, and the fault is told"

    @params("analysis.thresholds", "check", "judge", "# files: ")
    @params("reporting.markdown", "summary_page", "publish", "# files: ")
    @params("reporting.console", "summary_lines", "tell", "# 3 scenarios, 3 passed")
    def __init__(self, module: str, function: str, step: str, still_told: str) -> None:
        self.function, self.step, self.still_told = function, step, still_told
        self.plugin = make_plugin("Cleanup", BEFORE_OURS, FAILING.format(module=module, function=function))

    def given_a_project(self) -> None:
        self.project = make_project(plugin=self.plugin)

    def when_it_is_run(self) -> None:
        self.run = self.project.run("--profiling-summary", "page.md")

    def then_it_passes(self) -> None:
        assert self.run.returncode == 0, self.run.stderr

    def and_the_rest_is_there(self) -> None:
        assert burnt_milliseconds(self.project)
        assert self.still_told in self.run.stdout, self.run.stdout

    def and_the_fault_is_told(self) -> None:
        assert f"# ! profiling: {self.step} failed: ValueError: three is no colour" in self.run.stdout, self.run.stdout


class BorderFails(vedro.Scenario):
    subject = "where readings at borders fail, the run passes, and console and file tell so once"

    def given_a_project(self) -> None:
        fail = FAILING.format(module="session.session", function="Session.border")
        self.project = make_project(plugin=make_plugin("Startup", BEFORE_OURS, fail))

    def when_it_is_run(self) -> None:
        self.run = self.project.run()

    def then_it_passes(self) -> None:
        assert self.run.returncode == 0, self.run.stderr

    def and_each_fault_is_told_once(self) -> None:
        told = [f"profiling: on_scenario_{place} failed: ValueError: three is no colour" for place in ("run", "end")]
        assert [line for line in self.run.stdout.splitlines() if "colour" in line] == [f"# ! {text}" for text in told]
        (facts,) = vp.read_facts(self.project.profiling / "profiling.parquet")
        assert facts["notes"] == told


class TerminatedAfterOurs(vedro.Scenario):
    subject = "SIGTERM in Cleanup, after ours, finds the files written"

    def given_a_project(self) -> None:
        self.project = make_project(plugin=make_plugin("Cleanup", AFTER_OURS, TERMINATE))

    def when_it_is_run(self) -> None:
        self.run = self.project.run()

    def then_it_is_killed(self) -> None:
        assert self.run.returncode == -15

    def and_the_files_are_there(self) -> None:
        assert burnt_milliseconds(self.project)["A"] >= BURNT_SECONDS * 1000
