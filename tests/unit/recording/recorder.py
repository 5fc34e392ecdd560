"""The tick grid, the borders, faults and the end of a recording, on a clock that only the scenario moves."""

import sys
import threading
from collections.abc import Sequence
from time import thread_time_ns
from unittest.mock import patch

import vedro
from vedro import params

from tests.contexts.recording import MILLISECOND, SECOND, Reading, ScriptedSampler, SteppedTime, unpack
from vedro_profiling.recording.cost import Cost
from vedro_profiling.recording.journal_writer import Journal
from vedro_profiling.recording.recorder import Recorder
from vedro_profiling.recording.samplers import Append, Roster

START_NS = SECOND


def make_recorder(
    time: SteppedTime, samplers: Sequence[ScriptedSampler], *, poll_seconds: float = 0.1
) -> tuple[Recorder, Journal]:
    """Make a recorder that is stopped whatever becomes of the scenario."""
    journal = Journal(None, {"run": "run-1"})
    recorder = Recorder(samplers, journal, poll_seconds=poll_seconds, monotonic_ns=time.monotonic_ns, wait=time.wait)
    vedro.defer(recorder.stop)
    return recorder, journal


def table(journal: Journal, name: str) -> list[Reading]:
    return unpack(journal.readings().tables[name])


def instants(journal: Journal, name: str) -> list[int]:
    """List when the readings of a table were taken, in milliseconds since the start."""
    return [(at_ns - START_NS) // MILLISECOND for *_, at_ns in table(journal, name)]


def profiling_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("vedro-profiling")]


class DriftFreeGrid(vedro.Scenario):
    subject = "readings stay on the grid although each takes 30 ms of its 100 ms"

    def given_a_sampler_that_takes_30_ms(self) -> None:
        self.time = SteppedTime(waits=5)
        sampler = ScriptedSampler(self.time, takes_ns=[30 * MILLISECOND] * 6)
        self.recorder, self.journal = make_recorder(self.time, [sampler])

    def when_it_is_read_six_times(self) -> None:
        self.recorder.start()
        self.time.run_out()

    def then_each_reading_is_on_the_grid(self) -> None:
        assert instants(self.journal, "ticks") == [0, 100, 200, 300, 400, 500]

    def and_only_the_rest_of_each_period_was_waited_for(self) -> None:
        assert self.time.waited == [0.07] * 5

    def and_no_tick_was_late_or_missed(self) -> None:
        cost = self.recorder.cost
        assert (cost.ticks, cost.late, cost.missed) == (6, 0, 0)


class LateAndMissed(vedro.Scenario):
    subject = "a tick that takes too long skips those it covers, makes the next late, and all are counted"

    def given_a_sampler_whose_second_reading_takes_240_ms_and_third_140_ms(self) -> None:
        self.time = SteppedTime(waits=3)
        slow = ScriptedSampler(self.time, takes_ns=[0, 240 * MILLISECOND, 140 * MILLISECOND, 0])
        self.recorder, self.journal = make_recorder(self.time, [slow])

    def when_it_is_read(self) -> None:
        self.recorder.start()
        self.time.run_out()

    def then_what_was_due_meanwhile_is_skipped(self) -> None:
        # Begun at 100, done at 340: the tick of 200 is taken 140 ms late, and 300 is gone by.
        # Begun at 340, done at 480: 400 is taken 80 ms late. From 500 on the grid is kept again.
        assert instants(self.journal, "ticks") == [0, 100, 340, 480, 500, 600]

    def and_it_is_counted(self) -> None:
        cost = self.recorder.cost
        assert (cost.ticks, cost.late, cost.missed) == (6, 2, 1)


