"""A socket that accepts whoever comes and never answers."""

import socket
from pathlib import Path

import vedro

__all__ = ("listen_in_silence",)


def listen_in_silence() -> str:
    """Open such a socket until the scenario ends; return what `DOCKER_HOST` has to be."""
    # The path of a socket may have 107 characters.
    path = Path(vedro.create_tmp_dir()) / "s"
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen(64)
    vedro.defer(listener.close)
    return f"unix://{path}"
