import threading
from unittest.mock import patch

import vedro
from vedro import params

from tests.contexts.engine_stand_in import StandInEngine, StandInStream
from tests.contexts.statistics import NOBODY, engine_instant, statistics
from vedro_profiling.recording.samplers.containers import Container
from vedro_profiling.recording.samplers.stream import Arrival, EngineClock, StreamedLife

SECOND = 1_000_000_000
SAMPLERS = "vedro_profiling.recording.samplers"


class Streamed:
    """A container that is read through a stand-in engine, and a clock of ours that shows what `now_ns` says."""

    def __init__(self, *, started_seconds: float = -3600, since_ns: int = 100 * SECOND) -> None:
        self.now_ns = 100 * SECOND
        for name, value in {"stream.monotonic_ns": lambda: self.now_ns, "engine._FIRST_DELAY_SECONDS": 0.001}.items():
            patched = patch(f"{SAMPLERS}.{name}", value)
            patched.start()
            vedro.defer(patched.stop)
        self.engine = StandInEngine()
        self.engine.start("aaaa", name="app-1", started=engine_instant(started_seconds))
        self.arrivals: list[Arrival] = []
        self.notes: list[str] = []
        container = Container.from_inspection(self.engine.inspections["aaaa"])
        assert container is not None
        self.life = StreamedLife(
            container,
            self.engine.connect,
            EngineClock(),
            since_ns=since_ns,
            hand_over=self.arrivals.append,
            tell=self.notes.append,
        )
        vedro.defer(self.life.stop)

    def start(self) -> StandInStream:
        self.life.start()
        return self.engine.statistics_of("aaaa")

    def has_ended(self) -> bool:
        self.life.join(20)
        return not any("docker-stats" in thread.name for thread in threading.enumerate())

    def instants(self) -> list[float]:
        return [arrival.reading.at_ns / SECOND for arrival in self.arrivals]

    def cpu(self) -> list[int]:
        return [arrival.reading.cpu_ns for arrival in self.arrivals]


class Clock(vedro.Scenario):
    subject = "differences of {differences} between the engine's clock and ours are taken for {taken}"

    @params([50, 70, 40, 45], [50, 50, 40, 40])
    @params([50, 50 + 3 * SECOND, 60], [50, 50 + 3 * SECOND, 60])
    @params([50, 50 - 3 * SECOND, 50 - 2 * SECOND], [50, 50 - 3 * SECOND, 50 - 3 * SECOND])
    def __init__(self, differences: list[int], taken: list[int]) -> None:
        self.differences = differences
        self.taken = taken

    def when_answers_arrive(self) -> None:
        clock = EngineClock()
        self.offsets = [
            clock.offset_ns(at_ns, arrived_at_ns=at_ns + difference)
            for at_ns, difference in enumerate(self.differences)
        ]

    def then_the_least_counts_unless_a_clock_was_set_anew(self) -> None:
        assert self.offsets == self.taken


class Objects(vedro.Scenario):
    subject = "each object is a reading at the engine's own instant, on our clock; intervals are those of the engine"

    def given_a_stream(self) -> None:
        self.streamed = Streamed()
        self.stream = self.streamed.start()

    def when_objects_arrive_sooner_and_later_after_they_were_read(self) -> None:
        for read, arrived in ((10.0, 110.02), (11.004, 111.2), (12.008, 112.01)):
            self.streamed.now_ns = round(arrived * SECOND)
            self.stream.send(statistics(read, cpu_ns=round(read * 1000)))

    def then_instants_are_as_far_from_each_other_as_the_engine_says(self) -> None:
        first, *later = self.streamed.instants()
        assert abs(first - 110.02) < 1e-6
        assert [round(at - first, 6) for at in later] == [1.004, 2.008]

    def and_each_tells_all(self) -> None:
        assert self.streamed.cpu() == [10_000, 11_004, 12_008]
        assert self.streamed.arrivals[0].reading[1:4] == (22_302_720, 1_327_104, 85_630_976)
        assert self.streamed.arrivals[0].traffic[:4] == (201, 92, 55, 7)
        assert self.streamed.arrivals[0].traffic.at_ns == self.streamed.arrivals[0].reading.at_ns

    def and_a_container_that_ran_before_was_not_born_in_the_run(self) -> None:
        assert self.streamed.life.born_at_ns is None
        assert self.streamed.notes == []


