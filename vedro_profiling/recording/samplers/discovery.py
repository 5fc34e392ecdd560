"""Follows the containers of an engine in a daemon thread, so that no reading ever waits for an engine."""

import contextlib
import threading
from collections.abc import Callable
from typing import Any, Final

from vedro_profiling.errors import ProfilingError
from vedro_profiling.recording.clock import monotonic_ns
from vedro_profiling.recording.samplers.containers import Container, Selection
from vedro_profiling.recording.samplers.engine import Backoff, Engine, Stream, close_stream

__all__ = ("Discovery",)

_JOIN_SECONDS: Final = 0.5


class Discovery:
    """Finds the wanted containers and follows their lives, through losses of the engine too.

    It subscribes to events before it takes the list, so no start is missed between the two; what is told twice
    counts once, for a life is known by its id and its start.

    Parameters
    ----------
    connect
        Makes a client of the engine; called again after each loss.
    attach
        Called once per life of a wanted container; OSError and ProfilingError mean that it cannot be read.
    refuse
        Called then, if the container runs all the same.
    leave
        Called with the id of a container that was signalled or ended, and whether it ended.
    finish_list
        Called after each list of running containers, when all of it was attached or refused.
    tell
        Takes what the reader of the summary should know, in any thread; the other four are called in the discovery
        thread.
    """

    def __init__(  # noqa: PLR0913 - where to look, what for, and whom to tell
        self,
        connect: Callable[[], Engine],
        selection: Selection,
        *,
        attach: Callable[[Container], None],
        refuse: Callable[[Container, Exception], None],
        leave: Callable[[str, bool], None],
        finish_list: Callable[[], None],
        tell: Callable[[str], None],
    ) -> None:
        self._connect = connect
        self._selection = selection
        self._attach = attach
        self._refuse = refuse
        self._leave = leave
        self._finish_list = finish_list
        self._tell = tell
        self._known: set[tuple[str, str]] = set()
        self._stopping = threading.Event()
        self._settled = threading.Event()
        self._stream: Stream | None = None
        self._backoff = Backoff()
        self._started_at_ns = 0
        self._listed = False
        self._complained = False
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="vedro-profiling-docker-discovery", daemon=True)

    @property
    def has_answered(self) -> bool:
        """Whether the engine gave its list of containers, be it an empty one."""
        return self._listed

    def start(self, *, wait_seconds: float) -> None:
        """Start following; return when the first list is through, or has failed, or after `wait_seconds`."""
        self._started_at_ns = monotonic_ns()
        self._thread.start()
        if not self._settled.wait(wait_seconds):
            self._note_silence(wait_seconds)

    def stop(self) -> None:
        """End the thread by closing what it waits for; one that hangs in a request ends with it, unattended."""
        self._stopping.set()
        close_stream(self._stream)
        if self._thread.is_alive():
            self._thread.join(_JOIN_SECONDS)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._follow()
            except Exception as error:  # noqa: BLE001 - the thread boundary: any client may raise anything; it is told
                self._complain(error)
            self._settled.set()
            self._backoff.wait(self._stopping)

    def _follow(self) -> None:
        with contextlib.closing(self._connect()) as engine:
            self._stream = engine.events()
            try:
                if self._stopping.is_set():  # `stop` came before there was a stream to close
                    return
                self._take_list(engine)
                for event in self._stream:
                    self._on_event(engine, event)
            finally:
                close_stream(self._stream)
        raise ConnectionError("the engine closed the event stream")

    def _take_list(self, engine: Engine) -> None:
        running = engine.running()
        wanted = [row["Id"] for row in running if self._selection.includes(_name(row), row.get("Labels") or {})]
        for container_id in wanted:
            self._look_at(engine, container_id)
        if not wanted and not self._listed:
            self._tell(self._selection.explain_nothing_found(row.get("Labels") or {} for row in running))
        self._finish_list()
        self._settle()

    def _settle(self) -> None:
        with self._lock:
            if self._complained and not self._listed and not self._stopping.is_set():
                late_seconds = (monotonic_ns() - self._started_at_ns) / 1e9
                self._tell(
                    f"docker: the engine answered {late_seconds:.1f} s into the run; containers are read from then on"
                )
            self._listed = True
            self._complained = False
            self._settled.set()
        self._backoff.reset()

    def _on_event(self, engine: Engine, event: dict[str, Any]) -> None:
        actor = event["Actor"]
        labels = actor["Attributes"]
        if event["Action"] in {"kill", "die"}:
            self._leave(actor["ID"], event["Action"] == "die")
        elif self._selection.includes(labels.get("name", ""), labels):
            self._look_at(engine, actor["ID"])

    def _look_at(self, engine: Engine, container_id: str) -> None:
        """Attach to a life not seen before; a name it gets later does not split its timeline."""
        container = _inspected(engine, container_id)
        if self._stopping.is_set() or container is None or (container.id, container.started) in self._known:
            return
        self._known.add((container.id, container.started))
        try:
            self._attach(container)
        except (OSError, ProfilingError) as error:
            if _inspected(engine, container_id) == container:
                self._refuse(container, error)
            else:
                self._tell(f"docker: {container.name} ended before it could be read")

    def _note_silence(self, waited_seconds: float) -> None:
        with self._lock:
            if not (self._settled.is_set() or self._complained):  # it may have settled this moment
                self._complained = True
                self._tell(
                    f"docker: the engine has not answered within {waited_seconds:g} s; "
                    "containers are read once it does; if it never does, set DOCKER_HOST to where it listens"
                )

    def _complain(self, error: Exception) -> None:
        """Tell of an engine that was lost or never reached, once until it is there."""
        with self._lock:
            if self._stopping.is_set() or self._complained:
                return
            self._complained = True
            reason = " ".join(str(error).split()) or type(error).__name__
            if self._listed:
                self._tell(
                    f"docker: the engine was lost during the run ({reason}); starts are not seen until it is back"
                )
            else:
                self._tell(
                    f"docker: no engine to be reached ({reason}); start it, or set DOCKER_HOST to where it listens"
                )


def _inspected(engine: Engine, container_id: str) -> Container | None:
    answer = engine.inspect(container_id)
    return None if answer is None else Container.from_inspection(answer)


def _name(row: dict[str, Any]) -> str:
    """Return the container's own name; one with a slash inside is another container's link to it."""
    names: list[str] = [name.lstrip("/") for name in row["Names"]]
    return next((name for name in names if "/" not in name), "")
