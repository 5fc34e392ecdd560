"""The command line as its users have it: in this process, in one of its own, and at a terminal."""

import contextlib
import fcntl
import io
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

import vedro

from vedro_profiling.cli.entry import run

__all__ = ("AtTerminal", "Said", "command_of", "environment_of", "run_apart", "run_here")

# Takes the terminal on its stdin as its own, so that Ctrl-C there reaches it, and becomes the command line.
_AT_TERMINAL: Final = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, "-m", "vedro_profiling", *sys.argv[1:]])
"""


class Said(NamedTuple):
    """What a command line said, and its exit code."""

    code: int
    out: str
    err: str


def run_here(*arguments: object, encoding: str = "utf-8") -> Said:
    """Run a command line in this process, its output piped."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding=encoding) for _ in range(2))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run([str(argument) for argument in arguments])
    return Said(code, *(_content(stream) for stream in (out, err)))


def _content(stream: io.TextIOWrapper) -> str:
    stream.seek(0)
    return stream.read()


def command_of(*arguments: object) -> list[str]:
    """Return the command line as the arguments of a process."""
    return [sys.executable, "-m", "vedro_profiling", *map(str, arguments)]


def environment_of(**changes: str) -> Mapping[str, str]:
    """Return the environment without what would change the output."""
    told = {"COLUMNS", "NO_COLOR", "FORCE_COLOR", "PYTHONIOENCODING"}
    return {name: value for name, value in os.environ.items() if name not in told} | changes


def run_apart(*arguments: object, folder: Path | None = None, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run a command line in a process of its own, and wait a minute at most for its end."""
    return subprocess.run(
        command_of(*arguments),
        cwd=folder or vedro.create_tmp_dir(),
        env=environment_of(**environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


class AtTerminal:
    """A command line at a terminal of its own.

    Parameters
    ----------
    arguments
        Of the command line.
    folder
        Where it runs.
    columns
        The width of the terminal.
    environment
        What is different in its environment.
    """

    def __init__(
        self,
        arguments: Sequence[object],
        *,
        folder: Path,
        columns: int = 80,
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self.process = subprocess.Popen(
            [sys.executable, "-c", _AT_TERMINAL, *map(str, arguments)],
            cwd=folder,
            env=environment_of(**{"TERM": "xterm-256color", **environment}),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self.shown = ""

    def read_until(self, text: str) -> None:
        """Read what is shown until a text is."""
        while text not in self.shown:
            self.shown += os.read(self._ours, 4096).decode()

    def press(self, keys: bytes) -> None:
        """Type."""
        os.write(self._ours, keys)

    def read_to_end(self) -> int:
        """Read what is shown until the command line has ended, and return its exit code."""
        with contextlib.suppress(OSError):  # so Linux tells that nobody holds the other end
            while shown := os.read(self._ours, 4096):
                self.shown += shown.decode()
        os.close(self._ours)
        return self.process.wait(timeout=60)
