"""What a recording can be told, and what is refused before it starts."""

import math
from datetime import datetime
from pathlib import Path
from typing import Any

import vedro
from vedro import catched, params

from vedro_profiling.errors import OptionError
from vedro_profiling.options import Options, make_run_id, profiling_folder


class Defaults(vedro.Scenario):
    subject = "a run id is all that has to be told"

    def when_options_are_made(self) -> None:
        self.options = Options(profiling_run_id="run-1")

    def then_the_rest_is_as_documented(self) -> None:
        assert self.options.profiling_dir is None
        assert tuple(self.options.profiling_methods) == ("default", "docker")
        assert self.options.poll_time == 1.0
        assert tuple(self.options.profiling_formats) == ("ndjson", "parquet")
        assert self.options.docker_reader == "auto"
        assert self.options.reset_peaks
        assert list(self.options.projects) == ["compose"]


class Projects(vedro.Scenario):
    subject = "compose projects are one name or a list: {given}"

    @params("shop", ["shop"])
    @params(["shop", "mail"], ["shop", "mail"])
    @params(("shop",), ["shop"])
    @params([], [])
    def __init__(self, given: Any, projects: list[str]) -> None:
        self.given = given
        self.projects = projects

    def when_options_are_made(self) -> None:
        self.options = Options(profiling_run_id="run-1", docker_compose_project_name=self.given)

    def then_they_are_a_list(self) -> None:
        assert list(self.options.projects) == self.projects


class Accepted(vedro.Scenario):
    subject = "{option} = {value!r} is accepted"

    @params("profiling_methods", ["docker"])
    @params("profiling_methods", ("default",))
    @params("profiling_formats", ["ndjson.gz"])
    @params("docker_reader", "engine")
    @params("poll_time", 1)
    @params("poll_time", 0.001)
    @params("processes", ["postgres", 4711])
    @params("profiling_containers", ["db-*"])
    @params("additional_tags", {"branch": "main", "_x1": ""})
    def __init__(self, option: str, value: Any) -> None:
        self.option = option
        self.value = value

    def when_options_are_made(self) -> None:
        self.options = Options(**{"profiling_run_id": "run-1", self.option: self.value})

    def then_they_hold_it(self) -> None:
        assert getattr(self.options, self.option) == self.value


class Refused(vedro.Scenario):
    subject = "{option} = {value!r} is refused, naming what is allowed: {allowed}"

    @params("profiling_run_id", "", "a text that is not empty")
    @params("profiling_run_id", "  ", "a text that is not empty")
    @params("profiling_run_id", 7, "a text that is not empty")
    @params("profiling_run_id", "\udcff", "a text that is not empty")
    @params("profiling_methods", ["dokcer"], "one of 'default', 'docker'")
    @params("profiling_methods", [], "a list that is not empty, each one of 'default', 'docker'")
    @params("profiling_methods", "docker", "a list that is not empty, each one of 'default', 'docker'")
    @params("profiling_methods", None, "a list that is not empty, each one of 'default', 'docker'")
    @params("profiling_formats", ["csv"], "one of 'ndjson', 'ndjson.gz', 'parquet'")
    @params("docker_reader", "cgroups", "one of 'auto', 'cgroup', 'engine'")
    @params("poll_time", 0, "seconds between readings, above 0 and at most 86400")
    @params("poll_time", -1, "seconds between readings, above 0 and at most 86400")
    @params("poll_time", math.inf, "seconds between readings, above 0 and at most 86400")
    @params("poll_time", math.nan, "seconds between readings, above 0 and at most 86400")
    @params("poll_time", "1", "seconds between readings, above 0 and at most 86400")
    @params("poll_time", True, "seconds between readings, above 0 and at most 86400")  # noqa: FBT003 - a value of the wrong kind
    @params("poll_time", 1e300, "seconds between readings, above 0 and at most 86400")
    @params("reset_peaks", "no", "True or False")
    @params("processes", "postgres", "a list of names and pids")
    @params("processes", {"postgres": 1}, "a list of names and pids")
    @params("processes", [1.5], "a list of names and pids")
    @params("processes", [True], "a list of names and pids")
    @params("profiling_containers", "db", "a list of names that are not empty")
    @params("profiling_containers", [""], "a list of names that are not empty")
    @params("docker_compose_project_name", "", "a list of names that are not empty")
    @params("docker_compose_project_name", None, "a list of names that are not empty")
    @params("additional_tags", ["branch"], "a dict of names and texts")
    def __init__(self, option: str, value: Any, allowed: str) -> None:
        self.option = option
        self.value = value
        self.allowed = allowed

    def when_options_are_made(self) -> None:
        with catched(OptionError) as self.caught:
            Options(**{"profiling_run_id": "run-1", self.option: self.value})

    def then_option_value_and_what_is_allowed_are_named(self) -> None:
        value = self.value if not isinstance(self.value, list) else self.value[:1]
        message = str(self.caught.value)
        assert message.startswith(f"{self.option} = ")
        assert repr(value).strip("[]") in message
        assert message.endswith(f"expected {self.allowed}")


