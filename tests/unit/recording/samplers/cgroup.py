import errno
import time
from itertools import count
from os import open as os_open
from pathlib import Path
from unittest.mock import patch

import vedro
from vedro import catched, params

from tests.contexts.cgroup_trees import HYBRID_CONTAINER, Machine, lay_out, lay_out_hybrid, recorded
from vedro_profiling.recording.kernel_file import KernelFile
from vedro_profiling.recording.samplers import MISSING
from vedro_profiling.recording.samplers.cgroup import ENDED, CgroupReader, Reading, Traffic
from vedro_profiling.recording.samplers.cgroup_formats import network_bytes
from vedro_profiling.recording.samplers.cgroup_paths import Directories, find_directories

READABLE = ("idle", "busy", "alloc", "limited", "oom", "nested", "inner", "hostnet")
REPLAYED = ("idle", "busy", "alloc", "limited")


def open_reader(machine: Machine, service: str, *, reset_peaks: bool = False) -> CgroupReader:
    answer = machine.inspection(service)
    directories = find_directories(answer["State"]["Pid"], answer["Id"], root=machine.root)
    host_network = answer["HostConfig"]["NetworkMode"] == "host"
    # Time passes between two readings, however fast the tests are.
    clock = count(0, 100_000_000).__next__
    reader = CgroupReader(directories, reset_peaks=reset_peaks, host_network=host_network, monotonic_ns=clock)
    vedro.defer(reader.close)
    return reader


def open_hybrid(root: Path, *, reset_peaks: bool = False) -> CgroupReader:
    reader = CgroupReader(find_directories(8122, HYBRID_CONTAINER, root=root), reset_peaks=reset_peaks)
    vedro.defer(reader.close)
    return reader


def keyed(content: str) -> dict[str, int]:
    return {key: int(value) for key, value in (line.split() for line in content.splitlines())}


class RecordedValues(vedro.Scenario):
    subject = "on {machine_name} the values of every container are those in its files"

    @params("6.12-systemd")
    @params("6.12-cgroupfs")
    @params("6.1-systemd")
    @params("6.1-cgroupfs")
    @params("6.12-systemd-docker26")
    def __init__(self, machine_name: str) -> None:
        self.machine_name = machine_name

    def given_a_recorded_machine(self) -> None:
        self.machine = lay_out(self.machine_name, vedro.create_tmp_dir())

    def when_each_container_is_read(self) -> None:
        self.readings = {service: open_reader(self.machine, service).read() for service in READABLE}

    def then_cpu_is_told_in_nanoseconds(self) -> None:
        for service, reading in self.readings.items():
            assert reading.cpu_ns == keyed(self.machine.content(service, "cpu.stat"))["usage_usec"] * 1000

    def and_memory_is_told_in_bytes(self) -> None:
        for service, reading in self.readings.items():
            usage = int(self.machine.content(service, "memory.current"))
            inactive = keyed(self.machine.content(service, "memory.stat"))["inactive_file"]
            assert reading.memory_bytes == usage
            assert reading.working_set_bytes == usage - inactive

    def and_the_peak_is_never_below_the_usage(self) -> None:
        for service, reading in self.readings.items():
            assert reading.peak_bytes == max(int(self.machine.content(service, "memory.peak")), reading.memory_bytes)


class RecordedTraffic(vedro.Scenario):
    subject = "on {machine_name} disk and network are those in the files, and the host's network is nobody's"

    @params("6.12-systemd")
    @params("6.1-cgroupfs")
    def __init__(self, machine_name: str) -> None:
        self.machine_name = machine_name

    def given_a_recorded_machine(self) -> None:
        self.machine = lay_out(self.machine_name, vedro.create_tmp_dir())

    def when_each_container_is_read(self) -> None:
        self.traffic = {service: open_reader(self.machine, service).read_traffic() for service in READABLE}

    def then_a_container_that_wrote_a_file_shows_it(self) -> None:
        assert self.traffic["idle"].written == 20 * 1024 * 1024
        assert self.traffic["idle"].read > 0

    def and_one_that_never_touched_a_disk_shows_zero(self) -> None:
        assert self.traffic["busy"][2:4] == (0, 0)

    def and_the_network_is_all_interfaces_but_the_loopback(self) -> None:
        content = (self.machine.process("idle") / "net/dev").read_bytes()
        assert self.traffic["idle"][:2] == network_bytes(content)
        assert min(self.traffic["idle"][:2]) > 20_000

    def and_a_container_in_the_hosts_network_shows_none(self) -> None:
        assert self.traffic["hostnet"][:2] == (MISSING, MISSING)


