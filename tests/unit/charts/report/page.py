"""The page: its policy, what is escaped, and where it is written."""

import base64
import hashlib
import re
from pathlib import Path

import vedro
from vedro import catched

from tests.contexts.long_runs import make_run
from tests.contexts.series import make_series
from vedro_profiling import save_report
from vedro_profiling.errors import OptionError, SchemaError


class Policy(vedro.Scenario):
    subject = "the page allows its own scripts by their hashes, and nothing else"

    def when_a_report_is_written(self) -> None:
        self.text = save_report(make_run(), f"{vedro.create_tmp_dir()}/report.html").read_text("utf-8")

    def then_the_policy_names_each_script_that_can_run(self) -> None:
        [policy] = re.findall(r'Content-Security-Policy" content="([^"]*)"', self.text)
        scripts = re.findall(r"<script>(.*?)</script>", self.text, re.DOTALL)
        digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
        assert re.findall(r"&#39;sha256-(.*?)&#39;", policy) == digests
        assert len(digests) == 2
        assert policy.startswith("default-src &#39;none&#39;;")

    def and_the_page_refers_to_nothing_outside(self) -> None:
        own = re.sub(r"<script>.*?</script>", "", self.text, flags=re.DOTALL)
        assert re.findall(r'(?:src|href)="(?!#|data:)[^"]*"', own) == []
        assert "http" not in own.replace('http-equiv="Content', "")


class WithoutCharts(vedro.Scenario):
    subject = "a page without charts does not carry what would draw them"

    def when_a_load_test_is_reported(self) -> None:
        points = make_series([10, 20], metric="http_req_duration")
        self.path = save_report(points, f"{vedro.create_tmp_dir()}/report.html")

    def then_it_is_small(self) -> None:
        assert self.path.stat().st_size < 50_000


class Escaped(vedro.Scenario):
    subject = "a name is text wherever it stands, and its control characters are seen"

    def when_names_are_markup(self) -> None:
        name = "<b>\"'&\u202e\x07"
        points = make_series([10, 20], target=name, run=name)
        path = save_report(points, f"{vedro.create_tmp_dir()}/report.html", title=name)
        self.text = path.read_text("utf-8")

    def then_it_is_never_a_tag(self) -> None:
        assert "<b>" not in self.text
        assert self.text.count(r"&lt;b&gt;&#34;&#39;&amp;\u202e\x07") >= 4


class Written(vedro.Scenario):
    subject = "the folder is made, an older report replaced, and nothing left beside it"

    def given_a_place_in_a_folder_that_is_not_there(self) -> None:
        self.place = Path(vedro.create_tmp_dir()) / "ci" / "report.html"

    def when_two_reports_are_written(self) -> None:
        self.first = save_report(make_series([1]), self.place).read_text("utf-8")
        self.path = save_report(make_series([1]).lazy(), str(self.place), title="nightly")

    def then_the_second_stands_there_alone(self) -> None:
        assert self.path == self.place
        assert list(self.place.parent.iterdir()) == [self.place]

    def and_the_title_is_the_one_given_or_the_run(self) -> None:
        assert "<h1>Profile of run-1</h1>" in self.first
        assert "<h1>nightly</h1>" in self.path.read_text("utf-8")


class Judged(vedro.Scenario):
    subject = "budgets of a method that was not available are not judged, as the facts of the run have it"

    def when_a_budget_is_about_containers_that_could_not_be_read(self) -> None:
        self.text = save_report(
            make_series([1], method="default"),
            f"{vedro.create_tmp_dir()}/report.html",
            thresholds={"memory_usage{method:docker}": "max<512"},
            facts=[{"run": "run-1", "unavailable_methods": ["docker"]}],
        ).read_text("utf-8")

    def then_it_is_no_fault_of_the_run(self) -> None:
        assert "0 of 1 budget passed" in self.text
        assert "1 could not be judged." in self.text


class Refused(vedro.Scenario):
    subject = "what is no budget and what are no points is refused, and nothing is written"

    def given_a_place(self) -> None:
        self.place = Path(vedro.create_tmp_dir()) / "report.html"

    def when_both_are_tried(self) -> None:
        with catched(OptionError) as self.budget:
            save_report(make_series([1]), self.place, thresholds={"memory_usage": "much"})
        with catched(SchemaError) as self.points:
            save_report(make_series([1]).drop("metric"), self.place)

    def then_each_is_named(self) -> None:
        assert "'much'" in str(self.budget.value)
        assert "metric" in str(self.points.value)

    def and_there_is_no_file(self) -> None:
        assert not self.place.exists()
