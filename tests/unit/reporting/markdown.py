"""The summary in Markdown: its tables, and names that try to be more than names."""

import re
from typing import Final

import polars as pl
import vedro
from vedro import params

from tests.contexts.outcomes import make_outcome, make_verdicts
from tests.contexts.series import make_series, put_together
from vedro_profiling.recording.samplers import Source
from vedro_profiling.reporting.markdown import append_page, code, summary_page

CODE_SPAN: Final = re.compile(r"`[^`\n]+`")


def points_of(*, target: str = "app", subject: str = "it pays") -> pl.DataFrame:
    """Make a scenario that cost a target half a second."""
    return put_together(
        make_series([1000], metric="scenario_duration", target="vedro", scenario="pay.py::Pay", subject=subject),
        make_series([500], metric="cpu_time", target=target, scenario="pay.py::Pay"),
        make_series([64.25], metric="memory_usage", target=target, scenario="pay.py::Pay"),
    )


class WholePage(vedro.Scenario):
    subject = "the page has targets, scenarios, verdicts, notes, own cost and readers"

    def given_a_run_with_all_of_them(self) -> None:
        self.outcome = make_outcome(
            points_of(), notes=["docker: gone for a while"], sources=[Source("docker", "app", "cgroup v2")]
        )
        self.verdicts = make_verdicts(
            ("cpu_time", "count<9", "not judged", "no scenario ran"),
            ("memory_usage{service:app}", "max<512", "broken", "max is 520 megabytes, target app"),
            ("memory_peak", "max<512", "passed", None),
        )

    def when_the_page_is_written(self) -> None:
        self.page = summary_page(self.outcome, verdicts=self.verdicts)

    def then_it_is_this(self) -> None:
        assert self.page == (
            "## \N{CROSS MARK} Profiling `run-1`, budgets: 1 broken, 1 not judged, 1 passed\n\n"
            "| verdict | budget | reason |\n"
            "| :-- | :-- | :-- |\n"
            "| `broken` | `memory_usage{service:app} max<512` | `max is 520 megabytes, target app` |\n"
            "| `not judged` | `cpu_time count<9` | `no scenario ran` |\n\n"
            "Dearest scenario: `it pays`, 0.50 s CPU in 1.00 s, most of it in `app (0.50 s)`\n\n"
            "- `docker: gone for a while`\n\n"
            "<details><summary>Dearest scenarios</summary>\n\n"
            "| dearest scenarios | duration | CPU time | most of it in |\n"
            "| :-- | --: | --: | :-- |\n"
            "| `it pays` | 1.00 s | 0.50 s | `app (0.50 s)` |\n\n"
            "</details>\n\n"
            "<details><summary>Targets</summary>\n\n"
            "| target | CPU avg | CPU max | CPU time | mem avg | mem max | mem peak |\n"
            "| :-- | --: | --: | --: | --: | --: | --: |\n"
            "| `app` | - | - | 0.50 s | 64.2 MB | 64.2 MB | - |\n\n"
            "100 % = one core, for system all 4 of them; 1 MB = 10^6 bytes\n\n"
            "</details>\n\n"
            "<details><summary>How it was recorded</summary>\n\n"
            "10.0 s, a reading every 0.5 s; "
            "own cost: 0.25 % of a core, 0.025 s CPU; 20 ticks, 1 late, 2 missed; `containers: 1 by cgroup v2`\n\n"
            "</details>\n"
        )


class NothingRecorded(vedro.Scenario):
    subject = "a run without points or budgets has a page all the same"

    def given_a_run_without_points(self) -> None:
        self.outcome = make_outcome(points_of().clear())

    def when_the_page_is_written(self) -> None:
        self.page = summary_page(self.outcome, verdicts=make_verdicts())

    def then_it_has_no_empty_table(self) -> None:
        assert self.page.startswith("## Profiling `run-1`\n\n<details><summary>How it was recorded</summary>\n\n10.0 s")
        assert "|" not in self.page


