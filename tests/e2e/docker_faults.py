"""What can go wrong with engines and containers: a run goes on, ends in time, says what is missing, leaves nothing."""

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Literal
from unittest.mock import patch

import psutil
import vedro
from docker.models.containers import Container
from vedro import params

import vedro_profiling as vp
from tests.contexts.engine import NO_ENGINE, Project, no_engine, wait_until
from tests.contexts.notes import docker_notes
from tests.contexts.private_engine import NO_PRIVATE_ENGINE, PrivateEngine, no_private_engine
from tests.contexts.project import Project as VedroProject
from tests.contexts.sampled import Row, Sampled
from tests.contexts.silent_engine import listen_in_silence
from vedro_profiling.recording.samplers.docker import DockerSampler

LIMIT_BYTES: Final = 32 * 1024 * 1024
NO_CERTIFICATES: Final = {"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "/nowhere"}

ONE_SCENARIO = """
import time
import vedro


class Counts(vedro.Scenario):
    subject = "it counts"

    def when_it_counts(self):
        self.total = sum(range(100_000))

    def then_it_notes_when(self):
        open("ended", "w").write(str(time.time()))
"""


def sample(project: Project, reader: Literal["auto", "cgroup", "engine"] = "auto") -> Sampled:
    sampler = DockerSampler([project.name], reader=reader)
    vedro.defer(sampler.close)
    sampled = Sampled(sampler)
    sampler.open(sampled)
    return sampled


def leaks() -> tuple[int, list[str]]:
    """Tell what this process has open: how many descriptors, and which threads."""
    return psutil.Process().num_fds(), sorted(thread.name for thread in threading.enumerate())


@vedro.skip_if(no_private_engine, NO_PRIVATE_ENGINE)
class EngineStoppedAndStarted(vedro.Scenario):
    subject = (
        "an engine that stops and starts mid-run costs no reading of the files, and one note; what starts then is read"
    )

    def given_a_container_of_an_engine_of_our_own(self) -> None:
        self.engine = PrivateEngine()
        self.project = Project(self.engine.client())
        self.project.run("app", "while :; do :; done", network="none")
        self.files, self.stream = sample(self.project), sample(self.project, "engine")
        self.before = self.files.tick() + self.stream.tick()

    def when_the_engine_stops(self) -> None:
        self.engine.stop()
        self.while_away = [self.files.tick(), self.files.tick()]

    def and_it_starts_again_with_another_container(self) -> None:
        self.engine.start()
        self.project.run("late", network="none")
        for sampled in (self.files, self.stream):
            read: set[int] = set()
            wait_until(lambda: tick_into(read, sampled) == {0, 1}, what="both containers are read")  # noqa: B023 - called before the next round

    def then_there_was_no_gap_in_the_files(self) -> None:
        assert [[row.source for row in rows] for rows in self.while_away] == [[0], [0]]

    def and_each_container_has_one_life_for_both_readers(self) -> None:
        names = [self.project.container_name("app"), self.project.container_name("late")]
        assert self.files.targets() == self.stream.targets() == names

    def and_the_counter_of_the_stream_goes_on(self) -> None:
        (rows,) = self.stream.rows_of(self.project.container_name("app"))
        assert rows[-1].cpu_ns > rows[0].cpu_ns + 200_000_000
        assert [row.at_ns for row in rows] == sorted({row.at_ns for row in rows})

    def and_one_note_says_so(self) -> None:
        for sampled in (self.files, self.stream):
            assert [note.split(" (")[0] for note in sampled.notes] == ["docker: the engine was lost during the run"]


def tick_all(*samples: Sampled) -> list[Row]:
    return [row for sampled in samples for row in sampled.tick()]


def cpu_ns_of(project: Project, sampled: Sampled) -> int:
    """Tell what the service `app` had used when it was read last."""
    (rows,) = sampled.rows_of(project.container_name("app"))
    return rows[-1].cpu_ns


def tick_into(read: set[int], sampled: Sampled) -> set[int]:
    """Add the sources that a tick reads."""
    read.update(row.source for row in sampled.tick())
    return read


@vedro.skip_if(no_private_engine, NO_PRIVATE_ENGINE)
class EngineHangsMidRun(vedro.Scenario):
    subject = "an engine that hangs mid-run delays no reading of the files and no end, and leaves no thread"

    def given_a_container_that_both_readers_read(self) -> None:
        self.engine = PrivateEngine()
        self.project = Project(self.engine.client())
        self.project.run("app", network="none")
        self.before = sorted(thread.name for thread in threading.enumerate())
        self.files, self.stream = sample(self.project), sample(self.project, "engine")

    def when_the_engine_hangs_until_the_run_has_ended(self) -> None:
        with self.engine.hanging():
            self.rows = [self.files.tick(), self.files.tick()]
            self.stream.tick()
            began = time.monotonic()
            self.stream.sampler.await_last()
            self.files.sampler.close()
            self.stream.sampler.close()
            self.took_seconds = time.monotonic() - began

    def then_the_files_were_read(self) -> None:
        assert [len(rows) for rows in self.rows] == [1, 1]

    def and_the_end_was_not_delayed(self) -> None:
        assert self.took_seconds < 3
        assert sorted(thread.name for thread in threading.enumerate()) == self.before


@vedro.skip_if(no_private_engine, NO_PRIVATE_ENGINE)
class SlowEngine(vedro.Scenario):
    subject = "an engine that hangs when a run begins is told as slow, and what it lists later is read from then on"

    def given_a_container_of_an_engine_of_our_own(self) -> None:
        self.engine = PrivateEngine()
        self.project = Project(self.engine.client())
        self.project.run("app", network="none")

    def when_a_run_begins_while_the_engine_hangs(self) -> None:
        with self.engine.hanging():
            self.sampled = sample(self.project)
        wait_until(lambda: len(self.sampled.tick()) == 1, what="the container is read")

    def then_two_notes_say_so(self) -> None:
        wait_until(lambda: bool(self.sampled.tick()) and len(self.sampled.notes) == 2, what="two notes")
        silent, late = self.sampled.notes
        assert silent.startswith("docker: the engine has not answered within 1.5 s; ")
        assert late.startswith("docker: the engine answered ")


class HangingEngine(vedro.Scenario):
    subject = (
        "beside an engine that accepts and never answers a run ends within 3 s of its last scenario, with one note"
    )

    def given_a_project(self) -> None:
        self.project = VedroProject(options={"profiling_methods": '["default", "docker"]'}, scenarios=ONE_SCENARIO)

    def when_it_is_run(self) -> None:
        self.run = self.project.run(DOCKER_HOST=listen_in_silence())
        self.ended = time.time()

    def then_it_ends_in_time(self) -> None:
        assert self.run.returncode == 0, self.run.stdout + self.run.stderr
        assert self.ended - float((self.project.folder / "ended").read_text()) < 3

    def and_says_once_what_is_missing(self) -> None:
        (note,) = docker_notes(self.run.stdout)
        assert "the engine has not answered within 1.5 s" in note

    def and_everything_else_is_there(self) -> None:
        assert {"python", "system"} <= set(vp.load(self.project.profiling)["target"])


class Misconfigured(vedro.Scenario):
    subject = "with {what} a run goes on, and one note names the reason"

    @params("a closed port", {"DOCKER_HOST": "tcp://127.0.0.1:1"}, "Connection refused")
    @params("garbage in DOCKER_HOST", {"DOCKER_HOST": "garbage://&%"}, "garbage")
    @params("no certificates", {"DOCKER_HOST": "tcp://127.0.0.1:1", **NO_CERTIFICATES}, "TLS")
    def __init__(self, what: str, environment: dict[str, str], reason: str) -> None:
        self.what = what
        self.environment = environment
        self.reason = reason

    def given_a_project(self) -> None:
        self.project = VedroProject(options={"profiling_methods": '["default", "docker"]'}, scenarios=ONE_SCENARIO)

    def when_it_is_run(self) -> None:
        with patch.dict(os.environ, self.environment):
            self.run = self.project.run()

    def then_it_ends_as_without_profiling(self) -> None:
        assert self.run.returncode == 0, self.run.stdout + self.run.stderr
        assert self.run.stderr == ""

    def and_one_note_names_the_reason(self) -> None:
        (note,) = docker_notes(self.run.stdout)
        assert self.reason in note
        assert note.endswith("start it, or set DOCKER_HOST to where it listens")

    def and_everything_else_is_there(self) -> None:
        assert {"python", "system"} <= set(vp.load(self.project.profiling)["target"])


@vedro.skip_if(no_engine, NO_ENGINE)
class Killed(vedro.Scenario):
    subject = "a container killed by {death} keeps what it used until then, and the others are read on"

    @params("SIGKILL", "exec sleep 600")
    @params("the kernel for want of memory", "sleep 0.3; exec dd if=/dev/zero of=/dev/null bs=64M")
    def __init__(self, death: str, command: str) -> None:
        self.death = death
        self.command = command

    def given_two_containers(self) -> None:
        self.project = Project()
        self.project.run("other", network="none")
        burn = "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done"
        self.container = self.project.run(
            "app", f"{burn}; {self.command}", network="none", mem_limit=LIMIT_BYTES, memswap_limit=LIMIT_BYTES
        )
        self.sampled = sample(self.project)

    def when_one_is_killed(self) -> None:
        wait_until(
            lambda: len(self.sampled.tick()) == 2 and cpu_ns_of(self.project, self.sampled) > 20_000_000,
            what="it has computed",
        )
        if self.death == "SIGKILL":
            self.container.kill()
        wait_until(lambda: len(self.sampled.tick()) == 1, what="it is read no more")

    def then_it_died_of_that(self) -> None:
        self.container.reload()
        state = self.container.attrs["State"]
        assert state["ExitCode"] == 137
        assert state["OOMKilled"] == (self.death != "SIGKILL")

    def and_its_readings_are_there(self) -> None:
        assert cpu_ns_of(self.project, self.sampled) > 20_000_000
        assert len(self.sampled.sources) == 2

    def and_the_other_is_read_on_without_a_note(self) -> None:
        assert [self.sampled.sources[row.source].service for row in self.sampled.tick()] == ["other"]
        assert self.sampled.notes == []


@vedro.skip_if(no_engine, NO_ENGINE)
class ChildOutOfMemory(vedro.Scenario):
    subject = "a child killed for want of memory leaves its container running, and its peak at the limit"

    def given_a_container_with_a_limit(self) -> None:
        self.project = Project()
        self.container = self.project.run("app", network="none", mem_limit=LIMIT_BYTES, memswap_limit=LIMIT_BYTES)
        self.sampled = sample(self.project)
        self.sampled.tick()

    def when_a_child_wants_more(self) -> None:
        self.killed = self.container.exec_run(["dd", "if=/dev/zero", "of=/dev/null", "bs=64M", "count=1"])
        (self.row,) = self.sampled.tick()

    def then_the_child_was_killed(self) -> None:
        assert self.killed.exit_code == 137

    def and_the_peak_is_the_limit(self) -> None:
        assert LIMIT_BYTES * 0.99 <= self.row.peak_bytes <= LIMIT_BYTES
        assert self.row.memory_bytes < LIMIT_BYTES / 2


@vedro.skip_if(no_engine, NO_ENGINE)
class FiftyCycles(vedro.Scenario):
    subject = "of fifty starts and stops during a run each life is told with its CPU, and nothing is left open"

    def given_five_containers(self) -> None:
        self.project = Project()
        self.containers = self.project.run_many("app", "while :; do :; done", count=5)
        with ThreadPoolExecutor(5) as pool:
            list(pool.map(lambda container: container.kill(), self.containers))
        self.before = leaks()

    def when_each_starts_and_stops_ten_times(self) -> None:
        self.files, self.stream = sample(self.project), sample(self.project, "engine")
        with ThreadPoolExecutor(5) as pool:
            cycles = [pool.submit(live_and_die, container, self.files, times=10) for container in self.containers]
            while not all(cycle.done() for cycle in cycles):
                tick_all(self.files, self.stream)
                time.sleep(0.02)
        assert [cycle.exception() for cycle in cycles] == [None] * 5
        wait_until(lambda: tick_all(self.files, self.stream) == [], what="nothing is read any more")

    def then_each_life_is_told(self) -> None:
        names = [self.project.container_name("app", number=number) for number in range(1, 6)]
        assert sorted(self.files.targets()) == sorted(names * 10)

    def and_each_has_its_cpu(self) -> None:
        for name in set(self.files.targets()):
            assert all(rows[-1].cpu_ns > 1_000_000 for rows in self.files.rows_of(name))
            assert [rows for rows in self.files.rows_of(name) if rows != sorted(rows, key=lambda row: row.cpu_ns)] == []

    def and_nothing_is_left_open(self) -> None:
        self.files.sampler.close()
        self.stream.sampler.close()
        # A stream that was asked for when its container died is answered, and closed, within a second.
        wait_until(lambda: leaks() == self.before, what="nothing is left open", seconds=5)

    def and_the_only_note_is_about_the_beginning(self) -> None:
        for sampled in (self.files, self.stream):
            assert [note.partition(" of ")[0] for note in sampled.notes] == ["docker: no running container"]


def live_and_die(container: Container, sampled: Sampled, *, times: int) -> None:
    """Start a container, and kill it when it was read."""
    for life in range(1, times + 1):
        container.start()
        name = str(container.name)
        wait_until(lambda: sampled.targets().count(name) == life, what=f"life {life} of {name}")  # noqa: B023 - called before the next round
        container.kill()


@vedro.skip_if(no_engine, NO_ENGINE)
class FortyContainers(vedro.Scenario):
    subject = "forty containers at once are each read on every tick, and each by the engine's stream"

    def given_forty_containers(self) -> None:
        self.project = Project()
        self.before = leaks()
        self.project.run_many("app", count=40)

    def when_they_are_read(self) -> None:
        self.files, self.stream = sample(self.project), sample(self.project, "engine")
        self.ticks = [self.files.tick() for _ in range(10)]
        streamed: set[int] = set()
        wait_until(lambda: len(tick_into(streamed, self.stream)) == 40, what="forty objects")

    def then_no_reading_is_missing(self) -> None:
        assert all(sorted(row.source for row in rows) == list(range(40)) for rows in self.ticks)

    def and_each_has_its_name(self) -> None:
        names = {self.project.container_name("app", number=number) for number in range(1, 41)}
        assert set(self.files.targets()) == set(self.stream.targets()) == names

    def and_nothing_is_left_open(self) -> None:
        self.files.sampler.close()
        self.stream.sampler.close()
        # A stream that was asked for when its container died is answered, and closed, within a second.
        wait_until(lambda: leaks() == self.before, what="nothing is left open", seconds=5)
