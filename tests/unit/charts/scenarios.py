"""The ranking of scenarios: its bars, their parts and their names, read from the specification."""

from typing import Any

import polars as pl
import vedro
from vedro import params

from tests.contexts.series import make_series, put_together
from tests.contexts.specs import layers_of, rows_of, text_of
from vedro_profiling.charts.render import save_chart
from vedro_profiling.charts.scenarios import scenario_chart
from vedro_profiling.errors import OptionError


def scenario(
    name: str, cpu_ms: dict[str, float], *, subject: str | None = None, run: str = "run-1", lasts_ms: float = 1000
) -> pl.DataFrame:
    """Make the points of one attempt: its duration, and the CPU time of each target."""
    duration = make_series(
        [lasts_ms], metric="scenario_duration", subject=subject or f"about {name}", scenario=name, run=run
    )
    parts = [
        make_series([value], metric="cpu_time", target=target, scenario=name, run=run)
        for target, value in cpu_ms.items()
    ]
    return put_together(duration, *parts)


def bars_of(spec: dict[str, Any]) -> list[dict[str, Any]]:
    [layer] = layers_of(spec, "bar")
    return rows_of(spec, layer)


def order_of(spec: dict[str, Any]) -> list[str]:
    [layer] = layers_of(spec, "bar")
    labels: list[str] = layer["encoding"]["y"]["scale"]["domain"]
    return labels


class Ranking(vedro.Scenario):
    subject = "scenarios are ranked by the CPU of all targets, each bar made of its targets end to end"

    def given_two_scenarios_and_the_host(self) -> None:
        self.points = put_together(
            scenario("cheap", {"app": 400.0}, lasts_ms=50),
            scenario("dear", {"app": 200.0, "db": 500.0}),
            make_series([9000], metric="cpu_time", target="system", method="default", scenario="cheap"),
        )

    def when_they_are_drawn(self) -> None:
        self.spec = scenario_chart(self.points).to_dict()

    def then_the_dearest_comes_first(self) -> None:
        assert order_of(self.spec) == ["about dear", "about cheap"]

    def and_parts_lie_end_to_end_the_dearest_target_first(self) -> None:
        parts = [(row["label"], row["name"], row["from"], row["to"]) for row in bars_of(self.spec)]
        assert parts == [
            ("about cheap", "app", 0, 0.4),
            ("about dear", "app", 0, 0.2),
            ("about dear", "db", 0.2, 0.7),
        ]

    def and_sums_stand_beside_them(self) -> None:
        [texts] = layers_of(self.spec, "text")
        assert [row["text"] for row in rows_of(self.spec, texts)] == ["0.70 s in 1.00 s", "0.40 s in 50.0 ms"]

    def and_the_title_counts_them(self) -> None:
        assert text_of(self.spec).startswith("CPU time of 2 scenarios\nrun-1\n")


class TheTop(vedro.Scenario):
    subject = "of many scenarios the dearest are shown, of many targets the dearest have a colour"

    def given_many_of_both(self) -> None:
        cpu = {f"svc-{number}": 100.0 - number for number in range(20)}
        self.points = put_together(*(scenario(f"s{place}", {**cpu, "svc-0": 1000.0 * place}) for place in range(9)))

    def when_three_are_drawn(self) -> None:
        self.spec = scenario_chart(self.points, top=3).to_dict()

    def then_they_are_the_dearest(self) -> None:
        assert order_of(self.spec) == ["about s8", "about s7", "about s6"]
        assert text_of(self.spec).startswith("CPU time of the 3 dearest of 9 scenarios")

    def and_the_cheap_targets_are_summed_at_the_end(self) -> None:
        [layer] = layers_of(self.spec, "bar")
        names = layer["encoding"]["color"]["scale"]["domain"]
        assert names == ["svc-0", "svc-1", "svc-2", "svc-3", "svc-4", "svc-5", "other targets"]


class Labels(vedro.Scenario):
    subject = "scenarios of one subject are told apart, and so are those of several runs"

    def given_such_scenarios(self) -> None:
        self.points = put_together(
            scenario("a.py::Pay#1", {"app": 3.0}, subject="pay", run="base"),
            scenario("a.py::Pay#2", {"app": 2.0}, subject="pay", run="base"),
            scenario("a.py::Buy", {"app": 1.0}, subject="buy", run="head"),
        )

    def when_they_are_drawn(self) -> None:
        self.spec = scenario_chart(self.points).to_dict()

    def then_each_has_its_name(self) -> None:
        assert order_of(self.spec) == ["pay (Pay#1) · base", "pay (Pay#2) · base", "buy · head"]
        assert "2 runs" in text_of(self.spec)


class NothingToDraw(vedro.Scenario):
    subject = "{what} is refused with words that help"

    @params("a frame without CPU in a scenario", 15, "no cpu_time within a scenario")
    @params("a ranking of none", 0, "top=0 shows no scenario")
    def __init__(self, what: str, top: int, words: str) -> None:
        self.what, self.top, self.words = what, top, words

    def when_it_is_drawn(self) -> None:
        try:
            scenario_chart(make_series([1], metric="cpu_time"), top=self.top)
        except OptionError as error:
            self.said = str(error)

    def then_the_error_helps(self) -> None:
        assert self.words in self.said


class Picture(vedro.Scenario):
    subject = "the ranking can be drawn to a picture"

    def when_it_is_saved(self) -> None:
        self.path = vedro.create_tmp_dir() / "scenarios.png"
        save_chart(scenario_chart(scenario("a", {"app": 200.0, "db": 300.0})), self.path)

    def then_there_is_one(self) -> None:
        assert self.path.read_bytes().startswith(b"\x89PNG")
