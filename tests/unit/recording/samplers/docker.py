import re
import threading
from pathlib import Path
from typing import Literal
from unittest.mock import patch

import vedro
from vedro import params

from tests.contexts.engine_stand_in import StandInEngine
from tests.contexts.sampled import Sampled
from tests.contexts.statistics import engine_instant, statistics
from vedro_profiling.recording.kernel_file import KernelFile
from vedro_profiling.recording.samplers import MISSING, Source
from vedro_profiling.recording.samplers.docker import DockerSampler

Reader = Literal["auto", "cgroup", "engine"]

NOT_PERMITTED = "[Errno 13] no permission to read: run as a user who may: 'cpuacct.usage'"
NO_ANSWER = (
    "docker: the engine has not answered within 0.01 s; containers are read once it does; "
    "if it never does, set DOCKER_HOST to where it listens"
)
LATE = re.compile(r"docker: the engine answered \d+\.\d s into the run; containers are read from then on")
ASK_THE_ENGINE = 'docker_reader = "auto" asks the engine'


def sample(engine: StandInEngine, *projects: str, reader: Reader = "auto") -> Sampled:
    """Open a sampler on a stand-in engine."""
    sampler = DockerSampler(projects or ("shop",), reader=reader, connect=engine.connect, root=engine.root)
    vedro.defer(sampler.close)
    sampled = Sampled(sampler)
    sampler.open(sampled)
    return sampled


def use_cpu(folder: Path, cpu_ns: int) -> None:
    (Path(str(folder).format("cpuacct")) / "cpuacct.usage").write_text(f"{cpu_ns}\n")


def open_descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


class Running(vedro.Scenario):
    subject = "containers that ran before are read from the first tick on, those of other projects are not"

    def given_an_engine_with_containers(self) -> None:
        self.engine = StandInEngine()
        self.engine.start("aaaa", name="app-1")
        self.engine.start("bbbb", name="db-1", HostConfig={"NetworkMode": "host"})
        self.engine.start("cccc", name="other-1", project="blog")

    def when_the_sampler_reads(self) -> None:
        self.sampled = sample(self.engine)
        self.rows = self.sampled.tick()
        self.traffic = self.sampled.tick_traffic()

    def then_sources_say_how_they_are_read(self) -> None:
        assert self.sampled.sources == [
            Source("docker", "app-1", "cgroup v1", service="app", born_at_ns=None, peak_resets=True),
            Source("docker", "db-1", "cgroup v1", service="db", born_at_ns=None, peak_resets=True),
        ]
        assert self.sampled.notes == []

    def and_each_gives_its_values(self) -> None:
        assert [row[:4] for row in self.rows] == [
            (0, 34_193_915, 22_302_720, 1_327_104),
            (1, 34_193_915, 22_302_720, 1_327_104),
        ]

    def and_a_mark_of_the_past_was_reset_before(self) -> None:
        # The stand-in's file keeps the "0" that was written where a kernel would start a new mark: 85 becomes 05.
        assert [row.peak_bytes for row in self.rows] == [22_302_720, 22_302_720]

    def and_its_traffic_but_that_of_the_hosts_network(self) -> None:
        assert [row[:5] for row in self.traffic] == [(0, 200, 90, 5, 7), (1, MISSING, MISSING, 5, 7)]


class OneProjectOfSeveral(vedro.Scenario):
    subject = "projects {projects} and globs {globs} select {targets}"

    @params(("shop", "blog"), (), ["app-1", "other-1"])
    @params(("blog",), ("app*",), ["app-1", "other-1"])
    @params((), ("other-?",), ["other-1"])
    def __init__(self, projects: tuple[str, ...], globs: tuple[str, ...], targets: list[str]) -> None:
        self.projects = projects
        self.globs = globs
        self.targets = targets

    def given_two_projects(self) -> None:
        self.engine = StandInEngine()
        self.engine.start("aaaa", name="app-1")
        self.engine.start("cccc", name="other-1", project="blog")

    def when_the_sampler_opens(self) -> None:
        self.sampler = DockerSampler(self.projects, self.globs, connect=self.engine.connect, root=self.engine.root)
        vedro.defer(self.sampler.close)
        self.sampled = Sampled(self.sampler)
        self.sampler.open(self.sampled)

    def then_the_selected_ones_are_sources(self) -> None:
        assert self.sampled.targets() == self.targets


