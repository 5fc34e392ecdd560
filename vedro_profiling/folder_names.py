"""Folders named for a run: its id may be any text, the name of a folder may not."""

import re
from typing import Final

__all__ = ("folder_name",)

_UNSAFE: Final = re.compile(r"[^\w.-]+")
# Windows opens a device, whatever follows such a name after a dot.
_DEVICE: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
_LONGEST: Final = 80
_MOST_BYTES: Final = 240
"""Of 255 that a file system takes; some letters are four of them."""


def folder_name(run: str) -> str:
    """Name a folder for a run, so that it is one folder, and a folder, on every system.

    >>> folder_name("../night 7"), folder_name("nul"), folder_name("..")
    ('night_7', '_nul', 'run')
    """
    letters = _UNSAFE.sub("_", run)[:_LONGEST]
    name = letters.encode()[:_MOST_BYTES].decode(errors="ignore").strip("._-") or "run"
    return f"_{name}" if _DEVICE.match(name) else name
