"""A Docker engine of a scenario's own, which may be stopped: beside the machine's, in a folder, without networks."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from unittest.mock import patch

import docker
import vedro
from docker.errors import DockerException

from tests.contexts.engine import IMAGE, no_engine, root_file_system, wait_until

__all__ = (
    "NO_PRIVATE_ENGINE",
    "PrivateEngine",
    "no_private_engine",
)

NO_PRIVATE_ENGINE: Final = "no second Docker engine can be started: that takes root, dockerd and busybox-static"

_PATIENCE_SECONDS: Final = 60
"""Beside other work two engines may take long to start."""

_WITHOUT_NETWORK: Final = ("--bridge=none", "--iptables=false", "--ip6tables=false", "--ip-masq=false")


def no_private_engine() -> bool:
    """Tell whether scenarios that stop an engine are to be skipped."""
    return no_engine() or os.geteuid() != 0 or None in (shutil.which("dockerd"), shutil.which("unshare"))


class PrivateEngine:
    """An engine at which `DOCKER_HOST` points until the scenario ends; its containers outlive its stops."""

    def __init__(self) -> None:
        # Not a folder of Vedro's: a socket's path may have 107 characters, and what is mounted in it must go first.
        # containerd takes no name that ends in an underscore, as random ones may.
        self.folder = Path(tempfile.mkdtemp(prefix="vp-engine-", suffix="x"))
        self.host = f"unix://{self.folder}/engine.sock"
        vedro.defer(self._remove)
        self.start()
        client = self.client()
        repository, tag = IMAGE.split(":")
        client.api.import_image_from_data(root_file_system(), repository=repository, tag=tag)
        pointed = patch.dict(os.environ, DOCKER_HOST=self.host)
        pointed.start()
        vedro.defer(pointed.stop)

    def client(self) -> docker.DockerClient:
        return docker.DockerClient(self.host, timeout=_PATIENCE_SECONDS)

    def start(self) -> None:
        """Start the engine, and wait until it answers."""
        name = self.folder.name
        command = [
            # In the machine's own network it would take away the bridge of the machine's engine.
            "unshare",
            "--net",
            "dockerd",
            f"--host={self.host}",
            f"--data-root={self.folder}/data",
            f"--exec-root={self.folder}/exec",
            f"--pidfile={self.folder}/pid",
            # It shares nothing with the machine's engine, and its containers live on while it does not.
            f"--containerd-namespace={name}",
            f"--containerd-plugins-namespace={name}-plugins",
            "--live-restore",
            *_WITHOUT_NETWORK,
        ]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        wait_until(self._answers, what="the private engine answers", seconds=_PATIENCE_SECONDS)

    def _answers(self) -> bool:
        with contextlib.suppress(DockerException, OSError):
            self.client().ping()
            return True
        return False

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(20)

    @contextlib.contextmanager
    def hanging(self) -> Iterator[None]:
        """Let the engine do nothing meanwhile, its sockets open."""
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def _remove(self) -> None:
        if self._process.poll() is not None:
            self.start()
        for container in self.client().containers.list(all=True):
            container.remove(force=True)
        self.stop()
        subprocess.run(["umount", self.folder / "data"], check=False, stderr=subprocess.DEVNULL)
        shutil.rmtree(self.folder)
