"""What changed between runs: numbers worked out by hand, verdicts, and what is said where there is none."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import vedro
from vedro import catched, params

from tests.contexts.compared_runs import CPU, WHOLE_RUN, make_runs
from vedro_profiling.analysis.comparison import compare
from vedro_profiling.errors import OptionError, SchemaError
from vedro_profiling.storage import write_ndjson, write_parquet

if TYPE_CHECKING:
    from vedro_profiling.analysis.comparison_runs import Runs

FIVE = (100.0, 102.0, 98.0, 101.0, 99.0)
"""Runs that vary by 1.6 %, on average 100."""


def row_of(changes: pl.DataFrame, names: Mapping[str, str | None] = CPU) -> dict[str, Any]:
    """Pick the one row with these names."""
    is_it = pl.all_horizontal(pl.col(name).eq_missing(pl.lit(value, pl.String)) for name, value in names.items())
    return changes.row(by_predicate=is_it, named=True)


class Verdict(vedro.Scenario):
    subject = "five runs a side, {what}: {verdict}"

    @params("20 % more", 1.2, "more")
    @params("20 % less", 0.8, "less")
    @params("the same amounts", 1.0, "same")
    @params("1 % more, which is irrelevant", 1.01, "same")
    @params("4.5 % more, which may be relevant or not", 1.045, "unknown")
    def __init__(self, what: str, factor: float, verdict: str) -> None:
        self.what, self.factor, self.verdict = what, factor, verdict

    def given_runs_before_and_after(self) -> None:
        self.base, self.head = make_runs(FIVE), make_runs([amount * self.factor for amount in FIVE])

    def when_they_are_compared(self) -> None:
        self.changes = compare(self.base, self.head)

    def then_the_verdict_is_as_expected(self) -> None:
        assert row_of(self.changes)["verdict"] == self.verdict

    def and_the_numbers_are_those_of_the_runs(self) -> None:
        row = row_of(self.changes)
        assert (row["base"], row["base_runs"], row["head_runs"]) == (100.0, 5, 5)
        assert abs(row["ratio"] - self.factor) < 1e-9
        assert row["low"] < row["difference"] < row["high"]

    def and_memory_which_never_varies_is_the_same(self) -> None:
        row = row_of(self.changes, {**CPU, "metric": "memory_usage"})
        assert (row["verdict"], row["low"], row["high"], row["p"]) == ("same", 0.0, 0.0, 1.0)


class Noise(vedro.Scenario):
    subject = "a difference of 20 % between runs that vary by 30 % is unknown, and the note says why"

    def when_they_are_compared(self) -> None:
        self.changes = compare(make_runs([70, 130, 100]), make_runs([84, 156, 120]))

    def then_the_verdict_is_unknown(self) -> None:
        row = row_of(self.changes)
        assert row["verdict"] == "unknown"
        assert "vary too much" in row["note"]


class FewRuns(vedro.Scenario):
    subject = "with {before} and {after} runs nothing is told from noise, and SciPy is not asked"

    @params(1, 1)
    @params(2, 5)
    @params(5, 2)
    def __init__(self, before: int, after: int) -> None:
        self.before, self.after = before, after

    def given_no_scipy(self) -> None:
        hide_scipy()

    def when_they_are_compared(self) -> None:
        self.changes = compare(make_runs(FIVE[: self.before]), make_runs([300] * self.after))

    def then_the_verdict_is_unknown_and_the_note_counts_runs(self) -> None:
        row = row_of(self.changes)
        assert (row["verdict"], row["low"], row["high"], row["p"]) == ("unknown", None, None, None)
        assert row["note"].startswith(f"{self.before} and {self.after} runs")


class NoScipy(vedro.Scenario):
    subject = "three runs a side without SciPy name the extra to install"

    def given_no_scipy(self) -> None:
        hide_scipy()

    def when_runs_are_compared(self) -> None:
        with catched(OptionError) as self.caught:
            compare(make_runs(FIVE), make_runs(FIVE))

    def then_the_extra_is_named(self) -> None:
        assert "pip install 'vedro-profiling[compare]'" in str(self.caught.value)


def hide_scipy() -> None:
    """Let `import scipy` fail until the scenario ends."""
    loaded = sys.modules.get("scipy")
    vedro.defer(sys.modules.__setitem__ if loaded else sys.modules.pop, "scipy", loaded)
    sys.modules["scipy"] = None  # type: ignore[assignment]


class OneSide(vedro.Scenario):
    subject = "a scenario that only {side} has is told as such, and has no difference"

    @params("head", "new: in head only")
    @params("base", "gone: in base only")
    def __init__(self, side: str, note: str) -> None:
        self.side, self.note = side, note

    def given_a_scenario_more_on_one_side(self) -> None:
        sides = {"base": make_runs(FIVE), "head": make_runs(FIVE)}
        sides[self.side] = pl.concat([sides[self.side], make_runs(FIVE, scenario="other.py::Scenario")])
        self.base, self.head = sides["base"], sides["head"]

    def when_they_are_compared(self) -> None:
        self.row = row_of(compare(self.base, self.head), {**CPU, "scenario": "other.py::Scenario"})

    def then_the_row_says_so(self) -> None:
        assert (self.row["verdict"], self.row["note"]) == ("unknown", self.note)
        assert (self.row["difference"], self.row["ratio"], self.row["p"]) == (None, None, None)

    def and_its_side_is_told(self) -> None:
        assert self.row[self.side] == 100.0
        assert self.row[f"{self.side}_runs"] == 5


class Attempts(vedro.Scenario):
    subject = "a scenario counts by the attempt, a run as a whole"

    def when_one_attempt_is_compared_with_three(self) -> None:
        self.changes = compare(make_runs(FIVE), make_runs(FIVE, attempts=3))

    def then_an_attempt_costs_what_it_did(self) -> None:
        assert row_of(self.changes)["ratio"] == 1.0
        assert row_of(self.changes, {**CPU, "target": "vedro", "metric": "scenario_duration"})["head"] == 1000.0

    def and_the_run_costs_three_times_as_much_with_what_lies_between(self) -> None:
        row = row_of(self.changes, WHOLE_RUN)
        assert (row["base"], row["head"], row["verdict"]) == (200.0, 600.0, "more")
        assert row_of(self.changes, {**WHOLE_RUN, "target": "vedro", "metric": "scenario_duration"})["head"] == 3000.0


class CutOff(vedro.Scenario):
    subject = "a scenario that never ended has no number, but counts in the whole run"

    def given_a_run_that_was_killed_in_its_scenario(self) -> None:
        self.killed = make_runs([100]).filter(pl.col("metric") != "scenario_duration")

    def when_it_is_compared(self) -> None:
        self.changes = compare(make_runs([100]), self.killed)

    def then_the_scenario_is_gone(self) -> None:
        assert row_of(self.changes)["head_runs"] == 0

    def and_the_run_is_not(self) -> None:
        assert row_of(self.changes, WHOLE_RUN)["head"] == 200.0


class NoKernelPeak(vedro.Scenario):
    subject = "where the kernel told no peak, the highest reading stands for it"

    def given_runs_without_peaks(self) -> None:
        self.head = make_runs([100]).filter(pl.col("metric") != "memory_peak")

    def when_they_are_compared(self) -> None:
        self.row = row_of(compare(make_runs([100]), self.head), {**CPU, "metric": "memory_peak"})

    def then_readings_are_compared_with_the_peak(self) -> None:
        assert (self.row["base"], self.row["head"]) == (120.0, 100.0)


class Labels(vedro.Scenario):
    subject = "each row tells the subject of its scenario and the service of its target"

    def when_runs_are_compared(self) -> None:
        self.row = row_of(compare(make_runs([100]), make_runs([100])))

    def then_both_are_told(self) -> None:
        assert (self.row["subject"], self.row["service"]) == ("pay for a basket", "app-service")


class ByService(vedro.Scenario):
    subject = "by service, containers of other names are compared, and processes and host are left out"

    def given_the_same_service_in_two_checkouts(self) -> None:
        self.base, self.head = make_runs([100], target="main-app-1"), make_runs([120], target="topic-app-1")

    def when_they_are_compared_by_service(self) -> None:
        self.changes = compare(self.base, self.head, by=("scenario", "service"))

    def then_the_services_meet(self) -> None:
        names = {"scenario": "pay.py::Scenario", "metric": "cpu_time"}
        assert (row_of(self.changes, names)["ratio"], row_of(self.changes, names)["service"]) == (1.2, "app-service")

    def and_nothing_else_is_there(self) -> None:
        assert self.changes["service"].unique().to_list() == ["app-service"]


class WithoutTarget(vedro.Scenario):
    subject = "by method alone there are whole runs only, and the host does not count twice"

    def when_runs_are_compared_by_method(self) -> None:
        self.changes = compare(make_runs([100]), make_runs([120]), by=["method"])

    def then_only_the_container_counts(self) -> None:
        assert "scenario" not in self.changes.columns
        assert self.changes.filter(metric="cpu_time").select("method", "base", "head").rows() == [
            ("docker", 200.0, 240.0)
        ]


class Sources(vedro.Scenario):
    subject = "a side may be {what}"

    @params("a frame", "frame")
    @params("a query", "query")
    @params("a folder", "folder")
    @params("a list of files", "files")
    @params("a list of frames", "frames")
    @params("a frame and a file", "both")
    def __init__(self, what: str, kind: str) -> None:
        self.what, self.kind = what, kind

    def given_three_runs_one_of_them_in_two_slices(self) -> None:
        folder = Path(vedro.create_tmp_dir())
        runs = [make_runs([100]), make_runs([100], first=2), make_runs([200], scenario="b.py::Scenario", first=2)]
        paths = [folder / str(number) / "profiling.parquet" for number in range(3)]
        for points, path in zip(runs, paths, strict=True):
            path.parent.mkdir()
            write_parquet(points, path)
            write_ndjson(points, path.with_suffix(".ndjson"))
        whole = pl.concat(runs)
        sides: dict[str, Runs] = {
            "frame": whole,
            "query": whole.lazy(),
            "folder": str(folder),
            "files": paths,
            "frames": runs,
            "both": [runs[0], *paths[1:]],
        }
        self.side = sides[self.kind]

    def when_it_is_compared(self) -> None:
        self.changes = compare(self.side, self.side)

    def then_each_run_counts_once(self) -> None:
        assert row_of(self.changes)["base_runs"] == 2
        assert row_of(self.changes, {**CPU, "scenario": "b.py::Scenario"})["base_runs"] == 1

    def and_slices_of_one_run_are_added_up(self) -> None:
        assert row_of(self.changes, WHOLE_RUN)["base"] == (200 + 600) / 2


class Order(vedro.Scenario):
    subject = "what became more comes first, what is the same last, the greatest difference of a metric first"

    def given_three_scenarios(self) -> None:
        grown = {"a": 1.2, "b": 1.0, "c": 1.5}
        self.base = pl.concat(make_runs(FIVE, scenario=name) for name in grown)
        self.head = pl.concat(make_runs([n * factor for n in FIVE], scenario=name) for name, factor in grown.items())

    def when_they_are_compared(self) -> None:
        changes = compare(self.base, self.head)
        self.rows = changes.filter(pl.col("scenario").is_not_null(), target="app", metric="cpu_time")

    def then_they_are_in_this_order(self) -> None:
        assert self.rows["scenario"].to_list() == ["c", "a", "b"]
        assert self.rows["verdict"].to_list() == ["more", "more", "same"]


class Relevance(vedro.Scenario):
    subject = "20 % more of 100 ms with {bounds}: {verdict}"

    @params({"relative": 0.3}, "same")
    @params({"absolute": {"cpu_time": 25}}, "same")
    @params({"absolute": {"memory_peak": 25}}, "more")
    @params({"absolute": {"cpu_time": 15}, "relative": 0}, "more")
    def __init__(self, bounds: dict[str, Any], verdict: str) -> None:
        self.bounds, self.verdict = bounds, verdict

    def when_runs_are_compared(self) -> None:
        self.changes = compare(make_runs(FIVE), make_runs([n * 1.2 for n in FIVE]), **self.bounds)

    def then_the_bounds_decide(self) -> None:
        assert row_of(self.changes)["verdict"] == self.verdict


class FromNothing(vedro.Scenario):
    subject = "a target that was idle before has no ratio, and its difference is judged all the same"

    def when_it_is_compared(self) -> None:
        self.row = row_of(compare(make_runs([0, 0, 0]), make_runs([10, 10, 10])))

    def then_it_became_more(self) -> None:
        assert (self.row["ratio"], self.row["difference"], self.row["verdict"]) == (None, 10.0, "more")


class Misuse(vedro.Scenario):
    subject = "refused: {arguments}"

    @params({"by": ()}, "by=()")
    @params({"by": "target"}, "by='target'")
    @params({"by": ("run", "target")}, "by=('run', 'target')")
    @params({"relative": -0.1}, "relative=-0.1")
    @params({"relative": float("nan")}, "relative=nan")
    @params({"confidence": 95}, "confidence=95")
    @params({"absolute": 5}, "absolute=5")
    @params({"absolute": {"cpu_percent": 5}}, "absolute['cpu_percent']")
    @params({"absolute": {"cpu_time": -5}}, "absolute['cpu_time'] = -5")
    def __init__(self, arguments: dict[str, Any], named: str) -> None:
        self.arguments, self.named = arguments, named

    def when_it_is_tried(self) -> None:
        with catched(OptionError) as self.caught:
            compare(make_runs([1]), make_runs([1]), **self.arguments)

    def then_the_argument_is_named(self) -> None:
        assert str(self.caught.value).startswith(self.named)


class MissingColumns(vedro.Scenario):
    subject = "points without {missing} are refused, and the columns there are told"

    @params(["run"])
    @params(["scenario", "target"])
    def __init__(self, missing: Sequence[str]) -> None:
        self.missing = missing

    def when_it_is_tried(self) -> None:
        with catched(SchemaError) as self.caught:
            compare(make_runs([1]), make_runs([1]).drop(self.missing))

    def then_the_columns_are_named(self) -> None:
        for name in self.missing:
            assert repr(name) in str(self.caught.value)
        assert "there are: time" in str(self.caught.value)
