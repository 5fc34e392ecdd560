"""The statistics of a comparison, held against SciPy's own and against simulation."""

from collections.abc import Sequence

import polars as pl
import vedro
from scipy import stats
from vedro import params

from vedro_profiling.analysis.comparison_statistics import with_intervals

BASE = [100.0, 103.0, 98.0, 101.0]
HEAD = [110.0, 125.0, 118.0, 121.0, 109.0]


def sides(rows: Sequence[tuple[str, Sequence[float], Sequence[float]]]) -> pl.DataFrame:
    """Make what `with_intervals` takes of metric, runs before and runs after of each row."""
    frames = []
    for metric, base, head in rows:
        before, after = pl.Series(base, dtype=pl.Float64), pl.Series(head, dtype=pl.Float64)
        frames.append(
            pl.DataFrame(
                {
                    "metric": metric,
                    "base": before.mean(),
                    "base_spread": before.std(),
                    "base_runs": before.len(),
                    "head": after.mean(),
                    "head_spread": after.std(),
                    "head_runs": after.len(),
                }
            )
        )
    return pl.concat(frames).with_columns(difference=pl.col("head") - pl.col("base"))


def is_close(first: float, second: float) -> bool:
    return abs(first - second) < 1e-9


class ALoneRow(vedro.Scenario):
    subject = "a row that is alone with its metric is tested by Welch's test as SciPy has it"

    def when_it_is_tested(self) -> None:
        self.row = with_intervals(sides([("cpu_time", BASE, HEAD)]), confidence=0.95).row(0, named=True)

    def then_p_and_interval_are_those_of_scipy(self) -> None:
        welch = stats.ttest_ind(HEAD, BASE, equal_var=False)
        interval = welch.confidence_interval(0.95)
        assert is_close(self.row["p"], welch.pvalue)
        assert is_close(self.row["low"], interval.low)
        assert is_close(self.row["high"], interval.high)


class SeveralMetrics(vedro.Scenario):
    subject = "p values are corrected for all rows, of whatever metric"

    def given_two_metrics_and_a_row_with_too_few_runs(self) -> None:
        self.rows = sides(
            [("cpu_time", BASE, HEAD), ("memory_usage", BASE, BASE[:2]), ("memory_peak", BASE, HEAD[::-1])]
        )

    def when_they_are_tested(self) -> None:
        self.tested = with_intervals(self.rows, confidence=0.95)

    def then_they_are_scipys_false_discovery_rate(self) -> None:
        p = stats.ttest_ind(HEAD, BASE, equal_var=False).pvalue
        corrected = stats.false_discovery_control([p, p])
        assert is_close(self.tested["p"][0], corrected[0])
        assert is_close(self.tested["p"][2], corrected[1])

    def and_the_row_with_too_few_has_none_and_keeps_its_place(self) -> None:
        assert self.tested.row(1, named=True)["p"] is None
        assert self.tested["metric"].to_list() == ["cpu_time", "memory_usage", "memory_peak"]


class Loud(vedro.Scenario):
    subject = "a spread that is usual helps a change of 20 % which alone would have to be taken for noise"

    def given_many_rows_of_which_one_is_loud_by_luck(self) -> None:
        rows = [("cpu_time", [95.0 + n % 3, 100, 105, 98, 103], [104.0 - n % 4, 97, 100, 106, 95]) for n in range(40)]
        self.loud = ("cpu_time", [88.0, 112, 100], [104.0, 136, 120])
        self.rows = sides([self.loud, *rows])

    def when_it_is_tested_alone_and_among_them(self) -> None:
        self.alone = with_intervals(sides([self.loud]), confidence=0.95)["p"][0]
        self.among = with_intervals(self.rows, confidence=0.95)["p"][0]

    def then_it_is_found_only_among_them(self) -> None:
        assert self.alone > 0.05
        assert self.among < 0.05


class Unlike(vedro.Scenario):
    subject = "where rows are unlike each other, what is usual among them helps a loud one little"

    def given_rows_of_all_spreads_and_a_loud_one(self) -> None:
        steps = (-2.0, -1.0, 0.0, 1.0, 2.0)
        spreads = [0.05 * 1.3**place for place in range(24)]
        rows = [
            ("cpu_time", [100 + spread * n for n in steps], [100 - spread * n for n in steps]) for spread in spreads
        ]
        self.loud = ("cpu_time", [70.0, 130, 100], [84.0, 156, 120])
        self.rows = sides([self.loud, *rows])

    def when_it_is_tested_alone_and_among_them(self) -> None:
        self.alone = with_intervals(sides([self.loud]), confidence=0.95)["p"][0]
        self.among = with_intervals(self.rows, confidence=0.95)["p"][0]

    def then_it_is_found_in_neither_way(self) -> None:
        assert self.alone > 0.05
        assert self.among > 0.05


class Constant(vedro.Scenario):
    subject = "runs that never vary: from {before} to {after} has p = {p}"

    @params(100.0, 100.0, 1.0)
    @params(100.0, 110.0, 0.0)
    @params(0.0, 0.0, 1.0)
    @params(0.0, 1.0, 0.0)
    def __init__(self, before: float, after: float, p: float) -> None:
        self.before, self.after, self.p = before, after, p

    def when_they_are_tested(self) -> None:
        rows = sides([("memory_peak", [self.before] * 3, [self.after] * 3)])
        self.row = with_intervals(rows, confidence=0.95).row(0, named=True)

    def then_there_is_no_doubt(self) -> None:
        assert self.row["p"] == self.p
        assert (self.row["low"], self.row["high"]) == (self.after - self.before,) * 2
