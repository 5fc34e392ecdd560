"""Names, parents and births of processes, as /proc tells them."""

import os
import subprocess
import sys
import time

import psutil
import vedro
from vedro import params, skip_if

from tests.contexts.recording import MILLISECOND
from vedro_profiling.recording.samplers.procfs import LinuxProcess, ProcessStat, parse_stat


def is_not_linux() -> bool:
    return sys.platform != "linux"


def start(*command: str) -> "subprocess.Popen[bytes]":
    child = subprocess.Popen(command, stdin=subprocess.PIPE)
    vedro.defer(child.communicate)
    vedro.defer(child.kill)
    return child


@skip_if(is_not_linux, "there is no /proc")
class StatOfThisProcess(vedro.Scenario):
    subject = "name, parent, threads and birth of this process are those that psutil tells"

    def when_it_is_read(self) -> None:
        process = LinuxProcess(os.getpid(), reset_peak=False)
        self.stat = process.stat()
        process.close()

    def then_both_agree(self) -> None:
        peer = psutil.Process()
        assert (self.stat.name, self.stat.parent) == (peer.name(), peer.ppid())
        assert self.stat.threads == peer.num_threads()
        assert not self.stat.is_zombie
        age_ns = (time.time() - peer.create_time()) * 1e9
        assert abs(time.monotonic_ns() - self.stat.started_at_ns - age_ns) < 1000 * MILLISECOND


@skip_if(is_not_linux, "there is no /proc")
class States(vedro.Scenario):
    subject = "state {state}, {threads} threads, flags {flags:#x}: zombie {is_zombie}, forked only {is_forked_only}"

    @params("S", 1, 0x400000, is_zombie=False, is_forked_only=False)
    @params("R", 3, 0x400040, is_zombie=False, is_forked_only=True)
    @params("Z", 1, 0, is_zombie=True, is_forked_only=False)
    @params("Z", 2, 0, is_zombie=False, is_forked_only=False)
    @params("X", 1, 0, is_zombie=True, is_forked_only=False)
    def __init__(self, state: str, threads: int, flags: int, *, is_zombie: bool, is_forked_only: bool) -> None:
        self.state, self.threads, self.flags = state, threads, flags
        self.is_zombie, self.is_forked_only = is_zombie, is_forked_only

    def when_it_is_parsed(self) -> None:
        fields = [self.state, 7, 1, 1, 0, -1, self.flags, 0, 0, 0, 0, 5, 5, 2, 1, 20, 0, self.threads, 0, 0, 0, 0]
        self.stat = parse_stat(f"9 (a) (b)) {' '.join(map(str, fields))}".encode())

    def then_all_is_told(self) -> None:
        ticks_ns = 3 * 1_000_000_000 // os.sysconf("SC_CLK_TCK")
        expected = ProcessStat(
            "a) (b)", 7, ticks_ns, self.stat.started_at_ns, self.threads, self.is_zombie, self.is_forked_only
        )
        assert self.stat == expected


@skip_if(is_not_linux, "there is no /proc")
class LongName(vedro.Scenario):
    subject = "a name that the kernel cut off is completed, unless the command line tells another"

    def given_a_program_of_a_long_name(self) -> None:
        self.program = vedro.create_tmp_dir() / "vp-service-with-a-long-name"
        self.program.symlink_to("/bin/cat")
        child = subprocess.Popen([self.program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        vedro.defer(child.communicate)
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(b"up")
        child.stdout.read(2)  # until it runs: its command line is not there from the first moment on
        self.process = LinuxProcess(child.pid, reset_peak=False)
        vedro.defer(self.process.close)

    def when_its_name_is_asked(self) -> None:
        self.names = [self.process.full_name(name) for name in ("vp-service-with", "another-name-15", "short")]

    def then_it_is_whole(self) -> None:
        assert self.names == ["vp-service-with-a-long-name", "another-name-15", "short"]


@skip_if(is_not_linux, "there is no /proc")
class NameOfTheGone(vedro.Scenario):
    subject = "of a process that is gone the short name stays"

    def given_one_that_was_waited_for(self) -> None:
        child = start("/bin/cat")
        self.process = LinuxProcess(child.pid, reset_peak=False)
        vedro.defer(self.process.close)
        child.communicate()

    def when_its_name_is_asked(self) -> None:
        self.name = self.process.full_name("vp-service-with")

    def then_it_is_what_was_known(self) -> None:
        assert self.name == "vp-service-with"

    def and_nobody_waits_for_it(self) -> None:
        assert not self.process.is_waiting(0)


@skip_if(is_not_linux, "there is no /proc")
class MemoryOfThisProcess(vedro.Scenario):
    subject = "memory is that which psutil tells, and its mark is reset exactly if it is higher"

    def given_this_process_after_it_held_more(self) -> None:
        self.process = LinuxProcess(os.getpid(), reset_peak=True)
        vedro.defer(self.process.close)
        self.process.usage()
        held = bytearray(os.urandom(1)) * 50_000_000
        del held

    def when_it_is_read_twice(self) -> None:
        self.usages = [self.process.usage(), self.process.usage()]
        self.told_by_psutil = psutil.Process().memory_info().rss

    def then_the_memory_agrees(self) -> None:
        assert abs(self.usages[1].memory_bytes - self.told_by_psutil) < 5_000_000

    def and_the_mark_is_of_its_interval(self) -> None:
        above = [usage.peak_bytes - usage.memory_bytes for usage in self.usages]
        assert above[0] > 40_000_000
        assert above[1] < 5_000_000
