"""What a run shows: beside each scenario, in the console however that is set, and on the page of a CI job."""

import re
from importlib.util import find_spec
from typing import Final

import vedro
from vedro import params

from tests.contexts.project import Project

# Vedro 1.13 captures no output.
CAPTURING: Final = ("-C",) if find_spec("vedro.core.output_capturer") else ()


class CostBesideScenario(vedro.Scenario):
    subject = "with --show-scenario-costs each scenario shows what it cost the test process, failed or passed"

    def given_a_burning_and_a_failing_scenario(self) -> None:
        self.project = Project(
            scenarios="""
            import time

            import vedro


            class Burns(vedro.Scenario):
                subject = "it burns"

                def when_it_burns(self):
                    until = time.process_time() + 0.2
                    while time.process_time() < until:
                        pass


            class Fails(vedro.Scenario):
                subject = "it fails"

                def then_it_fails(self):
                    assert False
            """
        )

    def when_it_is_run(self) -> None:
        self.run = self.project.run("--show-scenario-costs")

    def then_both_have_their_line(self) -> None:
        shown = re.findall(r"\|> profiling: ([\d.]+) (m?s) CPU in [\d.]+ m?s, of the test process", self.run.stdout)
        assert len(shown) == 2, self.run.stdout
        assert [unit for _, unit in shown] == ["s", "ms"]

    def and_it_is_what_was_burnt(self) -> None:
        assert "|> profiling: 0.2" in self.run.stdout


class Silent(vedro.Scenario):
    subject = "with -r silent nothing is shown, and the files are there"

    def given_a_project(self) -> None:
        self.project = Project()

    def when_it_is_run_silently(self) -> None:
        self.run = self.project.run("-r", "silent")

    def then_nothing_is_shown(self) -> None:
        assert self.run.returncode == 0
        assert self.run.stdout.strip() == ""
        assert self.run.stderr == ""

    def and_the_files_are_there(self) -> None:
        assert (self.project.profiling / "profiling.parquet").is_file()


class Summary(vedro.Scenario):
    subject = "the summary is whole {how}"

    @params("where output is captured", *CAPTURING)
    @params("on two reporters", "-r", "rich", "silent")
    def __init__(self, how: str, *flags: str) -> None:
        self.how, self.flags = how, flags

    def given_a_project(self) -> None:
        self.project = Project()

    def when_it_is_run(self) -> None:
        self.run = self.project.run(*self.flags)

    def then_it_is_whole(self) -> None:
        assert self.run.returncode == 0, self.run.stderr
        for words in ("# profiling run-", "# target ", "# dearest scenarios", "# own cost: ", "# files: "):
            assert words in self.run.stdout, self.run.stdout


class WithoutColour(vedro.Scenario):
    subject = "without colour there is no escape sequence in the output, piped as it is"

    def given_a_project(self) -> None:
        self.project = Project()

    def when_it_is_run_without_colour(self) -> None:
        self.run = self.project.run(NO_COLOR="1", TERM="dumb")

    def then_there_is_no_escape_sequence(self) -> None:
        assert "# own cost: " in self.run.stdout
        assert "\x1b" not in self.run.stdout


class MarkdownPages(vedro.Scenario):
    subject = "a page in Markdown replaces the file that was asked for, and is added to that of the CI job"

    def given_a_project_where_both_have_content(self) -> None:
        self.project = Project(options={"thresholds": '{"memory_usage{target:python}": "max<1"}'})
        self.asked = self.project.folder / "out" / "summary.md"
        self.asked.parent.mkdir()
        self.job_page = self.project.folder / "job.md"
        self.asked.write_text("of yesterday")
        self.job_page.write_text("of the step before\n")

    def when_it_is_run(self) -> None:
        self.run = self.project.run("--profiling-summary", "out/summary.md", GITHUB_STEP_SUMMARY=str(self.job_page))

    def then_the_file_is_replaced(self) -> None:
        assert self.asked.read_text().startswith("## \N{CROSS MARK} Profiling `run-")

    def and_the_page_of_the_job_has_it_at_its_end(self) -> None:
        assert self.job_page.read_text() == f"of the step before\n\n{self.asked.read_text()}\n"

    def and_it_tells_of_budgets_targets_and_scenarios(self) -> None:
        page = self.asked.read_text()
        for words in ("budgets: 1 broken", "Dearest of 2 scenarios: `it counts`", "| `python` |", "own cost: "):
            assert words in page

    def and_the_exit_code_is_that_of_the_budget(self) -> None:
        assert self.run.returncode == 99


class NoPage(vedro.Scenario):
    subject = "a page that cannot be written costs the page, and is named in the summary"

    def given_a_project(self) -> None:
        self.project = Project()

    def when_the_page_of_the_job_is_in_a_folder_that_is_not_there(self) -> None:
        self.run = self.project.run("--profiling-summary", "s.md", GITHUB_STEP_SUMMARY="/nowhere/job.md")

    def then_the_run_passes_and_says_so(self) -> None:
        assert self.run.returncode == 0
        assert "/nowhere/job.md" in self.run.stdout

    def and_the_other_is_there(self) -> None:
        assert (self.project.folder / "s.md").is_file()
