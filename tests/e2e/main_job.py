"""A project switches the plugin on, runs its scenarios, and finds files, pictures and a summary."""

import polars as pl
import vedro

import vedro_profiling as vp
from tests.contexts.project import Project


class Files(vedro.Scenario):
    subject = "a profiled run leaves NDJSON and Parquet, and both load as the same points"

    def given_a_project(self) -> None:
        self.project = Project(options={"additional_tags": '{"branch": "main"}'})

    def when_it_is_run(self) -> None:
        self.run = self.project.run("--run-id", "my-run")

    def then_it_ends_as_without_profiling(self) -> None:
        assert self.run.returncode == 0, self.run.stdout + self.run.stderr

    def and_both_files_tell_the_same(self) -> None:
        parquet = vp.load(self.project.profiling / "profiling.parquet")
        ndjson = vp.load(self.project.profiling / "profiling.ndjson")
        assert parquet.equals(ndjson)
        assert parquet.schema == ndjson.schema

    def and_the_folder_loads_as_one_run(self) -> None:
        points = vp.load(self.project.profiling)
        assert points["run"].unique().to_list() == ["my-run"]
        assert points["branch"].unique().to_list() == ["main"]
        assert points.height == vp.load(self.project.profiling / "profiling.parquet").height

    def and_no_journal_is_left(self) -> None:
        names = {path.name for path in self.project.profiling.iterdir()}
        assert names == {"profiling.ndjson", "profiling.parquet", "summary.json"}


class Summary(vedro.Scenario):
    subject = "the console says who used how much, which scenarios were dear, and where the files are"

    def given_a_project(self) -> None:
        self.project = Project()

    def when_it_is_run(self) -> None:
        self.run = self.project.run("--run-id", "my-run")

    def then_the_summary_has_it_all(self) -> None:
        for words in (
            "# profiling my-run: ",
            "# target  CPU avg  CPU max  CPU time  ",
            "# python  ",
            "# system  ",
            "# dearest scenarios ",
            "# it counts ",
            "# own cost: ",
            "# files: .profiling/profiling.ndjson, .profiling/profiling.parquet",
        ):
            assert words in self.run.stdout, self.run.stdout

    def and_vedro_closes_it_as_ever(self) -> None:
        assert "# 2 scenarios, 2 passed, 0 failed, 0 skipped" in self.run.stdout


class Pictures(vedro.Scenario):
    subject = "with --draw-plots there is a picture of each target, and one that compares them"

    def given_a_project(self) -> None:
        self.project = Project()

    def when_it_is_run_with_plots(self) -> None:
        self.run = self.project.run("--draw-plots")

    def then_the_pictures_are_there(self) -> None:
        pictures = sorted(path.name for path in self.project.profiling.glob("*.png"))
        assert pictures == ["python_profile.png", "resource_comparison.png", "system_profile.png"], self.run.stdout

    def and_the_summary_counts_them(self) -> None:
        assert "# pictures: 3 in .profiling" in self.run.stdout


class Attribution(vedro.Scenario):
    subject = "the CPU time of a scenario is what the scenario burnt, and its neighbour gets none of it"

    def given_scenarios_that_measure_themselves(self) -> None:
        self.project = Project(
            options={"poll_time": "1.0"},
            scenarios="""
            import time
            from pathlib import Path

            import vedro

            truth = Path(__file__).parents[1] / "truth"


            class Burns(vedro.Scenario):
                subject = "it burns"

                def when_it_burns(self):
                    before = time.process_time()
                    while time.process_time() - before < 0.3:
                        pass
                    truth.write_text(str(time.process_time() - before))


            class Sleeps(vedro.Scenario):
                subject = "it sleeps"

                def when_it_sleeps(self):
                    time.sleep(0.2)
            """,
        )

    def when_they_are_run(self) -> None:
        self.run = self.project.run()
        self.costs = {
            row["subject"]: row
            for row in vp.scenario_costs(vp.load(self.project.profiling)).filter(target="python").iter_rows(named=True)
        }

    def then_the_burn_is_seen_whole(self) -> None:
        truth = float((self.project.folder / "truth").read_text())
        assert abs(self.costs["it burns"]["cpu_time"] - truth) <= 0.02 * truth + 0.004

    def and_the_sleeper_pays_nothing_for_it(self) -> None:
        assert self.costs["it sleeps"]["cpu_time"] < 0.05

    def and_what_we_load_to_write_the_files_is_no_part_of_the_run(self) -> None:
        used = vp.load(self.project.profiling).filter(metric="cpu_time", target="python")["value"].sum() / 1000
        assert used - sum(cost["cpu_time"] for cost in self.costs.values()) < 0.1

    def and_durations_are_there(self) -> None:
        assert self.costs["it sleeps"]["duration"] >= 0.2
        assert self.costs["it sleeps"]["attempts"] == 1


class Failures(vedro.Scenario):
    subject = "failed, repeated, skipped and parametrised scenarios are told apart"

    def given_such_scenarios(self) -> None:
        self.project = Project(
            scenarios="""
            import vedro
            from vedro import params


            class Fails(vedro.Scenario):
                subject = "it fails"

                def then_it_fails(self):
                    assert False


            class Passes(vedro.Scenario):
                subject = "it passes with {number}"

                @params(1)
                @params(2)
                def __init__(self, number):
                    self.number = number

                def then_it_passes(self):
                    pass


            @vedro.skip("not today")
            class Skipped(vedro.Scenario):
                subject = "it is skipped"

                def then_nothing(self):
                    pass
            """
        )

    def when_they_are_run_twice_each(self) -> None:
        self.run = self.project.run("--repeats", "2")
        self.attempts = vp.load(self.project.profiling).filter(pl.col("metric") == "scenario_duration")

    def then_each_attempt_has_its_outcome(self) -> None:
        assert self.run.returncode == 1
        counted = self.attempts.group_by("subject", "status").len().sort("subject").rows()
        assert counted == [
            ("it fails", "failed", 2),
            ("it passes with 1", "passed", 2),
            ("it passes with 2", "passed", 2),
        ]

    def and_scenarios_bear_their_unique_id(self) -> None:
        assert sorted(self.attempts["scenario"].unique()) == [
            "scenarios/suite.py::Fails",
            "scenarios/suite.py::Passes#1",
            "scenarios/suite.py::Passes#2",
        ]