class RecordedSeries(vedro.Scenario):
    subject = "on {machine_name} no counter ever falls, and the peak catches what the usage misses"

    @params("6.12-systemd")
    @params("6.12-cgroupfs")
    @params("6.1-systemd")
    @params("6.1-cgroupfs")
    @params("6.12-systemd-docker26")
    def __init__(self, machine_name: str) -> None:
        self.machine_name = machine_name

    def given_a_recorded_machine(self) -> None:
        self.machine = lay_out(self.machine_name, vedro.create_tmp_dir())

    def when_its_readings_are_replayed(self) -> None:
        self.readings: dict[str, list[Reading]] = {}
        self.traffic: dict[str, list[Traffic]] = {}
        for service in REPLAYED:
            reader = open_reader(self.machine, service)
            steps = [(reader.read(), reader.read_traffic()) for _ in self.machine.replay(service)]
            self.readings[service] = [reading for reading, _ in steps]
            self.traffic[service] = [traffic for _, traffic in steps]

    def then_each_container_was_read_20_times(self) -> None:
        assert {len(readings) for readings in self.readings.values()} == {20}

    def and_its_cpu_only_grows(self) -> None:
        for readings in self.readings.values():
            used = [reading.cpu_ns for reading in readings]
            assert used == sorted(used)
        assert self.readings["busy"][-1].cpu_ns - self.readings["busy"][0].cpu_ns > 500_000_000

    def and_its_traffic_only_grows(self) -> None:
        for traffic in self.traffic.values():
            for counter in zip(*traffic, strict=True):
                assert list(counter) == sorted(counter)

    def and_the_peak_caught_100_mib(self) -> None:
        assert all(reading.peak_bytes > 100 * 1024 * 1024 for reading in self.readings["alloc"])
        assert min(reading.memory_bytes for reading in self.readings["alloc"]) < 60 * 1024 * 1024


class AsDockerStats(vedro.Scenario):
    subject = "on {machine_name} the working set is what `docker stats` showed, and CPU and usage are the engine's"

    @params("6.12-systemd")
    @params("6.12-cgroupfs")
    @params("6.1-systemd")
    @params("6.1-cgroupfs")
    @params("6.12-systemd-docker26")
    def __init__(self, machine_name: str) -> None:
        self.machine_name = machine_name

    def given_a_recorded_machine(self) -> None:
        self.machine = lay_out(self.machine_name, vedro.create_tmp_dir())
        self.answers = recorded(self.machine_name)["stats"]

    def when_the_files_around_each_answer_are_read(self) -> None:
        self.compared = []
        for answer in self.answers:
            service = answer["container"].split("-")[1]
            reader = open_reader(self.machine, service)
            around = []
            for moment in ("before", "after"):
                self.machine.write(self.machine.directory(service), answer[moment])
                around.append(reader.read())
            self.compared.append((service, answer["answer"], *around))

    def then_the_engines_cpu_lies_between_ours(self) -> None:
        told = [(answer["cpu_ns"], before, after) for _, answer, before, after in self.compared if "cpu_ns" in answer]
        assert len(told) >= 8
        assert all(before.cpu_ns <= cpu_ns <= after.cpu_ns for cpu_ns, before, after in told)

    def and_its_memory_is_ours_where_it_was_steady(self) -> None:
        shown = []
        for service, answer, before, after in self.compared:
            if service in {"idle", "busy"} and "MemUsage" in answer:
                assert before.working_set_bytes == after.working_set_bytes
                shown.append((answer["MemUsage"].split(" ")[0], before.working_set_bytes))
        assert len(shown) >= 2
        assert all(in_docker_units(working_set) == text for text, working_set in shown)