class LongPeriod(vedro.Scenario):
    subject = "in a long period the thread looks every 0.2 s whether the run goes on"

    def given_a_period_of_half_a_second(self) -> None:
        self.time = SteppedTime(waits=3)
        self.recorder, self.journal = make_recorder(self.time, [ScriptedSampler(self.time)], poll_seconds=0.5)

    def when_a_period_goes_by(self) -> None:
        self.recorder.start()
        self.time.run_out()

    def then_it_was_waited_for_in_pieces(self) -> None:
        assert self.time.waited == [0.2, 0.2, 0.1]

    def and_read_at_its_end(self) -> None:
        assert instants(self.journal, "ticks") == [0, 500]


class TrafficOnceASecond(vedro.Scenario):
    subject = "disk and network are read with the first tick, then once a second"

    def given_a_tick_every_300_ms(self) -> None:
        self.time = SteppedTime(waits=16)
        self.sampler = ScriptedSampler(self.time)
        self.recorder, self.journal = make_recorder(self.time, [self.sampler], poll_seconds=0.3)

    def when_2_4_seconds_go_by(self) -> None:
        self.recorder.start()
        self.time.run_out()

    def then_they_were_read_no_oftener(self) -> None:
        assert instants(self.journal, "traffic") == [0, 1200, 2400]
        assert instants(self.journal, "ticks") == list(range(0, 2401, 300))


class TrafficOfScenarios(vedro.Scenario):
    subject = "disk and network are read at both ends of a scenario, but of no more than one in 100 ms"

    def given_a_running_recorder(self) -> None:
        self.time = SteppedTime()
        self.recorder, self.journal = make_recorder(self.time, [ScriptedSampler(self.time)], poll_seconds=60)
        self.recorder.start()
        self.time.run_out()

    def when_scenarios_of_30_ms_follow_each_other_and_then_a_long_one(self) -> None:
        for milliseconds in (30, 30, 30, 30, 5000, 30):
            self.time.pass_by(10 * MILLISECOND)
            self.recorder.border({"scenario": "a", "subject": "a"})
            self.time.pass_by(milliseconds * MILLISECOND)
            self.recorder.border({"status": "passed"})

    def then_those_far_enough_apart_were_read_at_both_ends(self) -> None:
        assert instants(self.journal, "traffic") == [0, 10, 40, 130, 160, 5180, 5210]

    def and_cpu_of_all_of_them(self) -> None:
        assert len(instants(self.journal, "borders")) == 12


class BorderReadings(vedro.Scenario):
    subject = "the reading that opens a scenario is taken after the event's instant, the one that closes it before"

    def given_a_running_recorder_whose_readings_take_1_ms(self) -> None:
        self.time = SteppedTime()
        sampler = ScriptedSampler(self.time, takes_ns=[MILLISECOND] * 9)
        self.recorder, self.journal = make_recorder(self.time, [sampler])
        self.recorder.start()
        self.time.run_out()

    def when_a_scenario_begins_and_ends(self) -> None:
        self.time.pass_by(9 * MILLISECOND)
        self.recorder.border({"scenario": "scenarios/a.py::A", "subject": "a"})
        self.time.pass_by(20 * MILLISECOND)
        self.recorder.border({"status": "passed"})

    def then_both_were_read_into_the_table_of_borders(self) -> None:
        assert instants(self.journal, "borders") == [10, 31]
        assert instants(self.journal, "ticks") == [0]

    def and_the_events_enclose_the_readings(self) -> None:
        assert self.journal.readings().scenarios == [
            {"at_ns": START_NS + 10 * MILLISECOND, "scenario": "scenarios/a.py::A", "subject": "a"},
            {"at_ns": START_NS + 32 * MILLISECOND, "status": "passed"},
        ]


class HangingSampler(ScriptedSampler):
    """Does not come back from its second reading until it is told to."""

    def __init__(self, time: SteppedTime, hangs: threading.Event, end: threading.Event) -> None:
        super().__init__(time)
        self.hangs, self.end = hangs, end

    def read(self, append: Append, *, at_border: bool = False) -> None:
        super().read(append, at_border=at_border)
        if len(self.instants_of("read")) == 2:
            self.hangs.set()
            self.end.wait(30)


