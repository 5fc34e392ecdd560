"""`compare` and `report`: what changed, rules that are broken, and the page."""

import csv
import io
import json
import re
from pathlib import Path

import vedro
from vedro import params

from tests.contexts.command_line import AtTerminal, run_apart, run_here
from tests.contexts.series import make_series, put_together
from vedro_profiling import load, write_parquet


def saved_runs(name: str, *cpu_ms: float) -> Path:
    """Write a run for each amount of CPU time that a scenario cost."""
    folder = Path(vedro.create_tmp_dir()) / name
    folder.mkdir()
    for number, amount in enumerate(cpu_ms):
        run, scenario = f"{name}-{number}", "pay.py::Pay"
        points = put_together(
            make_series(
                [1000], metric="scenario_duration", target="vedro", run=run, scenario=scenario, subject="it pays"
            ),
            make_series([amount], metric="cpu_time", run=run, scenario=scenario),
        )
        write_parquet(points, folder / f"{number}.parquet")
    return folder


class Changed(vedro.Scenario):
    subject = "compare tells for people what changed, what matters most on the left"

    def given_four_runs_a_side(self) -> None:
        self.base = saved_runs("base", 100, 102, 99, 101)
        self.head = saved_runs("head", 121, 119, 123, 120)

    def when_they_are_compared(self) -> None:
        self.said = run_here("compare", self.base, self.head)

    def then_the_change_stands_first(self) -> None:
        titles, first, *_ = (re.split(r"\s{2,}", line) for line in self.said.out.splitlines())
        assert titles == ["verdict", "change", "base", "head", "of", "scenario", "target", "95 % interval"]
        assert first[:7] == ["more", "+20.1 %", "0.10 s", "0.12 s", "CPU time", "it pays", "app"]
        assert re.fullmatch(r"\+1\d\.\d ms \.\. \+2\d\.\d ms", first[7])

    def and_nothing_else_comes_of_it(self) -> None:
        assert (self.said.code, self.said.err) == (0, "")


class Narrow(vedro.Scenario):
    subject = "a terminal of {columns} columns shows {titles}, and whose change it is"

    @params(60, ["verdict", "change", "base", "head", "of", "scenario / target"])
    @params(80, ["verdict", "change", "base", "head", "of", "scenario / target", "95 % interval"])
    def __init__(self, columns: int, titles: list[str]) -> None:
        self.columns, self.titles = columns, titles

    def given_four_runs_a_side(self) -> None:
        self.base = saved_runs("base", 100, 102, 99, 101)
        self.head = saved_runs("head", 121, 119, 123, 120)

    def when_they_are_compared_there(self) -> None:
        said = run_apart("compare", self.base, self.head, COLUMNS=str(self.columns))
        self.lines = said.stdout.splitlines()

    def then_they_stand_there(self) -> None:
        first = next(place for place, line in enumerate(self.lines) if "+20.1 %" in line)
        assert sorted(" ".join(self.lines[:first]).split()) == sorted(" ".join(self.titles).split())
        assert "0.12 s" in self.lines[first]
        assert "it pays" in self.lines[first]

    def and_no_line_of_the_table_is_wider(self) -> None:
        end = self.lines.index("") if "" in self.lines else None
        assert max(map(len, self.lines[:end])) <= self.columns


class Coloured(vedro.Scenario):
    subject = "on a terminal {environment} verdicts are {how}"

    @params("coloured", {}, "\x1b[31mmore ")
    @params("plain", {"NO_COLOR": "1"}, "more ")
    def __init__(self, how: str, environment: dict[str, str], start: str) -> None:
        self.how, self.environment, self.start = how, environment, start

    def given_four_runs_a_side(self) -> None:
        self.base = saved_runs("base", 100, 102, 99, 101)
        self.head = saved_runs("head", 121, 119, 123, 120)

    def when_they_are_compared_at_a_terminal(self) -> None:
        self.terminal = AtTerminal(["compare", self.base, self.head], folder=self.base, environment=self.environment)
        self.code = self.terminal.read_to_end()

    def then_the_first_is(self) -> None:
        assert self.code == 0
        table = self.terminal.shown[self.terminal.shown.index("target") :]
        first = next(line for line in table.splitlines() if "+20.1 %" in line)
        assert first.startswith(self.start)


