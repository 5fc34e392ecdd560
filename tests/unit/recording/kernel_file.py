"""Reading files of the kernel: whole, by many threads, and when what they tell of is gone."""

import errno
import os
import subprocess
import sys
import threading
from pathlib import Path
from unittest.mock import patch

import psutil
import vedro
from vedro import catched, params

from vedro_profiling.recording.kernel_file import KernelFile, names_in, read_once


def start_sleeper() -> "subprocess.Popen[bytes]":
    child = subprocess.Popen(["sleep", "60"])
    vedro.defer(child.wait)
    vedro.defer(child.kill)
    return child


class WholeContent(vedro.Scenario):
    subject = "a file of {size} bytes is read whole"

    @params(0)
    @params(1)
    @params(4095)
    @params(4096)
    @params(4097)
    @params(100_000)
    def __init__(self, size: int) -> None:
        self.size = size

    def given_a_file(self) -> None:
        self.path = vedro.create_tmp_dir() / "memory.stat"
        self.content = os.urandom(self.size)
        self.path.write_bytes(self.content)
        self.file = KernelFile(self.path)
        vedro.defer(self.file.close)

    def when_it_is_read_both_ways_and_again(self) -> None:
        self.read = [self.file.read(), self.file.read_records(), self.file.read(), self.file.read_records()]

    def then_each_is_the_whole_content(self) -> None:
        assert self.read == [self.content] * 4


