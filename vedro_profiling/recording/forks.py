"""A test that forks while recording threads run: what Python says about these threads is not the test's to hear."""

import functools
import os
import threading
import warnings
from pathlib import Path

from vedro_profiling.recording.threads import our_threads

__all__ = ("hush_forks",)


@functools.cache
def hush_forks() -> None:
    """Keep Python 3.12 and later from warning of a fork that only our own threads make unsafe, from now on.

    Our threads hold no lock that a child takes: it uses neither journal nor recorder. Where the first fork finds
    threads of the test's own, it is warned as it would be without us. Hooks of a fork cannot be taken back, and Python
    warns before or after those of the parent, by version: so the filter stays.
    """
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=_hush)


def _hush() -> None:
    ours = len(our_threads())
    if ours and _count_threads() == ours + 1:
        warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)


def _count_threads() -> int:
    """Count as Python does: those of the kernel where it tells them, else those of Python."""
    try:
        return len(list(Path("/proc/self/task").iterdir()))
    except OSError:
        return threading.active_count()
