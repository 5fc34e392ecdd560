"""What a sampler hands over, kept in memory: its sources, its notes and its readings."""

from collections.abc import Iterator
from typing import NamedTuple

from vedro_profiling.recording.samplers import Sampler, Source

__all__ = ("Row", "Sampled")


class Row(NamedTuple):
    """A reading of `read`: the arguments of `Append` in their order."""

    source: int
    cpu_ns: int
    memory_bytes: int
    working_set_bytes: int
    peak_bytes: int
    at_ns: int


class Sampled:
    """A roster and a journal in one; `tick` and `tick_traffic` let the sampler read once."""

    def __init__(self, sampler: Sampler) -> None:
        self.sampler = sampler
        self.sources: list[Source] = []
        self.notes: list[str] = []
        self.rows: list[Row] = []
        self.traffic: list[tuple[int, ...]] = []

    def add_source(self, source: Source) -> int:
        self.sources.append(source)
        return len(self.sources) - 1

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def tick(self) -> list[Row]:
        """Return the rows that one reading added."""
        already = len(self.rows)
        self.sampler.read(lambda *row: self.rows.append(Row(*row)))
        return self.rows[already:]

    def tick_traffic(self) -> list[tuple[int, ...]]:
        """Return the rows that one reading of network and disk added."""
        already = len(self.traffic)
        self.sampler.read_traffic(lambda *row: self.traffic.append(row))
        return self.traffic[already:]

    def targets(self) -> list[str]:
        return [source.target for source in self.sources]

    def rows_of(self, target: str) -> Iterator[list[Row]]:
        """Yield the rows of each life of a target."""
        for number, source in enumerate(self.sources):
            if source.target == target:
                yield [row for row in self.rows if row.source == number]
