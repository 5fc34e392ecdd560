"""Containers of the real engine, read by the sampler as the recorder does."""

import contextlib
import threading
import time
from itertools import chain
from pathlib import Path
from typing import Any, Literal

import vedro
from vedro import params

from tests.contexts.engine import NO_ENGINE, Project, no_engine, wait_until
from tests.contexts.kernel import COUNTS_DISK
from tests.contexts.notes import DISK_NOTE
from tests.contexts.sampled import Sampled
from vedro_profiling.recording.samplers.docker import DockerSampler


def sample(project: Project) -> Sampled:
    sampler = DockerSampler([project.name])
    vedro.defer(sampler.close)
    sampled = Sampled(sampler)
    sampler.open(sampled)
    return sampled


def open_descriptors() -> set[str]:
    """Return the files of containers that this process holds open."""
    paths = set()
    for descriptor in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # the one that lists the folder is closed by now
            paths.add(str(descriptor.readlink()))
    return {path for path in paths if "cgroup" in path or "net/dev" in path}


def await_life(sampled: Sampled, count: int) -> None:
    """Wait until the newest life is read and is the one of that number."""
    wait_until(lambda: bool(sampled.tick()) and len(sampled.sources) == count, what=f"a reading of life {count}")


@vedro.skip_if(no_engine, NO_ENGINE)
class AsTheEngineSays(vedro.Scenario):
    subject = "CPU and memory of a container are those the engine tells between two readings"

    def given_a_container_that_computes_and_one_that_sleeps(self) -> None:
        self.project = Project()
        self.busy = self.project.run("busy", "while :; do :; done")
        self.idle = self.project.run("idle")

    def when_the_engine_is_asked_between_two_readings(self) -> None:
        self.sampled = sample(self.project)
        await_life(self.sampled, 2)
        self.before = {row.source: row for row in self.sampled.tick()}
        self.busy_stats: Any = self.busy.stats(stream=False)
        self.idle_stats: Any = self.idle.stats(stream=False)
        self.after = {row.source: row for row in self.sampled.tick()}

    def then_its_cpu_lies_between_ours(self) -> None:
        number = self.sampled.targets().index(self.project.container_name("busy"))
        told = self.busy_stats["cpu_stats"]["cpu_usage"]["total_usage"]
        assert self.before[number].cpu_ns <= told <= self.after[number].cpu_ns

    def and_the_memory_of_the_sleeping_one_is_ours_but_for_some_pages(self) -> None:
        number = self.sampled.targets().index(self.project.container_name("idle"))
        told = self.idle_stats["memory_stats"]["usage"]
        assert abs(self.after[number].memory_bytes - told) <= 256 * 1024

    def and_each_source_names_its_service(self) -> None:
        assert sorted(str(source.service) for source in self.sampled.sources) == ["busy", "idle"]


@vedro.skip_if(no_engine, NO_ENGINE)
class KnownBurn(vedro.Scenario):
    subject = "a burn is found in the container's CPU, with what it costs to start a process in it"

    def given_a_sleeping_container(self) -> None:
        self.project = Project()
        self.container = self.project.run("app")
        self.sampled = sample(self.project)
        await_life(self.sampled, 1)

    def when_it_burns_cpu(self) -> None:
        self.before = self.sampled.tick()[0].cpu_ns
        self.burnt_seconds = self.project.burn(self.container)
        self.after = self.sampled.tick()[0].cpu_ns

    def then_no_more_and_no_less_is_told(self) -> None:
        told_seconds = (self.after - self.before) / 1e9
        assert self.burnt_seconds > 0.1
        assert self.burnt_seconds - 0.02 <= told_seconds <= self.burnt_seconds * 1.1 + 0.3


@vedro.skip_if(no_engine, NO_ENGINE)
class ShortPeak(vedro.Scenario):
    subject = "300 MB held for a moment between two readings are in the peak of the second and, if reset, of no other"

    def given_a_sleeping_container(self) -> None:
        self.project = Project()
        self.container = self.project.run("app")
        self.sampled = sample(self.project)
        await_life(self.sampled, 1)

    def when_it_allocates_between_two_readings(self) -> None:
        self.before = self.sampled.tick()[0]
        self.project.allocate(self.container, megabytes=300)
        self.peak = self.sampled.tick()[0]
        self.after = self.sampled.tick()[0]

    def then_the_reading_behind_it_tells(self) -> None:
        assert self.peak.peak_bytes >= 300 * 1024 * 1024
        assert self.peak.memory_bytes < 50_000_000

    def and_no_other(self) -> None:
        assert self.before.peak_bytes < 50_000_000
        assert self.after.peak_bytes < 50_000_000 or not self.sampled.sources[0].peak_resets


