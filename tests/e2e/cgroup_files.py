"""Cgroup files of real containers, on whatever hierarchy and kernel this machine has; on v2 by `just test-cgroup2`."""

import errno
import os
from pathlib import Path
from typing import Any, Final

import vedro
from docker.models.containers import Container
from vedro import catched

from tests.contexts.engine import NO_ENGINE, Project, no_engine, wait_until
from tests.contexts.kernel import COUNTS_DISK, IS_V2, RESETS_PEAK
from vedro_profiling.recording.samplers import MISSING
from vedro_profiling.recording.samplers.cgroup import CgroupReader
from vedro_profiling.recording.samplers.cgroup_paths import Directories, find_directories

HELD_BYTES: Final = 300 * 1024 * 1024
QUIET_BYTES: Final = 50_000_000


def directories_of(container: Container) -> Directories:
    container.reload()
    return find_directories(container.attrs["State"]["Pid"], str(container.id))


def open_reader(container: Container, *, reset_peaks: bool = False) -> CgroupReader:
    reader = CgroupReader(directories_of(container), reset_peaks=reset_peaks)
    vedro.defer(reader.close)
    return reader


@vedro.skip_if(no_engine, NO_ENGINE)
class EndOfALife(vedro.Scenario):
    subject = "after a stop or a restart every reading says ENODEV, and a new reader counts from the beginning"

    def given_a_container_that_used_cpu(self) -> None:
        self.project = Project()
        self.container = self.project.run("app")
        self.project.burn(self.container)
        self.reader = open_reader(self.container)
        self.last = self.reader.read()

    def when_it_restarts(self) -> None:
        self.container.restart(timeout=0)
        self.errors = []
        for read in (self.reader.read, self.reader.read_traffic):
            with catched(OSError) as caught:
                read()
            self.errors.append(caught.value)

    def and_it_is_read_anew(self) -> None:
        self.first = open_reader(self.container).read()

    def then_the_old_files_are_of_no_device(self) -> None:
        assert [error.errno for error in self.errors if isinstance(error, OSError)] == [errno.ENODEV] * 2

    def and_the_new_life_has_less_cpu(self) -> None:
        assert 0 < self.first.cpu_ns < self.last.cpu_ns


@vedro.skip_if(no_engine, NO_ENGINE)
class Peaks(vedro.Scenario):
    subject = "300 MB held between two readings are in one of them, where this kernel resets peaks; else in all behind"

    def given_a_container_and_two_readers(self) -> None:
        self.project = Project()
        self.container = self.project.run("app")
        self.resetting = open_reader(self.container, reset_peaks=True)
        self.other = open_reader(self.container)

    def when_it_holds_memory_between_two_readings(self) -> None:
        self.before = self.resetting.read()
        self.project.allocate(self.container, megabytes=300)
        self.behind = [self.resetting.read() for _ in range(3)]
        self.seen_by_the_other = self.other.read()

    def then_resets_are_offered_where_the_kernel_has_them(self) -> None:
        assert self.resetting.resets_peak == RESETS_PEAK
        assert not self.other.resets_peak

    def and_the_peak_is_where_it_was(self) -> None:
        assert self.before.peak_bytes < QUIET_BYTES
        seen = [reading.peak_bytes >= HELD_BYTES for reading in self.behind]
        assert seen == ([True, False, False] if self.resetting.resets_peak else [True, True, True])

    def and_on_v2_a_reset_is_the_descriptors_own(self) -> None:
        assert (self.seen_by_the_other.peak_bytes >= HELD_BYTES) == IS_V2


@vedro.skip_if(no_engine, NO_ENGINE)
class WorkingSet(vedro.Scenario):
    subject = "usage less inactive page cache is what the engine's own numbers give, and CPU lies around them"

    def given_a_container_with_page_cache(self) -> None:
        self.project = Project()
        self.container = self.project.run("app")
        self.container.exec_run(["dd", "if=/dev/zero", "of=/tmp/file", "bs=1M", "count=20"])
        self.container.exec_run(["sync"])
        self.reader = open_reader(self.container)

    def when_the_engine_is_asked_between_two_readings(self) -> None:
        self.before = self.reader.read()
        self.told: Any = self.container.stats(stream=False)
        self.after = self.reader.read()

    def then_memory_is_as_docker_stats_shows_it(self) -> None:
        memory = self.told["memory_stats"]
        inactive = memory["stats"]["inactive_file" if IS_V2 else "total_inactive_file"]
        shown = memory["usage"] - inactive
        assert inactive > 15_000_000
        assert abs(self.after.working_set_bytes - shown) <= 256 * 1024

    def and_cpu_lies_around_the_engines(self) -> None:
        assert self.before.cpu_ns <= self.told["cpu_stats"]["cpu_usage"]["total_usage"] <= self.after.cpu_ns


