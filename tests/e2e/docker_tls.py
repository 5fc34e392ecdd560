"""The real engine behind TLS: with the right certificates all is as without, with others the run goes on."""

import os
from unittest.mock import patch

import polars as pl
import vedro
from vedro import params

import vedro_profiling as vp
from tests.contexts.engine import Project
from tests.contexts.notes import docker_notes
from tests.contexts.project import Project as VedroProject
from tests.contexts.tls_engine import NO_TLS_ENGINE, Authority, TlsEngine, no_tls_engine


@vedro.skip_if(no_tls_engine, NO_TLS_ENGINE)
class RightCertificates(vedro.Scenario):
    subject = "over TLS a container is found, and read by the reader {reader}"

    @params("auto")
    @params("engine")
    def __init__(self, reader: str) -> None:
        self.reader = reader

    def given_a_container_and_an_engine_behind_tls(self) -> None:
        self.containers = Project()
        self.containers.run("app", "while :; do :; done")
        self.authority = Authority()
        self.engine = TlsEngine(self.authority)

    def when_a_project_is_run(self) -> None:
        options = {
            "profiling_methods": '["default", "docker"]',
            "docker_compose_project_name": repr(self.containers.name),
            "docker_reader": repr(self.reader),
        }
        self.project = VedroProject(options=options)
        with patch.dict(os.environ, self.engine.environment(self.authority)):
            self.run = self.project.run()

    def then_it_was_read_so(self) -> None:
        assert self.run.returncode == 0, self.run.stdout + self.run.stderr
        assert docker_notes(self.run.stdout) == []
        assert f"# containers: 1 by {'cgroup v' if self.reader == 'auto' else 'engine'}" in self.run.stdout

    def and_there_is_cpu_of_it(self) -> None:
        points = vp.load(self.project.profiling).filter(pl.col("target") == self.containers.container_name("app"))
        assert points.filter(metric="cpu_time")["value"].sum() > 0


@vedro.skip_if(no_tls_engine, NO_TLS_ENGINE)
class WrongAuthority(vedro.Scenario):
    subject = "an engine whose certificate another authority signed is told in one note, and the run goes on"

    def given_an_engine_behind_tls(self) -> None:
        self.engine = TlsEngine(Authority())

    def when_a_project_is_run_with_the_certificates_of_another_authority(self) -> None:
        self.project = VedroProject(options={"profiling_methods": '["default", "docker"]'})
        with patch.dict(os.environ, self.engine.environment(Authority())):
            self.run = self.project.run()

    def then_it_ends_as_without_profiling(self) -> None:
        assert self.run.returncode == 0, self.run.stdout + self.run.stderr

    def and_one_note_names_the_reason(self) -> None:
        (note,) = docker_notes(self.run.stdout)
        assert "certificate verify failed" in note
        assert note.startswith("docker: no engine to be reached")
