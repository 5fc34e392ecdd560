"""What each scenario is charged with: held to what the scenario itself, or the engine, says it used."""

import json
from typing import Any, Final

import vedro

import vedro_profiling as vp
from tests.contexts import engine
from tests.contexts.engine import NO_ENGINE, no_engine
from tests.contexts.project import Project, ended

HAS_FUNCTIONS: Final = hasattr(vedro, "scenario")
"""Vedro 1.13 has class scenarios only."""

MEASURED: Final = """
import json
import time
from contextlib import contextmanager
from pathlib import Path

import vedro
from vedro import params

truth = Path(__file__).parents[1] / "truth.ndjson"


@contextmanager
def measured(name):
    before = time.process_time()
    yield
    with truth.open("a") as file:
        file.write(json.dumps([name, time.process_time() - before]) + "\\n")


def burn(seconds=0.05):
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass
"""

CLASSES: Final = """
class Sync(vedro.Scenario):
    subject = "sync steps"

    def given_a_first_step(self):
        with measured("sync steps"):
            burn()

    def when_there_is_another(self):
        with measured("sync steps"):
            burn()


class IdleBetween(vedro.Scenario):
    subject = "idle between"

    def when_it_sleeps(self):
        time.sleep(0.01)


class Async(vedro.Scenario):
    subject = "async steps"

    async def when_it_awaits(self):
        import asyncio

        with measured("async steps"):
            await asyncio.sleep(0)
            burn()
            await asyncio.sleep(0.01)


class OfParams(vedro.Scenario):
    subject = "of params {name}"

    @params("a", 0.03)
    @params("b", 0.06)
    def __init__(self, name, seconds):
        self.name, self.seconds = name, seconds

    def when_it_burns(self):
        with measured(f"of params {self.name}"):
            burn(self.seconds)


class IdleAtEnd(vedro.Scenario):
    subject = "idle at the end"

    def when_it_does_nothing(self):
        pass
"""

FUNCTIONS: Final = """
from vedro import given, scenario, then, when


@scenario("function")
def _():
    with given:
        with measured("function"):
            burn()
    with when:
        with measured("function"):
            burn()
    with then:
        pass


@scenario("async function")
async def _():
    import asyncio

    with measured("async function"):
        await asyncio.sleep(0.01)
        burn()


@scenario("function of params {name}", [params("a", 0.03), params("b", 0.06)])
def _(name, seconds):
    with when:
        with measured(f"function of params {name}"):
            burn(seconds)
"""


def costs_by_subject(project: Project, target: str = "python") -> dict[str, dict[str, Any]]:
    """List the costs of a target by the subject of the scenario."""
    costs = vp.scenario_costs(vp.load(project.profiling / "profiling.parquet")).filter(target=target)
    return {row["subject"]: row for row in costs.iter_rows(named=True)}


def truths(project: Project) -> dict[str, float]:
    """Tell what the scenarios measured themselves, in seconds."""
    told: dict[str, float] = {}
    for line in (project.folder / "truth.ndjson").read_text().splitlines():
        name, seconds = json.loads(line)
        told[name] = told.get(name, 0.0) + seconds
    return told


def is_true(charged: float, truth: float) -> bool:
    """Tell whether CPU seconds are within 2 % and one step of the kernel's accounting of the truth."""
    return abs(charged - truth) <= 0.02 * truth + 0.004


class EveryKind(vedro.Scenario):
    subject = "a scenario of any kind, much shorter than the period of readings, is charged with what it burnt"

    def given_scenarios_that_measure_themselves(self) -> None:
        scenarios = MEASURED + CLASSES + (FUNCTIONS if HAS_FUNCTIONS else "")
        self.project = Project(options={"poll_time": "5.0"}, scenarios=scenarios)

    def when_they_are_run(self) -> None:
        self.run = self.project.run()
        self.truths = truths(self.project)
        self.costs = costs_by_subject(self.project)

    def then_all_are_there(self) -> None:
        assert self.run.returncode == 0, self.run.stdout
        assert len(self.truths) == (8 if HAS_FUNCTIONS else 4)
        assert set(self.costs) == {*self.truths, "idle between", "idle at the end"}

    def and_each_is_charged_with_its_own(self) -> None:
        charged = {subject: self.costs[subject]["cpu_time"] for subject in self.truths}
        assert all(is_true(charged[subject], truth) for subject, truth in self.truths.items()), (charged, self.truths)

    def and_the_idle_ones_with_next_to_nothing(self) -> None:
        assert self.costs["idle between"]["cpu_time"] < 0.004
        assert self.costs["idle at the end"]["cpu_time"] < 0.004


