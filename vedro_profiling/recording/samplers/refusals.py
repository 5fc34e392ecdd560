"""Containers whose files cannot be read: one note tells of all that have the same reason."""

import re
from collections.abc import Callable
from typing import Final

__all__ = ("Refusals",)

_NAMED: Final = 5
"""How many containers a note names."""

_OWN: Final = re.compile(r"'.*?'|\w*\d\w*")
"""What is the container's own in a reason: paths, process numbers, ids."""


class Refusals:
    """Gathers containers that are read through the engine against the wish to read them directly.

    The first list of containers is told at once, when `tell_all` is called; of later ones only reasons that are new.
    All is called in one thread.

    Parameters
    ----------
    tell
        Takes a note.

    Example
    -------
    >>> refusals = Refusals(print)
    >>> for number in (1, 2):
    ...     refusals.add(f"app-{number}", ProcessLookupError(f"there is no process {number}"))
    >>> refusals.tell_all()
    docker: app-1, app-2 are read through the engine, once a second: there is no process 1
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._reasons: dict[str, str] = {}
        self._names: dict[str, list[str]] = {}
        self._told: set[str] = set()
        self._at_once = False

    def add(self, name: str, error: Exception) -> None:
        """Take a container and why its files cannot be read."""
        kind = _OWN.sub("", str(error))
        self._reasons.setdefault(kind, str(error))
        self._names.setdefault(kind, []).append(name)
        if self._at_once:
            self.tell_all()

    def tell_all(self) -> None:
        """Tell what was gathered; from now on a new reason is told at once."""
        self._at_once = True
        for kind, names in self._names.items():
            if kind not in self._told:
                self._tell(f"docker: {_listed(names)} through the engine, once a second: {self._reasons[kind]}")
        self._told.update(self._names)
        self._names.clear()


def _listed(names: list[str]) -> str:
    more = len(names) - _NAMED
    text = ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
    return f"{text} {'is' if len(names) == 1 else 'are'} read"
