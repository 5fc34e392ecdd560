"""The CPU of real children is told once: measured against what the kernel says of those that were waited for."""

import os
import resource
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import nullcontext
from typing import Final
from unittest.mock import patch

import psutil
import vedro
from vedro import catched, params, skip_if

from tests.contexts.recording import MILLISECOND, InMemoryRoster, Reading
from vedro_profiling.recording.samplers.process import (
    PortableDescent,
    PortableProcess,
    ProcessSampler,
    waited_for_ns,
)

BURN: Final = """
import sys, time
while time.process_time() < float(sys.argv[1]): pass
print("done", flush=True)
sys.stdin.readline()
"""
"""Burns as many seconds as it is told, says so, and ends when it may."""

DAEMON: Final = """
import os, time
os.write(1, f"{os.getpid()}\\n".encode())
os.read(0, 4)
while time.process_time() < 0.05: pass
os.write(1, b"done")
os.read(0, 1)
"""
"""Tells its pid, and burns 50 ms when it is told to."""

NO_PID: Final = 2**22 + 1


def is_not_linux() -> bool:
    return sys.platform != "linux"


def burner(seconds: float, *prefix: str) -> "subprocess.Popen[str]":
    command = [*prefix, sys.executable, "-S", "-c", BURN, str(seconds)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def wait_till_done(child: "subprocess.Popen[str]") -> None:
    assert child.stdout is not None
    assert child.stdout.readline() == "done\n"


class Watch:
    """A sampler of this process, and the sums of what it told since."""

    def __init__(self) -> None:
        self.roster = InMemoryRoster()
        self.readings: list[Reading] = []
        self.sampler = ProcessSampler()
        self.sampler.open(self.roster)
        self.reaped_before_ns = waited_for_ns()

    def look(self) -> None:
        self.sampler.read(lambda *reading: self.readings.append(reading), at_border=True)

    def look_now(self) -> None:
        """Look although it is not due, as it is once a second where looking is dear."""
        self.sampler._look_due_ns = 0  # noqa: SLF001 - instead of waiting for it
        self.look()

    def cpu_ns(self) -> dict[str, int]:
        """Tell the CPU of every child, by target."""
        totals: dict[str, int] = {}
        for number, source in enumerate(self.roster.sources):
            counters = [cpu_ns for told, cpu_ns, *_ in self.readings if told == number]
            if source.born_at_ns is not None and counters:
                totals[source.target] = totals.get(source.target, 0) + counters[-1]
        return totals

    @property
    def reaped_ns(self) -> int:
        return waited_for_ns() - self.reaped_before_ns


def short_lived(watch: Watch) -> None:
    del watch
    burner(0.05).communicate()


def seen_once(watch: Watch) -> None:
    with burner(0.05) as child:
        wait_till_done(child)
        watch.look()


def long_lived(watch: Watch) -> None:
    with burner(0.2) as child:
        for _ in range(5):
            watch.look()
        wait_till_done(child)
        watch.look()


def of_a_thread(watch: Watch) -> None:
    thread = threading.Thread(target=seen_once, args=(watch,))
    thread.start()
    thread.join()


def grandchild(watch: Watch) -> None:
    with burner(0.05, "sh", "-c", '"$@"; true', "sh") as child:
        wait_till_done(child)
        watch.look()


def ten_at_a_time(watch: Watch) -> None:
    children = [burner(0.02) for _ in range(10)]
    for child in children:
        wait_till_done(child)
        watch.look()
    for child in children:
        child.communicate()


def zombie(watch: Watch) -> None:
    child = burner(0.05)
    wait_till_done(child)
    watch.look()
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    watch.look()
    watch.look()
    child.communicate()


def forked(watch: Watch) -> None:
    burned, end = os.pipe(), os.pipe()
    pid = os.fork()
    if pid == 0:
        while resource.getrusage(resource.RUSAGE_SELF).ru_utime < 0.05:
            pass
        os.write(burned[1], b"done")
        os.read(end[0], 1)
        os._exit(0)
    os.read(burned[0], 4)
    watch.look()
    os.write(end[1], b".")
    os.waitpid(pid, 0)
    for fd in burned + end:
        os.close(fd)


@skip_if(is_not_linux, "there is no /proc")
class CountedOnce(vedro.Scenario):
    subject = "CPU of children ({kind.__name__}) is told within 2 ms of what the kernel says they used"

    @params(short_lived)
    @params(seen_once)
    @params(long_lived)
    @params(of_a_thread)
    @params(grandchild)
    @params(ten_at_a_time)
    @params(zombie)
    @params(forked)
    def __init__(self, kind: Callable[[Watch], None]) -> None:
        self.kind = kind

    def given_a_sampler(self) -> None:
        self.watch = Watch()
        vedro.defer(self.watch.sampler.close)

    def when_children_work_and_are_waited_for(self) -> None:
        self.kind(self.watch)
        self.watch.look()
        self.watch.look()

    def then_what_they_used_is_told(self) -> None:
        told_ns = sum(self.watch.cpu_ns().values())
        assert self.watch.reaped_ns >= 50 * MILLISECOND
        assert abs(told_ns - self.watch.reaped_ns) < 2 * MILLISECOND

    def and_no_counter_fell(self) -> None:
        for number in range(len(self.watch.roster.sources)):
            counters = [cpu_ns for told, cpu_ns, *_ in self.watch.readings if told == number]
            assert counters == sorted(counters)


@skip_if(is_not_linux, "there is no /proc")
class NamedAndMeasured(vedro.Scenario):
    subject = "a child that was seen has its name, its memory and its peak"

    def given_a_sampler(self) -> None:
        self.watch = Watch()
        vedro.defer(self.watch.sampler.close)

    def when_a_child_of_another_name_is_looked_at(self) -> None:
        with subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as child:
            assert child.stdin is not None
            assert child.stdout is not None
            child.stdin.write(b"up")
            child.stdout.read(2)  # until it rests
            while psutil.Process(child.pid).status() != psutil.STATUS_SLEEPING:
                pass
            self.watch.look()
            self.rss = psutil.Process(child.pid).memory_info().rss

    def then_it_is_a_target(self) -> None:
        (number,) = [number for number, source in enumerate(self.watch.roster.sources) if source.target == "cat"]
        (reading,) = [reading for reading in self.watch.readings if reading[0] == number]
        assert reading[2] == self.rss
        assert reading[4] >= self.rss
        assert self.watch.roster.sources[number].peak_resets


@skip_if(is_not_linux, "there is no /proc")
class Orphaned(vedro.Scenario):
    subject = "a daemon, orphaned after it was seen, is read on and told as it worked"

    def given_a_daemon_that_was_seen_with_its_parent(self) -> None:
        self.watch = Watch()
        vedro.defer(self.watch.sampler.close)
        self.shell = subprocess.Popen(
            ["sh", "-c", 'exec 3<&0; "$@" <&3 & wait', "sh", sys.executable, "-S", "-c", DAEMON],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self.shell.stdout is not None
        self.pid = int(self.shell.stdout.readline())
        self.watch.look()

    def when_its_parent_ends_and_it_works(self) -> None:
        assert self.shell.stdin is not None
        assert self.shell.stdout is not None
        self.shell.kill()
        self.shell.wait()  # its children are orphans before it can be waited for
        self.watch.look()
        os.write(self.shell.stdin.fileno(), b"work")
        assert self.shell.stdout.read(4) == b"done"
        self.watch.look()
        self.shell.communicate()

    def then_its_cpu_is_there(self) -> None:
        assert sum(self.watch.cpu_ns().values()) >= 50 * MILLISECOND


class Portable(vedro.Scenario):
    subject = "without /proc children are found, named and counted once too, within the ticks of psutil"

    def given_a_sampler_that_reads_through_psutil(self) -> None:
        module = "vedro_profiling.recording.samplers.process"
        with patch(f"{module}._OPEN", PortableProcess), patch(f"{module}._DESCENT", PortableDescent):
            self.watch = Watch()
        vedro.defer(self.watch.sampler.close)

    def when_a_child_is_seen_and_another_is_not(self) -> None:
        with burner(0.05) as child:
            wait_till_done(child)
            self.watch.look_now()
        self.watch.look_now()
        burner(0.05).communicate()
        self.watch.look_now()

    def then_all_is_told(self) -> None:
        told_ns = sum(self.watch.cpu_ns().values())
        assert abs(told_ns - self.watch.reaped_ns) < 25 * MILLISECOND
        assert "children" in self.watch.cpu_ns()

    def and_read_as_psutil_reads(self) -> None:
        assert {source.reader for source in self.watch.roster.sources} == {"psutil"}
        assert not any(source.peak_resets for source in self.watch.roster.sources)


@skip_if(is_not_linux, "the zombie is one of Linux, and told as macOS tells it")
class PortableZombie(vedro.Scenario):
    subject = "without /proc a zombie is counted once, where psutil {tells} its numbers"

    @params("tells")
    @params("refuses")
    def __init__(self, tells: str) -> None:
        self.tells = tells

    def given_a_child_that_was_seen(self) -> None:
        module = "vedro_profiling.recording.samplers.process"
        with patch(f"{module}._OPEN", PortableProcess), patch(f"{module}._DESCENT", PortableDescent):
            self.watch = Watch()
        vedro.defer(self.watch.sampler.close)
        self.child = burner(0.05)
        wait_till_done(self.child)
        self.watch.look_now()

    def when_it_is_a_zombie_for_a_while_and_then_waited_for(self) -> None:
        self.child.kill()
        os.waitid(os.P_PID, self.child.pid, os.WEXITED | os.WNOWAIT)
        self._read_as_a_zombie()
        self.child.communicate()
        self.watch.look_now()

    def _read_as_a_zombie(self) -> None:
        refused = patch("psutil._pslinux.Process.memory_info", side_effect=psutil.ZombieProcess(self.child.pid))
        with refused if self.tells == "refuses" else nullcontext():
            for _ in range(3):
                self.watch.look_now()

    def then_what_it_used_is_told_once(self) -> None:
        told_ns = sum(self.watch.cpu_ns().values())
        assert abs(told_ns - self.watch.reaped_ns) < 25 * MILLISECOND


class PortableGone(vedro.Scenario):
    subject = "through psutil a process that is gone is told as an OSError, and has no descendants"

    def given_a_process_that_is_gone(self) -> None:
        child = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
        self.process = PortableProcess(child.pid, reset_peak=False)
        child.communicate()

    def when_it_is_asked(self) -> None:
        self.faults = []
        for ask in (self.process.usage, self.process.stat, self.process.disk):
            with catched(OSError) as fault:
                ask()
            self.faults.append(fault.type)
        self.waits = self.process.is_waiting(0)
        with patch.object(psutil.Process, "is_running", return_value=True):
            self.seems_to_wait = self.process.is_waiting(0)
        self.found = PortableDescent().below([NO_PID])

    def then_each_answer_is_an_error(self) -> None:
        assert self.faults == [ProcessLookupError] * 3
        assert self.found == [NO_PID]
        assert not self.waits
        assert not self.seems_to_wait


class LooksWhenDue(vedro.Scenario):
    subject = "a tick looks for children at most every 45 ms, rests after a dear look, and looks at once if one ended"

    def given_a_sampler_whose_family_is_watched(self) -> None:
        self.sampler = ProcessSampler()
        self.sampler.open(InMemoryRoster())
        vedro.defer(self.sampler.close)
        assert self.sampler._family is not None  # noqa: SLF001 - what it is asked is what is proven
        self.asked: list[bool] = []
        self.ended = False
        self.cpu_ns = 0
        self.now_ns = 10_000 * MILLISECOND

    def when_ticks_follow_every_20_ms(self) -> None:
        here = ProcessSampler.__module__
        with (
            patch.object(self.sampler, "_family") as family,
            patch(f"{here}.time") as clock,
            patch(f"{here}.monotonic_ns", lambda: self.now_ns),
        ):
            family.read.side_effect = self._read
            clock.thread_time_ns = lambda: self.cpu_ns
            for self.takes_ns, self.ended in (
                (0, False),
                (0, False),
                (0, False),
                (1 * MILLISECOND, False),
                (0, False),
                (0, True),
                (0, False),
            ):
                self.sampler.read(lambda *_: None)
                self.now_ns += 20 * MILLISECOND

    def _read(self, append: object, *, with_look: bool, at_border: bool) -> bool:
        del append, at_border
        self.asked.append(with_look)
        self.cpu_ns += self.takes_ns
        return self.ended

    def then_looks_were_as_rare(self) -> None:
        assert self.asked == [True, False, False, True, False, False, True]
