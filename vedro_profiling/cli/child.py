"""A command as a child process: it gets the signals that are meant for it, and is waited for."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, Final

__all__ = ("run_child",)

_SIGNALS: Final = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT") if hasattr(signal, name)
]
_FROM_TERMINAL: Final = {getattr(signal, name, None) for name in ("SIGINT", "SIGQUIT")}


def run_child(command: Sequence[str], *, before_reaping: Callable[[], None]) -> int:
    """Run a command until it ends, whatever signals come meanwhile: the child gets them, this process stays.

    Ctrl-C at a terminal reaches the child without our help, and one that we pass on would be its second.

    Parameters
    ----------
    command
        The program and its arguments.
    before_reaping
        Called when the child has ended and the kernel still knows its name and what it used.

    Returns
    -------
    int
        The exit code of the child; 128 and the number of the signal that killed it, as shells have it.

    Raises
    ------
    OSError
        If the program cannot be run.
    """
    with _signals_passed_on() as passing:
        child = subprocess.Popen(list(command))  # noqa: S603 - to run what the user says is the purpose
        passing.to(child.pid)
        _wait_for_zombie(child.pid)
        before_reaping()
        passing.to(None)
        code = child.wait()
    return 128 - code if code < 0 else code


def _wait_for_zombie(pid: int) -> None:
    """Wait for the end of a child without reaping it, where the system can."""
    if hasattr(os, "waitid"):
        # A child is waited for once: whoever ignores SIGCHLD has none to wait for.
        with suppress(ChildProcessError):
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)


class _Passing:
    """Where signals go; those that come before there is a child wait for it."""

    def __init__(self) -> None:
        self._pid: int | None = None
        self._waiting: list[int] = []

    def to(self, pid: int | None) -> None:
        self._pid = pid
        for number in self._waiting:
            self.pass_on(number, None)
        self._waiting.clear()

    def pass_on(self, number: int, _: FrameType | None) -> None:
        if number in _FROM_TERMINAL and _is_in_foreground():
            return
        if self._pid is None:
            self._waiting.append(number)
            return
        with suppress(ProcessLookupError):
            os.kill(self._pid, number)


@contextmanager
def _signals_passed_on() -> Iterator[_Passing]:
    passing = _Passing()
    # What is ignored here, as `nohup` does it, the child ignores too.
    heard = [number for number in _SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    earlier: dict[int, Any] = {number: signal.signal(number, passing.pass_on) for number in heard}
    try:
        yield passing
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)


def _is_in_foreground() -> bool:
    """Tell whether a terminal sends its Ctrl-C to this process, and so to the child too."""
    if not hasattr(os, "tcgetpgrp"):
        return True
    try:
        terminal = os.open(os.ctermid(), os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)
