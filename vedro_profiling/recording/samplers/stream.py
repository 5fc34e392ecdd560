"""Containers that only the engine can tell of: one stream of statistics for each, once a second."""

import contextlib
import threading
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from vedro_profiling.recording.clock import monotonic_ns
from vedro_profiling.recording.samplers import MISSING, Append
from vedro_profiling.recording.samplers.cgroup import Reading, Traffic
from vedro_profiling.recording.samplers.containers import Container
from vedro_profiling.recording.samplers.engine import Backoff, Engine, Stream, close_stream
from vedro_profiling.recording.samplers.stats import traffic_of, unix_ns, usage_of

__all__ = (
    "Arrival",
    "EngineClock",
    "StreamedLife",
)

_JUMP_NS: Final = 2_000_000_000
"""Two clocks that part by so much were set anew."""

_SELDOM_NS: Final = 1_500_000_000
"""Objects that come less often are not worth waiting for: Podman sends one in 5 s, but one at once to who asks anew."""


class EngineClock:
    """What to add to the engine's time to get ours; safe from any thread, one for all containers of an engine.

    The engine may be on another machine, whose clock shows another time. An answer arrives after it was made, so the
    least difference seen between the two is the truest: it is too great by the shortest way, milliseconds at most.

    >>> clock = EngineClock()
    >>> clock.offset_ns(1_000, arrived_at_ns=50), clock.offset_ns(2_000, arrived_at_ns=1_040)
    (-950, -960)
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._least_ns: int | None = None

    def offset_ns(self, unix_ns: int, *, arrived_at_ns: int) -> int:
        """Return the least difference so far, that of an object dated `unix_ns` included."""
        difference_ns = arrived_at_ns - unix_ns
        with self._lock:
            least_ns = self._least_ns
            if least_ns is None or difference_ns < least_ns or difference_ns > least_ns + _JUMP_NS:
                self._least_ns = least_ns = difference_ns
            return least_ns


class StreamedLife:
    """One life of a container, read from the engine's stream in a daemon thread; it hands over what arrives.

    The engine sends an object a second, with its own instant. What the container used before the first of them counts
    only if it started during the run; what it used after the last is lost. Objects about a container that does not
    run, and about a life after this one, end it. A stream that breaks is opened again.

    Parameters
    ----------
    container
        The life to follow.
    connect
        Makes a client of the engine; called in the thread, again after each loss.
    clock
        That of the engine.
    since_ns
        Start of the run: a container that started later counts from zero.
    hand_over, tell
        Take what arrives, and what the reader of the summary should know; called in the thread.
    """

    def __init__(  # noqa: PLR0913 - what to read, through what, and where to
        self,
        container: Container,
        connect: Callable[[], Engine],
        clock: EngineClock,
        *,
        since_ns: int,
        hand_over: Callable[["Arrival"], None],
        tell: Callable[[str], None],
    ) -> None:
        self.container = container
        self.source = MISSING
        self.born_at_ns: int | None = None
        self.answered = threading.Event()
        """Set when the first object is handed over, or when there will be none."""
        self._connect = connect
        self._clock = clock
        self._since_ns = since_ns
        self._hand_over = hand_over
        self._tell = tell
        self._offset_ns: int | None = None
        self._last = Reading(0, 0, 0, 0, 0)
        self._gap_ns = 0
        self._over = threading.Event()
        self._progress = threading.Condition()
        self._stream: Stream | None = None
        self._backoff = Backoff()
        self._thread = threading.Thread(target=self._run, name="vedro-profiling-docker-stats", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """End the life without waiting; nothing is handed over any more."""
        self._over.set()
        close_stream(self._stream)

    def hasten(self) -> None:
        """Let an object come soon, from an engine that sends them seldom: the stream is opened anew."""
        last_at_ns = self._last.at_ns
        if last_at_ns and max(self._gap_ns, monotonic_ns() - last_at_ns) > _SELDOM_NS:
            close_stream(self._stream)

    def await_object(self, since_ns: int, *, until_ns: int) -> None:
        """Wait for an object read at `since_ns` or later; not for one of a life that has ended or told nothing yet."""
        with self._progress:
            self._progress.wait_for(
                lambda: self._over.is_set() or self._last.at_ns == 0 or self._last.at_ns >= since_ns,
                max(0.0, (until_ns - monotonic_ns()) / 1e9),
            )

    def join(self, seconds: float) -> None:
        """Wait for the thread's end; one that hangs in a request ends with it, unattended."""
        self._thread.join(seconds)

    def _run(self) -> None:
        while not self._over.is_set():
            try:
                self._follow()
            except Exception as error:  # noqa: BLE001 - the thread boundary: any client may raise anything
                self._complain(error)
            self._backoff.wait(self._over)
        self.answered.set()
        with self._progress:
            self._progress.notify_all()

    def _complain(self, error: Exception) -> None:
        """Tell of a container that could never be read; of an engine that was lost the discovery tells."""
        if not self.answered.is_set() and not self._over.is_set():
            reason = " ".join(str(error).split()) or type(error).__name__
            self._tell(
                f"docker: the engine tells no statistics of {self.container.name} yet ({reason}); it is asked on"
            )
            self.answered.set()

    def _follow(self) -> None:
        with contextlib.closing(self._connect()) as engine:
            if not self._lives_on(engine):
                return
            self._stream = engine.stats(self.container.id)
            try:
                if self._over.is_set():  # `stop` came before there was a stream to close
                    return
                for stats in self._stream:
                    if self._over.is_set() or not (self._take(stats) or self._lives_on(engine)):
                        return
            finally:
                close_stream(self._stream)

    def _lives_on(self, engine: Engine) -> bool:
        """Ask whether the container still runs, and was not started again since; if so, the life is over."""
        answer = engine.inspect(self.container.id)
        container = None if answer is None else Container.from_inspection(answer)
        if container is None or container.started != self.container.started:
            self._over.set()
        return not self._over.is_set()

    def _take(self, stats: dict[str, Any]) -> bool:
        """Hand an object over, once; False if it cannot be of this life."""
        arrived_at_ns, read_ns = monotonic_ns(), unix_ns(stats["read"])
        cpu_ns, memory, working_set, peak = usage_of(stats)
        if read_ns < 0 or cpu_ns < self._last.cpu_ns:
            return False
        reading = Reading(cpu_ns, memory, working_set, peak, self._instant(read_ns, arrived_at_ns))
        if reading.at_ns > self._last.at_ns:
            self._hand_over(Arrival(self, reading, Traffic(*traffic_of(stats), reading.at_ns)))
            with self._progress:
                self._gap_ns = reading.at_ns - self._last.at_ns if self._last.at_ns else 0
                self._last = reading
                self._progress.notify_all()
        self._backoff.reset()
        self.answered.set()
        return True

    def _instant(self, read_ns: int, arrived_at_ns: int) -> int:
        """Map an instant to ours by the offset at the life's first object: intervals stay those of the engine."""
        offset_ns = self._clock.offset_ns(read_ns, arrived_at_ns=arrived_at_ns)
        if self._offset_ns is None:
            born_at_ns = unix_ns(self.container.started) + offset_ns
            self.born_at_ns = born_at_ns if born_at_ns > self._since_ns else None
        if self._offset_ns is None or abs(offset_ns - self._offset_ns) > _JUMP_NS:
            self._offset_ns = offset_ns
        return read_ns + self._offset_ns


class Arrival(NamedTuple):
    """What one object of a stream tells."""

    life: StreamedLife
    reading: Reading
    traffic: Traffic

    def append_reading(self, append: Append) -> None:
        """Append CPU and memory."""
        append(self.life.source, *self.reading)

    def append_traffic(self, append: Append) -> None:
        """Append network and disk."""
        append(self.life.source, *self.traffic)