class OwnPeak(vedro.Scenario):
    subject = "memory held for a moment is in the peak of its scenario, and in no other's"

    def given_a_scenario_that_holds_much_for_a_moment(self) -> None:
        self.project = Project(
            options={"poll_time": "5.0"},
            scenarios="""
            import vedro


            class Before(vedro.Scenario):
                subject = "before"

                def when_it_does_nothing(self):
                    pass


            class Holds(vedro.Scenario):
                subject = "holds"

                def when_it_holds_200_megabytes(self):
                    bytearray(200_000_000).find(1)


            class Later(vedro.Scenario):
                subject = "later"

                def when_it_does_nothing(self):
                    pass
            """,
        )

    def when_they_are_run(self) -> None:
        self.run = self.project.run()
        self.peaks = {subject: row["memory_peak"] for subject, row in costs_by_subject(self.project).items()}

    def then_it_is_in_the_one_peak(self) -> None:
        assert abs(self.peaks["holds"] - self.peaks["before"] - 200) < 10, self.peaks

    def and_not_in_the_next(self) -> None:
        assert abs(self.peaks["later"] - self.peaks["before"]) < 10, self.peaks


class OwnChild(vedro.Scenario):
    subject = "memory that a child holds is charged to its scenario under the child's name, and to no other"

    def given_a_scenario_whose_child_tells_its_own_peak(self) -> None:
        self.project = Project(
            scenarios="""
            import json
            import subprocess
            import sys
            import time
            from pathlib import Path

            import vedro

            child = '''
            import time
            from pathlib import Path

            held = b"x" * 120_000_000
            time.sleep(0.3)
            [peak] = [line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line]
            print(int(peak.split()[1]) * 1024 / 1e6)
            '''


            class Before(vedro.Scenario):
                subject = "before"

                def when_it_sleeps(self):
                    time.sleep(0.2)


            class Holds(vedro.Scenario):
                subject = "holds"

                def when_its_child_holds_120_megabytes(self):
                    told = subprocess.run([sys.executable, "-c", child], capture_output=True, check=True).stdout
                    truth = Path(__file__).parents[1] / "truth.ndjson"
                    truth.write_text(json.dumps(["holds", float(told)]))


            class Later(vedro.Scenario):
                subject = "later"

                def when_it_sleeps(self):
                    time.sleep(0.2)
            """,
        )

    def when_they_are_run(self) -> None:
        self.run = self.project.run()
        self.truth = truths(self.project)["holds"]
        self.costs = costs_by_subject(self.project, "python (child)")
        self.parents_peaks = {subject: row["memory_peak"] for subject, row in costs_by_subject(self.project).items()}

    def then_it_is_in_the_peak_of_the_child(self) -> None:
        assert self.run.returncode == 0, self.run.stdout
        assert self.truth > 120
        assert abs(self.costs["holds"]["memory_peak"] - self.truth) < 3, (self.costs, self.truth)

    def and_no_neighbour_has_any_of_it(self) -> None:
        neighbours = [row for subject, row in self.costs.items() if subject != "holds"]
        assert not any(row["memory_peak"] or row["memory"] or row["cpu_time"] for row in neighbours), neighbours

    def and_neither_has_the_test_process(self) -> None:
        assert max(self.parents_peaks.values()) - min(self.parents_peaks.values()) < 10, self.parents_peaks


