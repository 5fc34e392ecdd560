"""Which containers are wanted, and what the engine tells of one."""

import fnmatch
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

__all__ = (
    "Container",
    "Selection",
)

_PROJECT: Final = "com.docker.compose.project"
_SERVICE: Final = "com.docker.compose.service"


class Container(NamedTuple):
    """One life of a container: a restart changes `started` and `pid`, and the counters begin anew."""

    id: str
    name: str
    service: str | None
    pid: int
    started: str
    host_network: bool

    @classmethod
    def from_inspection(cls, answer: Mapping[str, Any]) -> "Container | None":
        """Read the engine's answer to `GET /containers/<id>/json`; None if the container does not run.

        >>> Container.from_inspection({"Id": "0bcc", "Name": "/app", "State": {"Running": False}}) is None
        True
        """
        state = answer["State"]
        if not state["Running"]:
            return None
        return cls(
            id=answer["Id"],
            name=answer["Name"].lstrip("/"),
            service=(answer["Config"].get("Labels") or {}).get(_SERVICE),
            pid=state["Pid"],
            started=state["StartedAt"],
            host_network=answer["HostConfig"].get("NetworkMode") == "host",
        )


class Selection(NamedTuple):
    """The containers of some compose projects, and those whose name fits one of some globs."""

    projects: Sequence[str]
    names: Sequence[str] = ()

    def includes(self, name: str, labels: Mapping[str, str]) -> bool:
        """Tell whether a container is wanted.

        >>> Selection(["shop"], ["db-*"]).includes("db-1", {})
        True
        """
        return labels.get(_PROJECT) in self.projects or any(fnmatch.fnmatchcase(name, glob) for glob in self.names)

    def explain_nothing_found(self, running_labels: Iterable[Mapping[str, str]]) -> str:
        """Say that none of the running containers is wanted, and which projects could be.

        >>> print(Selection(["compose"]).explain_nothing_found([]))
        docker: no running container of compose project "compose"; no compose project is running
        """
        wanted = f"of compose project {_listed(self.projects)}" if self.projects else ""
        named = f"named {_listed(self.names)}" if self.names else ""
        sought = " or ".join(part for part in (wanted, named) if part)
        running = sorted({labels[_PROJECT] for labels in running_labels if _PROJECT in labels})
        hint = f"running projects: {', '.join(running)} - set docker_compose_project_name"
        return f"docker: no running container {sought}; {hint if running else 'no compose project is running'}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
