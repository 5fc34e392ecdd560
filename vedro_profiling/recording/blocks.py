"""Readings that lie elsewhere, on disk or in mapped memory: fetched block by block, and by spans of time."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Final, NamedTuple, overload

__all__ = (
    "ALL_TIME",
    "READING_BYTES",
    "Blocks",
    "Table",
    "Window",
    "make_windows",
)

_WORDS: Final = 6
READING_BYTES: Final = 8 * _WORDS
"""Six int64: the source, four values and, last, the instant."""


class Window(NamedTuple):
    """A span of monotonic time: `begin_ns` lies in it, `end_ns` does not."""

    begin_ns: int
    end_ns: int


ALL_TIME: Final = Window(-(2**63), 2**63 - 1)


class Blocks(Sequence[bytes]):
    """Blocks of whole readings; each is fetched anew whenever it is asked for, so that none stays in memory."""

    def __init__(self, fetchers: Iterable[Callable[[], bytes]]) -> None:
        self.fetchers = list(fetchers)

    @classmethod
    def joined(cls, files: "Iterable[Blocks]") -> "Blocks":
        """Put the blocks of several files one after the other."""
        return cls(fetch for blocks in files for fetch in blocks.fetchers)

    def __len__(self) -> int:
        return len(self.fetchers)

    @overload
    def __getitem__(self, place: int) -> bytes: ...

    @overload
    def __getitem__(self, place: slice) -> "Blocks": ...

    def __getitem__(self, place: int | slice) -> "bytes | Blocks":
        return Blocks(self.fetchers[place]) if isinstance(place, slice) else self.fetchers[place]()


class _Span(NamedTuple):
    first_ns: int
    last_ns: int
    readings: int


class Table:
    """The blocks of a table, and from when to when the readings in each reach."""

    def __init__(self, blocks: Sequence[bytes]) -> None:
        self._blocks = blocks

    @property
    def most_readings(self) -> int:
        """How many there are if every block is full; only the first is fetched."""
        return len(self._blocks) * (len(self._blocks[0]) // READING_BYTES) if self._blocks else 0

    @cached_property
    def spans(self) -> "list[_Span]":
        """The span of each block; the first use fetches every one."""
        return [_span(block) for block in self._blocks]

    def within(self, window: Window) -> Iterator[bytes]:
        """Yield the blocks that have a reading in a window, in their order; they may have others too."""
        if window == ALL_TIME:
            yield from self._blocks
            return
        for place, span in enumerate(self.spans):
            if span.readings and span.first_ns < window.end_ns and span.last_ns >= window.begin_ns:
                yield self._blocks[place]


def make_windows(tables: Iterable[Table], *, most: int, origin_ns: int) -> list[Window]:
    """Cut the time of a run into windows of about `most` readings, without gaps and without ends.

    What is cut is time and not files, for readings need not lie in the order of their instants. A window is as long as
    its blocks want, so it may hold the readings of a block more for each file.

    Parameters
    ----------
    tables
        All tables of the run.
    most
        How many readings fit; a run that has no more is one window, and is not looked into.
    origin_ns
        Cuts lie whole microseconds from here, so that readings of one microsecond stay together.
    """
    tables = list(tables)
    if sum(table.most_readings for table in tables) <= most:
        return [ALL_TIME]
    cuts, held = [ALL_TIME.begin_ns], 0
    for span in sorted(span for table in tables for span in table.spans if span.readings):
        cut_ns = span.first_ns - (span.first_ns - origin_ns) % 1000
        if held + span.readings > most and cut_ns > cuts[-1]:
            cuts.append(cut_ns)
            held = 0
        held += span.readings
    return [Window(begin_ns, end_ns) for begin_ns, end_ns in zip(cuts, [*cuts[1:], ALL_TIME.end_ns], strict=True)]


def _span(block: bytes) -> _Span:
    # What was never finished bears no instant.
    instants = [at_ns for at_ns in memoryview(block).cast("q")[_WORDS - 1 :: _WORDS].tolist() if at_ns > 0]
    return _Span(min(instants), max(instants), len(instants)) if instants else _Span(0, 0, 0)