def in_docker_units(size: int) -> str:
    """Write a size as docker/go-units `BytesSize` does."""
    scaled, unit = (size / 1024, "KiB") if size < 1024 * 1024 else (size / 1024 / 1024, "MiB")
    return f"{scaled:.4g}{unit}"


class HybridValues(vedro.Scenario):
    subject = (
        "v1 files give the same values: CPU as it is, the working set of the whole hierarchy, recursive disk counters"
    )

    def given_a_machine_with_v1(self) -> None:
        self.root = lay_out_hybrid(vedro.create_tmp_dir())

    def when_a_container_is_read(self) -> None:
        reader = open_hybrid(self.root)
        self.reading, self.traffic = reader.read(), reader.read_traffic()
        self.version = reader.version

    def then_all_values_are_there(self) -> None:
        assert self.version == 1
        assert self.reading[:4] == (34_193_915, 22_302_720, 22_302_720 - 20_975_616, 85_630_976)
        assert self.traffic[:4] == (200, 90, 5, 7)

    def and_the_instant_is_monotonic(self) -> None:
        assert 0 < self.reading.at_ns <= self.traffic.at_ns <= time.monotonic_ns()


class OlderDiskCounters(vedro.Scenario):
    subject = "without recursive disk counters the plain ones are read"

    def given_a_kernel_without_them(self) -> None:
        self.root = lay_out_hybrid(vedro.create_tmp_dir())
        blkio = self.root / "sys/fs/cgroup/blkio/docker" / HYBRID_CONTAINER
        (blkio / "blkio.throttle.io_service_bytes_recursive").unlink()

    def when_a_container_is_read(self) -> None:
        self.traffic = open_hybrid(self.root).read_traffic()

    def then_the_plain_ones_are_told(self) -> None:
        assert self.traffic[2:4] == (4096, 8192)


class WorkingSet(vedro.Scenario):
    subject = "the working set is {working_set} where the statistics say {statistics!r}"

    @params("anon 1\ninactive_file 400\n", 600)
    @params("anon 1\ninactive_file 1000\n", 1000)
    @params("anon 1\ninactive_file 2000\n", 1000)
    @params("anon 1\n", MISSING)
    @params(None, MISSING)
    def __init__(self, statistics: str | None, working_set: int) -> None:
        self.statistics = statistics
        self.working_set = working_set

    def given_a_container_that_uses_1000_bytes(self) -> None:
        self.folder = vedro.create_tmp_dir()
        (self.folder / "memory.current").write_text("1000\n")
        if self.statistics is not None:
            (self.folder / "memory.stat").write_text(self.statistics)

    def when_it_is_read(self) -> None:
        reader = CgroupReader(Directories(2, None, self.folder, None, self.folder))
        self.reading, self.traffic = reader.read(), reader.read_traffic()
        reader.close()
        reader.close()

    def then_it_is_as_docker_computes_it(self) -> None:
        assert self.reading.working_set_bytes == self.working_set

    def and_what_is_not_delegated_is_missing(self) -> None:
        assert (self.reading.cpu_ns, self.reading.peak_bytes) == (MISSING, MISSING)
        assert self.traffic[:4] == (MISSING, MISSING, MISSING, MISSING)