class LateStart(vedro.Scenario):
    subject = "a container that starts during the run counts from its birth, and its first reading waits for no tick"

    def given_a_run(self) -> None:
        self.engine = StandInEngine()
        self.engine.start("aaaa", name="app-1")
        self.sampled = sample(self.engine)

    def when_a_container_starts_and_ends_between_two_ticks(self) -> None:
        self.engine.start("bbbb", name="job-1", age_ns=-10_000_000)
        self.engine.tell("start", "bbbb")
        self.engine.end("bbbb")
        self.engine.tell("die", "bbbb")
        self.rows = self.sampled.tick()

    def then_it_is_a_source_born_during_the_run(self) -> None:
        source = self.sampled.sources[1]
        assert source.target == "job-1"
        assert source.born_at_ns is not None

    def and_what_it_used_is_told(self) -> None:
        assert [row[:3] for row in self.rows if row.source == 1] == [(1, 34_193_915, 22_302_720)]

    def and_its_peak_is_that_of_its_life(self) -> None:
        assert [row.peak_bytes for row in self.rows if row.source == 1] == [85_630_976]

    def and_it_is_not_read_again(self) -> None:
        assert [row.source for row in self.sampled.tick()] == [0]


class Restart(vedro.Scenario):
    subject = "a restart is another source of the same target, its last CPU before and its first after are there"

    def given_a_container_that_was_read(self) -> None:
        self.engine = StandInEngine()
        self.folder = self.engine.start("aaaa", name="app-1")
        self.sampled = sample(self.engine)
        self.sampled.tick()

    def when_it_is_told_to_end_and_starts_again(self) -> None:
        use_cpu(self.folder, 50_000_000)
        self.engine.tell("kill", "aaaa")
        self.engine.end("aaaa")
        self.engine.tell("die", "aaaa")
        use_cpu(self.engine.start("aaaa", name="app-1", age_ns=-10_000_000), 1_000_000)
        self.engine.tell("start", "aaaa")
        self.sampled.tick()

    def then_both_lives_are_there(self) -> None:
        assert self.sampled.targets() == ["app-1", "app-1"]
        assert [source.born_at_ns is None for source in self.sampled.sources] == [True, False]

    def and_cpu_counts_up_to_the_end_and_from_the_start(self) -> None:
        first, second = self.sampled.rows_of("app-1")
        assert [row.cpu_ns for row in first] == [34_193_915, 50_000_000]
        assert [row.cpu_ns for row in second] == [1_000_000, 1_000_000]

    def and_traffic_too(self) -> None:
        assert [row[0] for row in self.sampled.tick_traffic()] == [0, 1, 1]


class StaleLastWords(vedro.Scenario):
    subject = "a signal that ends nothing leaves no reading behind a later one, and no counter that falls"

    def given_a_container_that_was_signalled(self) -> None:
        self.engine = StandInEngine()
        self.folder = self.engine.start("aaaa", name="app-1")
        self.sampled = sample(self.engine)
        self.sampled.tick_traffic()
        self.network = self.engine.root / "proc/1001/net/dev"
        self.network.write_text("Inter-|\n face |\n")
        self.engine.tell("kill", "aaaa", signal="1")

    def when_it_is_read_twice(self) -> None:
        self.sampled.tick()
        self.engine.tell("kill", "aaaa", signal="1")
        self.sampled.tick()
        self.traffic = self.sampled.tick_traffic()
        self.engine.tell("kill", "aaaa", signal="1")
        self.sampled.tick_traffic()
        self.sampled.tick()

    def then_readings_are_in_order(self) -> None:
        instants = [row.at_ns for row in self.sampled.rows]
        assert instants == sorted(set(instants))

    def and_what_shows_less_network_than_before_is_missing(self) -> None:
        assert [row[1:3] for row in self.traffic[:1]] == [(MISSING, MISSING)]
        assert self.traffic[-1][1:3] == (200, 90)

    def and_traffic_is_in_order(self) -> None:
        instants = [row[5] for row in self.sampled.traffic]
        assert instants == sorted(set(instants))