class ClockSetAnew(vedro.Scenario):
    subject = "an engine whose clock is set {words} is read on, at instants of ours"

    @params("forward", 3600)
    @params("back", -3600)
    def __init__(self, words: str, shift: float) -> None:
        self.words = words
        self.shift = shift

    def given_a_stream(self) -> None:
        self.streamed = Streamed()
        self.stream = self.streamed.start()

    def when_the_clock_is_set_between_two_objects(self) -> None:
        self.streamed.now_ns = 110 * SECOND
        self.stream.send(statistics(4000, cpu_ns=1))
        self.streamed.now_ns = 111 * SECOND
        self.stream.send(statistics(4001 + self.shift, cpu_ns=2))

    def then_both_are_told(self) -> None:
        assert self.streamed.instants() == [110, 111]


class Born(vedro.Scenario):
    subject = "a container that started during the run was born then, by the engine's clock mapped to ours"

    def given_a_container_that_starts(self) -> None:
        self.streamed = Streamed(started_seconds=2.5)
        self.stream = self.streamed.start()

    def when_the_first_object_arrives(self) -> None:
        self.streamed.now_ns = 104 * SECOND
        self.stream.send(statistics(3.0, cpu_ns=1))

    def then_it_was_born_half_a_second_before(self) -> None:
        assert self.streamed.life.born_at_ns == 103_500_000_000


class Doubles(vedro.Scenario):
    subject = "an object that was sent before is passed over"

    def given_a_stream(self) -> None:
        self.streamed = Streamed()
        self.stream = self.streamed.start()

    def when_an_object_comes_twice_and_an_older_one_after_it(self) -> None:
        for seconds in (10, 11, 11, 10.5, 12):
            self.stream.send(statistics(seconds, cpu_ns=7))

    def then_each_counts_once(self) -> None:
        first, *later = self.streamed.instants()
        assert [at - first for at in later] == [1, 2]


class NotThisLife(vedro.Scenario):
    subject = "an object that cannot be of this life ({words}) ends it, if the engine says that it is over: {over}"

    @params("nobody", NOBODY, over=True)
    @params("nobody", NOBODY, over=False)
    @params("a counter that fell", statistics(11, cpu_ns=3), over=True)
    @params("a counter that fell", statistics(11, cpu_ns=3), over=False)
    def __init__(self, words: str, stats: dict[str, object], *, over: bool) -> None:
        self.words = words
        self.stats = stats
        self.over = over

    def given_a_stream(self) -> None:
        self.streamed = Streamed()
        self.stream = self.streamed.start()
        self.stream.send(statistics(10, cpu_ns=5))

    def when_it_arrives(self) -> None:
        if self.over:
            self.streamed.engine.start("aaaa", name="app-1", started=engine_instant(10.5))
        self.stream.send(self.stats)

    def then_it_is_no_reading(self) -> None:
        assert self.streamed.cpu() == [5]

    def and_only_a_life_that_is_over_is_read_no_more(self) -> None:
        if self.over:
            assert self.streamed.has_ended()
        else:
            self.stream.send(statistics(12, cpu_ns=8))
            assert self.streamed.cpu() == [5, 8]


