from typing import Any

import vedro
from vedro import catched, params

from tests.contexts.statistics import NOBODY, statistics
from vedro_profiling.recording.samplers import MISSING
from vedro_profiling.recording.samplers.stats import traffic_of, unix_ns, usage_of

NINE = 1795424400_000_000_000

# As Docker 20.10 and 26.1 send them on cgroup v2.
V2_MEMORY = {"usage": 22_302_720, "stats": {"anon": 1, "inactive_file": 20_975_616}, "limit": 25_276_063_744}
V2_DISK = [{"op": "read", "value": 4096}, {"op": "write", "value": 8192}, {"op": "write", "value": 1}]


class Instants(vedro.Scenario):
    subject = "{text} is {told_ns} ns after nine o'clock"

    @params("2026-11-23T09:00:00Z", 0)
    @params("2026-11-23T09:00:01.5Z", 1_500_000_000)
    @params("2026-11-23T09:00:00.123456789Z", 123_456_789)
    @params("2026-11-23T11:00:00.000000001+02:00", 1)
    @params("2026-11-23T03:30:00.1234567891-05:30", 123_456_789)
    def __init__(self, text: str, told_ns: int) -> None:
        self.text = text
        self.told_ns = told_ns

    def when_it_is_read(self) -> None:
        self.instant = unix_ns(self.text)

    def then_no_nanosecond_is_lost(self) -> None:
        assert self.instant - NINE == self.told_ns


class NoInstant(vedro.Scenario):
    subject = "what is no instant is refused by name"

    def when_it_is_read(self) -> None:
        with catched(ValueError) as self.fault:
            unix_ns("soon")

    def then_it_is_refused(self) -> None:
        assert str(self.fault.value) == "'soon' is no instant"


class Usage(vedro.Scenario):
    subject = "{engine}: CPU, memory, working set and peak are {expected}"

    @params("v1", {}, (9, 22_302_720, 1_327_104, 85_630_976))
    @params("v2", {"memory_stats": V2_MEMORY}, (9, 22_302_720, 1_327_104, MISSING))
    @params("v2, more cache than usage", {"memory_stats": {"usage": 5, "stats": {"inactive_file": 6}}}, (9, 5, 5, -1))
    @params("Podman", {"memory_stats": {"usage": 5, "max_usage": 99, "limit": 99}}, (9, 5, -1, -1))
    @params("no memory controller", {"memory_stats": {}}, (9, -1, -1, -1))
    @params("no controller, but details", {"memory_stats": {"stats": {"inactive_file": 6}}}, (9, -1, -1, -1))
    def __init__(self, engine: str, parts: dict[str, Any], expected: tuple[int, ...]) -> None:
        self.engine = engine
        self.parts = parts
        self.expected = expected

    def when_an_object_is_read(self) -> None:
        self.usage = usage_of(statistics(0, cpu_ns=9, **self.parts))

    def then_these_are_told(self) -> None:
        assert self.usage == self.expected


class PeakBelowUsage(vedro.Scenario):
    subject = "a peak below the usage that was read beside it is the usage"

    def when_such_an_object_is_read(self) -> None:
        memory = {"usage": 5, "max_usage": 4, "stats": {"total_inactive_file": 0}}
        self.usage = usage_of(statistics(0, cpu_ns=9, memory_stats=memory))

    def then_the_peak_is_the_usage(self) -> None:
        assert self.usage == (9, 5, 5, 5)


class Traffic(vedro.Scenario):
    subject = "{engine}: bytes received, sent, read and written are {expected}"

    @params("v1", {}, (201, 92, 55, 7))
    @params("v2", {"blkio_stats": {"io_service_bytes_recursive": V2_DISK}}, (201, 92, 4096, 8193))
    @params("v1 that does not count", {"blkio_stats": {"io_service_bytes_recursive": []}}, (201, 92, MISSING, MISSING))
    @params("v2, nothing read or written", {"blkio_stats": {"io_service_bytes_recursive": None}}, (201, 92, 0, 0))
    @params("no disk controller", {"blkio_stats": {}}, (201, 92, MISSING, MISSING))
    @params("the host's network", {"networks": None}, (MISSING, MISSING, 55, 7))
    @params("no network", {"networks": {}}, (MISSING, MISSING, 55, 7))
    def __init__(self, engine: str, parts: dict[str, Any], expected: tuple[int, ...]) -> None:
        self.engine = engine
        self.parts = parts
        self.expected = expected

    def when_an_object_is_read(self) -> None:
        self.traffic = traffic_of(statistics(0, cpu_ns=9, **self.parts))

    def then_these_are_told(self) -> None:
        assert self.traffic == self.expected


class Nobody(vedro.Scenario):
    subject = "what is sent of a container that does not run is dated year 1 and holds no memory and no network"

    def when_it_is_read(self) -> None:
        self.read_ns = unix_ns(NOBODY["read"])
        self.usage = usage_of(NOBODY)
        self.traffic = traffic_of(NOBODY)

    def then_it_can_be_told_apart(self) -> None:
        assert self.read_ns < 0

    def and_nothing_is_invented(self) -> None:
        assert self.usage == (0, MISSING, MISSING, MISSING)
        assert self.traffic == (MISSING, MISSING, 0, 0)
