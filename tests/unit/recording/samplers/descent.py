"""Descendants found in folders laid out as /proc is, and in the real one."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import vedro
from vedro import params, skip_if

from vedro_profiling.recording.samplers.descent import LinuxDescent


def is_not_linux() -> bool:
    return sys.platform != "linux"


def lay_out(proc: Path, parents: dict[int, int], *, with_children: bool) -> LinuxDescent:
    """Make processes, each with a second thread that forked what has an odd pid."""
    for pid, parent in parents.items():
        for thread in (pid, pid + 1000):
            folder = proc / str(pid) / "task" / str(thread)
            folder.mkdir(parents=True)
            if with_children:
                mine = [child for child in parents if parents[child] == pid and (child % 2 == 1) == (thread != pid)]
                (folder / "children").write_text("".join(f"{child} " for child in mine))
        rest = " ".join(["0"] * 40)
        (proc / str(pid) / "stat").write_text(f"{pid} (a (b) c) S {parent} {rest}")
    (proc / "self").symlink_to(str(min(parents)))
    (proc / "uptime").write_text("1")
    return LinuxDescent(str(proc))


LISTED = "lists children"
NOT_LISTED = "tells parents only"
TREE = {10: 1, 11: 10, 12: 10, 13: 11, 14: 12, 20: 1, 21: 20}


@skip_if(is_not_linux, "there is no /proc")
class Tree(vedro.Scenario):
    subject = "below {ancestors} are {expected}, where the kernel {kernel}"

    @params([10], {10, 11, 12, 13, 14}, LISTED)
    @params([10], {10, 11, 12, 13, 14}, NOT_LISTED)
    @params([11, 20], {11, 13, 20, 21}, LISTED)
    @params([11, 20], {11, 13, 20, 21}, NOT_LISTED)
    @params([10, 12], {10, 11, 12, 13, 14}, LISTED)
    @params([99], {99}, LISTED)
    @params([99], {99}, NOT_LISTED)
    def __init__(self, ancestors: list[int], expected: set[int], kernel: str) -> None:
        self.ancestors = ancestors
        self.expected = expected
        self.kernel = kernel

    def given_a_proc(self) -> None:
        self.descent = lay_out(vedro.create_tmp_dir(), TREE, with_children=self.kernel == LISTED)

    def when_descendants_are_looked_for(self) -> None:
        self.found = self.descent.below(self.ancestors)

    def then_each_is_found_once(self) -> None:
        assert set(self.found) == self.expected
        assert len(self.found) == len(self.expected)

    def and_it_knows_whether_it_is_cheap(self) -> None:
        assert self.descent.is_cheap == (self.kernel == LISTED)


@skip_if(is_not_linux, "there is no /proc")
class OneThread(vedro.Scenario):
    subject = "of a process known to have one thread only that one is asked"

    def given_a_proc(self) -> None:
        self.descent = lay_out(vedro.create_tmp_dir(), TREE, with_children=True)

    def when_descendants_are_looked_for(self) -> None:
        self.found = self.descent.below([10], single_threaded={10})

    def then_the_second_thread_was_not_asked(self) -> None:
        assert self.found == [10, 12, 14]


@skip_if(is_not_linux, "there is no /proc")
class RealChild(vedro.Scenario):
    subject = "a child that a thread started is found, and so is its child where the kernel {kernel}"

    @params(LISTED)
    @params(NOT_LISTED)
    def __init__(self, kernel: str) -> None:
        self.kernel = kernel

    def given_a_child_of_a_thread(self) -> None:
        self.started = threading.Event()
        self.over = threading.Event()
        thread = threading.Thread(target=self._start)
        thread.start()
        vedro.defer(thread.join)
        vedro.defer(self.over.set)
        self.started.wait()

    def _start(self) -> None:
        command = ["sh", "-c", "exec 3<&0; sh -c 'read line <&3' & echo $!; wait"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as self.child:
            assert self.child.stdout is not None
            self.grandchild = int(self.child.stdout.readline())
            self.started.set()
            self.over.wait()

    def when_descendants_are_looked_for(self) -> None:
        descent = LinuxDescent()
        descent.is_cheap = self.kernel == LISTED
        self.found = descent.below([os.getpid()])

    def then_both_are_among_them(self) -> None:
        assert {self.child.pid, self.grandchild} <= set(self.found)
