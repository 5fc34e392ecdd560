"""Recording without an operating system: time that moves when told, scripted samplers, readings by hand."""

import struct
import threading
from collections.abc import Mapping, Sequence
from typing import Any, Final

from vedro_profiling.recording.journal import Readings
from vedro_profiling.recording.samplers import MISSING, Append, Roster, Source

__all__ = (
    "MILLISECOND",
    "SECOND",
    "InMemoryRoster",
    "Reading",
    "ScriptedSampler",
    "SteppedTime",
    "make_readings",
    "pack",
    "unpack",
)

MILLISECOND: Final = 1_000_000
SECOND: Final = 1_000_000_000

Reading = tuple[int, int, int, int, int, int]

_READING: Final = struct.Struct("<6q")


def pack(readings: Sequence[Reading]) -> bytes:
    """Lay readings out as a buffer stores them."""
    return b"".join(_READING.pack(*reading) for reading in readings)


def unpack(blocks: Sequence[bytes]) -> list[Reading]:
    """Read the readings of a buffer back; those without an instant were never made."""
    numbers = [_READING.unpack_from(block, at) for block in blocks for at in range(0, len(block), _READING.size)]
    return [(a, b, c, d, e, at_ns) for a, b, c, d, e, at_ns in numbers if at_ns]


def make_readings(  # noqa: PLR0913 - a table for each parameter
    sources: Sequence[Source] = (),
    *,
    ticks: Sequence[Reading] = (),
    borders: Sequence[Reading] = (),
    traffic: Sequence[Reading] = (),
    scenarios: Sequence[dict[str, Any]] = (),
    tags: Mapping[str, str] | None = None,
) -> Readings:
    """Make what a run leaves; its clock starts at the Unix epoch, so that times are what the readings say."""
    return Readings(
        facts={
            "run": "run-1",
            "process": "vedro",
            "tags": dict(tags or {}),
            "anchor": {"unix_ns": 0, "monotonic_ns": 0},
        },
        sources=list(sources),
        scenarios=list(scenarios),
        notes=[],
        tables={"ticks": [pack(ticks)], "borders": [pack(borders)], "traffic": [pack(traffic)]},
    )


class InMemoryRoster:
    """Keeps what samplers make known."""

    def __init__(self) -> None:
        self.sources: list[Source] = []
        self.notes: list[str] = []

    def add_source(self, source: Source) -> int:
        self.sources.append(source)
        return len(self.sources) - 1

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)


class SteppedTime:
    """Time that passes only when somebody waits for it, or takes it.

    After `waits` waits a recorder's thread rests until it is stopped, so that nothing moves while a scenario looks.
    """

    def __init__(self, *, waits: int = 0, start_ns: int = SECOND) -> None:
        self.now_ns = start_ns
        self.waited: list[float] = []
        self._waits_left = waits
        self._is_at_rest = threading.Event()

    def monotonic_ns(self) -> int:
        return self.now_ns

    def pass_by(self, nanoseconds: int) -> None:
        self.now_ns += nanoseconds

    def wait(self, stop: threading.Event, seconds: float) -> None:
        if self._waits_left == 0:
            self._is_at_rest.set()
            stop.wait(30)
            return
        self._waits_left -= 1
        self.waited.append(seconds)
        self.pass_by(round(seconds * SECOND))

    def run_out(self) -> None:
        """Let the recorder's thread use all its waits."""
        assert self._is_at_rest.wait(30), "the recorder's thread has not come to rest"


class ScriptedSampler:
    """A source whose CPU counter is the number of its readings.

    Parameters
    ----------
    takes_ns
        How long each reading takes; those beyond take nothing.
    fails_in
        The calls that raise, such as `read` or `close`.
    """

    def __init__(
        self,
        time: SteppedTime,
        *,
        method: str = "default",
        target: str = "scripted",
        takes_ns: Sequence[int] = (),
        fails_in: Sequence[str] = (),
    ) -> None:
        self.method = method
        self.is_available = True
        self.target = target
        self.calls: list[tuple[str, int]] = []
        self._time = time
        self._takes_ns = list(takes_ns)
        self._fails_in = fails_in
        self._readings = 0
        self._source = MISSING

    def _called(self, name: str) -> None:
        self.calls.append((name, self._time.now_ns))
        if name in self._fails_in:
            raise ValueError(f"{name} went wrong")

    def instants_of(self, name: str) -> list[int]:
        return [at_ns for call, at_ns in self.calls if call == name]

    def open(self, roster: Roster) -> None:
        self._called("open")
        self._source = roster.add_source(Source(self.method, self.target, "script"))

    def read(self, append: Append, *, at_border: bool = False) -> None:
        self._called("read_at_border" if at_border else "read")
        self._readings += 1
        append(self._source, self._readings, 2, 3, 4, self._time.now_ns)
        if self._takes_ns:
            self._time.pass_by(self._takes_ns.pop(0))

    def read_traffic(self, append: Append) -> None:
        self._called("read_traffic")
        append(self._source, 5, 6, 7, 8, self._time.now_ns)

    def await_last(self) -> bool:
        self._called("await_last")
        return False

    def close(self) -> None:
        self._called("close")
