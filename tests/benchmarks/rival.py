"""vedro-profiling 0.2.0 as published, in an environment of its own: the package bears the same name as ours."""

import functools
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

__all__ = (
    "RIVAL",
    "rival_python",
)

RIVAL: Final = "vedro-profiling 0.2.0"


@functools.cache
def rival_python() -> str | None:
    """Install it where it is deleted at exit, and return its interpreter; None if it cannot be had."""
    folder = Path(_folder().name)
    python = str(folder / "bin" / "python")
    steps = (
        ["uv", "venv", "--quiet", "--python", sys.executable, "--clear", str(folder)],
        ["uv", "pip", "install", "--quiet", "--python", python, RIVAL.replace(" ", "==")],
    )
    try:
        for step in steps:
            subprocess.run(step, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return python


@functools.cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    # Kept by the cache, and so deleted when the interpreter ends.
    return tempfile.TemporaryDirectory(prefix="vedro-profiling-rival-")
