"""The tables of scenarios, read cell by cell."""

import polars as pl
import vedro

from tests.contexts.report_tables import cells_of, texts_of, titles_of
from tests.contexts.series import START, make_series, put_together
from vedro_profiling.charts.report.scenario_tables import scenario_targets, scenarios


def attempt(
    name: str, cpu_ms: dict[str, float], *, ended: float = 2, status: str = "passed", run: str = "run-1"
) -> pl.DataFrame:
    """Make the points of one attempt of a second, with a memory of 10 MB a target, and the host's."""
    tags = {"scenario": name, "run": run}
    return put_together(
        make_series([1000], seconds=[ended], metric="scenario_duration", target="vedro", method="default",
                    subject=f"about {name}", status=status, **tags),
        *(make_series([value], seconds=[ended], metric="cpu_time", target=target, **tags)
          for target, value in cpu_ms.items()),
        *(make_series([10.0 * place], seconds=[ended], metric="memory_usage", target=target, **tags)
          for place, target in enumerate(cpu_ms, start=1)),
        make_series([9000], seconds=[ended], metric="cpu_time", target="system", method="default", **tags),
        make_series([8000], seconds=[ended], metric="memory_usage", target="system", method="default", **tags),
    )  # fmt: skip


class OneRun(vedro.Scenario):
    subject = "scenarios are tabled by the CPU of all targets without the host, with where most of it was used"

    def given_a_scenario_that_failed_and_then_passed_and_a_dearer_one(self) -> None:
        self.points = put_together(
            attempt("cheap", {"app": 400.0}, status="failed"),
            attempt("cheap", {"app": 100.0}, ended=5),
            attempt("dear", {"app": 200.0, "db": 500.0}, ended=8, status="failed"),
        )

    def when_they_are_tabled(self) -> None:
        self.table = scenarios(self.points)

    def then_the_dearest_comes_first(self) -> None:
        names = cells_of(self.table, "scenario")
        assert [(cell.text, cell.detail) for cell in names] == [("about dear", "dear"), ("about cheap", "cheap")]
        assert self.table.sorted_by == "CPU time"

    def and_cpu_is_exact_and_the_hosts_left_out(self) -> None:
        assert [cell.value for cell in cells_of(self.table, "CPU time")] == [0.7, 0.5]
        assert texts_of(self.table, "most of it in") == ["db (0.50 s)", "app (0.50 s)"]

    def and_so_is_memory(self) -> None:
        assert texts_of(self.table, "highest memory") == ["20.0 MB", "10.0 MB"]
        assert texts_of(self.table, "in") == ["db", "app"]

    def and_the_outcome_is_that_of_the_last_attempt(self) -> None:
        statuses = cells_of(self.table, "status")
        assert [(cell.text, cell.tone) for cell in statuses] == [("failed", "bad"), ("passed", "good")]
        assert texts_of(self.table, "attempts") == ["1", "2"]
        assert texts_of(self.table, "duration") == ["1.00 s", "2.00 s"]

    def and_each_knows_when_it_ran(self) -> None:
        start_ms = int(START.timestamp() * 1000)
        stretches = [cell.stretch for cell in cells_of(self.table, "scenario")]
        assert stretches == [(start_ms + 7000, start_ms + 8000), (start_ms + 1000, start_ms + 5000)]

    def and_no_column_names_the_one_run(self) -> None:
        assert "run" not in titles_of(self.table)


class TwoRuns(vedro.Scenario):
    subject = "each run has rows of its own, and none is to be looked for on a time axis that they share"

    def when_scenarios_of_two_runs_are_tabled(self) -> None:
        points = put_together(attempt("pay", {"app": 400.0}), attempt("pay", {"app": 600.0}, run="run-2"))
        self.table = scenarios(points)
        self.by_target = scenario_targets(points)

    def then_the_run_is_named(self) -> None:
        assert texts_of(self.table, "run") == ["run-2", "run-1"]
        assert texts_of(self.by_target, "run") == ["run-1", "run-2", "run-2", "run-1"]

    def and_there_is_no_stretch(self) -> None:
        assert [cell.stretch for cell in cells_of(self.table, "scenario")] == [None, None]


class OnlyTheHost(vedro.Scenario):
    subject = "a scenario in which the host alone was read has its row, with no CPU of targets"

    def when_it_is_tabled(self) -> None:
        self.table = scenarios(attempt("idle", {}))

    def then_it_names_no_target(self) -> None:
        assert texts_of(self.table, "CPU time") == ["0.0 ms"]
        assert texts_of(self.table, "most of it in") == ["-"]
        assert texts_of(self.table, "highest memory") == ["-"]


class ByTarget(vedro.Scenario):
    subject = "what a scenario cost each target is tabled with the host, and with the method where names are shared"

    def when_a_container_has_the_name_of_the_host(self) -> None:
        self.table = scenario_targets(attempt("pay", {"system": 500.0, "db": 250.0}))

    def then_each_target_has_its_row(self) -> None:
        assert texts_of(self.table, "target") == ["system (default)", "system (docker)", "db"]
        assert texts_of(self.table, "CPU time") == ["9.00 s", "0.50 s", "0.25 s"]
        assert texts_of(self.table, "cores") == ["9.00", "0.50", "0.25"]

    def and_what_was_not_read_is_no_zero(self) -> None:
        assert [cell.value for cell in cells_of(self.table, "received")] == [None] * 3


class TooMany(vedro.Scenario):
    subject = "a table ends at its thousand dearest rows, and counts the others"

    def given_a_run_of_1100_scenarios(self) -> None:
        names = [f"s{number:04}" for number in range(1100)]
        base = attempt("s", {"app": 1.0})
        self.points = pl.concat(
            base.with_columns(
                pl.lit(name).cast(pl.Categorical).alias("scenario"),
                value=pl.when(pl.col("metric") == "cpu_time").then(float(place)).otherwise("value"),
            )
            for place, name in enumerate(names)
        )

    def when_it_is_tabled(self) -> None:
        self.table = scenarios(self.points)

    def then_the_cheapest_hundred_are_left_out(self) -> None:
        assert (len(self.table.rows), self.table.left_out) == (1000, 100)
        assert cells_of(self.table, "CPU time")[-1].value == 0.1
