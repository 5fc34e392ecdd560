"""Containers of a throw-away compose project that do nothing while they are read."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.contexts.engine import Project

__all__ = ("idle_containers",)


@contextmanager
def idle_containers(count: int) -> Iterator[str]:
    """Run containers as long as they are needed; yields the name of their compose project."""
    project = Project()
    try:
        for number in range(1, count + 1):
            project.run("idle", number=number)
        yield project.name
    finally:
        project.remove()