@vedro.skip_if(no_engine, NO_ENGINE)
class LifeOfAContainer(vedro.Scenario):
    subject = "a container that starts late, restarts, stops, starts again and is removed is one target of three lives"

    def given_a_run_without_containers(self) -> None:
        self.project = Project()
        self.sampled = sample(self.project)

    def when_a_container_starts(self) -> None:
        self.container = self.project.run("app", "while :; do :; done")
        await_life(self.sampled, 1)

    def and_it_restarts(self) -> None:
        self.container.restart(timeout=0)
        await_life(self.sampled, 2)

    def and_it_stops_and_starts_again(self) -> None:
        self.container.stop(timeout=0)
        wait_until(lambda: not self.sampled.tick(), what="the stopped container gives no reading")
        self.container.start()
        await_life(self.sampled, 3)

    def and_it_is_removed(self) -> None:
        self.container.remove(force=True)
        wait_until(lambda: not self.sampled.tick(), what="the removed container gives no reading")

    def then_each_life_is_a_source_born_during_the_run(self) -> None:
        assert self.sampled.targets() == [self.project.container_name("app")] * 3
        assert all(source.born_at_ns is not None for source in self.sampled.sources)

    def and_each_has_readings_after_its_birth_in_which_cpu_only_grows(self) -> None:
        for source, rows in zip(
            self.sampled.sources, self.sampled.rows_of(self.project.container_name("app")), strict=True
        ):
            assert source.born_at_ns is not None
            assert source.born_at_ns < rows[0].at_ns
            assert [row.cpu_ns for row in rows] == sorted(row.cpu_ns for row in rows)
            assert [row.at_ns for row in rows] == sorted(row.at_ns for row in rows)

    def and_the_only_note_is_about_the_beginning(self) -> None:
        assert [note.split(";")[0] for note in self.sampled.notes] == [
            f'docker: no running container of compose project "{self.project.name}"'
        ]


@vedro.skip_if(no_engine, NO_ENGINE)
class ScaledUp(vedro.Scenario):
    subject = (
        "a service that is scaled up during a scenario has a target for each container, the new one from its birth"
    )

    def given_a_service_of_one_container(self) -> None:
        self.project = Project()
        self.project.run("app")
        self.sampled = sample(self.project)
        self.sampled.tick()

    def when_it_is_scaled_up_between_two_borders(self) -> None:
        self.borders: list[tuple[int, ...]] = []
        self.sampled.sampler.read(lambda *row: self.borders.append(row), at_border=True)
        self.project.run("app", "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; exec sleep 600", number=2)
        wait_until(lambda: bool(self.sampled.tick()) and len(self.sampled.sources) == 2, what="a second source")
        self.sampled.sampler.read(lambda *row: self.borders.append(row), at_border=True)

    def then_both_are_targets_of_one_service(self) -> None:
        assert self.sampled.targets() == [self.project.container_name("app", number=number) for number in (1, 2)]
        assert [source.service for source in self.sampled.sources] == ["app", "app"]
        assert [source.born_at_ns is not None for source in self.sampled.sources] == [False, True]

    def and_the_border_behind_it_has_both(self) -> None:
        assert [row[0] for row in self.borders] == [0, 0, 1]


@vedro.skip_if(no_engine, NO_ENGINE)
class Paused(vedro.Scenario):
    subject = "a container that is paused is read on: memory is there, CPU stands still, and grows again after it"

    def given_a_container_that_computes(self) -> None:
        self.project = Project()
        self.container = self.project.run("app", "while :; do :; done")
        self.sampled = sample(self.project)

    def when_it_is_paused_and_unpaused(self) -> None:
        self.container.pause()
        self.paused = [self.sampled.tick()[0] for _ in range(3)]
        self.container.unpause()
        wait_until(lambda: self.sampled.tick()[0].cpu_ns > self.paused[-1].cpu_ns, what="CPU grows again")

    def then_cpu_stood_still(self) -> None:
        assert len({row.cpu_ns for row in self.paused}) == 1
        assert all(row.memory_bytes > 0 for row in self.paused)

    def and_it_is_one_life_without_a_note(self) -> None:
        assert len(self.sampled.sources) == 1
        assert self.sampled.notes == []


@vedro.skip_if(no_engine, NO_ENGINE)
class MadeAnew(vedro.Scenario):
    subject = "a container that is removed and made anew under its name stays one target"

    def given_a_container_that_is_read(self) -> None:
        self.project = Project()
        self.first = self.project.run("app", "while :; do :; done")
        self.sampled = sample(self.project)
        self.sampled.tick()

    def when_another_takes_its_name(self) -> None:
        self.first.remove(force=True)
        self.second = self.project.run("app", "while :; do :; done")
        await_life(self.sampled, 2)

    def then_both_are_lives_of_one_target(self) -> None:
        assert self.first.id != self.second.id
        assert self.sampled.targets() == [self.project.container_name("app")] * 2

    def and_no_counter_falls(self) -> None:
        for rows in self.sampled.rows_of(self.project.container_name("app")):
            assert [row.cpu_ns for row in rows] == sorted(row.cpu_ns for row in rows)
        assert self.sampled.notes == []