class Broken(vedro.Scenario):
    subject = "a stream that breaks is opened again, and nobody is told: the discovery does that"

    @params(None)
    @params(ConnectionResetError(104, "Connection reset by peer"))
    def __init__(self, ending: Exception | None) -> None:
        self.ending = ending

    def given_a_stream(self) -> None:
        self.streamed = Streamed()
        self.stream = self.streamed.start()
        self.stream.send(statistics(10, cpu_ns=5))

    def when_it_breaks_and_the_engine_is_away_for_two_attempts(self) -> None:
        self.streamed.engine.failures = [ConnectionRefusedError(111, "Connection refused")] * 2
        self.stream.send(self.ending)
        again = self.streamed.engine.statistics_of("aaaa")
        self.streamed.now_ns += 4 * SECOND
        again.send(statistics(14, cpu_ns=9))

    def then_readings_go_on(self) -> None:
        assert self.streamed.cpu() == [5, 9]
        assert self.streamed.engine.connections == 4

    def and_nothing_is_told(self) -> None:
        assert self.streamed.notes == []


class GoneMeanwhile(vedro.Scenario):
    subject = "a stream that ends with its container is not opened again"

    def given_a_stream(self) -> None:
        self.streamed = Streamed()
        self.stream = self.streamed.start()

    def when_the_container_is_removed(self) -> None:
        self.streamed.engine.remove("aaaa")
        self.stream.send(None)

    def then_the_thread_ends(self) -> None:
        assert self.streamed.has_ended()
        assert self.streamed.life.answered.is_set()
        assert self.streamed.notes == []


class Refused(vedro.Scenario):
    subject = "a container of which the engine tells nothing ({words}) is named once, and asked for on"

    @params("403 Client Error", OSError("403 Client\n Error"))
    @params("RuntimeError", RuntimeError())
    def __init__(self, words: str, refusal: Exception) -> None:
        self.words = words
        self.refusal = refusal

    def given_an_engine_that_refuses_twice(self) -> None:
        self.streamed = Streamed()
        self.streamed.engine.refusals = [self.refusal, self.refusal]

    def when_it_is_read(self) -> None:
        self.streamed.start().send(statistics(10, cpu_ns=5))

    def then_one_note_says_so(self) -> None:
        assert self.streamed.notes == [
            f"docker: the engine tells no statistics of app-1 yet ({self.words}); it is asked on"
        ]

    def and_readings_come_when_it_gives_in(self) -> None:
        assert self.streamed.cpu() == [5]


class ForeignObject(vedro.Scenario):
    subject = "statistics of a form that is not known are told, and waited for is no longer"

    def given_a_stream(self) -> None:
        self.streamed = Streamed()
        self.stream = self.streamed.start()

    def when_something_else_arrives(self) -> None:
        self.stream.send({"message": "page not found"})
        self.streamed.life.answered.wait(20)

    def then_it_is_told(self) -> None:
        assert self.streamed.notes == ["docker: the engine tells no statistics of app-1 yet ('read'); it is asked on"]


class Stopped(vedro.Scenario):
    subject = "stopping {when} ends the thread, and nothing is handed over any more"

    @params("in the stream")
    @params("while it connects")
    def __init__(self, when: str) -> None:
        self.when = when

    def given_a_life(self) -> None:
        self.streamed = Streamed()
        if self.when == "in the stream":
            self.streamed.start()
        else:
            self.streamed.engine.answering.clear()
            self.streamed.life.start()

    def when_it_is_stopped_twice(self) -> None:
        self.streamed.life.stop()
        self.streamed.life.stop()
        self.streamed.engine.answering.set()

    def then_the_thread_is_gone(self) -> None:
        assert self.streamed.has_ended()

    def and_nothing_was_told(self) -> None:
        assert self.streamed.arrivals == []
        assert self.streamed.notes == []


class StoppedWhileAsking(vedro.Scenario):
    subject = "a stream that is granted after the end was told is closed unread"

    def given_an_engine_that_takes_its_time(self) -> None:
        self.streamed = Streamed()
        self.stream = StandInStream()

        def grant_late(_: str) -> StandInStream:
            self.streamed.life.stop()
            return self.stream

        granted = patch.object(self.streamed.engine, "stats", grant_late)
        granted.start()
        vedro.defer(granted.stop)

    def when_it_is_asked(self) -> None:
        self.stream.put(statistics(10, cpu_ns=5))
        self.streamed.life.start()

    def then_the_thread_ends(self) -> None:
        assert self.streamed.has_ended()
        assert self.streamed.arrivals == []


