import json

import altair as alt
import vedro
from vedro import catched, create_tmp_dir, params

from tests.contexts.png import read_png
from tests.contexts.series import make_series
from vedro_profiling.charts import theme
from vedro_profiling.charts.profile import profile_chart
from vedro_profiling.charts.render import save_chart
from vedro_profiling.errors import OptionError


def make_chart() -> alt.VConcatChart:
    return profile_chart(make_series([1, 50, 20, 80]), "app")


class Pixels(vedro.Scenario):
    subject = "a PNG has 300 pixels per inch, is no more than 8 by 5 inches large, and shows the line"

    def given_a_chart(self) -> None:
        self.chart = make_chart()

    def when_it_is_saved_twice(self) -> None:
        folder = create_tmp_dir()
        self.path = save_chart(self.chart, folder / "new folder" / "cpu.PNG")
        self.coarse = save_chart(self.chart, folder / "coarse.png", ppi=72)

    def then_the_file_says_its_resolution(self) -> None:
        assert read_png(self.coarse).pixels_per_metre == 2835
        assert self.path.read_bytes()[:200].count((11811).to_bytes(4, "big") * 2) == 1

    def and_it_is_as_large_as_a_page_allows(self) -> None:
        content = self.path.read_bytes()
        width, height = (int.from_bytes(content[place : place + 4], "big") for place in (16, 20))
        assert 1200 < width <= 8.2 * 300
        assert 600 < height <= 5.5 * 300

    def and_the_line_is_there_on_white(self) -> None:
        colors = read_png(self.coarse).colors
        assert bytes.fromhex(theme.CPU.removeprefix("#")) + b"\xff" in colors
        assert b"\xff\xff\xff\xff" in colors
        assert len(colors) > 50


class ControlCharacters(vedro.Scenario):
    subject = "a name with control characters, at which vl-convert ends the process, is drawn without them as {suffix}"

    @params(".png")
    @params(".svg")
    @params(".html")
    @params(".json")
    def __init__(self, suffix: str) -> None:
        self.suffix = suffix

    def given_a_chart_of_such_a_name(self) -> None:
        self.chart = alt.Chart({"values": [{"x": 1}]}, title='a\x00b\x08\x1b[31m\ufffe "C:\\bin\\u001b"').mark_point()

    def when_it_is_saved(self) -> None:
        self.path = save_chart(self.chart, create_tmp_dir() / f"chart{self.suffix}", ppi=72)

    def then_the_file_is_there(self) -> None:
        assert self.path.stat().st_size > 100

    def and_the_specification_holds_the_rest_of_the_name(self) -> None:
        if self.suffix == ".json":
            title = json.loads(self.path.read_text(encoding="utf-8"))["title"]
            assert title == 'a\ufffdb\ufffd\ufffd[31m\ufffd "C:\\bin\\u001b"'


class Scripts(vedro.Scenario):
    subject = "a name that ends a script does not end that of the page"

    def when_a_chart_of_such_a_name_is_saved(self) -> None:
        chart = alt.Chart({"values": [{"x": 1}]}, title="</script><script>alert(1)</script><!--").mark_point()
        self.page = save_chart(chart, create_tmp_dir() / "chart.html").read_text(encoding="utf-8")

    def then_it_is_not_there_as_it_was(self) -> None:
        assert "</script><script>alert(1)" not in self.page


class OtherFormats(vedro.Scenario):
    subject = "{suffix} is written by its suffix, needs no network, and leaves nothing beside"

    @params(".svg", "<svg")
    @params(".html", "<!DOCTYPE html>")
    @params(".json", '{"config"')
    def __init__(self, suffix: str, start: str) -> None:
        self.suffix, self.start = suffix, start

    def given_an_old_file(self) -> None:
        self.path = create_tmp_dir() / f"chart{self.suffix}"
        self.path.write_text("old")

    def when_a_chart_is_saved_there(self) -> None:
        save_chart(make_chart(), str(self.path))
        self.text = self.path.read_text()

    def then_the_file_is_of_that_format(self) -> None:
        assert self.text.lstrip().startswith(self.start)

    def and_no_script_is_fetched(self) -> None:
        assert 'src="http' not in self.text
        assert "cdn.jsdelivr" not in self.text

    def and_nothing_lies_beside_it(self) -> None:
        assert [path.name for path in self.path.parent.iterdir()] == [self.path.name]


class Specification(vedro.Scenario):
    subject = "the JSON is the specification with all its data"

    def when_a_chart_is_saved(self) -> None:
        self.spec = json.loads(save_chart(make_chart(), create_tmp_dir() / "chart.json").read_text())

    def then_the_readings_are_in_it(self) -> None:
        values = [[row["value"] for row in rows] for rows in self.spec["datasets"].values()]
        assert [1.0, 50.0, 20.0, 80.0] in values


class UnknownSuffix(vedro.Scenario):
    subject = "an unknown suffix is refused, naming the known ones, and no file is made"

    @params("chart.gif", "'.gif'")
    @params("chart", "''")
    def __init__(self, name: str, suffix: str) -> None:
        self.name, self.suffix = name, suffix

    def given_a_folder(self) -> None:
        self.folder = create_tmp_dir()

    def when_a_chart_is_saved(self) -> None:
        with catched(Exception) as self.caught:
            save_chart(make_chart(), self.folder / self.name)

    def then_the_error_names_the_formats(self) -> None:
        assert self.caught.type is OptionError
        assert self.suffix in str(self.caught.value)
        assert ".png, .svg, .html, .json" in str(self.caught.value)

    def and_there_is_no_file(self) -> None:
        assert list(self.folder.iterdir()) == []
