"""Machines as files: the recorded ones with cgroup v2, and one with v1 beside an empty v2 hierarchy."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

__all__ = (
    "CONTAINERS",
    "HYBRID_CONTAINER",
    "MACHINES",
    "Machine",
    "lay_out",
    "lay_out_hybrid",
    "recorded",
    "write_file",
)

MACHINES: Final = ("6.12-systemd", "6.12-cgroupfs", "6.1-systemd", "6.1-cgroupfs", "6.12-systemd-docker26")

CONTAINERS: Final = ("idle", "busy", "alloc", "limited", "oom", "nested", "inner", "nonet", "hostnet")

HYBRID_CONTAINER: Final = "6648c770ea28e4213b740399ac687a5b0dcf1add1f57aeeb4ebddf8f4f8aea2c"

_DATA: Final = Path(__file__).parents[1] / "data" / "cgroup2"


class Machine:
    """A recorded machine; `root` is where its files were laid out."""

    def __init__(self, recording: Mapping[str, Any], root: Path) -> None:
        self.recording = recording
        self.root = root

    def inspection(self, service: str) -> dict[str, Any]:
        """Return the engine's answer about a container."""
        answer: dict[str, Any] = self.recording["containers"][f"demo-{service}-1"]["inspect"]
        return answer

    def directory(self, service: str) -> Path:
        """Return the container's own cgroup directory, below `root`."""
        directory: str = self.recording["containers"][f"demo-{service}-1"]["cgroup_directory"]
        return self.root / directory.lstrip("/")

    def process(self, service: str) -> Path:
        return self.root / "proc" / str(self.inspection(service)["State"]["Pid"])

    def content(self, service: str, name: str) -> str:
        """Return a file of the container's cgroup as it was recorded."""
        directory = self.recording["containers"][f"demo-{service}-1"]["cgroup_directory"]
        content: str = self.recording["tree"][f"{directory}/{name}"]
        return content

    def replay(self, service: str) -> Iterator[None]:
        """Write one recorded reading after the other into the files of the container."""
        for reading in self.recording["series"]:
            if reading["container"] == f"demo-{service}-1":
                self.write(self.directory(service), reading["files"])
                if "net/dev" in reading:
                    self.write(self.process(service), {"net/dev": reading["net/dev"]})
                yield

    def write(self, directory: Path, files: Mapping[str, str]) -> None:
        for name, content in files.items():
            (directory / name).write_text(content)


def recorded(name: str) -> dict[str, Any]:
    """Load what was recorded on a machine."""
    recording: dict[str, Any] = json.loads((_DATA / f"{name}.json").read_text())
    return recording


def lay_out(name: str, root: Path) -> Machine:
    """Write the files of a recorded machine below `root`, with the modes they had where that matters."""
    machine = Machine(recorded(name), root)
    for path, content in machine.recording["tree"].items():
        write_file(root, path, content)
    for container in machine.recording["containers"].values():
        write_file(root, f"/proc/{container['inspect']['State']['Pid']}/cgroup", container["/proc/<pid>/cgroup"])
        directory = root / container["cgroup_directory"].lstrip("/")
        directory.mkdir(parents=True, exist_ok=True)
        if (directory / "memory.peak").exists():
            (directory / "memory.peak").chmod(int(container["modes"]["memory.peak"], 8))
    return machine


_HYBRID_MOUNTS: Final = """\
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
38 31 0:35 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu
33 31 0:30 / /sys/fs/cgroup/cpuacct rw,relatime - cgroup cgroup rw,cpuacct
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
36 31 0:33 / /sys/fs/cgroup/blkio rw,relatime - cgroup cgroup rw,blkio
37 31 0:34 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
"""

_HYBRID_FILES: Final = {
    "cpuacct/{}/cpuacct.usage": "34193915\n",
    "memory/{}/memory.usage_in_bytes": "22302720\n",
    "memory/{}/memory.max_usage_in_bytes": "85630976\n",
    "memory/{}/memory.stat": "cache 21196800\ninactive_file 1\ntotal_cache 21196800\ntotal_inactive_file 20975616\n",
    "blkio/{}/blkio.throttle.io_service_bytes": "254:0 Read 4096\n254:0 Write 8192\n254:0 Total 12288\nTotal 12288\n",
    "blkio/{}/blkio.throttle.io_service_bytes_recursive": "254:0 Read 5\n254:0 Write 7\n254:0 Total 12\nTotal 12\n",
    "unified/{}/cpu.stat": "usage_usec 1\nuser_usec 1\nsystem_usec 0\n",
}


def lay_out_hybrid(root: Path, *, pid: int = 8122, path: str = f"/docker/{HYBRID_CONTAINER}") -> Path:
    """Write a machine whose controllers are on v1 while a v2 hierarchy without any is mounted too; return its root."""
    write_file(root, "/proc/self/mountinfo", _HYBRID_MOUNTS)
    controllers = ("blkio", "memory", "cpu,cpuacct", "name=systemd", "")
    lines = [f"{number}:{name}:{path}\n" for number, name in enumerate(controllers)]
    write_file(root, f"/proc/{pid}/cgroup", "".join(lines))
    write_file(
        root, f"/proc/{pid}/net/dev", "Inter-|\n face |\n    lo: 9 0 0 0 0 0 0 0 9 0\n  eth0:200 2 0 0 0 0 0 0 90 1\n"
    )
    for name, content in _HYBRID_FILES.items():
        write_file(root, "/sys/fs/cgroup/" + name.format(path.lstrip("/")), content)
    return root


def write_file(root: Path, path: str, content: str) -> None:
    """Write a file whose absolute path is taken below `root`."""
    file = root / path.lstrip("/")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content)
