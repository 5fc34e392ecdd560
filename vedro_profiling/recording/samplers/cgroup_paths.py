"""Where the cgroup of a container is, whatever the hierarchy, the driver and the nesting.

What kernels and engines really show, and why a part of a path proves whose it is: `facts/cgroup2.md`.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from vedro_profiling.errors import RecordingError

__all__ = (
    "Directories",
    "find_directories",
)


class Directories(NamedTuple):
    """The places to read a container at; a controller that is not mounted has none."""

    version: Literal[1, 2]
    cpu: Path | None
    memory: Path | None
    disk: Path | None
    process: Path


class _Mount(NamedTuple):
    root: str
    point: Path
    controllers: frozenset[str] | None
    """Those of a v1 hierarchy; None is the unified hierarchy, v2."""


def find_directories(pid: int, container_id: str, *, root: Path = Path("/")) -> Directories:
    """Find the cgroup directories of a container by its first process.

    A path counts only if one of its parts bears the container's id, and is cut behind that part: another process
    may have the same pid here when the engine is remote, and a container that runs systemd moves its processes
    into cgroups of their own below.

    Parameters
    ----------
    pid
        `State.Pid` of the container, as the engine tells it.
    container_id
        The full id, 64 hex digits.
    root
        What stands for `/`; a recorded tree can be read in place of the machine.

    Raises
    ------
    ProcessLookupError
        If there is no such process here: the container ended, or the engine runs elsewhere.
    RecordingError
        If the process is somebody else's, or its cgroup is not mounted where we can see it.

    Example
    -------
    >>> from pathlib import Path
    >>> find_directories(4194305, "54cb0d31", root=Path("/"))
    Traceback (most recent call last):
        ...
    ProcessLookupError: there is no process 4194305 here: the container ended, or its engine runs elsewhere
    """
    process = root / "proc" / str(pid)
    try:
        paths = _cgroup_paths((process / "cgroup").read_text())
    except (FileNotFoundError, ProcessLookupError):
        raise ProcessLookupError(
            f"there is no process {pid} here: the container ended, or its engine runs elsewhere"
        ) from None
    mounts = list(_mounts(root))
    version = _version(mounts)

    def directory(controller: str) -> Path | None:
        return _directory(mounts, paths, controller if version == 1 else "", container_id)

    cpu, memory = directory("cpuacct"), directory("memory")
    disk = directory("blkio") if version == 2 or _counts_disk(mounts) else None  # noqa: PLR2004 - cgroup v2
    if cpu is None and memory is None:
        raise RecordingError(
            f"the cgroup of process {pid} is not mounted here: expected /proc/self/mountinfo to show its hierarchy"
        )
    return Directories(version, cpu, memory, disk, process)


def _cgroup_paths(content: str) -> dict[str, str]:
    """Map each controller to its cgroup path, and `""` to the one of the unified hierarchy."""
    paths = {}
    for line in content.splitlines():
        _, controllers, path = line.split(":", 2)
        paths.update(dict.fromkeys(controllers.split(","), path))
    return paths


def _mounts(root: Path) -> Iterator[_Mount]:
    """Read the cgroup mounts; fields: proc_pid_mountinfo(5)."""
    for line in (root / "proc/self/mountinfo").read_text().splitlines():
        fields, _, tail = line.partition(" - ")
        kind, _, options = tail.split(" ", 2)
        if kind in {"cgroup", "cgroup2"}:
            cgroup, point = (_unescaped(field) for field in fields.split(" ")[3:5])
            controllers = frozenset(options.split(",")) if kind == "cgroup" else None
            yield _Mount(cgroup, root / point.lstrip("/"), controllers)


def _unescaped(field: str) -> str:
    return re.sub(r"\\(\d{3})", lambda match: chr(int(match[1], 8)), field)


def _version(mounts: list[_Mount]) -> Literal[1, 2]:
    """Tell which hierarchy holds the controllers.

    On a hybrid machine a cgroup2 mount and a `0::` line exist too, but memory and CPU belong to v1.
    """
    taken = frozenset[str]().union(*(mount.controllers for mount in mounts if mount.controllers is not None))
    return 1 if taken & {"memory", "cpuacct"} else 2


def _counts_disk(mounts: list[_Mount]) -> bool:
    """Tell whether a v1 kernel counts bytes of disks: since 6.10 it does not before somebody sets a limit.

    The root then lists no device, and every container would show zeros (Linux, "blk-throttle: delay initialization
    until configuration").
    """
    for mount in mounts:
        if mount.root == "/" and "blkio" in (mount.controllers or ()):
            counters = mount.point / "blkio.throttle.io_service_bytes"
            return not counters.exists() or "Read" in counters.read_text()
    return True


def _directory(mounts: list[_Mount], paths: dict[str, str], controller: str, container_id: str) -> Path | None:
    if controller not in paths:
        return None
    own = _cut(paths[controller], container_id)
    for mount in mounts:
        serves = mount.controllers is None if not controller else controller in (mount.controllers or ())
        below = _below(own, mount.root)
        if serves and below is not None and (mount.point / below).is_dir():
            return mount.point / below
    return None


def _cut(path: str, container_id: str) -> str:
    parts = path.split("/")
    for position, part in enumerate(parts):
        if container_id in part:
            return "/".join(parts[: position + 1])
    raise RecordingError(
        f"cgroup {path!r} does not bear the container's id {container_id[:12]}: the process is somebody else's, "
        "for the engine runs elsewhere or hides its processes"
    )


def _below(path: str, mount_root: str) -> str | None:
    """Return the part of `path` below the mount's root; None if it is outside, as seen from inside a container."""
    prefix = mount_root.rstrip("/") + "/"
    return path[len(prefix) :] if path.startswith(prefix) and ".." not in path.split("/") else None
