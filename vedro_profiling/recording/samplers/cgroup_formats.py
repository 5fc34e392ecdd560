"""The formats of the kernel files that tell of a container, as numbers.

Formats: kernel documentation, admin-guide/cgroup-v2.rst and cgroup-v1/blkio-controller.rst; proc_pid_net(5).
"""

from collections.abc import Collection

from vedro_profiling.recording.samplers import MISSING

__all__ = (
    "cpu_ns_v2",
    "disk_bytes_v1",
    "disk_bytes_v2",
    "network_bytes",
    "value_after",
    "working_set_of",
)


def value_after(content: bytes, key: bytes) -> int:
    r"""Return the number behind the first occurrence of `key`, `MISSING` if the file has no such key.

    Kernels add keys, so the place says nothing. A key that ends another one is sought with the line end before it.

    >>> value_after(b"anon 1\nfile 2\n", b"\nfile ")
    2
    """
    start = content.find(key)
    if start < 0:
        return MISSING
    start += len(key)
    return int(content[start : content.index(b"\n", start)])


def cpu_ns_v2(content: bytes) -> int:
    r"""Return the CPU of `cpu.stat`, which counts in microseconds, in nanoseconds.

    >>> cpu_ns_v2(b"usage_usec 71435667\nuser_usec 68613928\n")
    71435667000
    """
    usage_us = value_after(content, b"usage_usec ")
    return MISSING if usage_us == MISSING else usage_us * 1000


def working_set_of(memory: int, inactive_file: int) -> int:
    """Return the memory less the file pages not used of late, `MISSING` if one of the two is.

    Docker's `calculateMemUsageUnixNoCache` (docker/cli, cli/command/container/stats_helpers.go).

    >>> working_set_of(100, 30), working_set_of(100, 100)
    (70, 100)
    """
    if MISSING in (memory, inactive_file):
        return MISSING
    return memory - inactive_file if inactive_file < memory else memory


def network_bytes(content: bytes, interfaces: Collection[bytes] | None = None) -> tuple[int, int]:
    """Return the bytes received and sent of `/proc/<pid>/net/dev`: the named interfaces, else all but the loopback."""
    received = sent = 0
    for line in content.splitlines()[2:]:
        label, _, counts = line.partition(b":")
        name = label.strip()
        if name != b"lo" if interfaces is None else name in interfaces:
            fields = counts.split()
            received += int(fields[0])
            sent += int(fields[8])
    return received, sent


def disk_bytes_v1(content: bytes) -> tuple[int, int]:
    r"""Return the bytes read and written of a v1 blkio file, all devices together.

    >>> disk_bytes_v1(b"8:0 Read 4096\n8:0 Write 8192\n8:0 Total 12288\nTotal 12288\n")
    (4096, 8192)
    """
    words = content.split()

    def total(operation: bytes) -> int:
        return sum(int(words[index + 1]) for index, word in enumerate(words) if word == operation)

    return total(b"Read"), total(b"Write")


def disk_bytes_v2(content: bytes) -> tuple[int, int]:
    r"""Return the bytes read and written of `io.stat`, all devices together; the file is empty before the first.

    A device that did nothing may stand alone on its line.

    >>> disk_bytes_v2(b"7:7 \n254:0 rbytes=4096 wbytes=8192 rios=1 wios=2 dbytes=0 dios=0\n")
    (4096, 8192)
    """
    words = content.split()

    def total(key: bytes) -> int:
        return sum(int(word[len(key) :]) for word in words if word.startswith(key))

    return total(b"rbytes="), total(b"wbytes=")
