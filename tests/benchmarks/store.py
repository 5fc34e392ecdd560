"""What it costs to store a reading, in time, on disk and in Python objects."""

import gc
import sys
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import repeat
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import psutil

from tests.benchmarks.batches import Clocks, nanoseconds_a_turn
from tests.benchmarks.rows import Row, claim, figure
from vedro_profiling.recording.blocks import READING_BYTES
from vedro_profiling.recording.buffer import CHUNK_BYTES, ReadingBuffer
from vedro_profiling.recording.samplers import Append

__all__ = ("measure",)

_COLUMNS: Final = 6
_READINGS: Final = 250 * CHUNK_BYTES // READING_BYTES
"""1,024,000: whole chunks, so that the size of the file is that of the readings."""

_BATCH: Final = 100_000
_ROUNDS: Final = 40
_MOST_NANOSECONDS: Final = 200
_VALUES: Final = (3, 8_123_456_789_012, 512_000_000, 480_000_000, -1, 2_542_506_304_083)


def measure() -> list[Row]:
    """Store readings as a tick does, in batches, and a million without a pause."""
    cpu, wall = nanoseconds_a_turn(_append, turns=_BATCH, rounds=_ROUNDS)
    loop, _ = nanoseconds_a_turn(_loop, turns=_BATCH, rounds=_ROUNDS)
    batches = f"{_ROUNDS} batches of {_BATCH:,}, new chunks and the loop included"
    return [
        claim(f"CPU time of a reading, {batches}", cpu, " ns", at_most=_MOST_NANOSECONDS),
        figure("the same by the wall clock, others at work on the machine included", wall, " ns"),
        figure("of it the loop", loop, " ns"),
        _disk(),
        *_objects(),
        _memory(),
    ]


def _append() -> tuple[Clocks, Clocks]:
    with _buffer() as buffer:
        append = buffer.append
        source, first, second, third, fourth, at_ns = _VALUES
        began = Clocks.now()
        for _ in repeat(None, _BATCH):
            append(source, first, second, third, fourth, at_ns)
        return began, Clocks.now()


def _loop() -> tuple[Clocks, Clocks]:
    began = Clocks.now()
    for _ in repeat(None, _BATCH):
        pass
    return began, Clocks.now()


@contextmanager
def _buffer() -> Iterator[ReadingBuffer]:
    with TemporaryDirectory(prefix="vedro-profiling-benchmark-") as folder:
        buffer = ReadingBuffer(Path(folder) / "default.ticks", on_fault=_raise)
        try:
            yield buffer
        finally:
            buffer.close()


def _raise(error: OSError) -> None:
    raise error


def _fill(append: Append) -> None:
    source, first, second, third, fourth, at_ns = _VALUES
    for number in range(_READINGS - 1):
        append(source, first + number, second, third, fourth, at_ns + number)


def _disk() -> Row:
    with _buffer() as buffer:
        buffer.append(*_VALUES)
        _fill(buffer.append)
        stored = Path(str(buffer.path)).stat().st_size
    return claim("on disk, a reading and column", stored / _READINGS / _COLUMNS, " bytes", at_most=8)


def _objects() -> list[Row]:
    with _buffer() as buffer:
        buffer.append(*_VALUES)
        gc.collect()
        tracemalloc.start()
        tracked, blocks, (traced, _) = len(gc.get_objects()), sys.getallocatedblocks(), tracemalloc.get_traced_memory()
        _fill(buffer.append)
        more_traced = tracemalloc.get_traced_memory()[0] - traced
        more_blocks, more_tracked = sys.getallocatedblocks() - blocks, len(gc.get_objects()) - tracked
        tracemalloc.stop()
    stored = f"after {_READINGS:,} readings"
    return [
        claim(f"{stored}: more objects for the garbage collector to look at", more_tracked, at_most=10),
        claim(f"{stored}: more blocks of Python's memory in use", more_blocks, at_most=100),
        claim(f"{stored}: more memory that tracemalloc sees", more_traced / 1000, " kB", at_most=10),
    ]


def _memory() -> Row:
    process = psutil.Process()
    with _buffer() as buffer:
        buffer.append(*_VALUES)
        before = process.memory_info().rss
        _fill(buffer.append)
        grown = process.memory_info().rss - before
    stored = f"{_READINGS * READING_BYTES / 1e6:.0f} MB of readings"
    return claim(f"{stored}: the process's own memory grows by", grown / 1e6, " MB", at_most=1)
