"""What profiling does to a run where something is missing, wrong or unusual: nothing but say so."""

from importlib.util import find_spec
from typing import Final

import vedro
from vedro import params

import vedro_profiling as vp
from tests.contexts.project import Project

# Vedro 1.13 ends on an output that cannot take its own signs.
ASCII: Final = "ascii" if find_spec("vedro.core.output_capturer") else "ascii:backslashreplace"


class Off(vedro.Scenario):
    subject = "switched off, profiling loads nothing and leaves nothing"

    def given_a_project_that_looks_what_is_loaded(self) -> None:
        self.project = Project(
            scenarios="""
            import sys
            import vedro


            class Looks(vedro.Scenario):
                subject = "nothing heavy is loaded"

                def then_nothing_heavy_is_loaded(self):
                    heavy = {"polars", "numpy", "altair", "vl_convert", "docker", "psutil"}
                    assert heavy & set(sys.modules) == set()
            """
        )

    def when_it_is_run_without_the_flag(self) -> None:
        self.run = self.project.run(profiling=False)

    def then_the_scenario_passes(self) -> None:
        assert self.run.returncode == 0, self.run.stdout

    def and_there_is_no_folder_and_no_summary(self) -> None:
        assert not self.project.profiling.exists()
        assert "profiling" not in self.run.stdout


class DryRun(vedro.Scenario):
    subject = "a dry run is not profiled"

    def given_a_project(self) -> None:
        self.project = Project()

    def when_it_is_run_dry(self) -> None:
        self.run = self.project.run("--dry-run")

    def then_nothing_was_recorded(self) -> None:
        assert self.run.returncode == 0
        assert not self.project.profiling.exists()


class WrongOptions(vedro.Scenario):
    subject = "a wrong option ends the run before the first scenario: {option} = {value}"

    @params("poll_time", "-1", "poll_time = -1: expected seconds between readings, above 0")
    @params("poll_time", 'float("nan")', "poll_time = nan: expected")
    @params("profiling_methods", '["dokcer"]', "profiling_methods = 'dokcer': expected one of 'default', 'docker'")
    @params("profiling_formats", '["xml"]', "profiling_formats = 'xml': expected one of 'ndjson'")
    @params(
        "additional_tags", '{"target": "x"}', "additional_tags = 'target': expected a tag name that is not reserved"
    )
    @params("additional_tags", '{"build": 7}', "additional_tags['build'] = 7: expected a text")
    @params("draw_plots", '"no"', "draw_plots = 'no': expected True or False")
    @params("profiling_run_id", "7", "profiling_run_id = 7: expected a text")
    @params("docker_reader", '"magic"', "docker_reader = 'magic': expected one of 'auto'")
    @params("processes", '"nginx"', "processes = 'nginx': expected a list")
    @params("profiling_summary", '""', "profiling_summary = '': expected the name of a file")
    @params("thresholds", '{"memory_usage": "max<512MB"}', "max<512MB")
    def __init__(self, option: str, value: str, words: str) -> None:
        self.option, self.value, self.words = option, value, words

    def given_a_project_with_that_option(self) -> None:
        self.project = Project(options={self.option: self.value})

    def when_it_is_run(self) -> None:
        self.run = self.project.run()

    def then_the_error_names_option_value_and_what_is_allowed(self) -> None:
        assert self.words in self.run.stderr, self.run.stderr

    def and_no_scenario_ran(self) -> None:
        assert self.run.returncode == 1
        assert "it counts" not in self.run.stdout


class ChangedFolder(vedro.Scenario):
    subject = "files go to the project, whatever folder the last scenario changed to"

    def given_a_scenario_that_leaves(self) -> None:
        self.project = Project(
            scenarios="""
            import os
            import vedro


            class Leaves(vedro.Scenario):
                subject = "it changes the folder"

                def when_it_leaves(self):
                    os.chdir("/")
            """
        )

    def when_it_is_run(self) -> None:
        self.run = self.project.run("--profiling-dir", "out/{run}", "--run-id", "night 7/../..")

    def then_the_files_are_in_the_project(self) -> None:
        folder = self.project.folder / "out" / "night_7"
        assert (folder / "profiling.parquet").is_file(), sorted(self.project.folder.rglob("*"))


