"""Processes read from /proc and through psutil: what is told is true."""

import mmap
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

import psutil
import vedro
from vedro import catched, params, skip_if

from tests.contexts.recording import MILLISECOND, InMemoryRoster, Reading
from vedro_profiling.recording.kernel_file import KernelFile, open_descriptor
from vedro_profiling.recording.samplers import MISSING, Source
from vedro_profiling.recording.samplers.process import PortableProcess, ProcessSampler, this_process_name
from vedro_profiling.recording.samplers.procfs import LinuxProcess, ProcessUsage

MEGABYTE = 1_000_000
NO_PID = 2**22 + 1
"""Above the greatest pid that Linux can be told to use."""

Reader = Callable[..., LinuxProcess | PortableProcess]


def is_not_linux() -> bool:
    return sys.platform != "linux"


def start_child(*command: str) -> "subprocess.Popen[bytes]":
    """Start a process that ends with the scenario; it runs its own program when this returns."""
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    vedro.defer(child.communicate)
    vedro.defer(child.kill)
    return child


def start_python(program: str) -> tuple["subprocess.Popen[bytes]", str]:
    """Start a Python that runs `program`, and then rests; return what it printed last."""
    child = start_child(sys.executable, "-c", f"{program}\ninput()")
    assert child.stdout is not None
    return child, child.stdout.readline().decode()


def make_program(name: str) -> str:
    """Make a program that waits, under a name that no other process bears."""
    program = vedro.create_tmp_dir() / name
    program.write_text("#!/bin/sh\nread line\n", "utf-8")
    program.chmod(0o755)
    return str(program)


def burn(cpu_ns: int) -> None:
    end_ns = time.process_time_ns() + cpu_ns
    while time.process_time_ns() < end_ns:
        pass


def allocate_and_free(size: int) -> None:
    with mmap.mmap(-1, size) as memory:
        for page in range(0, size, mmap.PAGESIZE):
            memory[page] = 1


def read_usage(sampler: ProcessSampler) -> dict[int, Reading]:
    """Read once: the readings by source."""
    readings: dict[int, Reading] = {}
    sampler.read(lambda source, *values: readings.setdefault(source, (source, *values)))  # type: ignore[arg-type]
    return readings


def read_traffic(sampler: ProcessSampler) -> dict[int, Reading]:
    readings: dict[int, Reading] = {}
    sampler.read_traffic(lambda source, *values: readings.setdefault(source, (source, *values)))  # type: ignore[arg-type]
    return readings


def open_sampler(*processes: str | int, reset_peaks: bool = True) -> tuple[ProcessSampler, InMemoryRoster]:
    roster = InMemoryRoster()
    sampler = ProcessSampler(processes, reset_peaks=reset_peaks)
    sampler.open(roster)
    vedro.defer(sampler.close)
    return sampler, roster


@skip_if(is_not_linux, "there is no /proc")
class CpuOfThisProcess(vedro.Scenario):
    subject = "the CPU that this process used is told within {tolerance_ms} ms by {reader.reader}"

    @params(LinuxProcess, 1)
    @params(PortableProcess, 20)
    def __init__(self, reader: Reader, tolerance_ms: int) -> None:
        self.reader = reader
        self.tolerance_ms = tolerance_ms

    def given_a_reader_of_this_process(self) -> None:
        self.process = self.reader(os.getpid(), reset_peak=False)
        vedro.defer(self.process.close)

    def when_50_ms_of_cpu_are_used_between_two_readings(self) -> None:
        before_ns = time.process_time_ns()
        first = self.process.usage()
        burn(50 * MILLISECOND)
        second = self.process.usage()
        self.used_ns = time.process_time_ns() - before_ns
        self.told_ns = second.cpu_ns - first.cpu_ns

    def then_they_are_told(self) -> None:
        assert abs(self.told_ns - self.used_ns) < self.tolerance_ms * MILLISECOND


@skip_if(is_not_linux, "there is no /proc")
class CpuOfAnother(vedro.Scenario):
    subject = "the CPU of another process is what that process itself reads"

    def given_a_process_that_used_cpu_and_tells_how_much(self) -> None:
        self.child, told = start_python(
            "import time\nwhile time.process_time_ns() < 60_000_000: pass\nprint(time.process_time_ns(), flush=True)"
        )
        self.used_ns = int(told)

    def when_it_is_read(self) -> None:
        process = LinuxProcess(self.child.pid, reset_peak=False)
        self.usage = process.usage()
        process.close()

    def then_both_agree(self) -> None:
        # It printed and went to rest after it looked.
        assert self.used_ns <= self.usage.cpu_ns < self.used_ns + 5 * MILLISECOND


