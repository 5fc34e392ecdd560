"""The commands that tell of recorded runs: what they print, for people and for programs."""

import csv
import io
import json
import re
from pathlib import Path
from typing import Final

import polars as pl
import vedro
from vedro import params

from tests.contexts.command_line import run_here
from tests.contexts.series import make_series, put_together
from vedro_profiling import load, read_facts, summarize, write_ndjson, write_parquet

HOSTILE: Final = "=cmd()|`<b>`[red]\x1b[31m\n\N{SNOWMAN}"


def points_of(*targets: str, run: str = "run-1", scenarios: int = 1) -> pl.DataFrame:
    """Make scenarios that cost each target something, and the host."""
    return put_together(
        *(
            make_series(
                [1000], metric="scenario_duration", target="vedro", scenario=name, subject=f"it pays {name}", run=run
            )
            for name in map(str, range(scenarios))
        ),
        *(
            make_series([500 + number], metric="cpu_time", target=target, scenario=str(number), run=run)
            for target in targets
            for number in range(scenarios)
        ),
        *(make_series([64, 66], metric="memory_usage", target=target, run=run) for target in targets),
        make_series([9000], metric="cpu_time", target="system", method="default", scenario="0", run=run),
    )


def saved(points: pl.DataFrame, **facts: object) -> Path:
    """Write points to a file of their own, with facts of their run if there are any."""
    file = Path(vedro.create_tmp_dir()) / "profiling.parquet"
    write_parquet(points, file, facts=[{"run": "run-1", **facts}] if facts else None)
    return file


class SummaryForPeople(vedro.Scenario):
    subject = "summary tells of the run, its targets and its dearest scenarios"

    def given_a_run_on_four_cpus(self) -> None:
        self.file = saved(points_of("app"), host={"cpus": 4})

    def when_it_is_summarized(self) -> None:
        self.said = run_here("summary", self.file)

    def then_it_stands_so(self) -> None:
        assert self.said.out == (
            "run-1: 1.0 s from 2026-01-26 10:00:00 UTC, 5 points of 3 targets\n"
            "\n"
            "target  CPU avg  CPU max  CPU time  mem avg  mem max  mem peak\n"
            "app           -        -    0.50 s  65.0 MB  66.0 MB         -\n"
            "system        -        -    9.00 s        -        -         -\n"
            "(100 % = one core, for system all 4 of them; 1 MB = 10^6 bytes)\n"
            "\n"
            "dearest scenarios  duration  CPU time  most of it in\n"
            "it pays 0            1.00 s    0.50 s  app (0.50 s)\n"
        )

    def and_nothing_else_is_said(self) -> None:
        assert (self.said.code, self.said.err) == (0, "")


class SummaryForPages(vedro.Scenario):
    subject = "summary in Markdown has the same tables"

    def given_a_run_of_which_no_facts_are_known(self) -> None:
        self.file = saved(points_of("app"))

    def when_it_is_summarized(self) -> None:
        self.said = run_here("summary", self.file, "--format", "markdown")

    def then_it_stands_so(self) -> None:
        assert self.said.out == (
            "- `run-1`: 1.0 s from 2026-01-26 10:00:00 UTC, 5 points of 3 targets\n"
            "\n"
            "| target | CPU avg | CPU max | CPU time | mem avg | mem max | mem peak |\n"
            "| :-- | --: | --: | --: | --: | --: | --: |\n"
            "| `app` | - | - | 0.50 s | 65.0 MB | 66.0 MB | - |\n"
            "| `system` | - | - | 9.00 s | - | - | - |\n"
            "\n"
            "100 % = one core, for system all of them; 1 MB = 10^6 bytes\n"
            "\n"
            "| dearest scenarios | duration | CPU time | most of it in |\n"
            "| :-- | --: | --: | :-- |\n"
            "| `it pays 0` | 1.00 s | 0.50 s | `app (0.50 s)` |\n"
        )


class SummaryForPrograms(vedro.Scenario):
    subject = "summary in {style} is what summarize returns"

    @params("json")
    @params("csv")
    def __init__(self, style: str) -> None:
        self.style = style

    def given_a_run(self) -> None:
        self.file = saved(points_of("app"))

    def when_it_is_summarized(self) -> None:
        self.said = run_here("summary", self.file, "--format", self.style)

    def then_every_row_and_digit_is_there(self) -> None:
        expected = summarize(load(self.file)).with_columns(pl.col(pl.Categorical).cast(pl.String))
        rows = (
            pl.DataFrame(json.loads(self.said.out), schema=expected.schema)
            if self.style == "json"
            else pl.read_csv(io.StringIO(self.said.out), schema=expected.schema)
        )
        assert rows.to_dicts() == expected.to_dicts()