class OneFails(vedro.Scenario):
    subject = "a sampler that raises in {call} is retired and named, the others go on"

    @params("open", 0)
    @params("read", 1)
    @params("read_traffic", 1)
    @params("close", 1)
    def __init__(self, call: str, opened: int) -> None:
        self.call = call
        self.opened = opened

    def given_one_that_fails_between_two_that_do_not(self) -> None:
        self.time = SteppedTime(waits=4)
        self.good = [ScriptedSampler(self.time, target=name) for name in ("first", "last")]
        self.bad = ScriptedSampler(self.time, target="bad", fails_in=[self.call])
        self.recorder, self.journal = make_recorder(self.time, [self.good[0], self.bad, self.good[1]])

    def when_they_are_recorded(self) -> None:
        self.recorder.start()
        self.time.run_out()
        self.recorder.border({"scenario": "a", "subject": "a"})
        self.recorder.stop()

    def then_it_is_named_once_with_its_error(self) -> None:
        assert self.journal.notes == [f"default: ScriptedSampler gave up: ValueError('{self.call} went wrong')"]

    def and_it_was_not_asked_again(self) -> None:
        assert len(self.bad.instants_of(self.call)) == 1

    def and_it_was_closed_nevertheless(self) -> None:
        assert len(self.bad.instants_of("close")) == 1

    def and_the_others_were_read_to_the_end(self) -> None:
        for sampler in self.good:
            assert len(sampler.instants_of("read")) == 5 + 1
            assert len(sampler.instants_of("read_at_border")) == 1
            assert len(sampler.instants_of("close")) == 1


class Stopping(vedro.Scenario):
    subject = "stopping takes the last readings of everything, closes the samplers, and works twice"

    def given_a_recorder_that_ran_for_two_ticks(self) -> None:
        self.time = SteppedTime(waits=1)
        self.sampler = ScriptedSampler(self.time)
        self.recorder, self.journal = make_recorder(self.time, [self.sampler])
        self.recorder.start()
        self.time.run_out()

    def when_it_is_stopped_twice(self) -> None:
        self.time.pass_by(42 * MILLISECOND)
        self.recorder.stop()
        self.time.pass_by(SECOND)
        self.recorder.stop()

    def then_what_was_used_since_the_last_tick_was_read(self) -> None:
        assert instants(self.journal, "ticks") == [0, 100]
        assert instants(self.journal, "borders") == [142]
        assert instants(self.journal, "traffic") == [0, 142]

    def and_nothing_was_asked_after_closing(self) -> None:
        assert [call for call, _ in self.sampler.calls][-4:] == ["read", "await_last", "read_traffic", "close"]

    def and_time_is_counted_to_the_first_stop(self) -> None:
        assert self.recorder.cost.wall_seconds == 0.142


class AwaitedSampler(ScriptedSampler):
    """Has something on its way when the run ends."""

    def await_last(self) -> bool:
        super().await_last()
        return True


class OnItsWay(vedro.Scenario):
    subject = "what is on its way when a run ends is awaited and read, after what can be read at once"

    def given_a_sampler_that_awaits_and_one_that_does_not(self) -> None:
        self.time = SteppedTime()
        self.samplers = [AwaitedSampler(self.time), ScriptedSampler(self.time)]
        self.recorder, self.journal = make_recorder(self.time, self.samplers)
        self.recorder.start()
        self.time.run_out()

    def when_it_is_stopped(self) -> None:
        self.recorder.stop()

    def then_one_was_read_once_more(self) -> None:
        calls = [[call for call, _ in sampler.calls][-5:] for sampler in self.samplers]
        assert calls[0] == ["read", "await_last", "read", "read_traffic", "close"]
        assert calls[1][-4:] == ["read", "await_last", "read_traffic", "close"]


