"""What Python says of a fork while threads run, which it says from 3.12 on."""

import os
import sys
import threading
import warnings

import vedro
from vedro import params

from vedro_profiling.recording.forks import hush_forks

WARNS = sys.version_info >= (3, 12)


def fork_in_a_child_of_its_own(names: list[str]) -> int:
    """Fork beside threads of these names, in a child that has no others, and tell how many warnings there were."""
    child = os.fork()
    if child == 0:
        ended = threading.Event()
        threads = [threading.Thread(target=ended.wait, name=name) for name in names]
        for thread in threads:
            thread.start()
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            grandchild = os.fork()
            if grandchild == 0:
                os._exit(0)
        os.waitpid(grandchild, 0)
        os._exit(len(seen))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


class Forked(vedro.Scenario):
    subject = "a fork beside {whose} threads {is_warned}"

    @params("our", ["vedro-profiling-default", "vedro-profiling-docker"], "is not warned of", 0)
    @params("a test's own", ["of the test"], "is warned of where Python does so", int(WARNS))
    @params(
        "our and a test's own", ["vedro-profiling-default", "of the test"], "is warned of as without us", int(WARNS)
    )
    def __init__(self, whose: str, names: list[str], is_warned: str, warned: int) -> None:
        self.whose = whose
        self.names = names
        self.is_warned = is_warned
        self.warned = warned

    def given_forks_that_are_hushed(self) -> None:
        hush_forks()

    def when_a_process_forks(self) -> None:
        self.count = fork_in_a_child_of_its_own(self.names)

    def then_python_warns_of_what_is_not_ours(self) -> None:
        assert self.count == self.warned
