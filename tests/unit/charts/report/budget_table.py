"""The table of budgets, read cell by cell."""

import vedro

from tests.contexts.report_tables import cells_of, texts_of
from tests.contexts.series import make_series
from vedro_profiling.analysis.thresholds import check
from vedro_profiling.charts.report.budget_table import budgets


class WorstFirst(vedro.Scenario):
    subject = "what is broken comes first, then what could not be judged; each with its unit and why"

    def given_verdicts_of_each_kind(self) -> None:
        self.verdicts = check(
            make_series([300, 520], metric="memory_usage"),
            {"memory_usage": ["min<512", "max<512", "count<=2"], "cpu_percent{method:docker}": "max<1"},
            unavailable_methods=["docker"],
        )

    def when_they_are_tabled(self) -> None:
        self.table = budgets(self.verdicts)

    def then_they_stand_in_this_order(self) -> None:
        assert [cell.detail for cell in cells_of(self.table, "budget")] == ["max<512", "max<1", "min<512", "count<=2"]
        tones = [(cell.text, cell.tone) for cell in cells_of(self.table, "verdict")]
        assert tones == [("broken", "bad"), ("not judged", "unsure"), ("passed", "good"), ("passed", "good")]

    def and_amounts_have_units_where_they_are_of_the_metric(self) -> None:
        assert texts_of(self.table, "measured") == ["520 MB", "-", "300 MB", "2"]
        assert texts_of(self.table, "limit") == ["512 MB", "1 %", "512 MB", "2"]

    def and_what_did_not_pass_says_why(self) -> None:
        whys = texts_of(self.table, "why")
        assert whys[0].startswith("max is 520 megabytes")
        assert "'docker' was not available" in whys[1]
        assert whys[2:] == ["", ""]