class Threads(vedro.Scenario):
    subject = "each method has one thread, named for it and no daemon, and none is left after stopping"

    def given_samplers_of_two_methods(self) -> None:
        time = SteppedTime()
        samplers = [
            ScriptedSampler(time, method="docker", target="app"),
            ScriptedSampler(time, target="vedro"),
            ScriptedSampler(time, target="system"),
        ]
        self.recorder, self.journal = make_recorder(time, samplers)

    def when_they_are_recorded_and_stopped(self) -> None:
        self.before = profiling_threads()
        self.recorder.start()
        self.running = {thread.name: thread.daemon for thread in threading.enumerate()}
        self.names = sorted(profiling_threads())
        self.recorder.stop()
        self.after = profiling_threads()

    def then_there_was_one_for_each_method(self) -> None:
        assert self.names == ["vedro-profiling-default", "vedro-profiling-docker"]
        assert [self.running[name] for name in self.names] == [False, False]

    def and_none_before_and_after(self) -> None:
        assert (self.before, self.after) == ([], [])

    def and_samplers_of_a_method_are_read_in_their_order(self) -> None:
        targets = [source.target for source in self.journal.sources]
        assert targets == ["vedro", "system", "app"]


class HangingTime(SteppedTime):
    """Time whose waits do not end when recording stops, but when the scenario does."""

    def __init__(self) -> None:
        super().__init__()
        self.end = threading.Event()

    def wait(self, stop: threading.Event, seconds: float) -> None:
        super().wait(stop, seconds)
        self.end.wait(30)


class ThreadThatDoesNotEnd(vedro.Scenario):
    subject = "a thread that hangs does not hold stopping up: it is told, and its samplers are left to it"

    def given_a_thread_that_does_not_come_back(self) -> None:
        self.time = HangingTime()
        self.sampler = ScriptedSampler(self.time)
        self.recorder, self.journal = make_recorder(self.time, [self.sampler])
        vedro.defer(self.time.end.set)
        self.recorder.start()
        self.time.run_out()

    def when_it_is_stopped(self) -> None:
        with patch("vedro_profiling.recording.recorder._JOIN_SECONDS", 0.01):
            self.recorder.stop()

    def then_it_is_told(self) -> None:
        assert self.journal.notes == ["vedro-profiling-default did not end within 0.01 s: its last tick is lost"]

    def and_no_other_thread_touches_its_sampler(self) -> None:
        assert [call for call, _ in self.sampler.calls] == ["open", "read", "read_traffic"]


class MainThreadGone(vedro.Scenario):
    subject = "when the main thread has ended, so does the recorder's thread, {circumstance}"

    @params("which waits for its next tick", 0)
    @params("though its ticks leave it no time to wait", 150 * MILLISECOND)
    def __init__(self, circumstance: str, takes_ns: int) -> None:
        self.circumstance = circumstance
        self.takes_ns = takes_ns

    def given_a_recorder(self) -> None:
        self.time = SteppedTime(waits=1000)
        sampler = ScriptedSampler(self.time, takes_ns=[self.takes_ns] * 1000)
        self.recorder, self.journal = make_recorder(self.time, [sampler])

    def when_it_runs_without_a_main_thread(self) -> None:
        with patch("threading.main_thread", return_value=threading.Thread()):
            self.recorder.start()
            for thread in threading.enumerate():
                if thread.name in profiling_threads():
                    thread.join(30)

    def then_it_has_ended_without_being_stopped(self) -> None:
        assert profiling_threads() == []
        assert len(table(self.journal, "ticks")) == 1

    def and_stopping_it_still_takes_the_last_readings(self) -> None:
        self.recorder.stop()
        assert len(table(self.journal, "borders")) == 1


