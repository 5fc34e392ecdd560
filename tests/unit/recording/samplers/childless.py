"""Whether this process has a child, as the kernel says: children that do nothing, waited for by the scenario."""

import subprocess
import sys
import threading
from typing import Final

import vedro
from vedro import params, skip_if

from vedro_profiling.recording.samplers.childless import is_childless

# In a process of its own: this one may have children of other scenarios.
PROGRAM: Final = """
import os, subprocess, threading
from vedro_profiling.recording.samplers.childless import is_childless

def started():
    return subprocess.Popen(["cat"], stdin=subprocess.PIPE)

def ended():
    process = subprocess.Popen(["true"])
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    return process

def of_a_thread():
    processes = []
    thread = threading.Thread(target=lambda: processes.append(started()))
    thread.start()
    thread.join()
    return processes[0]

before = is_childless()
child = {make}()
during = is_childless()
child.communicate()
print(before, during, child.returncode, is_childless())
"""


@skip_if(lambda: sys.platform != "linux", "only Linux tells")
class Children(vedro.Scenario):
    subject = "a process has a child while one {what}, and none before and after, whom it still waits for itself"

    @params("runs", "started")
    @params("has ended and nobody waited for it", "ended")
    @params("was started by a thread that is gone", "of_a_thread")
    def __init__(self, what: str, make: str) -> None:
        self.what, self.make = what, make

    def when_a_process_looks(self) -> None:
        command = [sys.executable, "-c", PROGRAM.replace("{make}", self.make)]
        self.told = subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def then_it_knows(self) -> None:
        assert self.told == "True False 0 True\n"


class WhileAChildRuns(vedro.Scenario):
    subject = "several threads may look at once"

    def given_a_child(self) -> None:
        self.child = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
        vedro.defer(self.child.communicate)

    def when_threads_look(self) -> None:
        self.found: list[bool] = []
        threads = [threading.Thread(target=lambda: self.found.append(is_childless())) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def then_all_see_it(self) -> None:
        assert self.found == [False] * 4