@vedro.skip_if(no_engine, NO_ENGINE)
class Chosen(vedro.Scenario):
    subject = "several projects and a glob of names choose their containers, running ones and late ones"

    def given_containers_of_four_projects(self) -> None:
        self.projects = [Project() for _ in range(4)]
        for project in self.projects:
            project.run("app")

    def when_two_projects_and_a_glob_are_read_and_containers_start(self) -> None:
        first, second, third, _ = self.projects
        sampler = DockerSampler([first.name, second.name], [f"{third.name}-a*"])
        vedro.defer(sampler.close)
        self.sampled = Sampled(sampler)
        sampler.open(self.sampled)
        for project in reversed(self.projects):
            for service in ("db", "api"):
                project.run(service)
        last = first.container_name("api")
        wait_until(lambda: bool(self.sampled.tick()) and last in self.sampled.targets(), what="the last is read")

    def then_the_chosen_are_targets(self) -> None:
        first, second, third, _ = self.projects
        wanted = [project.container_name(service) for project in (first, second) for service in ("app", "db", "api")]
        wanted += [third.container_name(service) for service in ("app", "api")]
        assert sorted(self.sampled.targets()) == sorted(wanted)


@vedro.skip_if(no_engine, NO_ENGINE)
class ShortLife(vedro.Scenario):
    subject = "a container that starts and ends between two ticks leaves its CPU all the same"

    def given_a_run(self) -> None:
        self.project = Project()
        self.project.run("app")
        self.sampled = sample(self.project)
        self.sampled.tick()

    def when_a_job_runs_between_two_ticks(self) -> None:
        job = self.project.run("job", "i=0; while [ $i -lt 30000 ]; do i=$((i+1)); done; exec sleep 1")
        job.wait()

    def then_what_it_used_is_there(self) -> None:
        def told() -> bool:
            self.sampled.tick()
            return self.project.container_name("job") in self.sampled.targets()

        wait_until(told, what="the job is a source")
        (rows,) = self.sampled.rows_of(self.project.container_name("job"))
        assert rows[-1].cpu_ns > 1_000_000


@vedro.skip_if(no_engine, NO_ENGINE)
class TenContainers(vedro.Scenario):
    subject = "ten containers are each read on every one of 20 ticks, 0.1 s apart"

    def given_ten_containers(self) -> None:
        self.project = Project()
        for number in range(1, 11):
            self.project.run("app", "while :; do sleep 0.05; done", number=number)
        self.sampled = sample(self.project)
        await_life(self.sampled, 10)

    def when_they_are_read(self) -> None:
        self.ticks = []
        for _ in range(20):
            time.sleep(0.1)
            self.ticks.append(self.sampled.tick())
        self.traffic = self.sampled.tick_traffic()

    def then_no_reading_is_missing(self) -> None:
        assert len(self.sampled.sources) == 10
        assert all(sorted(row.source for row in rows) == list(range(10)) for rows in self.ticks)
        assert sorted(row[0] for row in self.traffic) == list(range(10))

    def and_values_make_sense(self) -> None:
        for row in chain.from_iterable(self.ticks):
            assert 0 < row.working_set_bytes <= row.memory_bytes <= row.peak_bytes
        for target in self.sampled.targets():
            (rows,) = self.sampled.rows_of(target)
            assert rows[-1].cpu_ns > rows[0].cpu_ns
        counters = slice(1, 5 if COUNTS_DISK else 3)
        assert all(min(row[counters]) >= 0 for row in self.traffic)


@vedro.skip_if(no_engine, NO_ENGINE)
class NothingLeft(vedro.Scenario):
    subject = "after closing no thread and no descriptor of a container is left, after ten restarts too"

    def given_what_there_is_before(self) -> None:
        self.project = Project()
        self.container = self.project.run("app")
        self.threads = threading.active_count()

    def when_a_container_restarts_ten_times_during_a_run(self) -> None:
        self.sampled = sample(self.project)
        for life in range(2, 12):
            self.container.restart(timeout=0)
            await_life(self.sampled, life)
        self.during = open_descriptors()
        self.sampled.sampler.close()

    def then_only_the_last_life_was_open(self) -> None:
        assert len(self.during) == 5 + COUNTS_DISK

    def and_nothing_is_left(self) -> None:
        assert open_descriptors() == set()
        assert threading.active_count() == self.threads


@vedro.skip_if(no_engine, NO_ENGINE)
class BytesOfDisks(vedro.Scenario):
    subject = "where the kernel counts no bytes of disks, one note says so for the reader {reader}, and else none"

    @params("cgroup")
    @params("engine")
    def __init__(self, reader: Literal["cgroup", "engine"]) -> None:
        self.reader = reader

    def given_a_container(self) -> None:
        self.project = Project()
        self.project.run("app")

    def when_it_is_read_twice(self) -> None:
        sampler = DockerSampler([self.project.name], reader=self.reader)
        vedro.defer(sampler.close)
        self.sampled = Sampled(sampler)
        sampler.open(self.sampled)
        for _ in range(2):
            self.sampled.tick()
            self.sampled.tick_traffic()

    def then_it_is_told_once(self) -> None:
        assert [note[: len(DISK_NOTE)] for note in self.sampled.notes] == ([] if COUNTS_DISK else [DISK_NOTE])