class TooFew(vedro.Scenario):
    subject = "with one run a side compare says that noise cannot be told from change"

    def given_a_run_a_side(self) -> None:
        self.base, self.head = saved_runs("base", 0), saved_runs("head", 120)

    def when_they_are_compared(self) -> None:
        self.lines = run_here("compare", self.base, self.head, "--format", "markdown").out.splitlines()

    def then_it_is_said(self) -> None:
        assert re.fullmatch(r"- `\d of \d rows: 1 and 1 runs: noise cannot be told from change .*`", self.lines[-1])

    def and_a_change_from_nothing_is_told_in_its_unit(self) -> None:
        assert "| `unknown` | +0.12 s | 0.0 ms | 0.12 s | `CPU time` | `it pays` | `app` | - |" in self.lines


class Rules(vedro.Scenario):
    subject = "compare exits {code} with --fail-on {rule}, and says why"

    @params(99, "cpu_time>+10%", r"! broken: cpu_time>\+10% in it pays, app: \+20\.1 %.*")
    @params(0, "cpu_time>+30%", r"rules: 1 passed")
    @params(99, "cpu_time{target:db}>+30%", r"! broken: .* in \(whole run\): .*")
    def __init__(self, code: int, rule: str, line: str) -> None:
        self.code, self.rule, self.line = code, rule, line

    def given_four_runs_a_side(self) -> None:
        self.base = saved_runs("base", 100, 102, 99, 101)
        self.head = saved_runs("head", 121, 119, 123, 120)

    def when_they_are_compared_for_people_and_for_programs(self) -> None:
        self.people = run_here("compare", self.base, self.head, "--fail-on", self.rule)
        self.programs = run_here("compare", self.base, self.head, "--fail-on", self.rule, "--format", "json")

    def then_the_code_is_so(self) -> None:
        assert (self.people.code, self.programs.code) == (self.code, self.code)

    def and_people_read_it_below_the_table(self) -> None:
        assert any(re.fullmatch(self.line, line) for line in self.people.out.splitlines()), self.people.out

    def and_programs_have_rows_only(self) -> None:
        assert {row["verdict"] for row in json.loads(self.programs.out)} >= {"more"}
        assert "rules: " in self.programs.err


class OtherColumns(vedro.Scenario):
    subject = "rows by {by} are told for people"

    @params("target")
    @params("method")
    @params("scenario")
    @params("subject,target")
    def __init__(self, by: str) -> None:
        self.by = by

    def when_runs_are_compared(self) -> None:
        self.said = run_here("compare", saved_runs("base", 100), saved_runs("head", 200), "--by", self.by)

    def then_there_is_a_table(self) -> None:
        assert self.said.code == 0
        assert self.said.out.startswith("verdict ")


class SharedSubject(vedro.Scenario):
    subject = "scenarios that share a subject are told apart, in the table and where a rule is broken"

    def given_a_run_a_side_of_a_scenario_with_two_sets_of_parameters(self) -> None:
        self.base, self.head = (self._saved(name, amount) for name, amount in (("base", 100), ("head", 200)))

    @staticmethod
    def _saved(run: str, amount: float) -> Path:
        file = Path(vedro.create_tmp_dir()) / f"{run}.parquet"
        points = put_together(
            *(
                make_series([amount], metric=metric, run=run, scenario=f"suite/pay.py::Pay#{number}", subject="it pays")
                for number in (1, 2)
                for metric in ("scenario_duration", "cpu_time")
            )
        )
        write_parquet(points, file)
        return file

    def when_they_are_compared(self) -> None:
        self.said = run_here("compare", self.base, self.head, "--fail-on", "cpu_time>+10%")

    def then_each_is_named(self) -> None:
        assert self.said.code == 99
        for name in ("it pays (pay.py::Pay#1)", "it pays (pay.py::Pay#2)"):
            assert f"! broken: cpu_time>+10% in {name}, " in self.said.out, self.said.out
            assert sum(name in line for line in self.said.out.splitlines() if line.startswith("unknown")) == 2


