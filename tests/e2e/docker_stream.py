"""Containers of the real engine, read through its streams of statistics."""

import threading
import time
from collections.abc import Sequence
from contextlib import closing
from itertools import pairwise
from typing import Any, Final, Literal
from unittest.mock import patch

import polars as pl
import vedro

import vedro_profiling as vp
from tests.contexts.engine import NO_ENGINE, Project, no_engine, wait_until
from tests.contexts.notes import docker_notes
from tests.contexts.project import Project as VedroProject
from tests.contexts.sampled import Row, Sampled
from vedro_profiling.recording.samplers.cgroup import CgroupReader
from vedro_profiling.recording.samplers.cgroup_paths import find_directories
from vedro_profiling.recording.samplers.docker import DockerSampler

FOUR_SHORT_SCENARIOS: Final = """
import time
import vedro
from vedro import params


class Waits(vedro.Scenario):
    subject = "wait {number}"

    @params(1)
    @params(2)
    @params(3)
    @params(4)
    def __init__(self, number):
        self.number = number

    def when_it_waits(self):
        time.sleep(0.5)
"""

STEP_NS: Final = 20_000_000
"""The kernel moves the counter of a busy container in steps of 4 ms per CPU; the engine reads when it comes to it."""


def sample(project: Project, reader: Literal["auto", "cgroup", "engine"]) -> Sampled:
    sampler = DockerSampler([project.name], reader=reader)
    vedro.defer(sampler.close)
    sampled = Sampled(sampler)
    sampler.open(sampled)
    return sampled


def cpu_ns_at(at_ns: int, rows: Sequence[Row]) -> float:
    """Tell the counter between two readings."""
    after = next(place for place, row in enumerate(rows) if row.at_ns >= at_ns)
    low, high = rows[after - 1], rows[after]
    return low.cpu_ns + (high.cpu_ns - low.cpu_ns) * (at_ns - low.at_ns) / (high.at_ns - low.at_ns)


def rows_of(project: Project, sampled: Sampled, service: str) -> list[Row]:
    (rows,) = sampled.rows_of(project.container_name(service))
    return rows


def await_life(sampled: Sampled, count: int) -> None:
    wait_until(lambda: bool(sampled.tick()) and len(sampled.sources) == count, what=f"a reading of life {count}")


def streams() -> list[str]:
    return [thread.name for thread in threading.enumerate() if "docker-stats" in thread.name]


@vedro.skip_if(no_engine, NO_ENGINE)
class BesideTheFiles(vedro.Scenario):
    subject = "over five seconds the engine's stream and the cgroup files tell the same CPU, memory and traffic"

    def given_a_container_that_computes_and_one_that_holds_memory(self) -> None:
        self.project = Project()
        self.project.run("busy", "while :; do i=0; while [ $i -lt 9000 ]; do i=$((i+1)); done; sleep 0.05; done")
        self.project.run("idle", "dd if=/dev/zero of=/tmp/file bs=1M count=30; exec sleep 600")

    def when_both_read_for_five_seconds(self) -> None:
        self.files = sample(self.project, "cgroup")
        self.files.tick()
        self.stream = sample(self.project, "engine")
        for _ in range(25):
            self.files.tick()
            self.stream.tick()
            time.sleep(0.2)
        self.files.tick()
        self.traffic = self.files.tick_traffic(), self.stream.tick_traffic()

    def then_sources_say_how_they_are_read(self) -> None:
        assert {source.reader for source in self.stream.sources} == {"engine"}
        assert {source.reader for source in self.files.sources} < {"cgroup v1", "cgroup v2"}

    def and_there_is_an_object_a_second_from_the_first_reading_on(self) -> None:
        for rows in (rows_of(self.project, self.stream, "busy"), rows_of(self.project, self.stream, "idle")):
            assert 4 <= len(rows) <= 7
            steps_ns = [after.at_ns - before.at_ns for before, after in pairwise(rows)]
            assert all(0.8e9 < step_ns < 2.5e9 for step_ns in steps_ns)

    def and_cpu_at_each_instant_is_that_of_the_files(self) -> None:
        files, stream = rows_of(self.project, self.files, "busy"), rows_of(self.project, self.stream, "busy")
        assert stream[-1].cpu_ns - stream[0].cpu_ns > 100_000_000
        for row in stream:
            assert abs(row.cpu_ns - cpu_ns_at(row.at_ns, files)) <= STEP_NS

    def and_memory_too(self) -> None:
        files, stream = rows_of(self.project, self.files, "idle")[-1], rows_of(self.project, self.stream, "idle")[-1]
        assert files.memory_bytes > 30_000_000
        assert abs(stream.memory_bytes - files.memory_bytes) <= files.memory_bytes / 100

    def and_the_working_set_lies_among_those_the_files_told(self) -> None:
        # The kernel moves cached pages between its lists at any time, so it differs from second to second.
        told = [row.working_set_bytes for row in rows_of(self.project, self.files, "idle")]
        stream = rows_of(self.project, self.stream, "idle")[-1]
        assert min(told) - 256 * 1024 <= stream.working_set_bytes <= max(told) + 256 * 1024

    def and_traffic_that_has_come_to_rest(self) -> None:
        files, stream = self.traffic
        last = {self.stream.sources[row[0]].target: row[1:5] for row in stream}
        told = {self.files.sources[row[0]].target: row[1:5] for row in files}
        name = self.project.container_name("idle")
        assert last[name][2:] == told[name][2:]
        assert abs(last[name][0] - told[name][0]) <= 1000