class EndWithoutSignal(vedro.Scenario):
    subject = "a container that ends by itself is dropped without a word, by whichever reading meets it first"

    @params("tick")
    @params("tick_traffic")
    def __init__(self, first: str) -> None:
        self.first = first

    def given_two_containers(self) -> None:
        self.engine = StandInEngine()
        self.engine.start("aaaa", name="app-1")
        self.engine.start("bbbb", name="db-1")
        self.sampled = sample(self.engine)
        self.sampled.tick()

    def when_one_ends(self) -> None:
        self.engine.end("aaaa")
        self.rows = getattr(self.sampled, self.first)()
        self.after = self.sampled.tick()

    def then_the_other_is_read_on(self) -> None:
        assert [row[0] for row in self.rows] == [1]
        assert [row.source for row in self.after] == [1]

    def and_nothing_is_noted(self) -> None:
        assert self.sampled.notes == []


class BrokenFile(vedro.Scenario):
    subject = "a container that fails otherwise than by ending is dropped and named"

    def given_a_container(self) -> None:
        self.engine = StandInEngine()
        self.engine.start("aaaa", name="app-1")
        self.sampled = sample(self.engine)

    def when_its_files_fail(self) -> None:
        with patch.object(KernelFile, "read", side_effect=OSError(5, "Input/output error")):
            self.rows = self.sampled.tick()

    def then_it_is_named(self) -> None:
        assert self.rows == []
        assert self.sampled.notes == ["docker: app-1 could not be read any longer: [Errno 5] Input/output error"]


class Unreadable(vedro.Scenario):
    subject = "with the reader `cgroup` a container that runs but cannot be read here is named with the reason"

    def given_a_container_of_another_machine(self) -> None:
        self.engine = StandInEngine()
        self.engine.start("aaaa", name="app-1")
        self.engine.inspections["aaaa"]["State"]["Pid"] = 77

    def when_the_sampler_opens(self) -> None:
        self.sampled = sample(self.engine, reader="cgroup")

    def then_it_is_named(self) -> None:
        reason = "there is no process 77 here: the container ended, or its engine runs elsewhere"
        assert self.sampled.notes == [f"docker: app-1 cannot be read directly: {reason}; {ASK_THE_ENGINE}"]
        assert self.sampled.tick() == []


class NoPermission(vedro.Scenario):
    subject = "without permission to the cgroup files the reader `{reader}` {does}"

    @params("auto", "asks the engine, and says why", ["engine"], "is read through the engine, once a second", "")
    @params("cgroup", "says why it reads nothing", [], "cannot be read directly", f"; {ASK_THE_ENGINE}")
    def __init__(self, reader: Reader, does: str, sources: list[str], opening: str, hint: str) -> None:
        self.reader = reader
        self.does = does
        self.sources = sources
        self.note = f"docker: app-1 {opening}: {NOT_PERMITTED}{hint}"

    def given_files_that_root_may_not_open(self) -> None:
        self.engine = StandInEngine()
        self.engine.start("aaaa", name="app-1", started=engine_instant(-60))
        self.engine.prepare("aaaa", statistics(1, cpu_ns=34_193_915))
        denied = patch(
            "vedro_profiling.recording.samplers.cgroup.KernelFile",
            side_effect=PermissionError(13, "Permission denied", "cpuacct.usage"),
        )
        denied.start()
        vedro.defer(denied.stop)

    def when_it_is_read(self) -> None:
        self.sampled = sample(self.engine, reader=self.reader)
        self.rows = self.sampled.tick()

    def then_the_engine_is_asked_or_a_note_says_why_not(self) -> None:
        assert [source.reader for source in self.sampled.sources] == self.sources
        assert [row.cpu_ns for row in self.rows] == [34_193_915] * len(self.sources)
        assert self.sampled.notes == [self.note]