class NoEngine(vedro.Scenario):
    subject = "without a Docker engine the run goes on, and the summary says so in one line"

    def given_a_project_that_wants_containers(self) -> None:
        self.project = Project(options={"profiling_methods": '["default", "docker"]'})

    def when_it_is_run_where_no_engine_listens(self) -> None:
        self.run = self.project.run(DOCKER_HOST="unix:///nowhere/docker.sock")

    def then_the_tests_pass(self) -> None:
        assert self.run.returncode == 0, self.run.stdout + self.run.stderr

    def and_one_line_tells_of_docker(self) -> None:
        assert len([line for line in self.run.stdout.splitlines() if line.startswith("# ! docker")]) == 1

    def and_the_rest_was_recorded(self) -> None:
        assert vp.load(self.project.profiling)["method"].unique().to_list() == ["default"]


class UnwritableFolder(vedro.Scenario):
    subject = "a folder that cannot be made costs the files, not the tests"

    def given_a_file_where_the_folder_should_be(self) -> None:
        self.project = Project()
        self.project.profiling.write_text("in the way")

    def when_it_is_run(self) -> None:
        self.run = self.project.run()

    def then_the_tests_pass(self) -> None:
        assert self.run.returncode == 0, self.run.stdout + self.run.stderr

    def and_the_summary_says_what_is_missing(self) -> None:
        assert "profiling.parquet could not be written" in self.run.stdout
        assert "# own cost: " in self.run.stdout


class PlainOutput(vedro.Scenario):
    subject = "on an ASCII terminal of {columns} columns the summary is readable, and names are escaped"

    @params(40)
    @params(80)
    def __init__(self, columns: int) -> None:
        self.columns = columns

    def given_a_project(self) -> None:
        self.project = Project()

    def when_a_run_with_a_foreign_name_is_run(self) -> None:
        self.run = self.project.run("--run-id", "caf\u00e9\x1b[31m", PYTHONIOENCODING=ASCII, COLUMNS=str(self.columns))

    def then_the_name_is_escaped(self) -> None:
        assert "# profiling caf\\xe9\\x1b[31m: " in self.run.stdout, self.run.stdout + self.run.stderr

    def and_the_tables_fit(self) -> None:
        rows = [
            line for line in self.run.stdout.splitlines() if line.startswith(("# target", "# python", "# it counts"))
        ]
        assert len(rows) >= 2
        assert max(map(len, rows)) <= self.columns


class BrokenBudget(vedro.Scenario):
    subject = "a broken budget is named, and the run that would have passed exits 99"

    def given_a_budget_no_process_can_keep(self) -> None:
        self.project = Project(options={"thresholds": '{"memory_usage{target:python}": ["max<1", "max<100000"]}'})

    def when_it_is_run(self) -> None:
        self.run = self.project.run()

    def then_it_exits_like_k6(self) -> None:
        assert self.run.returncode == 99, self.run.stdout + self.run.stderr

    def and_the_budget_is_named_after_the_whole_summary(self) -> None:
        assert "# ! budget broken: memory_usage{target:python} max<1: max is " in self.run.stdout
        assert "# budgets: 1 " in self.run.stdout
        assert "2 passed, 0 failed" in self.run.stdout


class FailedAnyway(vedro.Scenario):
    subject = "a run that failed keeps Vedro's own exit code, broken budget or not"

    def given_a_failing_scenario_and_a_broken_budget(self) -> None:
        self.project = Project(
            options={"thresholds": '{"memory_usage": "max<1"}'},
            scenarios="""
            import vedro


            class Fails(vedro.Scenario):
                subject = "it fails"

                def then_it_fails(self):
                    assert False
            """,
        )

    def when_it_is_run(self) -> None:
        self.run = self.project.run()

    def then_it_exits_as_failed(self) -> None:
        assert self.run.returncode == 1
