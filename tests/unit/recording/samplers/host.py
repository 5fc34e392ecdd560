"""The host read from /proc and through psutil: what is told is true."""

import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import psutil
import vedro
from vedro import params, skip_if

from tests.contexts.recording import InMemoryRoster, Reading
from vedro_profiling.recording.kernel_file import KernelFile
from vedro_profiling.recording.samplers import MISSING, Source
from vedro_profiling.recording.samplers.host import HostSampler, LinuxHost, PortableHost

HOST = "vedro_profiling.recording.samplers.host"
READER = "/proc" if sys.platform == "linux" else "psutil"

PROC = {
    "proc/stat": b"cpu  100 20 30 9000 500 6 4 77 60 0\ncpu0 100 20 30 9000 500 6 4 77 60 0\n",
    "proc/meminfo": b"MemTotal:  8000000 kB\nMemFree:  1000000 kB\nMemAvailable:  6000000 kB\nBuffers:  1 kB\n",
    "proc/self/net/dev": b"""Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier
    lo: 9000000    10    0    0    0     0          0         0  9000000    10    0    0    0     0       0          0
  eth0:    1100    10    0    0    0     0          0         0      200    10    0    0    0     0       0          0
wlan0:      30    10    0    0    0     0          0         0       4    10    0    0    0     0       0          0
docker0:  70000    10    0    0    0     0          0         0    70000    10    0    0    0     0       0          0
""",
    "proc/diskstats": b"""   7       0 loop0 5 0 5000 0 0 0 0 0 0 0 0 0 0 0 0
 259       0 nvme0n1 10 0 100 0 20 0 20 0 0 0 0 0 0 0 0 0
 259       1 nvme0n1p1 9 0 90 0 19 0 19 0 0 0 0 0 0 0 0 0
   8       0 sda 10 0 3 0 20 0 4 0 0 0 0 0 0 0 0 0
""",
}


def is_not_linux() -> bool:
    return sys.platform != "linux"


def lay_out(physical: tuple[str, ...], virtual: tuple[str, ...]) -> Path:
    """Make a root folder with PROC, and network interfaces and disks that have a device or none."""
    root = vedro.create_tmp_dir()
    for name, content in PROC.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    for name in physical:
        (root / "sys" / name / "device").mkdir(parents=True)
    for name in virtual:
        (root / "sys" / name).mkdir(parents=True)
    return root


def open_host_of(root: Path, opener: type[KernelFile] = KernelFile) -> LinuxHost:
    """Open a host whose files lie below `root`."""
    with ExitStack() as stack:
        stack.enter_context(patch(f"{HOST}.KernelFile", below(root, opener)))
        stack.enter_context(
            patch(f"{HOST}.open_or_none", below(root, lambda path: opener(path) if path.exists() else None))
        )
        stack.enter_context(patch(f"{HOST}.Path", below(root, Path)))
        host = LinuxHost()
    vedro.defer(host.close)
    return host


def below(root: Path, opener: Callable[[Path], object]) -> Callable[[str], object]:
    return lambda path: opener(root / path.lstrip("/"))


class PagedFile(KernelFile):
    """A file of many records: the kernel gives out a page at a time."""

    def read(self) -> bytes:
        return super().read()[:4096]


def busy_seconds(times: Any) -> float:
    return float(times.user + times.nice + times.system + times.irq + times.softirq)


def with_device(folder: str) -> set[str]:
    entries = list(Path(folder).iterdir())
    physical = {entry.name for entry in entries if (entry / "device").exists()}
    return physical or {entry.name for entry in entries} - {"lo"}


def count_traffic(interfaces: set[str], disks: set[str]) -> tuple[int, int, int, int]:
    """Sum psutil's numbers of some devices: bytes received, sent, read and written."""
    network = [nic for name, nic in psutil.net_io_counters(pernic=True).items() if name in interfaces]
    storage = [disk for name, disk in psutil.disk_io_counters(perdisk=True).items() if name in disks]
    return (
        sum(nic.bytes_recv for nic in network),
        sum(nic.bytes_sent for nic in network),
        sum(disk.read_bytes for disk in storage),
        sum(disk.write_bytes for disk in storage),
    )