def start_elsewhere(engine: StandInEngine, number: int) -> None:
    """Start a container whose process is not here."""
    engine.start(f"id-{number}", name=f"app-{number}", started=engine_instant(-60))
    engine.inspections[f"id-{number}"]["State"]["Pid"] = 70 + number
    engine.prepare(f"id-{number}", statistics(1, cpu_ns=1))


class ManyRefused(vedro.Scenario):
    subject = "containers that are read through the engine for the same reason are one note; a new reason is another"

    def given_containers_of_another_machine(self) -> None:
        self.engine = StandInEngine()
        for number in range(1, 8):
            start_elsewhere(self.engine, number)

    def when_two_more_start_during_the_run(self) -> None:
        self.sampled = sample(self.engine)
        start_elsewhere(self.engine, 8)
        self.engine.tell("start", "id-8")
        start_elsewhere(self.engine, 9)
        failing = patch(
            "vedro_profiling.recording.samplers.docker.begin_life", side_effect=OSError(24, "Too many open files")
        )
        with failing:
            self.engine.tell("start", "id-9")
        self.sampled.tick()

    def then_the_first_are_named_with_the_first_reason(self) -> None:
        assert self.sampled.notes[0] == (
            "docker: app-1, app-2, app-3, app-4, app-5 and 2 more are read through the engine, once a second: "
            "there is no process 71 here: the container ended, or its engine runs elsewhere"
        )

    def and_the_other_reason_is_told_beside_it(self) -> None:
        reason = "[Errno 24] Too many open files"
        assert self.sampled.notes[1:] == [f"docker: app-9 is read through the engine, once a second: {reason}"]


class TooShort(vedro.Scenario):
    subject = "a container that ended before it was looked at is told as such"

    def given_a_run(self) -> None:
        self.engine = StandInEngine()
        self.engine.start("aaaa", name="app-1")
        self.sampled = sample(self.engine)

    def when_containers_end_while_they_are_looked_at(self) -> None:
        self.engine.start("bbbb", name="gone-1")
        answer = self.engine.inspections["bbbb"]
        ended = {**answer, "State": {**answer["State"], "Running": False}}
        (self.engine.root / "proc/1002/cgroup").unlink()
        with patch.object(self.engine, "inspect", side_effect=[answer, ended, None]):
            self.engine.tell("start", "bbbb")
            self.engine.tell("start", "bbbb")
        self.sampled.tick()

    def then_it_is_named_once(self) -> None:
        assert self.sampled.notes == ["docker: gone-1 ended before it could be read"]
        assert self.sampled.targets() == ["app-1"]


class ToldTwice(vedro.Scenario):
    subject = "what the list and the events both tell, or a new name, makes no second source; strangers make none"

    def given_a_run(self) -> None:
        self.engine = StandInEngine()
        self.engine.start("aaaa", name="app-1")
        self.engine.start("cccc", name="other-1", project="blog")
        self.sampled = sample(self.engine)

    def when_events_come_again(self) -> None:
        self.engine.tell("start", "aaaa")
        self.engine.tell("rename", "aaaa", name="old_app-1")
        self.engine.tell("start", "cccc")
        self.engine.tell("kill", "cccc")
        self.sampled.tick()

    def then_there_is_one_source(self) -> None:
        assert self.sampled.targets() == ["app-1"]


