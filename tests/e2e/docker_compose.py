"""A project that compose itself has made, profiled by a real run."""

from typing import Final

import polars as pl
import vedro

import vedro_profiling as vp
from tests.contexts.compose import NO_COMPOSE, Compose, no_compose
from tests.contexts.engine import IMAGE, NO_ENGINE, Project, no_engine
from tests.contexts.notes import docker_notes
from tests.contexts.project import Project as VedroProject

FILE: Final = f"""
services:
  app:
    image: {IMAGE}
    command: [sleep, "600"]
    network_mode: none
  db:
    image: {IMAGE}
    command: [sleep, "600"]
    network_mode: none
"""


@vedro.skip_if(no_engine, NO_ENGINE)
@vedro.skip_if(no_compose, NO_COMPOSE)
class ComposeProject(vedro.Scenario):
    subject = "each container of a compose project, of a scaled service too, is a target that names its service"

    def given_two_services_of_which_one_has_two_containers(self) -> None:
        self.containers = Project()
        Compose(self.containers.name, FILE).up("--scale", "app=2")
        self.names = self.containers.service_names()

    def given_a_vedro_project_that_names_it(self) -> None:
        options = {
            "profiling_methods": '["default", "docker"]',
            "docker_compose_project_name": repr(self.containers.name),
        }
        self.project = VedroProject(options=options)

    def when_it_is_run(self) -> None:
        self.run = self.project.run()

    def then_it_says_that_there_are_three(self) -> None:
        assert self.run.returncode == 0, self.run.stdout + self.run.stderr
        assert "# containers: 3 by " in self.run.stdout
        assert docker_notes(self.run.stdout) == []

    def and_all_are_targets_with_their_service(self) -> None:
        assert sorted(self.names.values()) == ["app", "app", "db"]
        points = vp.load(self.project.profiling).filter(pl.col("method") == "docker")
        assert dict(points.select("target", "service").unique().rows()) == self.names

    def and_each_has_cpu_and_memory(self) -> None:
        points = vp.load(self.project.profiling).filter(pl.col("method") == "docker")
        for metric, least in (("cpu_time", 0), ("memory_usage", 0.01)):
            measured = points.filter(pl.col("metric") == metric, pl.col("value") >= least)
            assert set(measured["target"]) == set(self.names)
