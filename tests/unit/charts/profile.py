from collections.abc import Sequence

import vedro
from vedro import catched, params

from tests.contexts.series import make_series, put_together
from tests.contexts.specs import layers_of, rows_of, text_of
from vedro_profiling.charts.profile import profile_chart
from vedro_profiling.errors import OptionError


class Annotations(vedro.Scenario):
    subject = "the profile tells minimum, time-weighted average and maximum with their units"

    def given_a_target_with_a_gap_and_another_target(self) -> None:
        self.points = put_together(
            make_series([10, 20, 30, 90], seconds=[0, 1, 2, 600]),
            make_series([1000, 2000, 3000], metric="memory_usage"),
            make_series([800, 900, 950], metric="memory_working_set"),
            make_series([500], target="other"),
        )

    def when_it_is_drawn(self) -> None:
        self.spec = profile_chart(self.points, "app").to_dict()

    def then_the_numbers_stand_beside_the_panels(self) -> None:
        texts = [[row["text"] for row in rows_of(self.spec, layer)] for layer in layers_of(self.spec, "text")]
        assert texts == [["min 10.0 %", "avg 55.0 %", "max 90.0 %"], ["min 1,000 MB", "avg 2,000 MB", "max 3,000 MB"]]

    def and_rules_stand_at_their_values(self) -> None:
        rules = next(layers_of(self.spec, "rule"))
        assert [row["value"] for row in rows_of(self.spec, rules)] == [10.0, 55.0, 90.0]

    def and_the_working_set_is_a_thin_line(self) -> None:
        assert text_of(self.spec) == "app\nrun-1 · 600 s\nthin: memory without file cache"


class LongName(vedro.Scenario):
    subject = "a long name loses its middle in the title"

    def given_a_long_name(self) -> None:
        self.name = "a-compose-project-of-some-length-" + "payment-service-worker-1"

    def when_it_is_drawn(self) -> None:
        self.spec = profile_chart(make_series([1, 2], target=self.name), self.name).to_dict()

    def then_its_start_and_its_end_can_be_read(self) -> None:
        assert text_of(self.spec).startswith("a-compose-project…t-service-worker-1\n")


class LabelsApart(vedro.Scenario):
    subject = "labels of near values do not touch ({values})"

    @params([50, 50.1, 50.2])
    @params([0, 0.1, 100])
    @params([99.8, 99.9, 100])
    def __init__(self, values: Sequence[float]) -> None:
        self.values = values

    def given_a_target(self) -> None:
        self.points = make_series(self.values)

    def when_it_is_drawn(self) -> None:
        spec = profile_chart(self.points, "app").to_dict()
        (labels,) = layers_of(spec, "text")
        self.top = labels["encoding"]["y"]["scale"]["domain"][1]
        self.places = [row["place"] for row in rows_of(spec, labels)]

    def then_they_are_an_eighth_of_the_panel_apart_and_inside(self) -> None:
        low, middle, high = self.places
        assert middle - low > 0.124 * self.top
        assert high - middle > 0.124 * self.top
        assert 0 <= low < high <= self.top


class FlatLine(vedro.Scenario):
    subject = "a value that never changed is told once"

    def given_an_idle_target(self) -> None:
        self.points = make_series([0] * 10)

    def when_it_is_drawn(self) -> None:
        self.spec = profile_chart(self.points, "app").to_dict()

    def then_there_is_one_label(self) -> None:
        (labels,) = layers_of(self.spec, "text")
        assert [row["text"] for row in rows_of(self.spec, labels)] == ["always 0.0 %"]


class SystemProfile(vedro.Scenario):
    subject = "the host's CPU is drawn as a share of the machine"

    def given_the_host(self) -> None:
        self.points = make_series([10, 20], target="system", method="default")

    def when_it_is_drawn(self) -> None:
        spec = profile_chart(self.points, "system").to_dict()
        self.y = next(layers_of(spec, "line"))["encoding"]["y"]

    def then_the_axis_says_so_and_ends_above_100(self) -> None:
        assert self.y["axis"]["title"] == "CPU, % of the whole machine"
        assert self.y["scale"]["domain"] == [0, 104]


class AmbiguousTarget(vedro.Scenario):
    subject = "a name that two methods know is refused, and the message gives the names to choose from"

    def given_a_process_and_a_container_of_one_name(self) -> None:
        self.points = put_together(make_series([1, 2]), make_series([3, 4], method="default"))

    def when_the_name_alone_is_asked_for(self) -> None:
        with catched(Exception) as self.caught:
            profile_chart(self.points, "app")

    def then_the_error_names_both(self) -> None:
        assert self.caught.type is OptionError
        assert "choose one of: app (default), app (docker)" in str(self.caught.value)

    def and_either_can_be_drawn(self) -> None:
        assert text_of(profile_chart(self.points, "app (default)").to_dict()).startswith("app (default)")