class RecordedHost(vedro.Scenario):
    subject = "of a recorded machine every number is worked out by hand"

    def given_a_machine_with_two_disks_and_two_interfaces(self) -> None:
        physical = ("class/net/eth0", "class/net/wlan0", "block/nvme0n1", "block/sda")
        virtual = ("class/net/lo", "class/net/docker0", "block/loop0", "block/dm-0")
        self.host = open_host_of(lay_out(physical, virtual))

    def when_it_is_read(self) -> None:
        self.cpu_ns = self.host.cpu_ns()
        self.memory_bytes = self.host.memory_bytes()
        self.traffic = self.host.traffic()

    def then_cpu_is_user_nice_system_irq_and_softirq(self) -> None:
        assert self.cpu_ns == (100 + 20 + 30 + 6 + 4) * 10**9 // os.sysconf("SC_CLK_TCK")

    def and_memory_is_what_is_not_available(self) -> None:
        assert self.memory_bytes == 2_000_000 * 1024

    def and_traffic_is_that_of_devices_each_once(self) -> None:
        assert self.traffic == (1130, 204, 103 * 512, 24 * 512)


class RecordedContainer(vedro.Scenario):
    subject = "in a container, where nothing has a device, all interfaces but the loopback count"

    def given_a_container(self) -> None:
        self.host = open_host_of(lay_out((), ("class/net/lo", "class/net/eth0")))

    def when_its_traffic_is_read(self) -> None:
        self.traffic = self.host.traffic()

    def then_eth0_counts_and_no_disk_is_known(self) -> None:
        assert self.traffic == (1100, 200, 0, 0)


class HiddenFiles(vedro.Scenario):
    subject = "where a sandbox hides disks and network, CPU and memory are read and the bytes are missing"

    def given_a_host_without_these_files(self) -> None:
        root = lay_out(("block/sda", "class/net/eth0"), ())
        (root / "proc/diskstats").unlink()
        (root / "proc/self/net/dev").unlink()
        self.host = open_host_of(root)

    def when_it_is_read(self) -> None:
        self.memory_bytes, self.traffic = self.host.memory_bytes(), self.host.traffic()

    def then_the_bytes_are_missing(self) -> None:
        assert self.traffic == (MISSING,) * 4

    def and_the_rest_is_there(self) -> None:
        assert self.memory_bytes == 2_000_000 * 1024

    def and_it_closes(self) -> None:
        self.host.close()


class ManyDevices(vedro.Scenario):
    subject = "a disk beyond the first 4096 bytes of diskstats is counted"

    def given_a_machine_with_a_hundred_loop_devices(self) -> None:
        root = lay_out(("block/sda",), ())
        loops = b"".join(b"   7 %7d loop%d 5 0 5000 0 0 0 0 0 0 0 0 0 0 0 0\n" % (n, n) for n in range(100))
        (root / "proc/diskstats").write_bytes(loops + PROC["proc/diskstats"])
        self.host = open_host_of(root, PagedFile)

    def when_its_traffic_is_read(self) -> None:
        self.traffic = self.host.traffic()

    def then_it_is_there(self) -> None:
        assert self.traffic[2:] == (3 * 512, 4 * 512)


@skip_if(is_not_linux, "there is no /proc")
class CpuOfThisMachine(vedro.Scenario):
    subject = "the CPU of this machine, read through {host.reader}, lies between two readings of psutil"

    @params(LinuxHost)
    @params(PortableHost)
    def __init__(self, host: type[LinuxHost] | type[PortableHost]) -> None:
        self.host = host

    def given_the_host(self) -> None:
        self.opened = self.host()
        vedro.defer(self.opened.close)

    def when_it_is_read_between_two_readings_of_psutil(self) -> None:
        before = psutil.cpu_times()
        self.cpu_ns = self.opened.cpu_ns()
        self.bounds = [round(busy_seconds(times) * 1e9) for times in (before, psutil.cpu_times())]

    def then_it_lies_between(self) -> None:
        assert self.bounds[0] - 1000 <= self.cpu_ns <= self.bounds[1] + 1000