class ManyRuns(vedro.Scenario):
    subject = "of many runs ten are named and the others counted, and one that was killed is called so"

    def given_twelve_runs(self) -> None:
        self.folder = Path(vedro.create_tmp_dir())
        for number in range(12):
            run = f"run-{number:02}"
            facts = [{"run": run, "finished": number != 3}]
            write_parquet(points_of("app", run=run), self.folder / f"{run}.parquet", facts=facts)

    def when_they_are_summarized(self) -> None:
        self.lines = run_here("summary", self.folder).out.splitlines()

    def then_ten_are_named(self) -> None:
        assert [line.partition(":")[0] for line in self.lines[:10]] == [f"run-{number:02}" for number in range(10)]
        assert self.lines[10] == "and 2 more runs"

    def and_the_killed_one_is_called_so(self) -> None:
        assert [line for line in self.lines if line.endswith(", was killed")] == [self.lines[3]]


class Scenarios(vedro.Scenario):
    subject = "scenarios lists what each cost each target, the dearest first, the host left out for people"

    def given_a_run(self) -> None:
        self.file = saved(points_of("app", "db", scenarios=2))

    def when_they_are_listed(self) -> None:
        self.lines = run_here("scenarios", self.file, "--top", "3").out.splitlines()

    def then_they_stand_so(self) -> None:
        assert self.lines == [
            "scenario   target  CPU time  duration  cores  memory  mem peak  attempts",
            "it pays 1  app       0.50 s    1.00 s   0.50       -         -         1",
            "it pays 1  db        0.50 s    1.00 s   0.50       -         -         1",
            "it pays 0  app       0.50 s    1.00 s   0.50       -         -         1",
            "(1 more: --top 0 shows all)",
        ]


class ScenariosOfRuns(vedro.Scenario):
    subject = "scenarios of several runs bear the run"

    def given_two_runs(self) -> None:
        self.files = [saved(points_of("app", run=run)) for run in ("base", "head")]

    def when_they_are_listed(self) -> None:
        self.lines = run_here("scenarios", *self.files).out.splitlines()

    def then_each_row_names_its_run(self) -> None:
        assert [line.split()[-1] for line in self.lines] == ["run", "base", "head"]


class ScenariosForPrograms(vedro.Scenario):
    subject = "scenarios for programs are all, the host too, or as many as were asked for"

    def given_a_run(self) -> None:
        self.file = saved(points_of("app", scenarios=30))

    def when_they_are_listed(self) -> None:
        self.all = json.loads(run_here("scenarios", self.file, "--format", "json").out)
        self.five = json.loads(run_here("scenarios", self.file, "--format", "json", "--top", "5").out)

    def then_all_are_there(self) -> None:
        assert len(self.all) == 31
        assert self.all[0]["target"] == "system"

    def and_five_where_five_were_asked_for(self) -> None:
        assert self.five == self.all[:5]


class NoScenarios(vedro.Scenario):
    subject = "where no scenario ran, scenarios says so"

    def given_a_run_without_scenarios(self) -> None:
        self.file = saved(make_series([64], metric="memory_usage"))

    def when_they_are_listed(self) -> None:
        self.said = run_here("scenarios", self.file)

    def then_it_is_said(self) -> None:
        assert self.said == (0, "no scenario ran in what was recorded\n", "")


class Budgets(vedro.Scenario):
    subject = "check exits {code} with {budget}"

    @params("memory_usage{target:app}: max<512, min>1", 0, "budgets: 2 passed")
    @params("memory_usage{target:app}: max<1", 99, "budgets: 1 broken")
    @params("memory_usage{target:nobody}: max<1", 99, "budgets: 1 broken")
    def __init__(self, budget: str, code: int, last: str) -> None:
        self.budget, self.code, self.last = budget, code, last

    def given_a_run(self) -> None:
        self.file = saved(points_of("app"))

    def when_it_is_checked(self) -> None:
        self.said = run_here("check", self.file, "--budget", self.budget)

    def then_it_exits_so(self) -> None:
        assert self.said.code == self.code

    def and_says_why(self) -> None:
        assert self.said.out.splitlines()[-1] == self.last
        assert self.said.err == ""


class NotJudged(vedro.Scenario):
    subject = "a budget that matches nothing is not judged where {why}"

    @params("its method was unavailable", {"unavailable_methods": ["docker"]}, "'docker' was not available")
    @params("a slice ran no scenario", {"arguments": ["run"]}, "no scenario ran")
    def __init__(self, why: str, facts: dict[str, object], reason: str) -> None:
        self.why, self.facts, self.reason = why, facts, reason

    def given_a_run_without_containers_and_scenarios(self) -> None:
        self.file = saved(make_series([64], metric="memory_usage", method="default"), **self.facts)

    def when_it_is_checked(self) -> None:
        self.said = run_here("check", self.file, "--budget", "cpu_time{service:app}: count<9", "--format", "json")

    def then_the_code_is_untouched(self) -> None:
        assert self.said.code == 0

    def and_the_reason_is_told(self) -> None:
        (verdict,) = json.loads(self.said.out)
        assert verdict["status"] == "not judged"
        assert self.reason in verdict["reason"]