class RefusedFolders(vedro.Scenario):
    subject = "a folder {pattern!r} for the run {run!r} is refused, and named"

    @params(None, "night", "profiling_dir = None: expected the name of a folder")
    @params(5, "night", "profiling_dir = 5: expected the name of a folder")
    @params(" ", "night", "profiling_dir = ' ': expected the name of a folder")
    @params(".profiling", 7, "profiling_run_id = 7: expected a text that is not empty")
    def __init__(self, pattern: Any, run: Any, words: str) -> None:
        self.pattern, self.run, self.words = pattern, run, words

    def when_the_run_is_placed(self) -> None:
        with catched(OptionError) as self.caught:
            profiling_folder(Path("/project"), self.pattern, self.run)

    def then_it_is_named(self) -> None:
        assert self.words in str(self.caught.value)


class RefusedTags(vedro.Scenario):
    subject = "the tag {name!r} = {text!r} is refused, and named"

    @params("scenario", "x", "additional_tags = 'scenario': expected a tag name that is not reserved: time, metric")
    @params("time", "x", "additional_tags = 'time': expected a tag name that is not reserved: time, metric")
    @params("apportioned", "x", "additional_tags = 'apportioned': expected a tag name that is not reserved")
    @params("my tag", "x", "additional_tags = 'my tag': expected tag names of letters, digits and '_'")
    @params("1st", "x", "additional_tags = '1st': expected tag names of letters, digits and '_'")
    @params("ветка", "x", "additional_tags = 'ветка': expected tag names of letters, digits and '_'")
    @params("x\n", "x", "additional_tags = 'x\\n': expected tag names of letters, digits and '_'")
    @params("", "x", "additional_tags = '': expected tag names of letters, digits and '_'")
    @params(1, "x", "additional_tags = 1: expected tag names of letters, digits and '_'")
    @params("build", 17, "additional_tags['build'] = 17: expected a text")
    @params("build", "\ud83d", "additional_tags['build'] = '\\ud83d': expected a text")
    @params("build", None, "additional_tags['build'] = None: expected a text")
    def __init__(self, name: Any, text: Any, message: str) -> None:
        self.name = name
        self.text = text
        self.message = message

    def when_options_are_made(self) -> None:
        with catched(OptionError) as self.caught:
            Options(profiling_run_id="run-1", additional_tags={"branch": "main", self.name: self.text})

    def then_it_is_named(self) -> None:
        assert str(self.caught.value).startswith(self.message)


class ProfilingFolder(vedro.Scenario):
    subject = "run {run_id!r} in {pattern!r} is kept in {folder!r}, and never outside"

    @params(".profiling", "run-1", "/project/.profiling")
    @params(".profiling/{run}", "run-1", "/project/.profiling/run-1")
    @params("out/{run}/{run}", "nightly 7/3", "/project/out/nightly_7_3/nightly_7_3")
    @params("{run}", "../../etc", "/project/etc")
    @params("{run}", "..", "/project/run")
    @params("{run}", "x" * 300, "/project/" + "x" * 80)
    @params("{run}", "\U00020000" * 300, "/project/" + "\U00020000" * 60)
    @params("{run}", "con.2", "/project/_con.2")
    @params("{run}", "console", "/project/console")
    @params("/var/profiles/{run}", "ветка", "/var/profiles/ветка")
    def __init__(self, pattern: str, run_id: str, folder: str) -> None:
        self.pattern = pattern
        self.run_id = run_id
        self.folder = folder

    def when_the_folder_is_placed(self) -> None:
        self.placed = profiling_folder(Path("/project"), self.pattern, self.run_id)

    def then_it_is_there(self) -> None:
        assert self.placed.as_posix() == self.folder


class RunIds(vedro.Scenario):
    subject = "a run id made of the time sorts as the time does"

    def when_ids_are_made(self) -> None:
        instants = [datetime(2026, 1, 2, 3, 4, 5), datetime(2026, 1, 2, 13, 4, 5), datetime(2026, 11, 2, 3, 4, 5)]  # noqa: DTZ001 - names bear the user's own time
        self.ids = [make_run_id(now) for now in instants]

    def then_they_sort(self) -> None:
        assert self.ids[0] == "run-20260102-030405"
        assert sorted(self.ids) == self.ids