class NoContainers(vedro.Scenario):
    subject = "without a container of the project there is one note, which names the projects that run"

    def given_another_project(self) -> None:
        self.engine = StandInEngine()
        self.engine.start("cccc", name="other-1", project="blog")

    def when_the_sampler_opens_and_reads(self) -> None:
        self.sampled = sample(self.engine, "compose")
        self.rows = self.sampled.tick()

    def then_one_note_says_what_to_do(self) -> None:
        assert self.rows == []
        hint = "running projects: blog - set docker_compose_project_name"
        assert self.sampled.notes == [f'docker: no running container of compose project "compose"; {hint}']


class NoEngine(vedro.Scenario):
    subject = "an engine that cannot be reached is one note, {text!r}; the run goes on"

    @params(FileNotFoundError(2, "No such file or directory"), "[Errno 2] No such file or directory")
    @params(RuntimeError("two\n  lines"), "two lines")
    @params(RuntimeError(), "RuntimeError")
    def __init__(self, failure: Exception, text: str) -> None:
        self.failure = failure
        self.text = text

    def given_no_engine(self) -> None:
        self.engine = StandInEngine()
        self.engine.start("aaaa")
        self.engine.failures = [self.failure, self.failure]

    def when_the_sampler_opens(self) -> None:
        self.sampled = sample(self.engine)
        self.rows = self.sampled.tick()

    def then_one_note_says_why(self) -> None:
        assert self.rows == []
        assert self.sampled.notes == [
            f"docker: no engine to be reached ({self.text}); start it, or set DOCKER_HOST to where it listens"
        ]

    def and_when_it_comes_up_it_is_followed(self) -> None:
        assert self.engine.connected.wait(20)
        self.engine.tell("start", "aaaa")
        self.sampled.tick()
        assert self.sampled.targets() == ["app"]
        assert LATE.fullmatch(self.sampled.notes[-1])
        assert len(self.sampled.notes) == 2


class LostEngine(vedro.Scenario):
    subject = "an engine lost during the run is told once, readings go on, and what it tells when it is back counts"

    @params(None)
    @params(ConnectionResetError(104, "Connection reset by peer"))
    def __init__(self, ending: Exception | None) -> None:
        self.ending = ending

    def given_a_run(self) -> None:
        self.engine = StandInEngine()
        self.engine.start("aaaa", name="app-1")
        self.sampled = sample(self.engine)

    def when_the_engine_goes_and_comes_back_with_another_container(self) -> None:
        self.engine.connected.clear()
        self.engine.failures = [ConnectionRefusedError(111, "Connection refused")]
        self.engine.start("bbbb", name="db-1")
        self.engine.stream.send(self.ending)
        self.meanwhile = self.sampled.tick()
        assert self.engine.connected.wait(20)
        self.engine.tell("start", "bbbb")
        self.after = self.sampled.tick()

    def then_readings_went_on(self) -> None:
        assert [row.source for row in self.meanwhile] == [0]

    def and_the_new_container_is_read(self) -> None:
        assert {row.source for row in self.after} == {0, 1}
        assert self.sampled.targets() == ["app-1", "db-1"]

    def and_there_is_one_note(self) -> None:
        reason = str(self.ending or "the engine closed the event stream")
        assert self.sampled.notes == [
            f"docker: the engine was lost during the run ({reason}); starts are not seen until it is back"
        ]