@skip_if(is_not_linux, "there is no /proc")
class MemoryOfThisProcess(vedro.Scenario):
    subject = "resident memory is told by {reader.reader} as psutil tells it, within 1 MB"

    @params(LinuxProcess)
    @params(PortableProcess)
    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    def given_a_reader_of_this_process(self) -> None:
        self.process = self.reader(os.getpid(), reset_peak=False)
        vedro.defer(self.process.close)

    def when_it_is_read(self) -> None:
        self.told = self.process.usage().memory_bytes
        self.expected = psutil.Process().memory_info().rss

    def then_both_agree(self) -> None:
        assert abs(self.told - self.expected) < MEGABYTE


@skip_if(is_not_linux, "there is no /proc")
class RestingProcess(vedro.Scenario):
    subject = "of a process at rest {reader.reader} tells psutil's own numbers"

    @params(LinuxProcess)
    @params(PortableProcess)
    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    def given_a_process_at_rest(self) -> None:
        self.child, _ = start_python("print(flush=True)")
        peer = psutil.Process(self.child.pid)
        while peer.status() != psutil.STATUS_SLEEPING:
            time.sleep(0.001)  # until it waits for its input
        cpu = peer.cpu_times()
        self.cpu_ns = (cpu.user + cpu.system) * 1e9
        self.rss = peer.memory_info().rss
        self.disk = (peer.io_counters().read_bytes, peer.io_counters().write_bytes)

    def when_it_is_read(self) -> None:
        process = self.reader(self.child.pid, reset_peak=False)
        self.usage, self.told_disk = process.usage(), process.disk()
        process.close()

    def then_cpu_agrees_within_the_ticks_of_psutil(self) -> None:
        assert abs(self.usage.cpu_ns - self.cpu_ns) <= 20 * MILLISECOND

    def and_memory_and_disk_agree(self) -> None:
        assert self.usage.memory_bytes == self.rss
        assert self.told_disk == self.disk


@skip_if(is_not_linux, "there is no /proc")
class PeakBetweenReadings(vedro.Scenario):
    subject = "50 MB that were allocated and freed between two readings are in the peak, and in that one alone"

    def given_a_reader_that_resets_the_peak(self) -> None:
        self.process = LinuxProcess(os.getpid(), reset_peak=True)
        vedro.defer(self.process.close)
        self.process.usage()

    def when_memory_is_used_between_two_readings(self) -> None:
        allocate_and_free(50 * MEGABYTE)
        self.during = self.process.usage()
        self.after = self.process.usage()

    def then_the_peak_holds_it(self) -> None:
        assert self.process.peak_resets
        assert 49 * MEGABYTE < self.during.peak_bytes - self.during.memory_bytes < 52 * MEGABYTE

    def and_the_next_does_not(self) -> None:
        assert self.after.peak_bytes - self.after.memory_bytes < 2 * MEGABYTE


@skip_if(is_not_linux, "there is no /proc")
class PeakWithoutReset(vedro.Scenario):
    subject = "where the peak is not to be reset it is the greatest of all, and others see it so"

    def given_a_reader_that_does_not_reset(self) -> None:
        self.process = LinuxProcess(os.getpid(), reset_peak=False)
        vedro.defer(self.process.close)

    def when_memory_is_used_before_two_readings(self) -> None:
        allocate_and_free(50 * MEGABYTE)
        self.peaks = [self.process.usage().peak_bytes for _ in range(2)]

    def then_both_hold_it(self) -> None:
        assert not self.process.peak_resets
        assert self.peaks[0] == self.peaks[1]
        assert self.peaks[1] > self.process.usage().memory_bytes + 49 * MEGABYTE

    def and_psutil_sees_the_same(self) -> None:
        status = Path("/proc/self/status").read_text("utf-8")
        (line,) = [line for line in status.splitlines() if line.startswith("VmHWM")]
        assert int(line.split()[1]) * 1024 == self.peaks[1]


@skip_if(is_not_linux, "there is no /proc")
class NotPermitted(vedro.Scenario):
    subject = "of another user's process, whose io and clear_refs may not be opened, CPU and memory are read"

    def given_a_process_whose_files_are_closed_to_us(self) -> None:
        def refuse(path: Path | str, flags: int) -> int:
            if Path(path).name in {"io", "clear_refs"}:
                raise PermissionError(13, "Permission denied", str(path))
            return open_descriptor(path, flags)

        with patch("vedro_profiling.recording.kernel_file.open_descriptor", refuse):
            self.process = LinuxProcess(os.getpid(), reset_peak=True)
        vedro.defer(self.process.close)

    def when_it_is_read(self) -> None:
        self.usage = self.process.usage()

    def then_cpu_and_memory_are_there(self) -> None:
        assert self.usage.cpu_ns > 0
        assert self.usage.memory_bytes > MEGABYTE

    def and_disk_is_missing_and_no_peak_reset(self) -> None:
        assert self.process.disk() == (MISSING, MISSING)
        assert not self.process.peak_resets


