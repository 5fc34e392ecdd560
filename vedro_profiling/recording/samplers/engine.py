"""The Docker engine, as far as a recording asks it; whatever speaks its API through `DOCKER_HOST` serves."""

import contextlib
import json
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, Protocol

from vedro_profiling.recording.clock import now_unix_ns

if TYPE_CHECKING:
    from requests import Response

__all__ = (
    "Backoff",
    "Engine",
    "Stream",
    "close_stream",
    "connect_from_environment",
)

_EVENTS: Final = ("start", "kill", "die", "rename")

_ANSWER_SECONDS: Final = 5.0
"""How long one answer may take; only daemon threads wait, and they outlive a run by no more than this."""

_FIRST_DELAY_SECONDS: Final = 0.2
_LONGEST_DELAY_SECONDS: Final = 5.0


class Stream(Protocol):
    """Objects as the engine sends them; `close` from another thread ends the iteration."""

    def __iter__(self) -> Iterator[dict[str, Any]]: ...

    def close(self) -> None:
        """Stop the stream."""


def close_stream(stream: Stream | None) -> None:
    """Close a stream, if there is one.

    Two threads may close it at once, and a stream over SSH cannot be closed: neither is a fault.
    """
    if stream is not None:
        with contextlib.suppress(Exception):
            stream.close()


class Backoff:
    """How long to wait before a lost engine is asked again: twice as long each time, 5 s at most."""

    def __init__(self) -> None:
        self._seconds = _FIRST_DELAY_SECONDS

    def wait(self, over: threading.Event) -> None:
        """Wait, until `over` is set at the longest."""
        over.wait(self._seconds)
        self._seconds = min(2 * self._seconds, _LONGEST_DELAY_SECONDS)

    def reset(self) -> None:
        """Begin anew, for the engine answered."""
        self._seconds = _FIRST_DELAY_SECONDS


class Engine(Protocol):
    """What is asked of an engine. Every call may block and may raise whatever its client raises."""

    def events(self) -> Stream:
        """Subscribe to the starts, signals, ends and renames of containers."""

    def running(self) -> list[dict[str, Any]]:
        """List the running containers, each with `Id`, `Names` and `Labels`."""

    def inspect(self, container_id: str) -> dict[str, Any] | None:
        """Return what the engine knows of a container; None if there is none of this id any more."""

    def stats(self, container_id: str) -> Stream:
        """Subscribe to the statistics of a container: one object a second."""

    def close(self) -> None:
        """Close idle connections."""


class _SdkEngine:
    """An engine through the Docker SDK."""

    def __init__(self) -> None:
        import docker
        from docker.errors import NotFound

        self._api = docker.from_env(timeout=_ANSWER_SECONDS).api  # type: ignore[arg-type]  # requests takes a float
        self._not_found = NotFound

    def events(self) -> Stream:
        # The engine answers before it subscribes us; what happened in between it replays, from the whole second on.
        filters = {"type": "container", "event": list(_EVENTS)}
        stream: Stream = self._api.events(since=now_unix_ns() // 1_000_000_000, filters=filters, decode=True)
        return stream

    def running(self) -> list[dict[str, Any]]:
        answer: list[dict[str, Any]] = self._api.containers()
        return answer

    def inspect(self, container_id: str) -> dict[str, Any] | None:
        try:
            answer: dict[str, Any] = self._api.inspect_container(container_id)
        except self._not_found:
            return None
        return answer

    def stats(self, container_id: str) -> Stream:
        from docker.types import CancellableStream

        # The SDK's own `stats` cannot be closed from another thread.
        url = f"{self._api.base_url}/v{self._api.api_version}/containers/{container_id}/stats"
        response = self._api.get(url, params={"stream": "true"}, stream=True, timeout=_ANSWER_SECONDS)
        try:
            response.raise_for_status()
        except OSError:
            response.close()
            raise
        stream: Stream = CancellableStream(_objects(response), response)
        return stream

    def close(self) -> None:
        self._api.close()


def _objects(response: "Response") -> Iterator[dict[str, Any]]:
    with response:
        for line in response.iter_lines():
            yield json.loads(line)


def connect_from_environment() -> Engine:
    """Connect to the engine that `DOCKER_HOST` names, else to the local one; contexts are not looked at.

    The SDK is imported here, where it costs the discovery thread 0.2 s and nobody else.

    Raises
    ------
    docker.errors.DockerException
        If no engine answers there.
    """
    return _SdkEngine()