class HangingEngine(vedro.Scenario):
    subject = "an engine that accepts and never answers delays opening by the set time only, and closing not at all"

    def given_an_engine_that_does_not_answer(self) -> None:
        self.engine = StandInEngine()
        self.engine.answering.clear()
        vedro.defer(self.engine.answering.set)

    def when_the_sampler_opens_reads_and_closes(self) -> None:
        with (
            patch("vedro_profiling.recording.samplers.docker._LIST_SECONDS", 0.01),
            patch("vedro_profiling.recording.samplers.discovery._JOIN_SECONDS", 0.01),
        ):
            self.sampled = sample(self.engine)
            self.rows = self.sampled.tick()
            self.sampled.sampler.close()
        self.discoveries = [thread for thread in threading.enumerate() if "docker-discovery" in thread.name]

    def then_one_note_says_so(self) -> None:
        assert self.rows == []
        assert self.sampled.notes == [NO_ANSWER]

    def and_when_it_answers_after_all_nobody_is_attached(self) -> None:
        self.engine.start("aaaa")
        self.engine.answering.set()
        for thread in self.discoveries:
            thread.join(20)
        self.sampled.sampler.close()
        assert [thread.is_alive() for thread in self.discoveries] == [False]
        assert self.sampled.targets() == []
        assert len(self.sampled.notes) == 1


class SlowEngine(vedro.Scenario):
    subject = "of an engine that answers late two notes say so, the second from which second of the run on is read"

    def given_an_engine_that_does_not_answer_yet(self) -> None:
        self.engine = StandInEngine()
        self.engine.start("aaaa", name="app-1")
        self.engine.answering.clear()
        vedro.defer(self.engine.answering.set)

    def when_it_answers_after_the_sampler_was_opened(self) -> None:
        with patch("vedro_profiling.recording.samplers.docker._LIST_SECONDS", 0.01):
            self.sampled = sample(self.engine)
        self.before = list(self.sampled.notes)
        self.engine.answering.set()
        assert self.engine.connected.wait(20)
        self.engine.tell("start", "aaaa")
        self.rows = self.sampled.tick()

    def then_it_was_told_that_there_is_no_answer(self) -> None:
        assert self.before == [NO_ANSWER]

    def and_then_when_it_came(self) -> None:
        _, late = self.sampled.notes
        assert LATE.fullmatch(late)

    def and_the_container_is_read(self) -> None:
        assert [row.source for row in self.rows] == [0]


class AnswerAtTheLastMoment(vedro.Scenario):
    subject = "an engine that answers just when waiting ends is not told as silent"

    def given_an_engine(self) -> None:
        self.engine = StandInEngine()
        self.engine.start("aaaa", name="app-1")

    def when_waiting_ends_as_the_list_comes(self) -> None:
        wait = threading.Event.wait

        def wait_and_say_no(event: threading.Event, timeout: float | None = None) -> bool:
            return wait(event, timeout) and timeout != 7

        with (
            patch("vedro_profiling.recording.samplers.docker._LIST_SECONDS", 7),
            patch.object(threading.Event, "wait", wait_and_say_no),
        ):
            self.sampled = sample(self.engine)

    def then_there_is_no_note(self) -> None:
        assert self.sampled.notes == []
        assert self.sampled.targets() == ["app-1"]


class Closed(vedro.Scenario):
    subject = "closing ends the thread and closes every file, also of containers that nobody took over yet"

    def given_what_is_open_before(self) -> None:
        self.descriptors = open_descriptors()
        self.threads = threading.active_count()

    def and_a_run_with_a_container_that_just_started(self) -> None:
        self.engine = StandInEngine()
        self.engine.start("aaaa", name="app-1")
        self.sampled = sample(self.engine)
        self.engine.start("bbbb", name="db-1")
        self.engine.tell("start", "bbbb")

    def when_it_is_closed_twice(self) -> None:
        self.sampled.sampler.close()
        self.sampled.sampler.close()

    def then_nothing_is_left(self) -> None:
        assert open_descriptors() == self.descriptors
        assert threading.active_count() == self.threads


class NeverOpened(vedro.Scenario):
    subject = "a sampler that was never opened can be closed"

    def when_it_is_closed(self) -> None:
        self.sampled = Sampled(DockerSampler(["shop"]))
        self.sampled.sampler.close()

    def then_it_reads_nothing(self) -> None:
        assert self.sampled.tick() == []