class NothingToRecord(vedro.Scenario):
    subject = "a recorder without samplers starts, passes borders and stops"

    def given_a_recorder_without_samplers(self) -> None:
        self.time = SteppedTime()
        self.recorder, self.journal = make_recorder(self.time, [])

    def when_it_runs(self) -> None:
        self.recorder.start()
        self.recorder.border({"scenario": "a", "subject": "a"})
        self.recorder.border({"status": "passed"})
        self.recorder.stop()

    def then_the_scenario_is_known(self) -> None:
        assert len(self.journal.readings().scenarios) == 2

    def and_nothing_was_read(self) -> None:
        assert self.recorder.cost.ticks == 0


class CostOfRecording(vedro.Scenario):
    subject = "the cost holds the CPU of border readings and of the sampler threads"

    def given_a_sampler_that_burns_two_ms_in_each_reading(self) -> None:
        self.time = SteppedTime(waits=3)
        self.sampler = BurningSampler(self.time)
        self.recorder, self.journal = make_recorder(self.time, [self.sampler])

    def when_it_is_read_three_times_by_its_thread_and_twice_at_borders(self) -> None:
        self.recorder.start()
        self.time.run_out()
        self.recorder.border({"scenario": "a", "subject": "a"})
        self.recorder.border({"status": "passed"})
        self.recorder.stop()

    def then_all_five_are_counted(self) -> None:
        assert self.recorder.cost.cpu_seconds >= 5 * 0.002


class BurningSampler(ScriptedSampler):
    """Uses 2 ms of its thread's CPU time in each reading."""

    def read(self, append: Append, *, at_border: bool = False) -> None:
        super().read(append, at_border=at_border)
        end_ns = thread_time_ns() + 2 * MILLISECOND
        while thread_time_ns() < end_ns:
            pass


class HelpedSampler(ScriptedSampler):
    """Has a helper thread that uses 5 ms of CPU when told to go, and lives until the sampler is closed."""

    def open(self, roster: Roster) -> None:
        super().open(roster)
        self.go, self.has_burnt, self.may_end = (threading.Event() for _ in range(3))
        threading.Thread(target=self._help, name="vedro-profiling-helper", daemon=True).start()

    def _help(self) -> None:
        self.go.wait(30)
        end_ns = thread_time_ns() + 5 * MILLISECOND
        while thread_time_ns() < end_ns:
            pass
        self.has_burnt.set()
        self.may_end.wait(30)

    def close(self) -> None:
        super().close()
        self.may_end.set()


@vedro.skip_if(lambda: sys.platform != "linux", "only Linux tells the CPU of other threads")
class CostOfHelpers(vedro.Scenario):
    subject = "the cost holds the CPU of the threads that samplers start, as those that talk to the engine"

    def given_a_sampler_with_a_helper(self) -> None:
        self.time = SteppedTime()
        self.sampler = HelpedSampler(self.time)
        self.recorder, _ = make_recorder(self.time, [self.sampler])
        self.recorder.start()

    def when_the_helper_burns_five_ms(self) -> None:
        self.sampler.go.set()
        self.sampler.has_burnt.wait(30)
        self.recorder.stop()

    def then_they_are_counted(self) -> None:
        assert 0.005 <= self.recorder.cost.cpu_seconds < 0.5


class CostInPercent(vedro.Scenario):
    subject = "{cpu_seconds} s of CPU in {wall_seconds} s are {percent} % of one core"

    @params(0.5, 10.0, 5.0)
    @params(0.0, 10.0, 0.0)
    @params(0.5, 0.0, 0.0)
    def __init__(self, cpu_seconds: float, wall_seconds: float, percent: float) -> None:
        self.cpu_seconds = cpu_seconds
        self.wall_seconds = wall_seconds
        self.percent = percent

    def when_the_cost_is_made(self) -> None:
        self.cost = Cost(self.cpu_seconds, self.wall_seconds, ticks=1, late=0, missed=0)

    def then_it_is_told_in_percent(self) -> None:
        assert self.cost.percent == self.percent


