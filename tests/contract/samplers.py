"""One suite over all samplers: what the recorder relies on, whoever reads."""

import itertools
import time
from collections.abc import Callable
from unittest.mock import patch

import psutil
import vedro
from vedro import params

from tests.contexts.engine_stand_in import StandInEngine
from tests.contexts.recording import InMemoryRoster, Reading
from vedro_profiling import schema
from vedro_profiling.options import Options
from vedro_profiling.recording.samplers import MISSING, Sampler
from vedro_profiling.recording.samplers.docker import DockerSampler
from vedro_profiling.recording.samplers.host import HostSampler, PortableHost
from vedro_profiling.recording.samplers.process import PortableProcess, ProcessSampler
from vedro_profiling.session.session import make_samplers


def make_docker_sampler() -> DockerSampler:
    """Make a sampler of two containers of a stand-in engine."""
    engine = StandInEngine()
    engine.start("aaaa", name="app-1")
    engine.start("bbbb", name="db-1")
    return DockerSampler(["shop"], connect=engine.connect, root=engine.root)


def make_portable(sampler: type[ProcessSampler] | type[HostSampler], reader: type) -> Sampler:
    """Make a sampler that reads through psutil, as where there is no /proc."""
    portable = patch(f"{sampler.__module__}._OPEN", reader)
    portable.start()
    vedro.defer(portable.stop)
    return sampler()


# A new sampler gets its line here; the worlds they need are made anew for each scenario.
SAMPLERS: dict[str, Callable[[], Sampler]] = {
    "ProcessSampler": ProcessSampler,
    "ProcessSampler that resets no peaks": lambda: ProcessSampler(reset_peaks=False),
    "HostSampler": HostSampler,
    "ProcessSampler through psutil": lambda: make_portable(ProcessSampler, PortableProcess),
    "HostSampler through psutil": lambda: make_portable(HostSampler, PortableHost),
    "DockerSampler": make_docker_sampler,
}


class Readings:
    """Reads a sampler, and keeps what it appends."""

    def __init__(self, sampler: Sampler) -> None:
        self.sampler = sampler
        self.usage: list[Reading] = []
        self.traffic: list[Reading] = []

    def read(self, *, times: int = 1) -> None:
        for _ in range(times):
            self.read_usage()
            self.sampler.read_traffic(lambda *reading: self.traffic.append(reading))

    def read_usage(self, *, at_border: bool = False) -> None:
        self.sampler.read(lambda *reading: self.usage.append(reading), at_border=at_border)


def open_sampler(name: str) -> tuple[Sampler, InMemoryRoster]:
    sampler, roster = SAMPLERS[name](), InMemoryRoster()
    vedro.defer(sampler.close)
    sampler.open(roster)
    return sampler, roster


def falls(values: list[int]) -> list[tuple[int, int]]:
    """List the pairs of neighbours of which the second is less; values that were not read are passed over."""
    known = [value for value in values if value != MISSING]
    return [(before, after) for before, after in itertools.pairwise(known) if after < before]


class KnownSources(vedro.Scenario):
    subject = "{sampler}: sources are made known with a method, a target and a reader"

    @params("ProcessSampler")
    @params("ProcessSampler that resets no peaks")
    @params("HostSampler")
    @params("ProcessSampler through psutil")
    @params("HostSampler through psutil")
    @params("DockerSampler")
    def __init__(self, sampler: str) -> None:
        self.sampler = sampler

    def when_it_is_opened(self) -> None:
        self.opened, self.roster = open_sampler(self.sampler)

    def then_there_are_sources_and_no_fault(self) -> None:
        assert self.roster.sources
        assert self.roster.notes == []

    def and_each_is_whole(self) -> None:
        for source in self.roster.sources:
            assert source.method == self.opened.method
            assert source.method in schema.METHODS
            assert source.target.strip()
            assert source.reader.strip()
            assert source.cores >= 1


class SixIntegers(vedro.Scenario):
    subject = "{sampler}: a reading is six int64, of a known source, at an instant of this reading"

    @params("ProcessSampler")
    @params("ProcessSampler that resets no peaks")
    @params("HostSampler")
    @params("ProcessSampler through psutil")
    @params("HostSampler through psutil")
    @params("DockerSampler")
    def __init__(self, sampler: str) -> None:
        self.sampler = sampler

    def given_an_opened_sampler(self) -> None:
        sampler, self.roster = open_sampler(self.sampler)
        self.readings = Readings(sampler)

    def when_it_is_read_once(self) -> None:
        self.began_ns = time.monotonic_ns()
        self.readings.read()
        self.ended_ns = time.monotonic_ns()

    def then_each_source_was_read_once(self) -> None:
        sources = list(range(len(self.roster.sources)))
        assert [source for source, *_ in self.readings.usage] == sources
        assert [source for source, *_ in self.readings.traffic] == sources

    def and_each_reading_is_six_integers(self) -> None:
        for reading in self.readings.usage + self.readings.traffic:
            assert [type(number) for number in reading] == [int] * 6
            assert all(MISSING <= number < 2**63 for number in reading)

    def and_cpu_and_memory_are_there(self) -> None:
        assert all(cpu_ns > 0 and memory_bytes > 0 for _, cpu_ns, memory_bytes, *_ in self.readings.usage)

    def and_instants_lie_within(self) -> None:
        for *_, at_ns in self.readings.usage + self.readings.traffic:
            assert self.began_ns <= at_ns <= self.ended_ns