class SeldomWorkingSet(vedro.Scenario):
    subject = "the working set, whose file is dear, is read at most every 40 ms and never at a scenario border"

    def given_a_container(self) -> None:
        self.folder = vedro.create_tmp_dir()
        (self.folder / "memory.current").write_text("1000\n")
        (self.folder / "memory.stat").write_text("anon 1\ninactive_file 400\n")

    def when_it_is_read_every_10_ms(self) -> None:
        clock = count(1_000_000_000, 10_000_000).__next__
        reader = CgroupReader(Directories(2, None, self.folder, None, self.folder), monotonic_ns=clock)
        readings = [reader.read(at_border=number in {0, 5}) for number in range(12)]
        reader.close()
        self.told = [reading.working_set_bytes != MISSING for reading in readings]
        self.memory = {reading.memory_bytes for reading in readings}

    def then_it_is_told_every_40_ms(self) -> None:
        assert [number for number, told in enumerate(self.told) if told] == [1, 6, 10]

    def and_the_usage_each_time(self) -> None:
        assert self.memory == {1000}


class StandsStill(vedro.Scenario):
    subject = "of a container whose CPU and usage have not moved, peak and inactive pages are read once a second alone"

    def given_a_container(self) -> None:
        self.folder = vedro.create_tmp_dir()
        self._write(cpu_us=5, memory=1000, peak=1000, inactive=400)
        self.now_ns = 1_000_000_000
        directories = Directories(2, self.folder, self.folder, None, self.folder)
        self.reader = CgroupReader(directories, monotonic_ns=lambda: self.now_ns)
        vedro.defer(self.reader.close)

    def _write(self, *, cpu_us: int, memory: int, peak: int, inactive: int) -> None:
        (self.folder / "cpu.stat").write_text(f"usage_usec {cpu_us}\n")
        (self.folder / "memory.current").write_text(f"{memory}\n")
        (self.folder / "memory.peak").write_text(f"{peak}\n")
        (self.folder / "memory.stat").write_text(f"anon 1\ninactive_file {inactive}\n")

    def when_it_stands_still_and_moves_and_stands_still(self) -> None:
        self.first = self._told_after(0)
        self._write(cpu_us=5, memory=1000, peak=3000, inactive=500)
        self.still = self._told_after(100)
        self.border = self._told_after(100, at_border=True)
        self.a_second_later = self._told_after(800)
        self._write(cpu_us=6, memory=1000, peak=4000, inactive=600)
        self.moved = self._told_after(100)

    def _told_after(self, milliseconds: int, *, at_border: bool = False) -> tuple[int, int]:
        self.now_ns += milliseconds * 1_000_000
        reading = self.reader.read(at_border=at_border)
        return reading.working_set_bytes, reading.peak_bytes

    def then_nothing_new_is_told_while_it_stands_still(self) -> None:
        assert (self.first, self.still) == ((600, 1000), (600, 1000))

    def and_at_a_border_the_peak_is_read_all_the_same(self) -> None:
        assert self.border == (MISSING, 3000)

    def and_all_of_it_once_a_second_and_when_it_moved(self) -> None:
        assert (self.a_second_later, self.moved) == ((500, 3000), (400, 4000))


class PeakThatFell(vedro.Scenario):
    subject = "a mark that was reset is, while the container stands still, as high as what it uses"

    def given_a_container_whose_mark_is_reset(self) -> None:
        self.root = lay_out_hybrid(vedro.create_tmp_dir())
        self.mark = self.root / "sys/fs/cgroup/memory/docker" / HYBRID_CONTAINER / "memory.max_usage_in_bytes"
        self.reader = open_hybrid(self.root, reset_peaks=True)

    def when_it_is_read_twice(self) -> None:
        self.readings = [self.reader.read(), self.reader.read()]

    def then_the_second_tells_the_usage(self) -> None:
        assert [reading.peak_bytes for reading in self.readings] == [85_630_976, self.readings[1].memory_bytes]


class NeedlessReset(vedro.Scenario):
    subject = "a mark that is no higher than what is used is not reset: it would start where it stands"

    def given_a_container_at_its_mark(self) -> None:
        self.folder = vedro.create_tmp_dir()
        (self.folder / "memory.current").write_text("1000\n")
        (self.folder / "memory.peak").write_text("1000\n")

    def when_it_is_read_with_resets_wanted(self) -> None:
        reader = CgroupReader(Directories(2, None, self.folder, None, self.folder), reset_peaks=True)
        vedro.defer(reader.close)
        self.reading = reader.read()
        self.resets = reader.resets_peak

    def then_the_mark_was_left_alone(self) -> None:
        assert (self.folder / "memory.peak").read_text() == "1000\n"
        assert self.resets
        assert self.reading.peak_bytes == 1000


