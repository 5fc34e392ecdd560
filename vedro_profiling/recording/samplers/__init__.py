"""One module per source of readings; each has a class that keeps to `Sampler`.

To add a source: write a class with these methods, give it to its method in `session.session.make_samplers`,
and let the suite in `tests/contract` run over it.
"""

from collections.abc import Callable
from typing import Final, NamedTuple, Protocol

__all__ = (
    "MISSING",
    "Append",
    "Roster",
    "Sampler",
    "Source",
)

MISSING: Final = -1
"""Stands in a raw reading for a value that was not read; it becomes no point."""


Append = Callable[[int, int, int, int, int, int], None]
"""Stores one reading; about 0.2 us, no object is kept.

`ticks` and `borders` take (source, CPU ns, memory bytes, working set bytes, peak bytes, instant);
`traffic` takes (source, bytes received, sent, read, written, instant). Counters are cumulative, `MISSING` stands
for what was not read, the instant is `clock.monotonic_ns()` taken beside the CPU reading.
"""


class Source(NamedTuple):
    """The life of one set of counters: they start at zero once and only grow.

    A container that restarts is a new source of the same target, for its counters start anew.
    """

    method: str
    target: str
    reader: str
    """How it is read, in the words of the summary: `cgroup v1`, `cgroup v2`, `engine`, `/proc`, `psutil`."""
    service: str | None = None
    cores: int = 1
    """What `cpu_percent` is divided by: the machine's CPUs for `system`, 1 for all others."""
    born_at_ns: int | None = None
    """Monotonic instant at which the counters were zero, if that was during the run: they then count from zero."""
    peak_resets: bool = False
    """Whether each reading resets the kernel's high-water mark; if not, a peak is told only when it grew."""
    has_border_readings: bool = True
    """Whether it is read at scenario borders too; if not, what its counters grew across one is split by time."""


class Roster(Protocol):
    """Where a sampler makes known what it found; every call is safe from any thread."""

    def add_source(self, source: Source) -> int:
        """Enter a source and return the number under which its readings are stored."""

    def note(self, text: str) -> None:
        """Tell the reader of the summary something, once however often it is said."""


class Sampler(Protocol):
    """A source of readings.

    The recorder calls each method under one lock, so a sampler needs none of its own. Nothing here may wait
    for an engine or a disk, except `open`, which may take up to two seconds, and `await_last`.
    """

    method: str

    @property
    def is_available(self) -> bool:
        """Whether it can read at all: false while no engine has answered, say. It may find nothing all the same."""

    def open(self, roster: Roster) -> None:
        """Find the targets and open what is read; called once, in the thread that starts the run."""

    def read(self, append: Append, *, at_border: bool = False) -> None:
        """Read CPU, memory and peak of every target: on each tick, and at each scenario border.

        At a border the working set may be left out: the test run waits meanwhile, and its file is the dearest.
        """

    def read_traffic(self, append: Append) -> None:
        """Read network and disk counters of every target: about once a second."""

    def await_last(self) -> bool:
        """Wait for what is on its way about the run that has just ended; true if it is to be read.

        Called once, between a last reading and the end; it may take up to 1.5 s.
        """

    def close(self) -> None:
        """Close what was opened; may be called twice."""