class EngineReader(vedro.Scenario):
    subject = "the reader `engine` asks the engine alone: what it sends comes with the next tick, and never at a border"

    def given_two_containers(self) -> None:
        self.engine = StandInEngine()
        for container_id, name in (("aaaa", "app-1"), ("bbbb", "db-1")):
            self.engine.start(container_id, name=name, started=engine_instant(-60))
            self.engine.prepare(container_id, statistics(1, cpu_ns=1000))
        self.sampled = sample(self.engine, reader="engine")

    def when_it_is_read_at_a_border_and_on_ticks(self) -> None:
        self.at_border: list[tuple[int, ...]] = []
        self.sampled.sampler.read(lambda *row: self.at_border.append(row), at_border=True)
        self.first = self.sampled.tick()
        self.engine.statistics_of("aaaa").send(statistics(2, cpu_ns=3000))
        self.second = self.sampled.tick()
        self.third = self.sampled.tick()
        self.traffic = self.sampled.tick_traffic()

    def then_sources_say_how_they_are_read(self) -> None:
        assert sorted(self.sampled.sources) == [
            Source("docker", "app-1", "engine", service="app", has_border_readings=False),
            Source("docker", "db-1", "engine", service="db", has_border_readings=False),
        ]
        assert self.sampled.notes == []

    def and_a_border_has_no_reading(self) -> None:
        assert self.at_border == []

    def and_each_object_is_one_reading(self) -> None:
        app = self.sampled.targets().index("app-1")
        assert [row[1:5] for row in self.first] == [(1000, 22_302_720, 1_327_104, 85_630_976)] * 2
        assert [(row.source, row.cpu_ns) for row in self.second] == [(app, 3000)]
        assert self.third == []

    def and_one_of_traffic(self) -> None:
        assert [row[1:5] for row in self.traffic] == [(201, 92, 55, 7)] * 3

    def and_nothing_is_left_when_it_is_closed(self) -> None:
        self.engine.statistics_of("bbbb").send(statistics(2, cpu_ns=3000))
        self.sampled.sampler.close()
        assert self.sampled.tick() == []
        assert self.sampled.tick_traffic() == []
        assert [thread.name for thread in threading.enumerate() if "docker" in thread.name] == []


class StreamedRestart(vedro.Scenario):
    subject = "a restart is another source of the same target for the engine's reader too; the old stream is let go"

    def given_a_container_that_is_read(self) -> None:
        self.engine = StandInEngine()
        self.engine.start("aaaa", name="app-1", started=engine_instant(-60))
        self.engine.prepare("aaaa", statistics(1, cpu_ns=5000))
        self.sampled = sample(self.engine, reader="engine")
        self.old = self.engine.statistics_of("aaaa")
        self.sampled.tick()

    def when_it_is_told_to_end_and_starts_again(self) -> None:
        self.engine.tell("kill", "aaaa")
        self.old.send(statistics(1.001, cpu_ns=6000))
        self.engine.tell("die", "aaaa")
        self.engine.start("aaaa", name="app-1", started=engine_instant(1.0015))
        self.engine.tell("start", "aaaa")
        self.engine.statistics_of("aaaa").send(statistics(1.002, cpu_ns=7000))
        self.sampled.tick()

    def then_each_life_has_its_own_counter(self) -> None:
        first, second = self.sampled.rows_of("app-1")
        assert [row.cpu_ns for row in first] == [5000, 6000]
        assert [row.cpu_ns for row in second] == [7000]

    def and_the_second_was_born_in_the_run(self) -> None:
        assert [source.born_at_ns is not None for source in self.sampled.sources] == [False, True]


