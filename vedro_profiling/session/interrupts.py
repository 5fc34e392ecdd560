"""Ctrl-C at the end of a run, when most people press it once more."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

__all__ = ("interrupts_put_off",)

_PATIENCE_SECONDS: Final = 2.0


@contextmanager
def interrupts_put_off(*, monotonic: Callable[[], float] = time.monotonic) -> Iterator[list[int]]:
    """Let Ctrl-C wait, in the main thread, while the block writes what was recorded.

    One that comes two seconds after the first ends the block all the same: whoever presses it then means it. Nothing is
    put off where SIGINT is ignored or kills, nor outside the main thread, which alone hears of signals.

    Parameters
    ----------
    monotonic
        The clock.

    Yields
    ------
    list of int
        A signal for each that came. To tell of them after the block is up to the caller.

    Raises
    ------
    KeyboardInterrupt
        In the block, at a Ctrl-C that waits no longer.

    Examples
    --------
    >>> with interrupts_put_off() as came:
    ...     signal.raise_signal(signal.SIGINT)
    >>> came == [signal.SIGINT]
    True
    """
    came: list[int] = []
    earlier = signal.getsignal(signal.SIGINT)
    if not callable(earlier) or threading.current_thread() is not threading.main_thread():
        yield came
        return
    ends_at = float("inf")

    def put_off(number: int, _: object) -> None:
        nonlocal ends_at
        now = monotonic()
        if now >= ends_at:
            raise KeyboardInterrupt
        ends_at = min(ends_at, now + _PATIENCE_SECONDS)
        came.append(number)

    signal.signal(signal.SIGINT, put_off)
    try:
        yield came
    finally:
        signal.signal(signal.SIGINT, earlier)
