from typing import Any

import vedro

from tests.contexts.series import make_series, put_together
from tests.contexts.specs import layers_of, rows_of, text_of
from vedro_profiling.charts.comparison import comparison_chart


def titles_of(spec: dict[str, Any]) -> list[str]:
    return [panel["layer"][0]["encoding"]["x"]["axis"]["title"] for panel in spec["concat"]]


class AverageAndMaximum(vedro.Scenario):
    subject = "each target has its average and maximum of CPU and memory, the hungriest first"

    def given_two_targets(self) -> None:
        self.points = put_together(
            make_series([10, 20], target="idle"),
            make_series([100, 2000], target="idle", metric="memory_usage"),
            make_series([50, 90], target="busy"),
            make_series([10, 20], target="busy", metric="memory_usage"),
        )

    def when_they_are_compared(self) -> None:
        self.spec = comparison_chart(self.points).to_dict()

    def then_cpu_stands_beside_memory(self) -> None:
        assert titles_of(self.spec) == ["CPU, % (100 = one core)", "Memory, MB"]
        assert text_of(self.spec).startswith("Average and maximum of 2 targets\nrun-1 · 1.0 s")

    def and_the_numbers_are_written_out(self) -> None:
        texts = [
            {row["name"]: row["text"] for row in rows_of(self.spec, layer)} for layer in layers_of(self.spec, "text")
        ]
        assert texts == [
            {"busy": "70.0 / 90.0", "idle": "15.0 / 20.0"},
            {"busy": "15.0 / 20.0", "idle": "1,050 / 2,000"},
        ]

    def and_both_panels_have_the_same_order(self) -> None:
        orders = [panel["layer"][0]["encoding"]["y"]["scale"]["domain"] for panel in self.spec["concat"]]
        assert orders == [["busy", "idle"]] * 2

    def and_names_stand_once(self) -> None:
        axes = [panel["layer"][0]["encoding"]["y"]["axis"] for panel in self.spec["concat"]]
        assert axes[0] is not None
        assert axes[1] is None


class SystemBelow(vedro.Scenario):
    subject = "the host stands below the others on scales of its own"

    def given_the_host_and_a_container_without_cpu(self) -> None:
        self.points = put_together(
            make_series([30, 40], target="system", method="default"),
            make_series([9000], target="system", method="default", metric="memory_usage"),
            make_series([10], metric="memory_usage"),
        )

    def when_they_are_compared(self) -> None:
        self.spec = comparison_chart(self.points).to_dict()

    def then_the_titles_tell_them_apart(self) -> None:
        assert titles_of(self.spec)[2:] == ["CPU, % of the whole machine", "Memory, MB"]

    def and_their_scales_are_apart(self) -> None:
        domains = [panel["layer"][0]["encoding"]["x"]["scale"]["domain"] for panel in self.spec["concat"]]
        assert domains == [[0, 1], [0, 10.0], [0, 100], [0, 9000.0]]


class MemoryAlone(vedro.Scenario):
    subject = "without any CPU reading there is no CPU column, and memory decides the order"

    def given_memory_readings_of_idle_targets(self) -> None:
        series = {"a": 5.0, "b": 0.0, "c": 7.0}
        self.points = put_together(
            *(make_series([value], target=name, metric="memory_usage") for name, value in series.items())
        )

    def when_they_are_compared(self) -> None:
        self.spec = comparison_chart(self.points).to_dict()

    def then_memory_stands_alone_in_order(self) -> None:
        assert titles_of(self.spec) == ["Memory, MB"]
        assert self.spec["concat"][0]["layer"][0]["encoding"]["y"]["scale"]["domain"] == ["c", "a", "b"]