class ManyRecords(vedro.Scenario):
    subject = "a file of many records, which the kernel gives out a page at a time, is read whole"

    def given_a_process_with_a_long_list_of_mappings(self) -> None:
        self.child = subprocess.Popen(
            [sys.executable, "-c", "import asyncio, ctypes, sqlite3; print(flush=True); input()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        vedro.defer(self.child.communicate)
        vedro.defer(self.child.kill)
        assert self.child.stdout is not None
        self.child.stdout.readline()
        self.path = Path(f"/proc/{self.child.pid}/maps")
        self.content = self.path.read_bytes()
        assert len(self.content) > 4096

    def when_it_is_read(self) -> None:
        file = KernelFile(self.path)
        self.read = file.read_records()
        file.close()

    def then_nothing_is_missing(self) -> None:
        assert self.read == self.content


class ReadAnew(vedro.Scenario):
    subject = "each reading tells what is in the file now"

    def given_a_file_that_was_read(self) -> None:
        self.path = vedro.create_tmp_dir() / "cpu.stat"
        self.path.write_bytes(b"usage_usec 10000\n")
        self.file = KernelFile(self.path)
        vedro.defer(self.file.close)
        assert self.file.read() == b"usage_usec 10000\n"

    def when_it_becomes_shorter(self) -> None:
        self.path.write_bytes(b"usage_usec 7\n")

    def then_nothing_of_before_is_left(self) -> None:
        assert self.file.read() == b"usage_usec 7\n"


class EndedProcess(vedro.Scenario):
    subject = "a file of a process that ended says so with ESRCH, and names itself"

    def given_an_open_file_of_a_process(self) -> None:
        self.child = start_sleeper()
        self.path = Path(f"/proc/{self.child.pid}/statm")
        self.file = KernelFile(self.path)
        vedro.defer(self.file.close)
        assert self.file.read()

    def when_it_ends_and_is_read(self) -> None:
        self.child.kill()
        self.child.wait()
        self.errors = []
        for read in (self.file.read, self.file.read_records):
            with catched(OSError) as caught:
                read()
            self.errors.append(caught.value)

    def then_it_is_known_to_be_gone(self) -> None:
        for error in self.errors:
            assert isinstance(error, ProcessLookupError)
            assert error.errno == errno.ESRCH
            assert error.filename == str(self.path)


class Opening(vedro.Scenario):
    subject = "a file that is not there is told when it is opened, as {error.__name__}"

    @params("nothing-here", FileNotFoundError)
    @params("file/below", NotADirectoryError)
    def __init__(self, name: str, error: type[OSError]) -> None:
        self.name = name
        self.error = error

    def given_a_folder(self) -> None:
        self.folder = vedro.create_tmp_dir()
        (self.folder / "file").touch()

    def when_it_is_opened(self) -> None:
        with catched(OSError) as self.caught:
            KernelFile(self.folder / self.name)

    def then_the_error_is_the_systems(self) -> None:
        assert self.caught.type is self.error


class Writing(vedro.Scenario):
    subject = "writing goes to the start of the file, each time"

    def given_a_file_open_for_writing(self) -> None:
        self.path = vedro.create_tmp_dir() / "memory.peak"
        self.path.write_bytes(b"12345")
        self.file = KernelFile(self.path, os.O_WRONLY)
        vedro.defer(self.file.close)

    def when_it_is_written_twice(self) -> None:
        self.file.write(b"67")
        self.file.write(b"8")

    def then_both_began_at_the_start(self) -> None:
        assert self.path.read_bytes() == b"87345"


class RefusedWriting(vedro.Scenario):
    subject = "what may not be written raises the system's error"

    def given_a_file_open_for_reading(self) -> None:
        self.file = KernelFile(vedro.create_tmp_file())
        vedro.defer(self.file.close)

    def when_it_is_written(self) -> None:
        with catched(OSError) as self.caught:
            self.file.write(b"5")

    def then_it_is_refused(self) -> None:
        assert isinstance(self.caught.value, OSError)
        assert self.caught.value.errno == errno.EBADF


class TwoThreads(vedro.Scenario):
    subject = "two threads that read files of their own never see each other's bytes or errors"

    def given_two_files_and_one_that_fails(self) -> None:
        folder = vedro.create_tmp_dir()
        self.contents = {name: name.encode() * 5000 for name in ("a", "b")}
        for name, content in self.contents.items():
            (folder / name).write_bytes(content)
        self.files = {name: KernelFile(folder / name) for name in self.contents}
        self.failing = KernelFile(folder / "a", os.O_WRONLY)
        for file in (*self.files.values(), self.failing):
            vedro.defer(file.close)

    def when_all_are_read_at_the_same_time(self) -> None:
        self.seen: dict[str, set[bytes]] = {name: set() for name in self.contents}
        self.errors: set[str] = set()
        together = threading.Barrier(3)
        interval = sys.getswitchinterval()
        vedro.defer(sys.setswitchinterval, interval)
        sys.setswitchinterval(1e-6)

        def read(name: str) -> None:
            together.wait()
            for _ in range(2000):
                self.seen[name].add(self.files[name].read())

        def fail() -> None:
            together.wait()
            for _ in range(2000):
                with catched(OSError) as caught:
                    self.failing.read()
                self.errors.add(str(caught.value))

        threads = [threading.Thread(target=read, args=(name,)) for name in self.files]
        threads.append(threading.Thread(target=fail))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def then_each_saw_its_own_content(self) -> None:
        assert self.seen == {name: {content} for name, content in self.contents.items()}

    def and_the_failing_one_its_own_error(self) -> None:
        assert len(self.errors) == 1
        assert "[Errno 9] Bad file descriptor" in self.errors.pop()


class Closing(vedro.Scenario):
    subject = "closing gives the descriptor back; a second time closes nobody else's"

    def given_a_file_that_was_closed(self) -> None:
        self.before = psutil.Process().num_fds()
        self.file = KernelFile("/proc/self/statm")
        self.file.close()

    def when_its_number_goes_to_another_and_it_is_closed_again(self) -> None:
        self.other = os.open("/proc/self/statm", os.O_RDONLY)
        self.file.close()

    def then_the_other_is_still_open(self) -> None:
        assert os.read(self.other, 10)
        os.close(self.other)

    def and_no_descriptor_is_left(self) -> None:
        assert psutil.Process().num_fds() == self.before

    def and_reading_it_fails(self) -> None:
        with catched(OSError) as caught:
            self.file.read()
        assert isinstance(caught.value, OSError)
        assert caught.value.errno == errno.EBADF


class ListedFolder(vedro.Scenario):
    subject = "a folder of {count} names is listed whole, without . and .."

    @params(0)
    @params(3)
    @params(500)
    def __init__(self, count: int) -> None:
        self.count = count

    def given_a_folder(self) -> None:
        self.folder = vedro.create_tmp_dir()
        self.names = {f"{number} ü" for number in range(self.count)}
        for name in self.names:
            (self.folder / name).touch()

    def when_it_is_listed_both_ways(self) -> None:
        self.listed = names_in(str(self.folder))
        with patch("vedro_profiling.recording.kernel_file._getdents64", None):
            self.listed_plainly = names_in(str(self.folder))

    def then_each_name_is_there_once(self) -> None:
        assert sorted(self.listed) == sorted(self.listed_plainly) == sorted(self.names)


class NoSuchFolder(vedro.Scenario):
    subject = "a folder or file that is not there is told as open(2) tells it, and costs no descriptor"

    def given_none(self) -> None:
        self.path = str(vedro.create_tmp_dir() / "none")
        self.before = psutil.Process().num_fds()

    def when_they_are_read(self) -> None:
        with catched(FileNotFoundError) as self.folder:
            names_in(self.path)
        with catched(FileNotFoundError) as self.file:
            read_once(self.path)

    def then_both_name_it(self) -> None:
        assert self.path in str(self.folder.value)
        assert self.path in str(self.file.value)
        assert psutil.Process().num_fds() == self.before


class ReadOnce(vedro.Scenario):
    subject = "a file that is read once is read whole and closed again"

    def given_a_file(self) -> None:
        self.path = vedro.create_tmp_dir() / "children"
        self.path.write_bytes(b"7 " * 5000)
        self.before = psutil.Process().num_fds()

    def when_it_is_read(self) -> None:
        self.content = read_once(str(self.path))

    def then_all_is_there(self) -> None:
        assert self.content == b"7 " * 5000
        assert psutil.Process().num_fds() == self.before
