"""The last words of a container, which another thread reads than the one that reads it while it lives."""

from pathlib import Path

import vedro
from vedro import params

from vedro_profiling.recording.samplers import MISSING
from vedro_profiling.recording.samplers.cgroup import CgroupReader, Reading, Traffic
from vedro_profiling.recording.samplers.cgroup_paths import Directories
from vedro_profiling.recording.samplers.containers import Container
from vedro_profiling.recording.samplers.lives import LastWords, Life


def begin(folder: Path, *, cpu_us: int) -> Life:
    (folder / "cpu.stat").write_text(f"usage_usec {cpu_us}\n")
    directories = Directories(2, folder, None, None, folder)
    reader = CgroupReader(directories)
    vedro.defer(reader.close)
    return Life(Container("aaaa", "app-1", "app", 7, "now", host_network=False), directories, reader, None)


class StaleWords(vedro.Scenario):
    subject = "last words of {cpu_us} us read {when} a reading of 50 us are told: {is_told}; a counter never falls"

    @params(60, "after", is_told=True)
    @params(50, "after", is_told=True)
    @params(60, "before", is_told=False)
    # Its CPU was read before, but its instant taken behind: the thread was held up between the two.
    @params(40, "after", is_told=False)
    def __init__(self, cpu_us: int, when: str, *, is_told: bool) -> None:
        self.cpu_us = cpu_us
        self.when = when
        self.is_told = is_told

    def given_a_life_that_was_read(self) -> None:
        self.life = begin(vedro.create_tmp_dir(), cpu_us=50)
        self.rows: list[tuple[int, ...]] = []
        self.life.read(lambda *row: self.rows.append(row))

    def when_the_last_words_are_appended(self) -> None:
        at_ns = self.life.last.at_ns + (1 if self.when == "after" else -1)
        reading = Reading(self.cpu_us * 1000, MISSING, MISSING, MISSING, at_ns)
        words = LastWords(self.life, reading, Traffic(0, 0, 0, 0, at_ns))
        words.append_reading(lambda *row: self.rows.append(row))

    def then_they_are_told_unless_they_are_stale(self) -> None:
        assert len(self.rows) == 1 + self.is_told