class CostSoFar(vedro.Scenario):
    subject = "while a recording runs, its cost is that of the time gone by"

    def given_a_running_recorder(self) -> None:
        self.time = SteppedTime()
        self.recorder, _ = make_recorder(self.time, [ScriptedSampler(self.time)])
        self.recorder.start()
        self.time.run_out()

    def when_seven_seconds_go_by(self) -> None:
        self.time.pass_by(7 * SECOND)

    def then_they_are_counted(self) -> None:
        assert self.recorder.cost.wall_seconds == 7


class FirstToWake(vedro.Scenario):
    subject = "the thread that wakes first serves the other methods too, for each may have to wait for the GIL"

    def given_two_methods_of_which_one_never_wakes(self) -> None:
        self.time = SteppedTime(waits=4)
        self.samplers = [ScriptedSampler(self.time, method=method) for method in ("default", "docker")]

        def wait(stop: threading.Event, seconds: float) -> None:
            if threading.current_thread().name == "vedro-profiling-docker":
                stop.wait(30)
            else:
                self.time.wait(stop, seconds)

        journal = Journal(None, {"run": "run-1"})
        self.recorder = Recorder(
            self.samplers, journal, poll_seconds=0.1, monotonic_ns=self.time.monotonic_ns, wait=wait
        )
        vedro.defer(self.recorder.stop)

    def when_they_are_recorded(self) -> None:
        self.recorder.start()
        self.time.run_out()

    def then_both_were_read_on_the_whole_grid_and_once_each_tick(self) -> None:
        grid = [START_NS + tick * 100 * MILLISECOND for tick in range(5)]
        assert [sampler.instants_of("read") for sampler in self.samplers] == [grid, grid]

    def and_no_tick_counts_as_late_or_missed(self) -> None:
        cost = self.recorder.cost
        assert (cost.ticks, cost.late, cost.missed) == (10, 0, 0)


class Unserved(vedro.Scenario):
    subject = "a method whose ticks are not taken any more takes them itself, a moment late, and then on time"

    def given_two_methods_of_which_one_hangs_in_its_second_reading(self) -> None:
        self.time = SteppedTime(waits=3)
        self.hangs, self.end = threading.Event(), threading.Event()
        vedro.defer(self.end.set)
        self.hanging = HangingSampler(self.time, self.hangs, self.end)
        self.other = ScriptedSampler(self.time, method="docker")

        def wait(stop: threading.Event, seconds: float) -> None:
            if threading.current_thread().name == "vedro-profiling-docker":
                self.hangs.wait(30)
            elif self.hangs.is_set():
                stop.wait(30)
                return
            self.time.wait(stop, seconds)

        journal = Journal(None, {"run": "run-1"})
        self.recorder = Recorder(
            [self.hanging, self.other], journal, poll_seconds=0.1, monotonic_ns=self.time.monotonic_ns, wait=wait
        )
        vedro.defer(self.recorder.stop)

    def when_they_are_recorded(self) -> None:
        self.recorder.start()
        self.time.run_out()
        self.end.set()

    def then_the_other_goes_on_by_itself(self) -> None:
        milliseconds = [(at_ns - START_NS) // MILLISECOND for at_ns in self.other.instants_of("read")]
        assert milliseconds == [0, 300, 400]


class ReadNow(vedro.Scenario):
    subject = "a reading that is asked for is taken at once, beside the grid, of traffic too"

    def given_a_running_recorder(self) -> None:
        self.time = SteppedTime(waits=0)
        self.recorder, self.journal = make_recorder(self.time, [ScriptedSampler(self.time)])
        self.recorder.start()

    def when_one_is_asked_for_after_30_ms(self) -> None:
        self.time.pass_by(30 * MILLISECOND)
        self.recorder.read()

    def then_it_is_there(self) -> None:
        assert instants(self.journal, "borders") == [30]
        assert instants(self.journal, "traffic")[-1] == 30

    def and_the_grid_is_as_it_was(self) -> None:
        assert instants(self.journal, "ticks") == [0]
