"""Tests that do what recording could stumble over, or recording what tests could: both come out as they went in."""

import subprocess
import sys
import textwrap
from typing import Any, Final

import polars as pl
import vedro
from vedro import params

import vedro_profiling as vp
from tests.contexts.endings import BURNT_SECONDS, burnt_in, burnt_milliseconds, read_both
from tests.contexts.project import Project, ended

SCENARIOS: Final = """
import contextlib
import ctypes
import multiprocessing
import os
import resource
import sys
import threading
import time
import warnings

import freezegun
import time_machine
import vedro

descriptors = []


def burn(process_time=time.process_time):
    until = process_time() + {seconds}
    while process_time() < until:
        pass


def take_every_descriptor():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
    with contextlib.suppress(OSError):
        while True:
            descriptors.append(os.open(os.devnull, os.O_RDONLY))


def give_them_back():
    while descriptors:
        os.close(descriptors.pop())


def set_clocks_back():
    for name in ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns"):
        hour = 3600 * (10**9 if name.endswith("ns") else 1)
        setattr(time, name, lambda read=getattr(time, name), hour=hour: read() - hour)


def freeze():
    freezegun.freeze_time("2001-01-01").start()


def travel():
    time_machine.travel(0, tick=False).start()


def hold_the_gil(seconds):
    ctypes.PyDLL(None).usleep(int(seconds * 1e6))


def trace(frame, event, arg):
    return trace


def fork():
    child = os.fork()
    if child == 0:
        os._exit(3)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 3


def fork_through_multiprocessing():
    child = multiprocessing.get_context("fork").Process(target=burn)
    child.start()
    child.join()
    assert child.exitcode == 0


class A(vedro.Scenario):
    subject = "it meets a fault"

    def when_it_burns(self):
        burn()

    def and_it_meets_the_fault(self):
        {fault}


class B(vedro.Scenario):
    subject = "it comes afterwards"

    def when_it_burns(self):
        burn()
"""


def make_project(fault: str) -> Project:
    """Make a project whose first of two scenarios does it."""
    return Project(scenarios=SCENARIOS.format(fault=fault, seconds=BURNT_SECONDS))


class Faults(vedro.Scenario):
    subject = "a test that {fault} ends as without profiling, and both files hold the run to its end"

    @params("takes every descriptor for a while", "take_every_descriptor(); burn(); give_them_back()")
    @params("sets all clocks of Python back by an hour", "set_clocks_back()")
    @params("freezes time, as freezegun does", "freeze()")
    @params("travels in time, as time-machine does", "travel()")
    @params("holds the GIL for a second", "hold_the_gil(1)")
    @params("traces every line of every thread", "sys.settrace(trace); threading.settrace(trace)")
    @params("forks", "fork()")
    @params("forks through multiprocessing", "fork_through_multiprocessing()")
    @params("turns warnings into errors and forks", "warnings.simplefilter('error'); fork()")
    # Vedro's own imports are warned of as deprecated.
    @params("is run with warnings as errors", "fork()", PYTHONWARNINGS="error,ignore::DeprecationWarning")
    @params("has its memory and faults in C looked after", "pass", PYTHONFAULTHANDLER="1", PYTHONMALLOC="debug")
    @params("is run with assertions off", "pass", PYTHONOPTIMIZE="2")
    def __init__(self, fault: str, source: str, **environment: Any) -> None:
        self.fault, self.source, self.environment = fault, source, environment

    def given_a_project(self) -> None:
        self.project, self.bare = make_project(self.source), make_project(self.source)

    def when_it_is_run_with_and_without_profiling(self) -> None:
        bare = self.bare.start(profiling=False, **self.environment)
        self.run = self.project.run(**self.environment)
        self.expected = ended(bare)

    def then_the_exit_code_is_vedros_own(self) -> None:
        assert self.run.returncode == self.expected.returncode, self.run.stderr

    def and_so_is_what_it_says_of_the_fault(self) -> None:
        own, other = str(self.project.folder), str(self.bare.folder)
        assert self.run.stderr.replace(own, other) == self.expected.stderr

    def and_both_files_hold_what_was_burnt_to_the_end(self) -> None:
        self.points = read_both(self.project)
        assert burnt_in(self.points)["A"] >= BURNT_SECONDS * 1000
        assert burnt_in(self.points)["B"] >= BURNT_SECONDS * 1000

    def and_no_interval_is_negative_and_no_duration_absurd(self) -> None:
        assert self.points.filter(pl.col("metric") == "cpu_time", pl.col("value") < 0).height == 0
        lasted = self.points.filter(metric="scenario_duration")["value"].to_list()
        assert all(0 < milliseconds < 60_000 for milliseconds in lasted)

    def and_no_journal_is_left(self) -> None:
        assert not (self.project.profiling / ".journal").exists()