class CpuWithoutUsage(vedro.Scenario):
    subject = "a cpu.stat without usage gives no CPU"

    def given_such_a_file(self) -> None:
        self.folder = vedro.create_tmp_dir()
        (self.folder / "cpu.stat").write_text("nr_periods 0\n")

    def when_it_is_read(self) -> None:
        reader = CgroupReader(Directories(2, self.folder, None, None, self.folder))
        self.reading = reader.read()
        reader.close()

    def then_the_cpu_is_missing(self) -> None:
        assert self.reading.cpu_ns == MISSING


class PeakResets(vedro.Scenario):
    subject = "on kernel {kernel} a reset is written exactly where memory.peak has a write bit, as it has from 6.12 on"

    @params("6.12")
    @params("6.1")
    def __init__(self, kernel: str) -> None:
        self.kernel = kernel

    def given_a_recorded_machine(self) -> None:
        self.machine = lay_out(f"{self.kernel}-systemd", vedro.create_tmp_dir())
        self.before = self.machine.content("idle", "memory.peak")

    def when_a_container_is_read_with_resets_wanted(self) -> None:
        self.reader = open_reader(self.machine, "idle", reset_peaks=True)
        self.reading = self.reader.read()

    def then_the_reading_tells_what_was_before(self) -> None:
        assert self.reading.peak_bytes == int(self.before)

    def and_the_file_is_written_to_where_the_kernel_resets(self) -> None:
        # A plain file keeps what is written, where the kernel's would start a new mark.
        written = (self.machine.directory("idle") / "memory.peak").read_text() != self.before
        assert self.reader.resets_peak == written == (self.kernel == "6.12")


class PeakResetOnV1(vedro.Scenario):
    subject = "on v1 each reading writes a reset, unless resets are not wanted"

    def given_a_machine_with_v1(self) -> None:
        self.root = lay_out_hybrid(vedro.create_tmp_dir())
        self.mark = self.root / "sys/fs/cgroup/memory/docker" / HYBRID_CONTAINER / "memory.max_usage_in_bytes"

    def when_it_is_read_with_and_without(self) -> None:
        without = open_hybrid(self.root)
        without.read()
        without.reset_peak()
        self.untouched = self.mark.read_text()
        open_hybrid(self.root, reset_peaks=True).read()

    def then_only_the_second_wrote(self) -> None:
        assert self.untouched == "85630976\n"
        assert self.mark.read_text() == "05630976\n"


class RefusedReset(vedro.Scenario):
    subject = "a kernel that refuses the reset ends the resets, not the readings"

    def given_a_mark_that_cannot_be_written(self) -> None:
        self.folder = vedro.create_tmp_dir()
        (self.folder / "memory.current").write_text("1000\n")
        (self.folder / "memory.peak").write_text("2000\n")

    def when_it_is_read_twice(self) -> None:
        reader = CgroupReader(Directories(2, None, self.folder, None, self.folder), reset_peaks=True)
        self.offered = reader.resets_peak
        with patch.object(KernelFile, "write", side_effect=OSError(errno.EINVAL, "Invalid argument")):
            self.peaks = [reader.read().peak_bytes, reader.read().peak_bytes]
        self.resets = reader.resets_peak
        reader.close()

    def then_readings_go_on_without_resets(self) -> None:
        assert self.offered
        assert not self.resets
        assert self.peaks == [2000, 2000]


def refuse_open(path: Path, *_: int) -> int:
    raise PermissionError(errno.EACCES, "Permission denied", str(path))