class StoppedWhileReceiving(vedro.Scenario):
    subject = "an object that arrives after the end was told belongs to nobody"

    def given_a_stream_that_cannot_be_closed(self) -> None:
        self.streamed = Streamed()
        with patch.object(StandInStream, "close", side_effect=RuntimeError("no")):
            self.stream = self.streamed.start()
            self.streamed.life.stop()

    def when_an_object_arrives(self) -> None:
        self.stream.send(statistics(10, cpu_ns=5))

    def then_it_is_not_handed_over(self) -> None:
        assert self.streamed.has_ended()
        assert self.streamed.arrivals == []


class AwaitedObject(vedro.Scenario):
    subject = "an object read at the end of the run or later is awaited, however many from before arrive first"

    def given_a_stream_that_told_something(self) -> None:
        self.streamed = Streamed()
        self.stream = self.streamed.start()
        self.streamed.now_ns = 110 * SECOND
        self.stream.send(statistics(10, cpu_ns=1))

    def when_one_from_before_and_one_from_after_arrive_while_somebody_waits(self) -> None:
        waiting = threading.Thread(
            target=self.streamed.life.await_object, args=(112 * SECOND,), kwargs={"until_ns": 140 * SECOND}
        )
        waiting.start()
        self.stream.send(statistics(11, cpu_ns=2))
        self.waits_on = waiting.is_alive()
        self.stream.send(statistics(12, cpu_ns=3))
        waiting.join(20)
        self.has_come_back = not waiting.is_alive()

    def then_the_second_ended_the_waiting(self) -> None:
        assert self.waits_on
        assert self.has_come_back


class SeldomObjects(vedro.Scenario):
    subject = "of an engine whose objects came at {seconds} s, an object of the end of a run at 116 s is asked for"

    @params([110, 115])
    @params([112])
    def __init__(self, seconds: list[int]) -> None:
        self.seconds = seconds

    def given_a_stream(self) -> None:
        self.streamed = Streamed()
        self.stream = self.streamed.start()
        for seconds in self.seconds:
            self.streamed.now_ns = seconds * SECOND
            self.stream.send(statistics(seconds - 100, cpu_ns=seconds))

    def when_one_of_the_end_is_awaited(self) -> None:
        waiting = threading.Thread(
            target=self.streamed.life.await_object, args=(116 * SECOND,), kwargs={"until_ns": 140 * SECOND}
        )
        self.streamed.now_ns = 116 * SECOND
        self.streamed.life.hasten()
        waiting.start()
        self.streamed.engine.statistics_of("aaaa").send(statistics(16, cpu_ns=116))
        waiting.join(20)
        self.has_come_back = not waiting.is_alive()

    def then_it_came(self) -> None:
        assert self.has_come_back
        assert self.streamed.cpu() == [*self.seconds, 116]

    def and_nobody_was_told_of_a_loss(self) -> None:
        assert self.streamed.notes == []


class NothingToAwait(vedro.Scenario):
    subject = "nobody waits for an object of {whom}"

    @params("a container of which nothing was told")
    @params("a life that is over")
    @params("an engine whose time is up")
    def __init__(self, whom: str) -> None:
        self.whom = whom

    def given_a_stream(self) -> None:
        self.streamed = Streamed()
        self.stream = self.streamed.start()
        self.streamed.now_ns = 110 * SECOND
        if "nothing" not in self.whom:
            self.stream.send(statistics(10, cpu_ns=1))
        if "over" in self.whom:
            self.streamed.life.stop()

    def when_one_of_later_is_awaited(self) -> None:
        until_ns = (109 if "time is up" in self.whom else 200) * SECOND
        waiting = threading.Thread(
            target=self.streamed.life.await_object, args=(112 * SECOND,), kwargs={"until_ns": until_ns}
        )
        waiting.start()
        waiting.join(20)
        self.has_come_back = not waiting.is_alive()

    def then_it_is_over_at_once(self) -> None:
        assert self.has_come_back
