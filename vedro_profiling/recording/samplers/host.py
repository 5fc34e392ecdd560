"""The host: CPU of the whole machine, memory in use, disk and network of its devices."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final, Protocol

import psutil

from vedro_profiling import schema
from vedro_profiling.recording.clock import monotonic_ns
from vedro_profiling.recording.kernel_file import KernelFile, open_or_none
from vedro_profiling.recording.samplers import MISSING, Append, Roster, Source
from vedro_profiling.recording.samplers.cgroup_formats import network_bytes

__all__ = (
    "HostSampler",
    "LinuxHost",
    "PortableHost",
)

_SECTOR_BYTES: Final = 512
"""The unit of /proc/diskstats, whatever the device (Linux, Documentation/admin-guide/iostats.rst)."""


class _Host(Protocol):
    reader: str

    def cpu_ns(self) -> int: ...
    def memory_bytes(self) -> int: ...
    def traffic(self) -> tuple[int, int, int, int]: ...
    def close(self) -> None: ...


class LinuxHost:
    """The host read from /proc, whose files stay open; about 10 us a reading. CPU comes in ticks of 10 ms."""

    reader = "/proc"

    def __init__(self) -> None:
        self._tick_ns = 10**9 // os.sysconf("SC_CLK_TCK")
        self._stat, self._meminfo = KernelFile("/proc/stat"), KernelFile("/proc/meminfo")
        # Some sandboxes hide these two: then their bytes are missing, and the rest is read.
        self._net, self._disks = open_or_none("/proc/self/net/dev"), open_or_none("/proc/diskstats")
        self._interfaces = _with_device("/sys/class/net")
        self._block_devices = _with_device("/sys/block")

    def cpu_ns(self) -> int:
        """Sum user, nice, system, irq and softirq time of all CPUs: idle, iowait and stolen time are not consumed."""
        _, user, nice, system, _, _, irq, softirq, *_ = self._stat.read().split(None, 8)
        return (int(user) + int(nice) + int(system) + int(irq) + int(softirq)) * self._tick_ns

    def memory_bytes(self) -> int:
        """Return MemTotal less MemAvailable: what is in use and cannot be given back at once."""
        total, _, available, *_ = self._meminfo.read().split(b"\n", 3)
        return (int(total.split()[1]) - int(available.split()[1])) * 1024

    def traffic(self) -> tuple[int, int, int, int]:
        """Sum the bytes of the physical network interfaces and disks."""
        network = disk = (MISSING, MISSING)
        if self._net is not None:
            network = network_bytes(self._net.read_records(), self._interfaces)
        if self._disks is not None:
            disk = _disk_bytes(self._disks.read_records().splitlines(), self._block_devices)
        return *network, *disk

    def close(self) -> None:
        """Close the files; a second call does nothing."""
        for file in (self._stat, self._meminfo, self._net, self._disks):
            if file is not None:
                file.close()


def _with_device(folder: str) -> set[bytes]:
    """Name the entries that stand for a device: bridges, loops and partitions would count its bytes twice."""
    entries = list(Path(folder).iterdir()) if Path(folder).is_dir() else []
    physical = [entry for entry in entries if (entry / "device").exists()]
    # In a container nothing has a device: then all but the loopback.
    return {os.fsencode(entry.name) for entry in physical or entries if entry.name != "lo"}


def _disk_bytes(lines: Iterable[bytes], devices: set[bytes]) -> tuple[int, int]:
    read = written = 0
    for line in lines:
        fields = line.split()
        if fields[2] in devices:
            read, written = read + int(fields[5]), written + int(fields[9])
    return read * _SECTOR_BYTES, written * _SECTOR_BYTES


class PortableHost:
    """The host read through psutil, where there is no /proc."""

    reader = "psutil"

    def cpu_ns(self) -> int:
        """Sum the time of all CPUs that was not idle."""
        times = psutil.cpu_times()
        busy = sum(getattr(times, name, 0.0) for name in ("user", "nice", "system", "irq", "softirq"))
        return round(busy * 1e9)

    def memory_bytes(self) -> int:
        """Return what is in use and cannot be given back at once."""
        memory = psutil.virtual_memory()
        return memory.total - memory.available

    def traffic(self) -> tuple[int, int, int, int]:
        """Sum the bytes of all network interfaces and disks, `MISSING` where there are none."""
        network, disk = psutil.net_io_counters(), psutil.disk_io_counters()
        received, sent = (network.bytes_recv, network.bytes_sent) if network else (MISSING, MISSING)
        read, written = (disk.read_bytes, disk.write_bytes) if disk else (MISSING, MISSING)
        return received, sent, read, written

    def close(self) -> None:
        """Hold nothing open."""


_OPEN: Final = LinuxHost if sys.platform == "linux" else PortableHost


class HostSampler:
    """Reads the host under the target `system`; its `cpu_percent` is 0-100 of all CPUs together."""

    method = schema.DEFAULT_METHOD
    is_available = True

    def __init__(self) -> None:
        self._host: _Host | None = None
        self._source = MISSING

    def open(self, roster: Roster) -> None:
        """Open the host's files."""
        self._host = _OPEN()
        source = Source(self.method, schema.SYSTEM_TARGET, self._host.reader, cores=os.cpu_count() or 1)
        self._source = roster.add_source(source)

    def read(self, append: Append, *, at_border: bool = False) -> None:  # noqa: ARG002 - a border costs no less here
        """Read CPU and memory."""
        if self._host is not None:
            at_ns = monotonic_ns()
            append(self._source, self._host.cpu_ns(), self._host.memory_bytes(), MISSING, MISSING, at_ns)

    def read_traffic(self, append: Append) -> None:
        """Read network and disk."""
        if self._host is not None:
            append(self._source, *self._host.traffic(), monotonic_ns())

    def await_last(self) -> bool:
        """Wait for nothing: the kernel knows all."""
        return False

    def close(self) -> None:
        """Close the host's files; a second call does nothing."""
        if self._host is not None:
            self._host.close()
            self._host = None