class SilentStream(vedro.Scenario):
    subject = "a stream that sends nothing delays opening by the set time only, and closing not at all"

    def given_an_engine_without_statistics(self) -> None:
        self.engine = StandInEngine()
        self.engine.start("aaaa", name="app-1", started=engine_instant(-60))

    def when_the_sampler_opens_reads_and_closes(self) -> None:
        with patch("vedro_profiling.recording.samplers.docker._OPEN_SECONDS", 0.01):
            self.sampled = sample(self.engine, reader="engine")
        self.rows = self.sampled.tick()
        self.sampled.sampler.close()

    def then_there_is_nothing(self) -> None:
        assert self.rows == []
        assert self.sampled.sources == []
        assert [thread.name for thread in threading.enumerate() if "docker" in thread.name] == []


class NoBytesOfDisks(vedro.Scenario):
    subject = "a kernel that tells no bytes of disks is told in one note, however many containers there are"

    def given_two_containers_without_disk_counters(self) -> None:
        self.engine = StandInEngine()
        for container_id, name in (("aaaa", "app-1"), ("bbbb", "db-1")):
            folder = Path(str(self.engine.start(container_id, name=name)).format("blkio"))
            for file in folder.iterdir():
                file.unlink()

    def when_they_are_read(self) -> None:
        self.sampled = sample(self.engine)
        self.sampled.tick()
        self.notes_before = list(self.sampled.notes)
        self.sampled.tick_traffic()
        self.sampled.tick_traffic()

    def then_it_is_told_with_the_first_of_it(self) -> None:
        assert self.notes_before == []
        (note,) = self.sampled.notes
        assert "cgroup v1 Linux counts it up to 6.9 alone" in note


class LastObjects(vedro.Scenario):
    subject = "when a run ends, an object is awaited of each container that is read through the engine, and of no other"

    def given_a_container_read_through_the_engine(self) -> None:
        self.engine = StandInEngine()
        self.engine.start("aaaa", name="app-1", started=engine_instant(-3600))
        self.engine.prepare("aaaa", statistics(10, cpu_ns=1))
        self.sampled = sample(self.engine, reader="engine")
        self.files = sample(self.engine)
        self.sampled.tick()

    def when_the_next_object_is_awaited(self) -> None:
        stream = self.engine.statistics_of("aaaa")
        stream.put(statistics(12, cpu_ns=3))
        with patch("vedro_profiling.recording.samplers.docker._LAST_SECONDS", 20):
            self.to_be_read = [self.sampled.sampler.await_last(), self.files.sampler.await_last()]
        self.rows = self.sampled.tick()

    def then_it_is_there_to_be_read(self) -> None:
        assert self.to_be_read == [True, False]
        assert [row.cpu_ns for row in self.rows] == [3]


class LastObjectsOfPodman(vedro.Scenario):
    subject = "where the engine sends an object in five seconds, as Podman does, the end of a run is asked for at once"

    def given_containers_read_through_such_an_engine(self) -> None:
        seldom = patch("vedro_profiling.recording.samplers.stream._SELDOM_NS", 0)
        seldom.start()
        vedro.defer(seldom.stop)
        self.engine = StandInEngine()
        for number in (1, 2):
            self.engine.start(f"id-{number}", name=f"app-{number}", started=engine_instant(-3600))
            self.engine.prepare(f"id-{number}", statistics(10, cpu_ns=1))
        self.sampled = sample(self.engine, reader="engine")
        for number in (1, 2):
            self.engine.statistics_of(f"id-{number}").send(statistics(10.0001, cpu_ns=2))
            self.engine.prepare(f"id-{number}", statistics(4000, cpu_ns=3))
        self.sampled.tick()

    def when_the_last_object_is_awaited(self) -> None:
        with patch("vedro_profiling.recording.samplers.docker._LAST_SECONDS", 20):
            self.sampled.sampler.await_last()
        self.rows = self.sampled.tick()

    def then_each_container_has_one(self) -> None:
        assert sorted(row.source for row in self.rows) == [0, 1]
        assert {row.cpu_ns for row in self.rows} == {3}
