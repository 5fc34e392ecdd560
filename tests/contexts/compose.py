"""A real compose project, as the command of compose makes it."""

import functools
import shutil
import subprocess
from pathlib import Path
from typing import Final

import vedro

__all__ = ("NO_COMPOSE", "Compose", "no_compose")

NO_COMPOSE: Final = "neither docker-compose nor docker compose is on this machine"


@functools.cache
def _command() -> list[str] | None:
    if shutil.which("docker-compose") is not None:
        return ["docker-compose"]
    plugin = ["docker", "compose"]
    if shutil.which("docker") is None or _run([*plugin, "version"]).returncode != 0:
        return None
    return plugin


def _run(command: list[str], folder: Path | None = None) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, cwd=folder, check=False, capture_output=True, encoding="utf-8", timeout=120)


def no_compose() -> bool:
    """Tell whether scenarios with compose are to be skipped."""
    return _command() is None


class Compose:
    """A project of a file, which is taken down when the scenario ends."""

    def __init__(self, name: str, file: str) -> None:
        self.name = name
        self._folder = Path(vedro.create_tmp_dir())
        (self._folder / "docker-compose.yml").write_text(file, encoding="utf-8")

    def up(self, *options: str) -> None:
        """Start its services in the background."""
        vedro.defer(self._compose, "down", "--timeout", "0")
        self._compose("up", "-d", *options)

    def _compose(self, *arguments: str) -> None:
        ended = _run([*(_command() or ()), "-p", self.name, *arguments], self._folder)
        assert ended.returncode == 0, ended.stderr
