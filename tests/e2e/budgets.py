"""Budgets of single scenarios, judged at the end of a run."""

from typing import Final

import vedro
from vedro import params

from tests.contexts.project import Project

HAS_FUNCTIONS: Final = hasattr(vedro, "scenario")
"""Vedro 1.13 has class scenarios only."""

CLASSES: Final = """
import vedro
from vedro import params

from vedro_profiling import budget


@budget("memory_usage{target:python}", "max<1", "max<100000")
class Hungry(vedro.Scenario):
    subject = "hungry"

    def when_it_eats(self):
        pass


@budget({"cpu_time{target:python}": "count<60000"})
class Modest(vedro.Scenario):
    subject = "modest"

    def when_it_does_little(self):
        pass


@budget("memory_usage{target:python}", "avg<1")
class Sized(vedro.Scenario):
    subject = "sized {size}"

    @params("small")
    @params[budget("memory_usage{target:python}", "max<100000")]("big")
    def __init__(self, size):
        self.size = size

    def when_it_does_little(self):
        pass


@budget("memory_usage{service:ap}", "max<1")
class Misspelt(vedro.Scenario):
    subject = "misspelt"

    def when_it_does_little(self):
        pass


@vedro.skip("not today")
@budget("memory_usage", "max<1")
class Skipped(vedro.Scenario):
    subject = "skipped"

    def when_it_does_little(self):
        pass
"""

FUNCTION: Final = """
from vedro import scenario


@scenario[budget("memory_usage{target:python}", "max<1")]("function")
def _():
    pass
"""


def verdicts(stdout: str) -> list[str]:
    """List the lines of budgets that were not kept."""
    return [line for line in stdout.splitlines() if line.startswith("# ! budget ")]


def line_of(verdicts: list[str], name: str) -> str:
    """Find the line that tells of a scenario."""
    [line] = [line for line in verdicts if name in line]
    return line


class EachJudged(vedro.Scenario):
    subject = "each scenario that ran is held to its own budget, and a broken one is named with all that counts"

    def given_scenarios_with_budgets(self) -> None:
        self.project = Project(scenarios=CLASSES + (FUNCTION if HAS_FUNCTIONS else ""))

    def when_they_are_run(self) -> None:
        self.run = self.project.run()
        self.verdicts = verdicts(self.run.stdout)

    def then_the_run_exits_like_k6(self) -> None:
        assert self.run.returncode == 99, self.run.stdout + self.run.stderr

    def and_scenario_target_limit_and_value_are_named(self) -> None:
        hungry = line_of(self.verdicts, "Hungry}")
        assert hungry.startswith(
            "# ! budget broken: memory_usage{target:python,scenario:scenarios/suite.py::Hungry} max<1: max is "
        )
        assert " megabytes, target python, scenario scenarios/suite.py::Hungry, at 20" in hungry

    def and_so_are_they_where_no_single_point_broke_it(self) -> None:
        assert line_of(self.verdicts, "Sized#1}").endswith(
            " megabytes, target python, scenario scenarios/suite.py::Sized#1"
        )

    def and_what_matches_nothing_is_broken_with_the_right_spelling(self) -> None:
        assert "has a tag 'service'" in line_of(self.verdicts, "Misspelt}")

    def and_a_function_is_judged_alike(self) -> None:
        assert not HAS_FUNCTIONS or "max is " in line_of(self.verdicts, "::function}")

    def and_the_others_are_kept_or_not_judged_at_all(self) -> None:
        broken = 4 if HAS_FUNCTIONS else 3
        assert len(self.verdicts) == broken
        assert f"# budgets: {broken} broken, 3 passed" in self.run.stdout


class Sliced(vedro.Scenario):
    subject = "a scenario that another slice runs is not judged in this one"

    def given_a_broken_budget_in_the_second_slice(self) -> None:
        self.project = Project(
            scenarios="""
            import vedro

            from vedro_profiling import budget


            class A(vedro.Scenario):
                subject = "first"

                def when_it_does_little(self):
                    pass


            @budget("memory_usage", "max<1")
            class B(vedro.Scenario):
                subject = "second"

                def when_it_does_little(self):
                    pass
            """
        )

    def when_each_slice_is_run(self) -> None:
        slices = [("--slicer-total", "2", "--slicer-index", str(index)) for index in range(2)]
        self.runs = [self.project.run(*flags) for flags in slices]

    def then_only_the_second_breaks_it(self) -> None:
        assert [run.returncode for run in self.runs] == [0, 99], self.runs
        assert [len(verdicts(run.stdout)) for run in self.runs] == [0, 1]


class WithoutItsMethod(vedro.Scenario):
    subject = "a budget whose method is not there is not judged, and says why"

    def given_a_budget_of_a_container(self) -> None:
        self.project = Project(
            options={"profiling_methods": '["default", "docker"]'},
            scenarios="""
            import vedro

            from vedro_profiling import budget


            @budget("memory_usage{method:docker}", "max<1")
            class A(vedro.Scenario):
                subject = "needs docker"

                def when_it_does_little(self):
                    pass
            """,
        )

    def when_it_is_run_where_no_engine_listens(self) -> None:
        self.run = self.project.run(DOCKER_HOST="unix:///nowhere/docker.sock")

    def then_the_run_passes(self) -> None:
        assert self.run.returncode == 0, self.run.stdout

    def and_the_summary_says_why(self) -> None:
        [line] = verdicts(self.run.stdout)
        assert line.startswith("# ! budget not judged: ")
        assert "method 'docker' was not available" in line


class Wrong(vedro.Scenario):
    subject = "a wrong budget ends the run before the first scenario and names its own, profiling or not"

    @params(True)  # noqa: FBT003 - the one parameter
    @params(False)  # noqa: FBT003 - the one parameter
    def __init__(self, profiling: bool) -> None:  # noqa: FBT001 - as above
        self.profiling = profiling

    def given_a_budget_in_megabytes(self) -> None:
        self.project = Project(scenarios=CLASSES.replace("max<100000", "max<512MB"))

    def when_it_is_run(self) -> None:
        self.run = self.project.run(profiling=self.profiling)

    def then_the_error_names_scenario_and_budget(self) -> None:
        assert "suite.Hungry: " in self.run.stderr, self.run.stderr
        assert "'max<512MB'" in self.run.stderr

    def and_no_scenario_ran(self) -> None:
        assert self.run.returncode == 1
        assert "modest" not in self.run.stdout