@vedro.skip_if(no_engine, NO_ENGINE)
class TrafficOfAContainer(vedro.Scenario):
    subject = "bytes over the network and to the disk are counted as they were sent"

    def given_a_container(self) -> None:
        self.project = Project()
        self.container = self.project.run("app")
        self.reader = open_reader(self.container)
        self.before = self.reader.read_traffic()

    def when_it_pings_and_writes(self) -> None:
        gateway = self.container.attrs["NetworkSettings"]["Networks"]["bridge"]["Gateway"]
        self.container.exec_run(["ping", "-c", "3", "-s", "10000", gateway])
        # What the page cache writes back later is charged to the container on v2, and to nobody on v1.
        through = "conv=fsync" if IS_V2 else "oflag=direct"
        self.container.exec_run(["dd", "if=/dev/zero", "of=/tmp/file", "bs=1M", "count=8", through])
        self.after = self.reader.read_traffic()

    def then_the_network_carried_the_pings(self) -> None:
        for direction in (0, 1):
            assert 30_000 <= self.after[direction] - self.before[direction] <= 45_000

    def and_the_disk_took_the_file_where_the_kernel_counts(self) -> None:
        if COUNTS_DISK:
            assert 8 * 1024 * 1024 <= self.after.written - self.before.written <= 9 * 1024 * 1024
        else:
            assert (self.after.read, self.after.written) == (MISSING, MISSING)


# On cgroup v1 a container cannot manage cgroups, so there is nothing to be read.
if IS_V2:

    @vedro.skip_if(no_engine, NO_ENGINE)
    class CgroupsOfItsOwn(vedro.Scenario):
        subject = "a container that moved its processes into a cgroup below is read as a whole, at its own directory"

        def given_a_container_that_manages_cgroups(self) -> None:
            self.project = Project()
            moved = "busybox mkdir /sys/fs/cgroup/init && echo 1 > /sys/fs/cgroup/init/cgroup.procs && exec sleep 600"
            self.container = self.project.run("app", moved, privileged=True, cgroupns="private")
            self.directory = directories_of(self.container).cpu or Path()
            wait_until((self.directory / "init").exists, what="the container made a cgroup")
            wait_until(lambda: not (self.directory / "cgroup.procs").read_text(), what="its processes moved there")

        def when_it_is_found_and_read(self) -> None:
            self.found = directories_of(self.container)
            reader = open_reader(self.container, reset_peaks=True)
            self.before = reader.read()
            self.burnt_seconds = self.project.burn(self.container)
            self.after, self.traffic = reader.read(), reader.read_traffic()

        def then_the_directory_is_the_one_that_bears_its_id(self) -> None:
            assert str(self.container.id) in self.directory.name
            assert self.found.cpu == self.found.memory == self.found.disk == self.directory

        def and_all_of_it_is_counted(self) -> None:
            assert (self.after.cpu_ns - self.before.cpu_ns) / 1e9 >= self.burnt_seconds - 0.02
            assert min(self.after.memory_bytes, self.after.peak_bytes, *self.traffic) >= 0


@vedro.skip_if(no_engine, NO_ENGINE)
class OwnPid(vedro.Scenario):
    subject = "a process outside every container is nobody's, even if the engine names its pid"

    def given_a_container(self) -> None:
        self.container = Project().run("app")

    def when_it_is_sought_at_our_own_pid(self) -> None:
        with catched(Exception) as self.caught:
            find_directories(os.getpid(), str(self.container.id))

    def then_it_is_refused_by_its_id(self) -> None:
        assert "does not bear the container's id" in str(self.caught.value)
