"""Readings in a preallocated, memory-mapped file that survives the death of the process."""

import mmap
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from struct import Struct
from typing import Final

from vedro_profiling.recording.blocks import READING_BYTES, Blocks
from vedro_profiling.recording.samplers import Append

__all__ = (
    "CHUNK_BYTES",
    "ReadingBuffer",
)

_READING: Final = Struct("<6q")
CHUNK_BYTES: Final = 4096 * READING_BYTES
"""What is mapped at a time: 192 KiB, a multiple of every page size in use."""


class ReadingBuffer:
    """A table of readings, six int64 each, in one file that grows chunk by chunk.

    A reading is one `pack_into` of 48 bytes: about 0.15 us, and no object is kept (six columns in arrays of their own
    were measured at 1.4 times that). Its instant is stored last, so a reading without one was never finished.
    Each chunk is allocated on disk before it is mapped, so that a full disk is an error here and not a SIGBUS later,
    and unmapped when full, so that the memory of the process being measured does not grow. Where a chunk cannot be
    allocated or mapped, plain memory takes over for the rest of the run and `on_fault` is told why.

    One writer at a time.
    """

    def __init__(self, path: Path | None, *, on_fault: Callable[[OSError], None]) -> None:
        self.path = path
        """Where the readings are kept; None once plain memory has taken over."""
        self._on_fault = on_fault
        self._fd = -1
        self._allocated = 0
        self._chunk: mmap.mmap | None = None
        self._in_memory: list[mmap.mmap] = []
        self.append: Append = self._make_append()

    def _make_append(self) -> Append:
        pack_into = _READING.pack_into
        chunk = mmap.mmap(-1, 1)
        offset = end = 0

        # A tuple for the six numbers would be an object more to make and to unpack.
        def append(  # noqa: PLR0913, PLR0917
            source: int, first: int, second: int, third: int, fourth: int, at_ns: int
        ) -> None:
            nonlocal chunk, offset, end
            if offset == end:
                chunk = self._next_chunk()
                offset, end = 0, CHUNK_BYTES
            pack_into(chunk, offset, source, first, second, third, fourth, at_ns)
            offset += READING_BYTES

        return append

    def _next_chunk(self) -> mmap.mmap:
        self._unmap()
        if self.path is not None:
            try:
                self._chunk = self._map_next(self.path)
            except OSError as error:
                self.path = None
                self._on_fault(error)
            else:
                return self._chunk
        self._in_memory.append(mmap.mmap(-1, CHUNK_BYTES))
        return self._in_memory[-1]

    def _map_next(self, path: Path) -> mmap.mmap:
        if self._fd < 0:
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        _allocate(self._fd, self._allocated, CHUNK_BYTES)
        chunk = mmap.mmap(self._fd, CHUNK_BYTES, offset=self._allocated)
        self._allocated += CHUNK_BYTES
        return chunk

    def _unmap(self) -> None:
        if self._chunk is not None:
            self._chunk.close()
            self._chunk = None

    def contents(self) -> Blocks:
        """Return all that was stored, as blocks of whole readings; what was not written yet is zeros.

        They are read when they are asked for, through the open descriptor: a file deleted meanwhile is still all there.
        """
        return Blocks(
            [
                *(partial(os.pread, self._fd, CHUNK_BYTES, at) for at in range(0, self._allocated, CHUNK_BYTES)),
                *(partial(bytes, chunk) for chunk in self._in_memory),
            ]
        )

    def close(self) -> None:
        """Unmap and close; a second call does nothing."""
        self._unmap()
        self._allocated = 0
        self._in_memory.clear()
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def _allocate(fd: int, offset: int, length: int) -> None:
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(fd, offset, length)
    else:
        # macOS: zeros that were written have their blocks.
        os.pwrite(fd, bytes(length), offset)
