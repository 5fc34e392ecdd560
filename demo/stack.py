"""A little shop of three services in containers, made of one static busybox: `docker compose up` without a registry."""

import io
import os
import shutil
import tarfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from urllib.request import urlopen

import docker
from docker.errors import DockerException

PROJECT = "shop"
SERVICES = ("catalogue", "checkout", "reports")
IMAGE = "vedro-profiling-demo"

# CGI scripts: what is asked for stands in the query, EFFORT is what the service makes of it, in percent.
SCRIPTS = {
    "burn": "i=0; n=$((QUERY_STRING * ${EFFORT:-100} / 100)); while [ $i -lt $n ]; do i=$((i+1)); done",
    "hold": "dd if=/dev/zero of=/dev/null bs=$((QUERY_STRING * ${EFFORT:-100} / 100))M count=25 2>/dev/null",
}


@contextmanager
def running(efforts: Mapping[str, int] = MappingProxyType({})) -> Iterator[str | None]:
    """Start the services and name their addresses in the environment; yields why that was not possible, or None.

    `efforts` are percentages by service: 120 makes it work a fifth harder for the same answer.
    """
    try:
        client = docker.from_env(timeout=30)
        client.ping()
    except (DockerException, OSError):
        yield "no Docker engine answers"
        return
    busybox = shutil.which("busybox")
    if busybox is None:
        yield "there is no busybox to make an image of (Debian: apt-get install busybox-static)"
        return
    _remove(client)
    client.api.import_image_from_data(_root_file_system(Path(busybox)), repository=IMAGE, tag="latest")
    try:
        for service in SERVICES:
            os.environ[f"SHOP_{service.upper()}"] = _start(client, service, efforts.get(service, 100))
        yield None
    finally:
        _remove(client)


def _start(client: docker.DockerClient, service: str, effort: int) -> str:
    container = client.containers.run(
        IMAGE,
        ["httpd", "-f", "-p", "80", "-h", "/www"],
        name=f"{PROJECT}-{service}-1",
        labels={"com.docker.compose.project": PROJECT, "com.docker.compose.service": service},
        environment={"EFFORT": str(effort)},
        ports={"80/tcp": ("127.0.0.1", 0)},
        detach=True,
    )
    container.reload()
    published = (container.ports["80/tcp"] or [])[0]
    address = f"http://127.0.0.1:{published['HostPort']}/cgi-bin"
    for _ in range(100):
        if _answers(address):
            return address
        time.sleep(0.05)
    raise RuntimeError(f"{container.name} does not answer at {address}")


def _answers(address: str) -> bool:
    try:
        urlopen(f"{address}/burn?1", timeout=5).close()
    except OSError:
        return False
    return True


def _remove(client: docker.DockerClient) -> None:
    for container in client.containers.list(all=True, filters={"label": f"com.docker.compose.project={PROJECT}"}):
        container.remove(force=True)


def _root_file_system(busybox: Path) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.add(busybox, "bin/busybox")
        for applet in ("sh", "httpd", "dd", "echo"):
            link = tarfile.TarInfo(f"bin/{applet}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            archive.addfile(link)
        for name, command in SCRIPTS.items():
            script = f"#!/bin/sh\necho 'Content-Type: text/plain'; echo\n{command}\necho done\n".encode()
            entry = tarfile.TarInfo(f"www/cgi-bin/{name}")
            entry.size, entry.mode = len(script), 0o755
            archive.addfile(entry, io.BytesIO(script))
    return buffer.getvalue()