class NoMark(vedro.Scenario):
    subject = "a kernel without a high-water mark gives no peak and promises no reset"

    def given_a_kernel_before_memory_peak(self) -> None:
        self.machine = lay_out("6.1-systemd", vedro.create_tmp_dir())
        (self.machine.directory("idle") / "memory.peak").unlink()

    def when_it_is_read_with_resets_wanted(self) -> None:
        self.reader = open_reader(self.machine, "idle", reset_peaks=True)
        self.reading = self.reader.read()

    def then_there_is_no_peak(self) -> None:
        assert self.reading.peak_bytes == MISSING
        assert not self.reader.resets_peak


class TakenInterface(vedro.Scenario):
    subject = "an interface taken away does not make the network counters fall, nor does the end of the container"

    def given_a_container_with_traffic(self) -> None:
        self.root = lay_out_hybrid(vedro.create_tmp_dir())
        self.network = self.root / "proc/8122/net/dev"
        self.reader = open_hybrid(self.root)
        self.first = self.reader.read_traffic()

    def when_its_interface_goes_and_another_comes(self) -> None:
        self.network.write_text("Inter-|\n face |\n    lo: 9 0 0 0 0 0 0 0 9 0\n")
        self.without = self.reader.read_traffic()
        self.network.write_text("Inter-|\n face |\n  eth1: 50 2 0 0 0 0 0 0 60 1\n")
        self.with_another = self.reader.read_traffic()

    def then_counters_stay_and_then_grow(self) -> None:
        assert self.first[:2] == self.without[:2] == (200, 90)
        assert self.with_another[:2] == (250, 150)


class GoneCgroup(vedro.Scenario):
    subject = "a container of which no file is left has ended"

    def given_a_directory_that_became_empty(self) -> None:
        self.folder = vedro.create_tmp_dir()

    def when_it_is_opened(self) -> None:
        with catched(FileNotFoundError) as self.caught:
            CgroupReader(Directories(2, self.folder, self.folder, None, self.folder))

    def then_the_error_is_a_normal_end(self) -> None:
        assert isinstance(self.caught.value, OSError)
        assert self.caught.value.errno in ENDED


class NoPermission(vedro.Scenario):
    subject = "a container that may not be read is told by a PermissionError that says what to do"

    def given_files_of_another_user(self) -> None:
        self.folder = vedro.create_tmp_dir()
        (self.folder / "cpu.stat").write_text("usage_usec 1\n")

    def when_it_is_opened_by_a_user_who_may_not(self) -> None:
        # The tests may run as root, whom no mode stops: the refusal comes from a stand-in for open(2).
        with (
            patch("vedro_profiling.recording.kernel_file.open_descriptor", side_effect=refuse_open),
            catched(PermissionError) as self.caught,
        ):
            CgroupReader(Directories(2, self.folder, None, None, self.folder))

    def then_the_text_names_file_and_remedy(self) -> None:
        assert "run as a user who may" in str(self.caught.value)
        assert "cpu.stat" in str(self.caught.value)


class NoPermissionForTheRest(vedro.Scenario):
    subject = "disk, network and peak that may not be read are missing, and the rest is read"

    def given_a_machine(self) -> None:
        self.root = lay_out_hybrid(vedro.create_tmp_dir())

    def when_some_files_are_refused(self) -> None:
        with patch("vedro_profiling.recording.kernel_file.open_descriptor", side_effect=refuse_some):
            reader = open_hybrid(self.root, reset_peaks=True)
        self.reading, self.traffic = reader.read(), reader.read_traffic()
        self.resets = reader.resets_peak

    def then_they_are_missing(self) -> None:
        assert self.traffic[:4] == (MISSING, MISSING, MISSING, MISSING)
        assert self.reading.peak_bytes == MISSING
        assert not self.resets

    def and_the_rest_is_there(self) -> None:
        assert self.reading[:2] == (34_193_915, 22_302_720)


def refuse_some(path: Path, flags: int) -> int:
    if any(name in str(path) for name in ("blkio", "net/dev", "max_usage")):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))
    return os_open(path, flags)