@skip_if(is_not_linux, "there is no /proc")
class MemoryOfThisMachine(vedro.Scenario):
    subject = "the memory in use, read through {host.reader}, is psutil's within what moves meanwhile"

    @params(LinuxHost)
    @params(PortableHost)
    def __init__(self, host: type[LinuxHost] | type[PortableHost]) -> None:
        self.host = host

    def given_the_host(self) -> None:
        self.opened = self.host()
        vedro.defer(self.opened.close)

    def when_it_is_read(self) -> None:
        memory = psutil.virtual_memory()
        self.expected = memory.total - memory.available
        self.memory_bytes = self.opened.memory_bytes()

    def then_both_agree(self) -> None:
        assert abs(self.memory_bytes - self.expected) < 0.05 * psutil.virtual_memory().total


@skip_if(is_not_linux, "there is no /proc")
class TrafficOfThisMachine(vedro.Scenario):
    subject = "the bytes of this machine's devices lie between two readings of psutil"

    def given_the_devices_of_this_machine(self) -> None:
        self.interfaces = with_device("/sys/class/net")
        self.disks = with_device("/sys/block")
        self.host = LinuxHost()
        vedro.defer(self.host.close)

    def when_it_is_read_between_two_readings_of_psutil(self) -> None:
        self.before = count_traffic(self.interfaces, self.disks)
        self.traffic = self.host.traffic()
        self.after = count_traffic(self.interfaces, self.disks)

    def then_each_number_lies_between(self) -> None:
        for before, told, after in zip(self.before, self.traffic, self.after, strict=True):
            assert before <= told <= after


class PortableTraffic(vedro.Scenario):
    subject = "through psutil traffic is that of all devices, and missing where there are none: {expected}"

    @params(SimpleNamespace(bytes_recv=1, bytes_sent=2), SimpleNamespace(read_bytes=3, write_bytes=4), (1, 2, 3, 4))
    @params(None, SimpleNamespace(read_bytes=3, write_bytes=4), (MISSING, MISSING, 3, 4))
    @params(SimpleNamespace(bytes_recv=1, bytes_sent=2), None, (1, 2, MISSING, MISSING))
    def __init__(
        self, network: SimpleNamespace | None, disk: SimpleNamespace | None, expected: tuple[int, int, int, int]
    ) -> None:
        self.network = network
        self.disk = disk
        self.expected = expected

    def given_such_a_machine(self) -> None:
        self.machine = ExitStack()
        self.machine.enter_context(patch("psutil.net_io_counters", return_value=self.network))
        self.machine.enter_context(patch("psutil.disk_io_counters", return_value=self.disk))

    def when_it_is_read(self) -> None:
        with self.machine:
            self.traffic = PortableHost().traffic()

    def then_it_is_told_so(self) -> None:
        assert self.traffic == self.expected


class TargetOfTheHost(vedro.Scenario):
    subject = "the host is the target `system`, whose percentages are of all its CPUs"

    def given_an_opened_sampler(self) -> None:
        self.sampler, self.roster = HostSampler(), InMemoryRoster()
        self.sampler.open(self.roster)
        vedro.defer(self.sampler.close)

    def when_it_is_read(self) -> None:
        self.readings: list[Reading] = []
        self.sampler.read(lambda *reading: self.readings.append(reading))
        self.sampler.read_traffic(lambda *reading: self.readings.append(reading))

    def then_its_source_says_so(self) -> None:
        assert self.roster.sources == [Source("default", "system", READER, cores=os.cpu_count() or 1)]

    def and_working_set_and_peak_are_missing(self) -> None:
        usage, traffic = self.readings
        assert usage[3:5] == (MISSING, MISSING)
        assert usage[1] > 0
        assert usage[2] > 0
        assert traffic[0] == usage[0] == 0


class NotOpened(vedro.Scenario):
    subject = "a host that was not opened, or was closed, reads nothing: {state}"

    @params("not opened")
    @params("closed")
    def __init__(self, state: str) -> None:
        self.state = state

    def given_such_a_sampler(self) -> None:
        self.sampler = HostSampler()
        if self.state == "closed":
            self.sampler.open(InMemoryRoster())
            self.sampler.close()

    def when_it_is_read(self) -> None:
        self.readings: list[Reading] = []
        self.sampler.read(lambda *reading: self.readings.append(reading))
        self.sampler.read_traffic(lambda *reading: self.readings.append(reading))

    def then_there_is_nothing(self) -> None:
        assert self.readings == []