@skip_if(is_not_linux, "there is no /proc")
class OpenedButNotRead(vedro.Scenario):
    subject = "a process whose io file may be opened but not read, as by root in a container, is not given up"

    def given_such_a_process(self) -> None:
        self.sampler, self.roster = open_sampler()

    def when_its_traffic_is_read(self) -> None:
        with patch.object(KernelFile, "read", side_effect=PermissionError(13, "Permission denied")):
            self.traffic = read_traffic(self.sampler)
        self.usage = read_usage(self.sampler)

    def then_disk_is_missing(self) -> None:
        assert self.traffic[0][1:5] == (MISSING, MISSING, MISSING, MISSING)

    def and_cpu_is_still_read(self) -> None:
        assert self.usage[0][1] > 0


class NoCountersOfDisk(vedro.Scenario):
    subject = "where psutil raises {error.__name__} for disk counters, they are missing"

    @params(AttributeError)
    @params(psutil.AccessDenied)
    def __init__(self, error: type[Exception]) -> None:
        self.error = error

    def given_such_a_system(self) -> None:
        self.process = PortableProcess(os.getpid(), reset_peak=True)

    def when_they_are_read(self) -> None:
        with patch.object(psutil.Process, "io_counters", side_effect=self.error, create=True):
            self.disk = self.process.disk()

    def then_they_are_missing(self) -> None:
        assert self.disk == (MISSING, MISSING)


class PortablePeak(vedro.Scenario):
    subject = "through psutil there is no peak"

    def when_this_process_is_read(self) -> None:
        process = PortableProcess(os.getpid(), reset_peak=True)
        self.peak = process.usage().peak_bytes
        self.resets = process.peak_resets
        process.close()

    def then_it_is_missing(self) -> None:
        assert self.peak == MISSING
        assert not self.resets


@skip_if(is_not_linux, "there is no /proc")
class Ended(vedro.Scenario):
    subject = "a process that has ended raises when read through {reader.reader}"

    @params(LinuxProcess)
    @params(PortableProcess)
    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    def given_a_process_that_ended_after_it_was_opened(self) -> None:
        child = start_child("/bin/sh", "-c", "read line")
        self.process = self.reader(child.pid, reset_peak=True)
        vedro.defer(self.process.close)
        self.process.usage()
        child.communicate(b"\n")

    def when_it_is_read(self) -> None:
        with catched((OSError, psutil.Error)) as self.usage:
            self.process.usage()
        with catched((OSError, psutil.Error)) as self.disk:
            self.process.disk()

    def then_both_tell_so(self) -> None:
        assert self.usage.type is not None
        assert self.disk.type is not None


@skip_if(is_not_linux, "there is no /proc")
class Zombie(vedro.Scenario):
    subject = "a process that ended and was not waited for has CPU still, and no memory"

    def given_a_process_that_used_10_ms(self) -> None:
        self.child, _ = start_python("import time\nwhile time.process_time_ns() < 10_000_000: pass\nprint(flush=True)")
        self.process = LinuxProcess(self.child.pid, reset_peak=True)
        vedro.defer(self.process.close)

    def when_it_ends_and_nobody_waits(self) -> None:
        self.child.kill()
        while psutil.Process(self.child.pid).status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.001)  # until the signal has arrived
        self.usage = self.process.usage()

    def then_its_cpu_is_known(self) -> None:
        assert self.usage.cpu_ns >= 10 * MILLISECOND
        assert self.usage == ProcessUsage(self.usage.cpu_ns, 0, 0)


class ThisProcessAlone(vedro.Scenario):
    subject = "without names this process alone is read, and processes are not listed"

    def given_a_sampler_without_names(self) -> None:
        with patch("psutil.process_iter", side_effect=AssertionError):
            self.sampler, self.roster = open_sampler()

    def when_it_is_read(self) -> None:
        self.usage = read_usage(self.sampler)

    def then_it_is_the_one_target(self) -> None:
        assert [(source.method, source.target) for source in self.roster.sources] == [("default", this_process_name())]
        assert list(self.usage) == [0]
        assert self.roster.notes == []


class AnotherByName(vedro.Scenario):
    subject = "another process is found by its {by}"

    @params("name")
    @params("pid")
    @params("name and pid")
    def __init__(self, by: str) -> None:
        self.by = by

    def given_a_process(self) -> None:
        self.child = start_child(make_program("vp-service"))

    def when_a_sampler_is_told_of_it(self) -> None:
        processes: list[str | int] = ["vp-service"] if "name" in self.by else []
        processes += [self.child.pid] if "pid" in self.by else []
        self.sampler, self.roster = open_sampler(*processes)
        self.usage = read_usage(self.sampler)

    def then_it_is_a_target_of_its_name(self) -> None:
        assert [source.target for source in self.roster.sources] == [this_process_name(), "vp-service"]
        assert self.roster.notes == []

    def and_it_is_read(self) -> None:
        assert self.usage[1][1] > 0
        assert self.usage[1][2] > 0