class NoneBroken(vedro.Scenario):
    subject = "where budgets are {statuses}, the page begins with {sign} and lists those that are not kept"

    @params(["passed", "passed"], "\N{WHITE HEAVY CHECK MARK} Profiling `run-1`, budgets: 2 passed", 0)
    @params(
        ["passed", "not judged"], "\N{WHITE HEAVY CHECK MARK} Profiling `run-1`, budgets: 1 not judged, 1 passed", 1
    )
    @params(["not judged"], "\N{BLACK QUESTION MARK ORNAMENT} Profiling `run-1`, budgets: 1 not judged", 1)
    def __init__(self, statuses: list[str], sign: str, listed: int) -> None:
        self.statuses, self.sign, self.listed = statuses, sign, listed

    def when_the_page_is_written(self) -> None:
        verdicts = make_verdicts(*(("cpu_time", "count<9", status, "because") for status in self.statuses))
        self.page = summary_page(make_outcome(points_of()), verdicts=verdicts)

    def then_it_begins_so(self) -> None:
        assert self.page.startswith(f"## {self.sign}\n\n")

    def and_the_others_are_listed(self) -> None:
        assert self.page.count("| `cpu_time count<9` |") == self.listed


class Injection(vedro.Scenario):
    subject = "the name {name!r} stays a name wherever it stands"

    @params("</td><script>alert(1)</script>")
    @params("a | b | c")
    @params("a\\|b\\")
    @params("`code` and ``more``")
    @params("line\n\n# heading\r\n- item")
    @params("[click](https://evil.example) ![x](y) @everyone #1")
    @params("\u2028separated\u202egnirts")
    @params("   ")
    def __init__(self, name: str) -> None:
        self.name = name

    def given_a_run_that_is_full_of_it(self) -> None:
        self.outcome = make_outcome(points_of(target=self.name, subject=self.name), run=self.name, notes=[self.name])
        self.verdicts = make_verdicts((self.name, self.name, "broken", self.name))

    def when_the_page_is_written(self) -> None:
        self.page = summary_page(self.outcome, verdicts=self.verdicts)
        self.harmless = summary_page(
            make_outcome(points_of(target="x", subject="x"), run="x", notes=["x"]),
            verdicts=make_verdicts(("x", "x", "broken", "x")),
        )

    def then_outside_of_code_spans_the_page_is_that_of_a_harmless_name(self) -> None:
        assert CODE_SPAN.sub("`x`", self.page) == CODE_SPAN.sub("`x`", self.harmless)

    def and_no_cell_ends_inside_a_name(self) -> None:
        assert "|" not in code(self.name)


class Many(vedro.Scenario):
    subject = "a page of many scenarios and broken budgets stays short, and says how many there are"

    def given_many_of_both(self) -> None:
        runs = [
            put_together(
                make_series([10], metric="scenario_duration", target="vedro", scenario=f"s{n}", subject=f"s{n}"),
                make_series([n], metric="cpu_time", scenario=f"s{n}"),
            )
            for n in range(30)
        ]
        self.outcome = make_outcome(put_together(*runs))
        self.verdicts = make_verdicts(*(("cpu_time", f"count<{n}", "broken", "because") for n in range(60)))

    def when_the_page_is_written(self) -> None:
        self.page = summary_page(self.outcome, verdicts=self.verdicts)

    def then_the_dearest_20_and_50_verdicts_are_shown(self) -> None:
        assert self.page.count("| `s") == 20
        assert self.page.count("| `broken` |") == 50

    def and_the_others_are_counted(self) -> None:
        assert self.page.count("10 more are in the files.") == 2


class Appended(vedro.Scenario):
    subject = "a page that is added to a file with {content!r} in it stands between blank lines, where it is Markdown"

    @params(None, "## Page\n\n")
    @params("", "## Page\n\n")
    @params("\n", "\n## Page\n\n")
    @params("of others\n", "of others\n\n## Page\n\n")
    @params("of others", "of others\n\n## Page\n\n")
    @params("</details>\n\n", "</details>\n\n## Page\n\n")
    def __init__(self, content: str | None, expected: str) -> None:
        self.content, self.expected = content, expected

    def given_a_file(self) -> None:
        self.path = vedro.create_tmp_dir() / "job.md"
        if self.content is not None:
            self.path.write_text(self.content, encoding="utf-8")

    def when_a_page_is_added(self) -> None:
        append_page(self.path, "## Page\n")

    def then_it_stands_apart(self) -> None:
        assert self.path.read_text(encoding="utf-8") == self.expected