class HostileText(vedro.Scenario):
    subject = "a hostile name is printed as text that neither Rich nor a terminal obeys, also in ASCII"

    def given_a_run_with_a_hostile_target(self) -> None:
        self.file = saved(points_of(HOSTILE))

    def when_it_is_summarized(self) -> None:
        self.said = run_here("summary", self.file, encoding="ascii")

    def then_it_stands_there_escaped(self) -> None:
        assert r"=cmd()|`<b>`[red]\x1b[31m\n\u2603  " in self.said.out
        assert "\x1b" not in self.said.out


class HostileMarkdown(vedro.Scenario):
    subject = "a hostile name is a code span of one cell in Markdown"

    def given_a_run_with_a_hostile_target(self) -> None:
        self.file = saved(points_of(HOSTILE))

    def when_its_scenarios_are_listed(self) -> None:
        self.lines = run_here("scenarios", self.file, "--format", "markdown").out.splitlines()

    def then_its_row_has_as_many_cells_as_the_title(self) -> None:
        assert [line.count("|") for line in self.lines] == [self.lines[0].count("|")] * 3
        assert re.search(r"\| `[^`]*` \|", self.lines[2].replace("`it pays 0`", ""))


class HostileCsv(vedro.Scenario):
    subject = "a hostile name is no formula in CSV"

    def given_a_run_with_a_hostile_target(self) -> None:
        self.file = saved(points_of(HOSTILE))

    def when_its_scenarios_are_listed(self) -> None:
        said = run_here("scenarios", self.file, "--format", "csv").out
        self.rows = list(csv.DictReader(io.StringIO(said, newline="")))

    def then_an_apostrophe_stands_before_it(self) -> None:
        assert [row["target"] for row in self.rows] == ["system", f"'{HOSTILE}"]


class Converted(vedro.Scenario):
    subject = "what is converted to {name} and back is the same, and facts go from Parquet to Parquet"

    @params("out/run.parquet", [{"run": "run-1", "cores": 8}])
    @params("run.ndjson", [])
    @params("run.ndjson.gz", [])
    def __init__(self, name: str, facts: list[dict[str, object]]) -> None:
        self.name, self.facts = name, facts

    def given_a_run(self) -> None:
        self.points = points_of("app")
        self.file = saved(self.points, cores=8)
        self.target = self.file.parent / self.name

    def when_it_is_converted(self) -> None:
        self.said = run_here("convert", self.file, self.target)

    def then_the_path_is_printed(self) -> None:
        assert self.said == (0, f"{self.target}\n", "")

    def and_the_points_are_the_same(self) -> None:
        assert load(self.target).equals(load(self.file))

    def and_the_facts_are_there_if_they_can_be(self) -> None:
        assert self.target.suffix != ".parquet" or read_facts(self.target) == self.facts


class ConvertedToCsv(vedro.Scenario):
    subject = "what is converted to CSV has a row per point"

    def given_a_run_in_ndjson(self) -> None:
        self.folder = Path(vedro.create_tmp_dir())
        write_ndjson(points_of("app"), self.folder / "run.ndjson")

    def when_it_is_converted(self) -> None:
        run_here("convert", self.folder / "run.ndjson", self.folder / "run.csv")

    def then_each_point_has_its_row(self) -> None:
        rows = list(csv.DictReader((self.folder / "run.csv").open(encoding="utf-8")))
        assert len(rows) == 5
        assert rows[0]["time"].startswith("2026-01-26T10:00:0")


class Drawn(vedro.Scenario):
    subject = "plot writes {names}, and prints where"

    @params(["app_profile.png", "timeline.png"], has_scenario=False, has_requests=False)
    @params(["app_profile.png", "timeline.png", "scenario_ranking.png"], has_scenario=True, has_requests=False)
    @params(["app_profile.png", "timeline.png", "latency.png"], has_scenario=False, has_requests=True)
    def __init__(self, names: list[str], *, has_scenario: bool, has_requests: bool) -> None:
        self.names, self.has_scenario, self.has_requests = names, has_scenario, has_requests

    def given_a_run_and_what_ran_beside(self) -> None:
        series = [make_series([10, 20, 30]), make_series([1, 2, 3], metric="memory_usage")]
        if self.has_scenario:
            series.append(make_series([1000], metric="scenario_duration", target="vedro", scenario="pay"))
            series.append(make_series([500], metric="cpu_time", scenario="pay"))
        if self.has_requests:
            series.append(make_series([5, 6, 7], metric="http_req_duration"))
        self.file = saved(put_together(*series))

    def when_it_is_drawn(self) -> None:
        self.said = run_here("plot", self.file, "-o", self.file.parent / "pictures", "--ppi", "30")

    def then_the_pictures_are_there(self) -> None:
        files = [Path(line) for line in self.said.out.splitlines()]
        assert files == [self.file.parent / "pictures" / name for name in self.names]
        assert all(file.read_bytes().startswith(b"\x89PNG") for file in files)


class NothingKilled(vedro.Scenario):
    subject = "recover in a folder without a killed run says so"

    def when_nothing_is_recovered(self) -> None:
        self.said = run_here("recover", vedro.create_tmp_dir())

    def then_it_is_said(self) -> None:
        assert self.said == (0, "no run was killed here: there is nothing to recover\n", "")
