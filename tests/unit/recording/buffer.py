"""The file of readings: what is in it, where it falls back, what it costs the process."""

import errno
import mmap
import os
from contextlib import AbstractContextManager, nullcontext
from typing import Any
from unittest.mock import patch

import psutil
import vedro
from vedro import params

from tests.contexts.recording import Reading, pack, unpack
from vedro_profiling.recording.blocks import READING_BYTES
from vedro_profiling.recording.buffer import CHUNK_BYTES, ReadingBuffer

PER_CHUNK = CHUNK_BYTES // READING_BYTES
EXTREMES: Reading = (0, -1, 2**63 - 1, -(2**63), 10**18, 1)


map_memory = mmap.mmap


def refuse(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def map_no_files(fd: int, length: int, **more: Any) -> mmap.mmap:
    if fd >= 0:
        raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))
    return map_memory(fd, length, **more)


FAULTS: dict[str, AbstractContextManager[object]] = {
    "the folder is gone": nullcontext(),
    "the disk is full": patch("os.posix_fallocate", refuse),
    "the file system cannot map": patch("mmap.mmap", map_no_files),
}


def fill(buffer: ReadingBuffer, count: int, *, start: int = 1) -> None:
    for at_ns in range(start, start + count):
        buffer.append(0, at_ns, 0, 0, 0, at_ns)


class ReadingsComeBack(vedro.Scenario):
    subject = "what was appended comes back: {place}, {count} readings"

    @params("in a file", 1)
    @params("in a file", PER_CHUNK)
    @params("in a file", 2 * PER_CHUNK + 1)
    @params("in memory", 1)
    @params("in memory", 2 * PER_CHUNK + 1)
    def __init__(self, place: str, count: int) -> None:
        self.place = place
        self.count = count

    def given_a_buffer(self) -> None:
        path = vedro.create_tmp_dir() / "default.ticks" if self.place == "in a file" else None
        self.faults: list[OSError] = []
        self.buffer = ReadingBuffer(path, on_fault=self.faults.append)
        vedro.defer(self.buffer.close)

    def when_readings_are_appended(self) -> None:
        fill(self.buffer, self.count - 1)
        self.buffer.append(*EXTREMES)

    def then_they_are_there_in_order(self) -> None:
        readings = unpack(list(self.buffer.contents()))
        assert readings[-1] == EXTREMES
        assert [at_ns for *_, at_ns in readings[:-1]] == list(range(1, self.count))

    def and_nothing_was_faulty(self) -> None:
        assert self.faults == []


class FileLayout(vedro.Scenario):
    subject = "the file holds the readings at once, without being closed or flushed"

    def given_a_buffer_in_a_file(self) -> None:
        self.path = vedro.create_tmp_dir() / "default.ticks"
        self.buffer = ReadingBuffer(self.path, on_fault=refuse)
        vedro.defer(self.buffer.close)

    def when_two_readings_are_appended(self) -> None:
        self.readings: list[Reading] = [(0, 11, 12, 13, 14, 15), (1, 21, 22, 23, 24, 25)]
        for reading in self.readings:
            self.buffer.append(*reading)

    def then_the_file_begins_with_them(self) -> None:
        assert self.path.read_bytes().startswith(pack(self.readings))

    def and_the_rest_of_its_chunk_is_zeros(self) -> None:
        content = self.path.read_bytes()
        assert len(content) == CHUNK_BYTES
        assert not any(content[len(self.readings) * READING_BYTES :])


class NothingBeforeTheFirst(vedro.Scenario):
    subject = "a buffer that nothing was appended to makes no file"

    def given_a_buffer(self) -> None:
        self.path = vedro.create_tmp_dir() / "docker.traffic"
        self.buffer = ReadingBuffer(self.path, on_fault=refuse)

    def when_it_is_closed(self) -> None:
        self.contents = list(self.buffer.contents())
        self.buffer.close()

    def then_there_is_no_file(self) -> None:
        assert not self.path.exists()

    def and_nothing_in_it(self) -> None:
        assert self.contents == []


class MemoryTakesOver(vedro.Scenario):
    subject = "when {fault} after {before} readings, memory takes over and nothing is lost"

    @params("the folder is gone", 0)
    @params("the disk is full", 0)
    @params("the disk is full", PER_CHUNK)
    @params("the disk is full", PER_CHUNK + 1)
    @params("the file system cannot map", 0)
    @params("the file system cannot map", 2 * PER_CHUNK)
    def __init__(self, fault: str, before: int) -> None:
        self.fault = fault
        self.before = before

    def given_a_buffer_with_readings_in_a_file(self) -> None:
        self.faults: list[OSError] = []
        folder = vedro.create_tmp_dir()
        if self.fault == "the folder is gone":
            folder /= "gone"
        self.buffer = ReadingBuffer(folder / "default.ticks", on_fault=self.faults.append)
        vedro.defer(self.buffer.close)
        fill(self.buffer, self.before)

    def when_the_fault_is_there(self) -> None:
        with FAULTS[self.fault]:
            fill(self.buffer, 2 * PER_CHUNK, start=self.before + 1)

    def then_every_reading_is_there_in_order(self) -> None:
        instants = [at_ns for *_, at_ns in unpack(list(self.buffer.contents()))]
        assert instants == list(range(1, self.before + 2 * PER_CHUNK + 1))

    def and_it_was_told_once(self) -> None:
        assert len(self.faults) == 1
        assert self.buffer.path is None