@vedro.skip_if(no_engine, NO_ENGINE)
class LifeThroughTheEngine(vedro.Scenario):
    subject = "through the engine too a container that starts late, restarts and is removed is one target of two lives"

    def given_a_run_without_containers(self) -> None:
        self.project = Project()
        self.threads = threading.active_count()
        self.sampled = sample(self.project, "engine")

    def when_a_container_starts(self) -> None:
        self.container = self.project.run("app", "while :; do :; done")
        await_life(self.sampled, 1)

    def and_it_restarts(self) -> None:
        self.container.restart(timeout=0)
        await_life(self.sampled, 2)

    def and_it_is_removed(self) -> None:
        self.container.remove(force=True)
        wait_until(lambda: not streams(), what="the stream of the removed container ends")

    def then_each_life_counts_from_its_birth_in_the_run(self) -> None:
        assert self.sampled.targets() == [self.project.container_name("app")] * 2
        for source, rows in zip(
            self.sampled.sources, self.sampled.rows_of(self.project.container_name("app")), strict=True
        ):
            assert source.born_at_ns is not None
            assert source.born_at_ns < rows[0].at_ns
            assert [row.cpu_ns for row in rows] == sorted(row.cpu_ns for row in rows)

    def and_nothing_is_left_after_closing(self) -> None:
        self.sampled.sampler.close()
        assert threading.active_count() == self.threads


@vedro.skip_if(no_engine, NO_ENGINE)
class UntilTheEnd(vedro.Scenario):
    subject = "through the engine too, what a container uses up to the last moment of a run is told"

    def given_a_project(self) -> None:
        self.project = Project()

    def when_a_container_computes_until_the_run_ends(self) -> None:
        options: dict[str, Any] = {"profiling_methods": ["docker"], "docker_reader": "engine"}
        with vp.record(docker_compose_project_name=self.project.name, **options) as run:
            container = self.project.run("busy", "while :; do :; done", network="none")
            container.reload()
            directories = find_directories(container.attrs["State"]["Pid"], str(container.id))
            with closing(CgroupReader(directories)) as reader:
                wait_until(lambda: reader.read().cpu_ns > 1_000_000_000, what="it used 1 s of CPU", seconds=60)
                self.used_ns = reader.read().cpu_ns
        self.told_ns = float(run.points.filter(metric="cpu_time")["value"].sum()) * 1e6

    def then_none_of_it_is_missing(self) -> None:
        assert self.told_ns >= self.used_ns - STEP_NS


@vedro.skip_if(no_engine, NO_ENGINE)
class NoPermission(vedro.Scenario):
    subject = "where the cgroup files may not be opened, a container is read through the engine, and its source says so"

    def given_a_container_whose_files_are_out_of_reach(self) -> None:
        self.project = Project()
        self.project.run("app")
        denied = patch(
            "vedro_profiling.recording.samplers.cgroup.KernelFile",
            side_effect=PermissionError(13, "Permission denied", "cpuacct.usage"),
        )
        denied.start()
        vedro.defer(denied.stop)

    def when_it_is_read(self) -> None:
        self.sampled = sample(self.project, "auto")
        self.rows = self.sampled.tick()

    def then_there_is_a_reading_from_the_start(self) -> None:
        assert [source.reader for source in self.sampled.sources] == ["engine"]
        assert self.rows[0].cpu_ns > 0
        assert self.rows[0].memory_bytes > 0

    def and_one_note_says_why(self) -> None:
        (note,) = self.sampled.notes
        assert note.startswith(f"docker: {self.project.container_name('app')} is read through the engine")
        assert "no permission to read" in note


@vedro.skip_if(no_engine, NO_ENGINE)
class RunThroughTheEngine(vedro.Scenario):
    subject = (
        "a run that reads through the engine splits its CPU at the borders of scenarios, in all files, and says so"
    )

    def given_a_container_that_computes(self) -> None:
        self.containers = Project()
        self.containers.run("busy", "while :; do :; done")

    def given_a_project_whose_scenarios_last_half_a_second(self) -> None:
        reading = {"docker_reader": '"engine"', "docker_compose_project_name": repr(self.containers.name)}
        options = {"profiling_methods": '["default", "docker"]', **reading}
        self.project = VedroProject(options=options, scenarios=FOUR_SHORT_SCENARIOS)

    def when_it_is_run(self) -> None:
        self.run = self.project.run()
        self.points = vp.load(self.project.profiling / "profiling.parquet")
        self.cpu_time = self.points.filter(metric="cpu_time", target=self.containers.container_name("busy"))

    def then_the_summary_says_how_it_was_read(self) -> None:
        assert self.run.returncode == 0, self.run.stdout + self.run.stderr
        assert "# containers: 1 by engine" in self.run.stdout

    def and_no_note_explains_what_was_wished(self) -> None:
        # On a busy machine the engine may well be late, and a note says so.
        assert [note for note in docker_notes(self.run.stdout) if "through the engine" in note] == []

    def and_scenarios_have_their_share(self) -> None:
        shares = self.cpu_time.filter(pl.col("scenario").is_not_null())
        assert shares["scenario"].n_unique() >= 2
        assert set(shares["apportioned"]) == {"true"}
        assert shares["value"].sum() > 0

    def and_parts_are_no_more_than_the_time_there_was(self) -> None:
        begin, end = self.cpu_time["time"].dt.epoch("ms").sort().gather([0, -1])
        assert self.cpu_time["value"].sum() <= 1.1 * (end - begin + 1000)

    def and_ndjson_tells_the_same(self) -> None:
        assert vp.load(self.project.profiling / "profiling.ndjson").equals(self.points)
