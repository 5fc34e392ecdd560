"""Sample scenarios, as the text of a module each: our own Vedro must not find them."""

from typing import Final

__all__ = (
    "trivial_scenarios",
    "working_scenario",
)

_TRIVIAL: Final = """\
import vedro


class Scenario(vedro.Scenario):
    subject = "nothing much"

    def then_it_holds(self):
        assert True
"""

_WORKING: Final = """\
import json
import threading
import time
from pathlib import Path

import vedro


def clocks():
    own = [thread for thread in threading.enumerate() if thread.name.startswith("vedro-profiling")]
    own_cpu_ns = sum(time.clock_gettime_ns(time.pthread_getcpuclockid(thread.ident)) for thread in own)
    return time.monotonic_ns(), time.time_ns(), time.process_time_ns(), own_cpu_ns


def burn(seconds):
    until = time.monotonic() + seconds
    number = 1
    while time.monotonic() < until:
        for _ in range(1000):
            number = number * 3 % 65537


class Scenario(vedro.Scenario):
    subject = "it works for a while"

    def when_it_works(self):
        before = clocks()
        {work}
        Path(__file__).with_suffix(".json").write_text(json.dumps([before, clocks()]))
"""


def trivial_scenarios(count: int) -> dict[str, str]:
    """Write scenarios that cost nothing."""
    return {f"trivial_{number}": _TRIVIAL for number in range(count)}


def working_scenario(work: str) -> str:
    """Write a scenario that does `work`, such as `burn(2)` or `time.sleep(2)`, and reads its clocks around it."""
    return _WORKING.format(work=work)
