"""The facts of a run."""

import json
import os
import platform
import time
from datetime import datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from unittest.mock import patch

import vedro

from vedro_profiling.recording.facts import run_facts


class FactsOfARun(vedro.Scenario):
    subject = "the facts of a run name run, machine and versions, and can be written as JSON"

    def when_they_are_collected(self) -> None:
        self.facts = run_facts("run-7", process="vedro", tags={"branch": "main"}, poll_time=0.5)

    def then_json_gives_them_back(self) -> None:
        assert json.loads(json.dumps(self.facts)) == self.facts

    def and_they_tell_what_was_given(self) -> None:
        given = {"run": "run-7", "process": "vedro", "tags": {"branch": "main"}, "poll_time": 0.5, "finished": False}
        assert self.facts | given == self.facts

    def and_where_it_ran(self) -> None:
        assert self.facts["host"] == {"name": platform.node(), "system": platform.platform(), "cpus": os.cpu_count()}
        assert self.facts["versions"]["python"] == platform.python_version()
        assert self.facts["versions"]["vedro"] == version("vedro")

    def and_when_it_began_on_both_clocks(self) -> None:
        anchor = self.facts["anchor"]
        assert anchor["monotonic_ns"] <= time.monotonic_ns()
        started = datetime.fromisoformat(self.facts["started"])
        assert started.utcoffset() == timedelta(0)
        assert abs(started.timestamp() - anchor["unix_ns"] / 1e9) < 60


class UnknownVersion(vedro.Scenario):
    subject = "a distribution that is not installed, as in a bare checkout, has no version"

    def given_no_distribution_is_installed(self) -> None:
        self.not_installed = patch("importlib.metadata.Distribution.from_name", side_effect=lookup_fails)

    def when_facts_are_collected(self) -> None:
        with self.not_installed:
            self.facts = run_facts("run-7", process="vedro", tags={})

    def then_only_pythons_version_is_told(self) -> None:
        assert list(self.facts["versions"]) == ["python"]


def lookup_fails(name: str) -> None:
    raise PackageNotFoundError(name)
