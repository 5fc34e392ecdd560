"""The table of a load test, read cell by cell."""

import vedro

from tests.contexts.report_tables import texts_of
from tests.contexts.series import make_series, put_together
from vedro_profiling.charts.report.load_test import foreign_metrics


class MetricsOfK6(vedro.Scenario):
    subject = "metrics that are not ours are described, and what k6 counts is added up"

    def when_a_load_test_beside_a_profile_is_tabled(self) -> None:
        self.table = foreign_metrics(
            put_together(
                make_series([10, 20]),
                make_series([1, 1, 1], metric="http_reqs"),
                make_series([100, 250.5], metric="http_req_duration"),
            )
        )

    def then_ours_are_not_among_them(self) -> None:
        assert texts_of(self.table, "metric") == ["http_req_duration", "http_reqs"]

    def and_only_a_counter_has_a_total(self) -> None:
        assert texts_of(self.table, "total") == ["-", "3"]

    def and_a_trend_has_its_statistics(self) -> None:
        assert texts_of(self.table, "avg") == ["175.25", "1"]
        assert texts_of(self.table, "max") == ["250.5", "1"]


class NoLoadTest(vedro.Scenario):
    subject = "a profile alone has no such rows"

    def when_it_is_tabled(self) -> None:
        self.table = foreign_metrics(make_series([10, 20]))

    def then_there_is_none(self) -> None:
        assert list(self.table.rows) == []
