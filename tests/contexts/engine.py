"""The real Docker engine: a throw-away compose project on it, made of busybox.

Without an engine the scenarios are skipped, unless VEDRO_PROFILING_REQUIRE_DOCKER=1 says that there must be one:
they fail then.
"""

import contextlib
import functools
import io
import os
import re
import shutil
import tarfile
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import docker
import vedro
from docker.errors import APIError, DockerException, ImageNotFound
from docker.models.containers import Container

__all__ = (
    "IMAGE",
    "NO_ENGINE",
    "Project",
    "no_engine",
    "root_file_system",
    "wait_until",
)

NO_ENGINE: Final = "no Docker engine on this machine, or no static busybox to make an image of"

IMAGE: Final = "vedro-profiling-test:busybox"
_APPLETS: Final = ("cat", "dd", "false", "ping", "sh", "sleep", "sync", "time", "true")


def no_engine() -> bool:
    """Tell whether scenarios on the engine are to be skipped."""
    return _fault() is not None and os.environ.get("VEDRO_PROFILING_REQUIRE_DOCKER") != "1"


@functools.cache
def _fault() -> str | None:
    if not Path("/proc/self/cgroup").exists() or shutil.which("busybox") is None:
        return "this is no Linux with the package busybox-static"
    try:
        docker.from_env(timeout=5).ping()
    except (DockerException, OSError) as error:
        return str(error)
    return None


@functools.cache
def _client() -> docker.DockerClient:
    """Connect, and make the image if it is not there yet."""
    if _fault() is not None:
        raise RuntimeError(f"VEDRO_PROFILING_REQUIRE_DOCKER=1, but no engine can be used: {_fault()}")
    client = docker.from_env(timeout=60)
    try:
        client.images.get(IMAGE)
    except ImageNotFound:
        repository, tag = IMAGE.split(":")
        client.api.import_image_from_data(root_file_system(), repository=repository, tag=tag)
    return client


def root_file_system() -> bytes:
    """Pack what the image holds: one binary and its names."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.add(shutil.which("busybox") or "", "bin/busybox")
        for applet in _APPLETS:
            link = tarfile.TarInfo(f"bin/{applet}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            archive.addfile(link)
        folder = tarfile.TarInfo("tmp")
        folder.type, folder.mode = tarfile.DIRTYPE, 0o1777
        archive.addfile(folder)
    return buffer.getvalue()


class Project:
    """A compose project of a name of its own, whose containers are removed when the scenario ends."""

    def __init__(self, client: docker.DockerClient | None = None) -> None:
        self.name = f"vp-{uuid.uuid4().hex[:8]}"
        self.client = client or _client()
        vedro.defer(self.remove)

    def run(self, service: str, command: str = "exec sleep 600", *, number: int = 1, **options: Any) -> Container:
        """Start a container that runs a shell command."""
        return self.client.containers.run(
            IMAGE,
            ["sh", "-c", command],
            detach=True,
            name=self.container_name(service, number=number),
            labels={
                "com.docker.compose.project": self.name,
                "com.docker.compose.service": service,
                "com.docker.compose.container-number": str(number),
            },
            **options,
        )

    def run_many(self, service: str, command: str = "exec sleep 600", *, count: int) -> list[Container]:
        """Start containers without a network, some at a time."""
        with ThreadPoolExecutor(8) as pool:
            numbers = range(1, count + 1)
            return list(pool.map(lambda number: self.run(service, command, number=number, network="none"), numbers))

    def container_name(self, service: str, *, number: int = 1) -> str:
        return f"{self.name}-{service}-{number}"

    def service_names(self) -> dict[str, str]:
        """Name the containers of the project, whoever made them, with their services."""
        containers = self.client.containers.list(filters={"label": f"com.docker.compose.project={self.name}"})
        return {str(container.name): container.labels["com.docker.compose.service"] for container in containers}

    def burn(self, container: Container, *, rounds: int = 400_000) -> float:
        """Let a container compute; return the CPU seconds it used, as it measured them itself (in steps of 0.01)."""
        loop = f"i=0; while [ $i -lt {rounds} ]; do i=$((i+1)); done"
        output = container.exec_run(["sh", "-c", f"time sh -c '{loop}'"]).output
        used = re.findall(rb"(?:user|sys)\s+(\d+)m\s*([\d.]+)s", bytes(output))  # type: ignore[arg-type]  # not streamed
        return sum(60 * int(minutes) + float(seconds) for minutes, seconds in used)

    def allocate(self, container: Container, *, megabytes: int = 300) -> None:
        """Let a container hold memory for a moment."""
        container.exec_run(["dd", "if=/dev/zero", "of=/dev/null", f"bs={megabytes}M", "count=1"])

    def remove(self) -> None:
        """Remove all containers of the project, some at a time."""
        labels = f"com.docker.compose.project={self.name}"
        containers = self.client.containers.list(all=True, filters={"label": labels}, ignore_removed=True)
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(_remove, containers))


def _remove(container: Container) -> None:
    with contextlib.suppress(APIError):  # it may be on its way out already
        container.remove(force=True)


def wait_until(is_so: Callable[[], bool], *, what: str, seconds: float = 20) -> None:
    """Wait for something that another process does; fail with `what` if it never happens."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"waited {seconds:g} s for this: {what}"
        time.sleep(0.02)