class DescriptorsKept(vedro.Scenario):
    subject = "a test that keeps every descriptor ends Vedro as without profiling, and both files hold the run"

    def given_a_project(self) -> None:
        self.project, self.bare = make_project("take_every_descriptor()"), make_project("take_every_descriptor()")

    def when_it_is_run_with_and_without_profiling(self) -> None:
        self.run, self.expected = self.project.run(), self.bare.run(profiling=False)

    def then_vedro_finds_no_descriptor_for_its_own_files(self) -> None:
        assert self.run.returncode == self.expected.returncode == 1
        assert "Too many open files" in self.expected.stderr.splitlines()[-1]
        assert "Too many open files" in self.run.stderr.splitlines()[-1]

    def and_both_files_hold_what_was_burnt_to_the_end(self) -> None:
        assert burnt_milliseconds(self.project)["B"] >= BURNT_SECONDS * 1000


class GilHeld(vedro.Scenario):
    subject = "while a test holds the GIL nothing is read, nothing made up, and the summary counts what was missed"

    def given_a_project(self) -> None:
        self.project = make_project("hold_the_gil(1)")

    def when_it_is_run(self) -> None:
        self.run = self.project.run()
        readings = read_both(self.project).filter(target="system", metric="memory_usage")
        self.gaps = readings["time"].sort().diff().dt.total_milliseconds().drop_nulls().to_list()

    def then_there_is_a_gap_as_long(self) -> None:
        assert max(self.gaps) >= 900

    def and_the_summary_counts_the_ticks_that_were_missed(self) -> None:
        assert "missed" in self.run.stdout, self.run.stdout


class TwoAtOnce(vedro.Scenario):
    subject = "two runs in one folder at once end as one does, and each file is whole and of one run"

    def given_a_project(self) -> None:
        self.project = make_project("time.sleep(0.5)")

    def when_two_runs_go_on_at_once(self) -> None:
        other = self.project.start("--run-id", "other")
        self.runs = [self.project.run("--run-id", "one"), ended(other)]

    def then_both_pass(self) -> None:
        assert [run.returncode for run in self.runs] == [0, 0]
        assert [run.stderr for run in self.runs] == ["", ""]

    def and_each_file_is_of_one_run_that_is_whole(self) -> None:
        for name in ("profiling.parquet", "profiling.ndjson"):
            points = vp.load(self.project.profiling / name, strict=True)
            assert points["run"].n_unique() == 1
            assert burnt_in(points)["A"] >= BURNT_SECONDS * 1000
            assert burnt_in(points)["B"] >= BURNT_SECONDS * 1000

    def and_no_journal_is_left(self) -> None:
        assert not (self.project.profiling / ".journal").exists()


class FoldersOfTheirOwn(vedro.Scenario):
    subject = "two runs at once that keep folders of their own are both there, and load as two runs"

    def given_a_project(self) -> None:
        self.project = make_project("time.sleep(0.5)")

    def when_two_runs_go_on_at_once(self) -> None:
        flags = ("--profiling-dir", ".profiling/{run}", "--run-id")
        other = self.project.start(*flags, "other")
        self.runs = [self.project.run(*flags, "one"), ended(other)]

    def then_both_are_there(self) -> None:
        assert [run.returncode for run in self.runs] == [0, 0]
        assert set(vp.load(self.project.profiling)["run"].cast(pl.String)) == {"one", "other"}


class WarningsAreErrors(vedro.Scenario):
    subject = "a program that takes every warning for an error records a block, forks in it and loads its points"

    def when_it_is_run(self) -> None:
        program = """
            import os
            import vedro_profiling as vp

            with vp.record(poll_time=0.01, profiling_methods=["default"]) as run:
                child = os.fork()
                if child == 0:
                    os._exit(0)
                os.waitpid(child, 0)
            print(run.points.height > 0)
        """
        command = [sys.executable, "-W", "error", "-c", textwrap.dedent(program)]
        self.run = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60, check=False)

    def then_nothing_was_warned_of(self) -> None:
        assert (self.run.stderr, self.run.stdout) == ("", "True\n")


class ShutDown(vedro.Scenario):
    subject = "a program that ends in mid-reading, {how}, ends as it would, and its points are written"

    @params("by running out", "pass", 0)
    @params("by sys.exit", "sys.exit(4)", 4)
    @params("with other threads that still run", "threading.Thread(target=burn_long).start()", 0)
    def __init__(self, how: str, last_words: str, status: int) -> None:
        self.how, self.last_words, self.status = how, last_words, status

    def given_a_project_whose_plugin_reads_without_pause(self) -> None:
        source = f"""
        import sys, threading, time
        def burn_long():
            until = time.monotonic() + 0.5
            while time.monotonic() < until:
                pass
        import vedro

        class A(vedro.Scenario):
            subject = "it ends the program at exit"
            def when_it_ends(self):
                import atexit
                {self.last_words}
        """
        self.project = Project(options={"poll_time": "0.001"}, scenarios=textwrap.dedent(source))

    def when_it_is_run(self) -> None:
        self.run = self.project.run()

    def then_it_ends_as_it_would(self) -> None:
        assert (self.run.returncode, self.run.stderr) == (self.status, "")

    def and_its_points_are_written(self) -> None:
        assert read_both(self.project).height > 0