class CountersNeverFall(vedro.Scenario):
    subject = "{sampler}: over fifty readings no counter and no instant falls"

    @params("ProcessSampler")
    @params("ProcessSampler that resets no peaks")
    @params("HostSampler")
    @params("ProcessSampler through psutil")
    @params("HostSampler through psutil")
    @params("DockerSampler")
    def __init__(self, sampler: str) -> None:
        self.sampler = sampler

    def given_an_opened_sampler(self) -> None:
        sampler, self.roster = open_sampler(self.sampler)
        self.readings = Readings(sampler)

    def when_it_is_read_fifty_times(self) -> None:
        self.readings.read(times=50)

    def then_cpu_never_falls(self) -> None:
        for source in range(len(self.roster.sources)):
            assert falls([reading[1] for reading in self.readings.usage if reading[0] == source]) == []

    def and_bytes_never_fall(self) -> None:
        for source in range(len(self.roster.sources)):
            readings = [reading for reading in self.readings.traffic if reading[0] == source]
            assert [falls([reading[place] for reading in readings]) for place in (1, 2, 3, 4)] == [[]] * 4

    def and_instants_never_fall(self) -> None:
        for readings in (self.readings.usage, self.readings.traffic):
            assert all(falls([at_ns for number, *_, at_ns in readings if number == source]) == [] for source in (0, 1))


class AtABorder(vedro.Scenario):
    subject = "{sampler}: at a border it reads what it reads on a tick, but for the working set"

    @params("ProcessSampler")
    @params("ProcessSampler that resets no peaks")
    @params("HostSampler")
    @params("ProcessSampler through psutil")
    @params("HostSampler through psutil")
    @params("DockerSampler")
    def __init__(self, sampler: str) -> None:
        self.sampler = sampler

    def given_an_opened_sampler(self) -> None:
        sampler, self.roster = open_sampler(self.sampler)
        self.readings = Readings(sampler)

    def when_it_is_read_on_ticks_and_at_borders(self) -> None:
        for at_border in (False, True, True, False):
            self.readings.read_usage(at_border=at_border)

    def then_each_reading_has_the_same_values(self) -> None:
        for source in range(len(self.roster.sources)):
            known = [
                [value != MISSING for value in (cpu_ns, memory_bytes, peak_bytes)]
                for number, cpu_ns, memory_bytes, _, peak_bytes, _ in self.readings.usage
                if number == source
            ]
            assert known == known[:1] * 4

    def and_cpu_counts_on(self) -> None:
        for source in range(len(self.roster.sources)):
            assert falls([reading[1] for reading in self.readings.usage if reading[0] == source]) == []


class PeakHoldsMemory(vedro.Scenario):
    subject = "{sampler}: a peak that is told is not less than the memory in use"

    @params("ProcessSampler")
    @params("ProcessSampler that resets no peaks")
    @params("HostSampler")
    @params("ProcessSampler through psutil")
    @params("HostSampler through psutil")
    @params("DockerSampler")
    def __init__(self, sampler: str) -> None:
        self.sampler = sampler

    def given_an_opened_sampler(self) -> None:
        sampler, self.roster = open_sampler(self.sampler)
        self.readings = Readings(sampler)

    def when_it_is_read(self) -> None:
        self.readings.read(times=3)

    def then_each_peak_holds_it(self) -> None:
        for _, _, memory_bytes, _, peak_bytes, _ in self.readings.usage:
            assert peak_bytes == MISSING or peak_bytes >= memory_bytes

    def and_what_resets_tells_one(self) -> None:
        resetting = {number for number, source in enumerate(self.roster.sources) if source.peak_resets}
        assert all(peak != MISSING for source, _, _, _, peak, _ in self.readings.usage if source in resetting)


class Closing(vedro.Scenario):
    subject = "{sampler}: closing twice gives all descriptors back, and later readings append nothing"

    @params("ProcessSampler")
    @params("ProcessSampler that resets no peaks")
    @params("HostSampler")
    @params("ProcessSampler through psutil")
    @params("HostSampler through psutil")
    @params("DockerSampler")
    def __init__(self, sampler: str) -> None:
        self.sampler = sampler

    def given_a_sampler_in_use(self) -> None:
        self.before = psutil.Process().num_fds()
        sampler, _ = open_sampler(self.sampler)
        self.readings = Readings(sampler)
        self.readings.read()

    def when_it_is_closed_twice_and_read(self) -> None:
        self.readings.sampler.close()
        self.readings.sampler.close()
        self.usage, self.traffic = len(self.readings.usage), len(self.readings.traffic)
        self.readings.read(times=2)

    def then_no_descriptor_is_left(self) -> None:
        assert psutil.Process().num_fds() == self.before

    def and_nothing_was_appended(self) -> None:
        assert (len(self.readings.usage), len(self.readings.traffic)) == (self.usage, self.traffic)


class NeverOpened(vedro.Scenario):
    subject = "{sampler}: what was never opened reads nothing, and can be closed"

    @params("ProcessSampler")
    @params("ProcessSampler that resets no peaks")
    @params("HostSampler")
    @params("ProcessSampler through psutil")
    @params("HostSampler through psutil")
    @params("DockerSampler")
    def __init__(self, sampler: str) -> None:
        self.sampler = sampler

    def given_a_sampler(self) -> None:
        self.readings = Readings(SAMPLERS[self.sampler]())

    def when_it_is_read_and_closed(self) -> None:
        self.readings.read()
        self.readings.sampler.close()

    def then_there_is_nothing(self) -> None:
        assert self.readings.usage == self.readings.traffic == []


class AllTold(vedro.Scenario):
    subject = "every sampler of the package is in this suite"

    def when_the_suite_is_listed(self) -> None:
        self.kinds = {type(make()) for make in SAMPLERS.values()}

    def then_it_has_those_of_every_method(self) -> None:
        options = Options(profiling_run_id="run-1", profiling_methods=list(schema.METHODS))
        assert {type(sampler) for sampler in make_samplers(options)} == self.kinds