class Reruns(vedro.Scenario):
    subject = "each attempt of a scenario that is run again counts, and the sum is what all of them burnt"

    def given_a_scenario_that_fails_at_first(self) -> None:
        self.project = Project(
            scenarios=MEASURED
            + """
class Flaky(vedro.Scenario):
    subject = "flaky"

    def when_it_burns(self):
        self.is_first = not truth.exists()
        with measured("flaky"):
            burn()

    def then_it_passes_the_second_time(self):
        assert not self.is_first
"""
        )

    def when_it_is_rerun(self) -> None:
        self.run = self.project.run("--reruns", "2")
        points = vp.load(self.project.profiling / "profiling.parquet")
        self.attempts = points.filter(metric="scenario_duration").sort("time")
        self.cost = costs_by_subject(self.project)["flaky"]

    def then_there_are_three_attempts(self) -> None:
        assert self.run.returncode == 0, self.run.stdout
        assert self.attempts["status"].to_list() == ["failed", "passed", "passed"]
        assert self.cost["attempts"] == 3

    def and_their_sum_is_charged(self) -> None:
        assert is_true(self.cost["cpu_time"], truths(self.project)["flaky"])


class Slices(vedro.Scenario):
    subject = "the slices of a run have a folder each, and load as the whole"

    def given_a_project(self) -> None:
        self.project = Project(options={"profiling_dir": '"profiling/{run}"'}, scenarios=MEASURED + CLASSES)

    def when_it_is_run_in_two_slices(self) -> None:
        slices = [
            self.project.start("--run-id", f"slice-{index}", "--slicer-total", "2", "--slicer-index", str(index))
            for index in range(2)
        ]
        self.runs = [ended(run) for run in slices]
        self.costs = vp.scenario_costs(vp.load(self.project.folder / "profiling")).filter(target="python")

    def then_each_scenario_is_in_one_of_them(self) -> None:
        assert [run.returncode for run in self.runs] == [0, 0], self.runs
        assert self.costs["scenario"].is_unique().all()
        assert self.costs.height == 6
        assert self.costs["run"].n_unique() == 2


@vedro.skip_if(no_engine, NO_ENGINE)
class InAContainer(vedro.Scenario):
    subject = "what a scenario lets a container compute is charged to it and to that container, and to no other"

    def given_two_containers(self) -> None:
        self.engine = engine.Project()
        self.app, self.db = self.engine.run("app"), self.engine.run("db")

    def given_a_scenario_that_lets_one_work_and_asks_the_engine_for_the_truth(self) -> None:
        self.project = Project(
            options={
                "poll_time": "5.0",
                "profiling_methods": '["docker"]',
                "docker_compose_project_name": repr(self.engine.name),
            },
            scenarios=f"""
            import json
            import time
            from pathlib import Path

            import docker
            import vedro

            app = docker.from_env().containers.get({self.app.name!r})


            def used():
                return app.stats(stream=False, one_shot=True)["cpu_stats"]["cpu_usage"]["total_usage"] / 1e9


            class Before(vedro.Scenario):
                subject = "before"

                def when_it_sleeps(self):
                    time.sleep(0.05)


            class Works(vedro.Scenario):
                subject = "works"

                def when_the_container_works(self):
                    before = used()
                    app.exec_run(["sh", "-c", "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done"])
                    truth = Path(__file__).parents[1] / "truth.ndjson"
                    truth.write_text(json.dumps(["works", used() - before]))


            class Later(vedro.Scenario):
                subject = "later"

                def when_it_sleeps(self):
                    time.sleep(0.05)
            """,
        )

    def when_they_are_run(self) -> None:
        self.run = self.project.run()
        self.truth = truths(self.project)["works"]
        self.app_costs = costs_by_subject(self.project, self.engine.container_name("app"))
        self.db_costs = costs_by_subject(self.project, self.engine.container_name("db"))

    def then_the_work_is_charged(self) -> None:
        assert self.truth > 0.1
        assert is_true(self.app_costs["works"]["cpu_time"], self.truth), (self.app_costs, self.truth)
        assert self.app_costs["works"]["service"] == "app"

    def and_no_neighbour_pays_for_it(self) -> None:
        assert self.app_costs["before"]["cpu_time"] < 0.004
        assert self.app_costs["later"]["cpu_time"] < 0.004
        assert all(cost["cpu_time"] < 0.004 for cost in self.db_costs.values())