class AnotherRunsFile(vedro.Scenario):
    subject = "a file that is there already is somebody else's: it is left as it is"

    def given_a_file(self) -> None:
        self.path = vedro.create_tmp_dir() / "default.ticks"
        self.path.write_bytes(b"theirs")

    def when_a_buffer_of_the_same_path_is_written(self) -> None:
        self.faults: list[OSError] = []
        self.buffer = ReadingBuffer(self.path, on_fault=self.faults.append)
        vedro.defer(self.buffer.close)
        fill(self.buffer, 3)

    def then_the_file_is_as_it_was(self) -> None:
        assert self.path.read_bytes() == b"theirs"
        assert [type(fault) for fault in self.faults] == [FileExistsError]

    def and_the_readings_are_in_memory(self) -> None:
        assert len(unpack(list(self.buffer.contents()))) == 3


class DeletedWhileWritten(vedro.Scenario):
    subject = "a file that somebody deletes while it is written loses nothing"

    def given_a_buffer_with_readings(self) -> None:
        self.path = vedro.create_tmp_dir() / "default.ticks"
        self.buffer = ReadingBuffer(self.path, on_fault=refuse)
        vedro.defer(self.buffer.close)
        fill(self.buffer, 10)

    def when_it_is_deleted_and_goes_on(self) -> None:
        self.path.unlink()
        fill(self.buffer, PER_CHUNK, start=11)

    def then_every_reading_is_there(self) -> None:
        assert len(unpack(list(self.buffer.contents()))) == PER_CHUNK + 10


class WithoutFallocate(vedro.Scenario):
    subject = "where there is no posix_fallocate, as on macOS, the blocks are written"

    def given_a_system_without_it(self) -> None:
        fallocate = os.posix_fallocate
        del os.posix_fallocate
        vedro.defer(setattr, os, "posix_fallocate", fallocate)

    def when_a_buffer_is_written(self) -> None:
        self.path = vedro.create_tmp_dir() / "default.ticks"
        self.buffer = ReadingBuffer(self.path, on_fault=refuse)
        vedro.defer(self.buffer.close)
        fill(self.buffer, PER_CHUNK + 1)

    def then_its_file_has_whole_chunks_on_disk(self) -> None:
        assert self.path.stat().st_size == 2 * CHUNK_BYTES
        assert self.path.stat().st_blocks * 512 >= 2 * CHUNK_BYTES

    def and_its_readings(self) -> None:
        assert len(unpack([self.path.read_bytes()])) == PER_CHUNK + 1


class FullChunksAreUnmapped(vedro.Scenario):
    subject = "the memory of the process does not grow with its readings: one chunk is mapped at a time"

    def given_a_buffer(self) -> None:
        self.path = vedro.create_tmp_dir() / "default.ticks"
        self.buffer = ReadingBuffer(self.path, on_fault=refuse)
        vedro.defer(self.buffer.close)

    def when_fifty_chunks_are_filled(self) -> None:
        fill(self.buffer, 50 * PER_CHUNK)

    def then_one_chunk_of_the_file_is_mapped(self) -> None:
        maps = [one for one in psutil.Process().memory_maps(grouped=False) if one.path == str(self.path)]
        assert [one.size for one in maps] == [CHUNK_BYTES]

    def and_the_file_holds_all(self) -> None:
        assert self.path.stat().st_size == 50 * CHUNK_BYTES


class ClosingGivesBack(vedro.Scenario):
    subject = "closing gives the descriptor and the mapping back; a second time does nothing"

    def given_a_buffer_in_use(self) -> None:
        self.before = psutil.Process().num_fds()
        self.path = vedro.create_tmp_dir() / "default.ticks"
        self.buffer = ReadingBuffer(self.path, on_fault=refuse)
        fill(self.buffer, 1)

    def when_it_is_closed_twice(self) -> None:
        self.buffer.close()
        self.buffer.close()

    def then_nothing_is_open(self) -> None:
        assert psutil.Process().num_fds() == self.before
        assert str(self.path) not in {one.path for one in psutil.Process().memory_maps()}

    def and_nothing_is_left_in_it(self) -> None:
        assert list(self.buffer.contents()) == []