@skip_if(is_not_linux, "there is no /proc")
class SeveralOfAName(vedro.Scenario):
    subject = "processes of one name are one target: sums of CPU, memory and disk, and no peak"

    def given_two_processes_of_a_name(self) -> None:
        program = make_program("vp-worker")
        self.children = [start_child(program) for _ in range(2)]
        self.sampler, self.roster = open_sampler("vp-worker")

    def when_they_are_read(self) -> None:
        self.usage = read_usage(self.sampler)[1]
        self.traffic = read_traffic(self.sampler)[1]

    def then_each_value_is_their_sum(self) -> None:
        singles = [LinuxProcess(child.pid, reset_peak=False) for child in self.children]
        usages = [process.usage() for process in singles]
        disks = [process.disk() for process in singles]
        for process in singles:
            process.close()
        # Their shells may have been on the way to rest still.
        assert 0 < self.usage[1] <= sum(usage.cpu_ns for usage in usages)
        assert self.usage[2] == sum(usage.memory_bytes for usage in usages)
        assert self.traffic[3:5] == (sum(read for read, _ in disks), sum(written for _, written in disks))

    def and_the_peak_is_missing(self) -> None:
        assert self.usage[4] == MISSING
        assert self.roster.sources[1] == Source("default", "vp-worker", "/proc", peak_resets=False)


@skip_if(is_not_linux, "there is no /proc")
class OneOfTwoEnds(vedro.Scenario):
    subject = "when one of two processes of a name ends, the CPU it used stays counted and its memory goes"

    def given_two_processes_of_a_name_that_were_read(self) -> None:
        program = make_program("vp-worker")
        self.children = [start_child(program) for _ in range(2)]
        self.sampler, _ = open_sampler("vp-worker")
        self.before = read_usage(self.sampler)[1]
        self.disk_before = read_traffic(self.sampler)[1]

    def when_one_ends(self) -> None:
        self.children[0].communicate(b"\n")
        self.after = read_usage(self.sampler)[1]
        self.disk_after = read_traffic(self.sampler)[1]

    def then_no_counter_fell(self) -> None:
        assert self.after[1] >= self.before[1]
        assert self.disk_after[3] >= self.disk_before[3]

    def and_memory_is_that_of_the_other(self) -> None:
        assert self.after[2] == psutil.Process(self.children[1].pid).memory_info().rss


class AllEnd(vedro.Scenario):
    subject = "a target whose processes have all ended is read no longer, seen first by {seen_by}"

    @params("its usage")
    @params("its traffic")
    def __init__(self, seen_by: str) -> None:
        self.seen_by = seen_by

    def given_a_process_that_was_read(self) -> None:
        self.child = start_child(make_program("vp-service"))
        self.sampler, _ = open_sampler("vp-service")
        assert 1 in read_usage(self.sampler)
        assert 1 in read_traffic(self.sampler)

    def when_it_ends(self) -> None:
        self.child.communicate(b"\n")
        reads = [read_usage, read_traffic] if self.seen_by == "its usage" else [read_traffic, read_usage]
        self.read = [read(self.sampler) for read in reads]

    def then_of_the_ended_there_is_at_most_its_last_cpu(self) -> None:
        assert [0 in readings for readings in self.read] == [True, True]
        assert [readings[1][2:5] for readings in self.read if 1 in readings] in ([], [(MISSING, MISSING, MISSING)])


class NotRunning(vedro.Scenario):
    subject = "a name or pid that nobody bears is told"

    def when_a_sampler_is_told_of_them(self) -> None:
        _, self.roster = open_sampler("vp-nobody", NO_PID)

    def then_both_are_named(self) -> None:
        assert sorted(self.roster.notes) == [
            "process 'vp-nobody' is not running: nothing was read of it",
            f"process {NO_PID} is not running: nothing was read of it",
        ]

    def and_there_is_no_target_of_them(self) -> None:
        assert [source.target for source in self.roster.sources] == [this_process_name()]


class EndsWhileOpened(vedro.Scenario):
    subject = "a process that ends between being found and being opened is told"

    def given_a_list_with_a_process_that_is_gone(self) -> None:
        gone = SimpleNamespace(info={"name": "vp-gone"}, pid=NO_PID)
        self.listed = patch("psutil.process_iter", return_value=[gone])

    def when_it_is_opened(self) -> None:
        with self.listed:
            _, self.roster = open_sampler("vp-gone")

    def then_it_is_named_with_its_reason(self) -> None:
        (note,) = self.roster.notes
        assert note.startswith(f"process 'vp-gone' ({NO_PID}) cannot be read: ")
        assert len(self.roster.sources) == 1
