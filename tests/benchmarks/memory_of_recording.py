"""Record scripted samplers by a clock that jumps: prints how many readings, and by how many MB the process grew."""

import sys
import threading
from pathlib import Path

from vedro_profiling.recording.facts import run_facts
from vedro_profiling.recording.journal_writer import Journal
from vedro_profiling.recording.recorder import Recorder
from vedro_profiling.recording.samplers import Append, Roster, Source

PERIOD_SECONDS = 0.1
PERIOD_NS = 100_000_000


class JumpingTime:
    """Time in which every wait is over at once, until the ticks are used up."""

    def __init__(self, ticks: int) -> None:
        self.now_ns = PERIOD_NS
        self.is_over = threading.Event()
        self._end_ns = self.now_ns + ticks * PERIOD_NS

    def monotonic_ns(self) -> int:
        return self.now_ns

    def wait(self, stop: threading.Event, seconds: float) -> None:
        if self.now_ns >= self._end_ns:
            self.is_over.set()
            stop.wait()
        self.now_ns += round(seconds * 1e9)


class Steady:
    """Targets that use the same at each reading."""

    method = "docker"
    is_available = True

    def __init__(self, time: JumpingTime, targets: int) -> None:
        self._time = time
        self._targets = targets
        self._numbers: list[int] = []
        self.readings = 0

    def open(self, roster: Roster) -> None:
        self._numbers = [
            roster.add_source(Source(self.method, f"app-{number}", "script")) for number in range(self._targets)
        ]

    def read(self, append: Append, *, at_border: bool = False) -> None:
        del at_border
        at_ns = self._time.now_ns
        for number in self._numbers:
            append(number, at_ns // 10, 100_000_000, 90_000_000, 110_000_000, at_ns)
        self.readings += self._targets

    def read_traffic(self, append: Append) -> None:
        at_ns = self._time.now_ns
        for number in self._numbers:
            append(number, at_ns, at_ns, at_ns, at_ns, at_ns)
        self.readings += self._targets

    def await_last(self) -> bool:
        return False

    def close(self) -> None:
        """Nothing was opened."""


def resident_mb(field: str = "VmRSS") -> float:
    """Read what the kernel counts for this process, mapped files included."""
    status = Path("/proc/self/status").read_text("utf-8")
    return int(status.partition(f"{field}:")[2].split()[0]) / 1000


def main(folder: Path, ticks: int, targets: int) -> None:
    """Record, and print what it cost in memory."""
    time = JumpingTime(ticks)
    sampler = Steady(time, targets)
    journal = Journal(folder, run_facts("night", process="vedro", tags={}, poll_time=PERIOD_SECONDS))
    recorder = Recorder([sampler], journal, poll_seconds=PERIOD_SECONDS, monotonic_ns=time.monotonic_ns, wait=time.wait)
    before_mb = resident_mb()
    recorder.start()
    time.is_over.wait()
    grown_mb = max(resident_mb(), resident_mb("VmHWM")) - before_mb
    recorder.stop()
    assert journal.notes == [], journal.notes
    sys.stdout.write(f"{sampler.readings} {grown_mb}")
    journal.close(discard=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