class Irrelevant(vedro.Scenario):
    subject = "a change within {option} {value} breaks no rule and is no change"

    @params("--absolute", "cpu_time=50")
    @params("--relative", "40")
    def __init__(self, option: str, value: str) -> None:
        self.option, self.value = option, value

    def given_four_runs_a_side(self) -> None:
        self.base = saved_runs("base", 100, 102, 99, 101)
        self.head = saved_runs("head", 121, 119, 123, 120)

    def when_they_are_compared(self) -> None:
        self.said = run_here("compare", self.base, self.head, self.option, self.value, "--format", "csv")

    def then_it_is_the_same(self) -> None:
        rows = list(csv.DictReader(io.StringIO(self.said.out)))
        assert {row["verdict"] for row in rows if row["metric"] == "cpu_time"} == {"same"}


class ByMethod(vedro.Scenario):
    subject = "the method is shown only where it tells two targets apart"

    def given_a_process_and_a_container_of_one_name(self) -> None:
        self.folders = [saved_runs("base", 100), saved_runs("head", 100)]
        for folder in self.folders:
            write_parquet(
                make_series([5], metric="cpu_time", method="default", run=f"{folder.name}-0"), folder / "p.parquet"
            )

    def when_they_are_compared(self) -> None:
        self.titles = run_here("compare", *self.folders).out.splitlines()[0].split()

    def then_it_stands_there(self) -> None:
        assert "method" in self.titles


class Nothing(vedro.Scenario):
    subject = "where there is nothing to compare, compare says so"

    def given_runs_without_a_metric_of_cost(self) -> None:
        self.file = Path(vedro.create_tmp_dir()) / "run.parquet"
        write_parquet(make_series([5], metric="cpu_percent"), self.file)

    def when_they_are_compared(self) -> None:
        self.said = run_here("compare", self.file, self.file)

    def then_it_is_said(self) -> None:
        assert self.said == (0, "there is nothing to compare\n", "")


class Damaged(vedro.Scenario):
    subject = "a file of another tool whose damage shows only while it is read is named in one line"

    def given_such_a_file(self) -> None:
        self.folder = Path(vedro.create_tmp_dir())
        self.file = self.folder / "other.parquet"
        load(saved_runs("base", 100)).write_parquet(self.file)
        content = bytearray(self.file.read_bytes())
        content[4:200] = bytes(196)
        self.file.write_bytes(content)

    def when_it_is_compared(self) -> None:
        self.said = run_here("compare", saved_runs("head", 100), self.file)

    def then_it_is_named(self) -> None:
        assert (self.said.code, self.said.out) == (2, "")
        assert f"{self.file} is no Parquet file, or a damaged one" in self.said.err
        assert self.said.err.count("\n") == 1


class NoNumber(vedro.Scenario):
    subject = "an amount that is no number is refused"

    def when_it_is_given(self) -> None:
        self.said = run_here("compare", "base", "head", "--absolute", "cpu_time=much")

    def then_it_is_named(self) -> None:
        assert self.said.code == 2
        assert "--absolute cpu_time=much" in self.said.err


class Page(vedro.Scenario):
    subject = "report writes the page with the budgets' verdicts, and prints its path"

    def given_a_run(self) -> None:
        self.folder = saved_runs("base", 100)
        self.page = self.folder / "out" / "page.html"

    def when_the_report_is_written(self) -> None:
        self.said = run_here(
            *("report", self.folder, "-o", self.page, "--budget", "cpu_time: count<9", "--title", "of <tonight>")
        )

    def then_its_path_is_printed(self) -> None:
        assert self.said == (0, f"{self.page}\n", "")

    def and_title_and_budget_are_on_it(self) -> None:
        page = self.page.read_text(encoding="utf-8")
        assert "of &lt;tonight&gt;" in page
        assert "cpu_time" in page
