"""Threads of ours, which are known by their names."""

import threading
from typing import Final

__all__ = ("our_threads",)

_PREFIX: Final = "vedro-profiling"
"""How the names of all of them begin: those of lanes, and of helpers that talk to the engine."""


def our_threads() -> list[threading.Thread]:
    """List the threads that recording has running."""
    return [thread for thread in threading.enumerate() if thread.name.startswith(_PREFIX)]
