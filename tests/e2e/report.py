"""The report in a real browser: drawn, quiet, offline, and usable with mouse, keyboard and screen reader."""

import math
import re
from datetime import timedelta
from pathlib import Path
from typing import Final

import polars as pl
import vedro
from vedro import params

from tests.contexts.browser import NO_BROWSER, Scheme, no_browser, open_page
from tests.contexts.long_runs import make_run
from tests.contexts.series import make_series, put_together
from vedro_profiling import load, save_report

BUDGETS: Final = {"memory_usage{service:app}": ["max<512", "p(95)<90"], "cpu_percent{target:db}": "avg<300"}
K6_FILE: Final = Path(__file__).parents[1] / "data" / "k6" / "k6-1.1.0-out.json"


def report_of(points: pl.DataFrame, **options: object) -> Path:
    return save_report(points, Path(vedro.create_tmp_dir()) / "report.html", **options)  # type: ignore[arg-type]


def seconds_of(texts: list[str]) -> list[float]:
    """Read amounts of time, as a table shows them."""
    return [float(text.split()[0]) / (1000 if text.endswith("ms") else 1) for text in texts]


@vedro.skip_if(no_browser, NO_BROWSER)
class Drawn(vedro.Scenario):
    subject = "in a {scheme} browser the report draws its charts, complains of nothing and asks for nothing"

    @params("light")
    @params("dark")
    def __init__(self, scheme: Scheme) -> None:
        self.scheme = scheme

    def given_a_report(self) -> None:
        self.path = report_of(make_run(), thresholds=BUDGETS)

    async def when_it_is_opened(self) -> None:
        self.opened = await open_page(self.path, scheme=self.scheme)

    async def then_each_target_has_its_lines(self) -> None:
        lines = await self.opened.page.locator("#timeline svg .mark-line path").count()
        assert lines == 2 * 3 + 2

    async def and_each_scenario_has_its_bar(self) -> None:
        assert await self.opened.page.locator("#dearest svg .mark-rect path").count() >= 4

    async def and_no_mark_is_lost_outside_its_panel(self) -> None:
        widths = await self.opened.tell(
            "() => [...document.querySelectorAll('#timeline .mark-line path')].map((line) => line.getBBox().width)"
        )
        assert min(widths) > 800

    def and_nothing_was_complained_of(self) -> None:
        assert self.opened.complaints == []

    def and_nothing_was_asked_for(self) -> None:
        assert self.opened.requests == []

    async def and_the_verdict_is_the_first_heading_of_the_content(self) -> None:
        assert (await self.opened.texts("main h2"))[0] == "1 of 3 budgets broken"


@vedro.skip_if(no_browser, NO_BROWSER)
class SortedAndSearched(vedro.Scenario):
    subject = "a table is sorted by each of its columns, by keyboard too, and searched"

    def given_a_report(self) -> None:
        self.path = report_of(make_run(scenarios=12, seconds=120))

    async def when_the_duration_of_scenarios_is_clicked_and_then_entered_on(self) -> None:
        self.opened = await open_page(self.path)
        page = self.opened.page
        column = "#scenarios tbody td:nth-child(5)"
        self.at_first = seconds_of(await self.opened.texts(column))
        head = page.locator("#scenarios thead button", has_text="CPU time")
        await head.click()
        self.after_click = seconds_of(await self.opened.texts(column))
        self.said_after_click = await page.locator("#scenarios [aria-sort]").get_attribute("aria-sort")
        await head.focus()
        await page.keyboard.press("Enter")
        self.after_key = seconds_of(await self.opened.texts(column))
        self.said_after_key = await page.locator("#scenarios [aria-sort]").get_attribute("aria-sort")
        await page.locator("#scenarios thead button", has_text="scenario").click()
        self.names = await self.opened.texts("#scenarios tbody th")

    async def and_a_name_is_searched(self) -> None:
        await self.opened.page.get_by_label("Search").first.fill("ORDER 11")
        self.found = await self.opened.texts("#scenarios tbody th")
        self.told = await self.opened.texts(".tools output")

    def then_the_dearest_came_first_at_first(self) -> None:
        assert self.at_first == sorted(self.at_first, reverse=True)
        assert len(set(self.at_first)) > 1

    def and_a_click_turned_them_round(self) -> None:
        assert (self.after_click, self.said_after_click) == (sorted(self.at_first), "ascending")

    def and_a_key_turned_them_back(self) -> None:
        assert (self.after_key, self.said_after_key) == (self.at_first, "descending")

    def and_names_with_numbers_stand_as_people_count(self) -> None:
        assert [int(name.split()[1]) for name in self.names] == list(range(12))

    def and_one_row_was_found_and_told(self) -> None:
        assert len(self.found) == 1
        assert self.found[0].startswith("order 11 is paid")
        assert "1 of 12 rows" in self.told


@vedro.skip_if(no_browser, NO_BROWSER)
class Brushed(vedro.Scenario):
    subject = "what is brushed along the scenarios is what every panel shows"

    def given_a_report(self) -> None:
        self.path = report_of(make_run(seconds=100))

    async def when_the_middle_of_the_strip_is_brushed(self) -> None:
        self.opened = await open_page(self.path)
        self.before = await self.opened.shown_times()
        strip = self.opened.page.locator("#timeline svg [class*='overview_']").first
        await strip.scroll_into_view_if_needed()
        box = await strip.bounding_box()
        assert box is not None
        mouse, middle = self.opened.page.mouse, box["y"] + box["height"] / 2
        await mouse.move(box["x"] + box["width"] * 0.25, middle)
        await mouse.down()
        await mouse.move(box["x"] + box["width"] * 0.5, middle, steps=5)
        await mouse.move(box["x"] + box["width"] * 0.75, middle, steps=5)
        await mouse.up()
        self.after = await self.opened.shown_times()

    def then_the_stretch_is_the_middle_half(self) -> None:
        whole = self.before[1] - self.before[0]
        begins, ends = ((end - self.before[0]) / whole for end in self.after)
        assert abs(begins - 0.25) < 0.03, (self.before, self.after)
        assert abs(ends - 0.75) < 0.03, (self.before, self.after)

    async def and_the_axis_tells_it(self) -> None:
        assert "50 s" in " ".join(await self.opened.texts("#timeline svg text"))

    def and_nothing_was_complained_of(self) -> None:
        assert self.opened.complaints == []


@vedro.skip_if(no_browser, NO_BROWSER)
class MovedByButtons(vedro.Scenario):
    subject = "the timeline moves by buttons, for those who cannot drag, and to a scenario from its row"

    def given_a_report(self) -> None:
        self.path = report_of(make_run(seconds=100))

    async def when_its_buttons_are_pressed_by_keyboard(self) -> None:
        self.opened = await open_page(self.path)
        self.shown = {"at first": await self.opened.shown_times()}
        for name in ("Closer", "Later", "Whole run"):
            await self.opened.page.get_by_role("button", name=name).focus()
            await self.opened.page.keyboard.press("Enter")
            self.shown[name] = await self.opened.shown_times()

    async def and_a_scenario_is_shown(self) -> None:
        row = self.opened.page.locator("#scenarios tr", has_text="order 2 is paid")
        await row.get_by_role("button").click()
        self.shown["order 2"] = await self.opened.shown_times()

    def then_each_moved_as_it_says(self) -> None:
        first, last = self.shown["at first"]
        quarter = (last - first) / 4
        assert self.shown["Closer"] == [first + quarter, last - quarter]
        assert self.shown["Later"] == [first + 2 * quarter, last]
        assert self.shown["Whole run"] == [first, last]

    def and_the_scenario_fills_the_panels(self) -> None:
        begins, ends = self.shown["order 2"]
        assert ends - begins == 25_000 * 1.2

    async def and_the_timeline_is_in_sight(self) -> None:
        await self.opened.page.wait_for_function(
            "() => Math.abs(document.getElementById('section-timeline').getBoundingClientRect().top) < 200"
        )


HOSTILE: Final = (
    "</script><script>window.hurt = 1</script>",
    "<img src=x onerror='window.hurt = 2'>",
    "'\"><svg onload=window.hurt=3>{{ 7 * 7 }}",
    "line\u2028separator\u0000nul\x1b[31m\u202egnikat",
    "#1192e8",
    "constructor",
    "__proto__",
)


@vedro.skip_if(no_browser, NO_BROWSER)
class HostileNames(vedro.Scenario):
    subject = "names that would be markup, scripts or control characters are shown as text and do nothing"

    def given_points_and_facts_full_of_them(self) -> None:
        runs = [
            make_series([10, 20, 30], target=name, run=HOSTILE[0], scenario=name, metric=metric)
            for name in HOSTILE
            for metric in ("cpu_percent", "memory_usage", "cpu_time")
        ]
        lasted = [
            make_series([2000], metric="scenario_duration", seconds=[2], scenario=name, subject=name, run=HOSTILE[0],
                        target="vedro", status=name)
            for name in HOSTILE
        ]  # fmt: skip
        facts = [{"run": HOSTILE[0], "notes": list(HOSTILE), "arguments": list(HOSTILE), "tags": {HOSTILE[1]: "x"}}]
        self.path = report_of(
            put_together(*runs, *lasted),
            facts=facts,
            title=HOSTILE[1],
            thresholds={"memory_usage{target:<img onerror=window.hurt=4>}": "max<1"},
        )

    async def when_the_report_is_opened_and_pointed_at(self) -> None:
        self.opened = await open_page(self.path)
        for bar in await self.opened.page.locator("#dearest svg .mark-rect path").all():
            await bar.hover(force=True)
        self.tooltip = await self.opened.page.locator("#vg-tooltip-element").inner_text()

    async def then_none_did_anything(self) -> None:
        assert await self.opened.tell("() => window.hurt") is None
        assert await self.opened.page.locator("main img, main svg[onload], figure script:not([type])").count() == 0

    def and_nothing_was_complained_of_or_asked_for(self) -> None:
        assert (self.opened.complaints, self.opened.requests) == ([], [])

    async def and_they_are_read_as_they_are_written(self) -> None:
        targets = " ".join(await self.opened.texts("#targets tbody th"))
        for name in HOSTILE[:3]:
            assert name in targets
        assert r"line\u2028separator\x00nul\x1b[31m\u202egnikat" in targets

    def and_hovering_told_of_one(self) -> None:
        assert "scenario" in self.tooltip


@vedro.skip_if(no_browser, NO_BROWSER)
class AnHourOfTwentyTargets(vedro.Scenario):
    subject = "an hour of twenty targets at one second is less than 4 MB, its tables exact"

    def given_the_run(self) -> None:
        self.points = make_run([f"service-{number:02}" for number in range(20)], seconds=3600, scenarios=60)

    async def when_its_report_is_written_and_opened(self) -> None:
        self.path = report_of(self.points)
        self.opened = await open_page(self.path)

    def then_the_file_is_small(self) -> None:
        assert self.path.stat().st_size < 4_000_000

    async def and_every_target_is_tabled_with_its_exact_total(self) -> None:
        cells = await self.opened.tell(
            "() => [...document.querySelectorAll('#targets tbody tr')].map((row) => ["
            "row.cells[0].textContent.trim(), ...[...row.cells].map((cell) => Number(cell.dataset.value))])"
        )
        shown = {name: numbers[4] for name, *numbers in cells}
        sums = self.points.filter(pl.col("metric") == "cpu_time").group_by("target").agg(pl.col("value").sum() / 1000)
        spent = dict(sums.with_columns(pl.col("target").cast(pl.String)).iter_rows())
        assert shown.keys() == spent.keys()
        assert all(math.isclose(shown[name], spent[name], rel_tol=1e-12) for name in spent)

    async def and_every_target_is_drawn(self) -> None:
        assert len(await self.opened.texts("#timeline svg .role-legend-label text")) == 21

    def and_nothing_was_complained_of(self) -> None:
        assert self.opened.complaints == []


@vedro.skip_if(no_browser, NO_BROWSER)
class NarrowScreen(vedro.Scenario):
    subject = "at 380 pixels {what} fits without scrolling sideways"

    @params("one run", make_run(scenarios=3))
    @params("long names", make_run(["a-container-with-a-name-that-does-not-end-" * 3], run="r" * 200, scenarios=2))
    @params("a load test with k6", load(K6_FILE))
    def __init__(self, what: str, points: pl.DataFrame) -> None:
        self.what, self.points = what, points

    async def when_the_report_is_opened(self) -> None:
        self.opened = await open_page(report_of(self.points, thresholds=BUDGETS), width=380)

    async def then_the_page_is_no_wider_than_the_screen(self) -> None:
        assert await self.opened.tell("() => document.documentElement.scrollWidth") <= 380

    async def and_a_chart_of_that_width_was_drawn(self) -> None:
        kinds = await self.opened.tell("() => [...document.querySelectorAll('figure')].map((f) => f.dataset.ready)")
        assert set(kinds) == {"narrow"}


@vedro.skip_if(no_browser, NO_BROWSER)
class WithoutScripts(vedro.Scenario):
    subject = "without JavaScript the verdict and every table are there, and charts say why they are not"

    async def when_the_report_is_opened(self) -> None:
        self.opened = await open_page(report_of(make_run(), thresholds=BUDGETS), scripts=False)

    async def then_verdict_and_tables_can_be_read(self) -> None:
        assert "1 of 3 budgets broken" in await self.opened.texts("h2")
        assert len(await self.opened.texts("#scenarios tbody tr")) == 4
        assert len(await self.opened.texts("#targets tbody tr")) == 4

    async def and_nothing_is_offered_that_would_not_work(self) -> None:
        assert await self.opened.texts("button, input") == []

    async def and_the_place_of_charts_says_why(self) -> None:
        assert "Charts need JavaScript" in (await self.opened.texts("figure noscript"))[0]


@vedro.skip_if(no_browser, NO_BROWSER)
class ThemeAndPrint(vedro.Scenario):
    subject = "the button turns page and charts dark; on paper they are dark on white all the same"

    async def given_the_report(self) -> None:
        self.opened = await open_page(report_of(make_run()))

    async def when_the_button_is_pressed_and_the_page_printed(self) -> None:
        self.light = await self.looks()
        await self.opened.page.get_by_role("button", name="Dark").click()
        self.dark = await self.looks()
        await self.opened.page.emulate_media(media="print")
        self.printed = await self.looks()
        self.tools = await self.opened.texts(".tools, .steps, .show, #theme, nav a")
        self.paper = await self.opened.page.pdf(format="A4")

    async def looks(self) -> list[str]:
        """Take the colours of the page, its text, an axis label, and the first line of the timeline."""
        looks: list[str] = await self.opened.tell(
            """() => {
                const style = (place) => getComputedStyle(document.querySelector(place));
                return [style("body").backgroundColor, style("body").color,
                        style("#timeline .role-axis-label text").fill, style("#timeline .mark-line path").stroke];
            }"""
        )
        return looks

    def then_all_of_them_changed(self) -> None:
        assert not {*self.light} & {*self.dark}

    def and_paper_is_white_with_the_colours_of_the_light_page(self) -> None:
        assert self.printed == ["rgb(255, 255, 255)", *self.light[1:]]

    def and_nothing_to_press_is_printed(self) -> None:
        assert self.tools == []
        assert self.paper.startswith(b"%PDF")


CONTRASTS: Final = """() => {
    const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const rgb = (color, below) => {
        context.fillStyle = `rgb(${below.join(" ")})`;
        context.fillRect(0, 0, 1, 1);
        context.fillStyle = color;
        context.fillRect(0, 0, 1, 1);
        return [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)];
    };
    const ground = (element) => {
        const above = element.parentElement ? ground(element.parentElement) : [255, 255, 255];
        return rgb(getComputedStyle(element).backgroundColor, above);
    };
    const light = (color) => {
        const [red, green, blue] = color.map((part) => part / 255)
            .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = [];
    while (texts.nextNode()) {
        const element = texts.currentNode.parentElement;
        const isText = texts.currentNode.data.trim() && !element.closest("script, noscript, svg [class*=names_]");
        if (!isText || !element.checkVisibility()) continue;
        const style = getComputedStyle(element);
        const below = ground(element);
        const ink = rgb(element.closest("svg") ? style.fill : style.color, below);
        const [low, high] = [light(ink), light(below)].sort((one, other) => one - other);
        found.push([(high + 0.05) / (low + 0.05), texts.currentNode.data.trim()]);
    }
    return found.sort((one, other) => one[0] - other[0]);
}"""


@vedro.skip_if(no_browser, NO_BROWSER)
class Accessible(vedro.Scenario):
    subject = "in a {scheme} browser every text has the contrast of WCAG AA, every control a name, every table a head"

    @params("light")
    @params("dark")
    def __init__(self, scheme: Scheme) -> None:
        self.scheme = scheme

    def given_a_report_that_says_all_it_can(self) -> None:
        budgets = {**BUDGETS, "cpu_percent{method:other}": "max<1"}
        facts = [{"run": "run-1", "finished": False, "unavailable_methods": ["other"], "notes": ["late"]}]
        self.path = report_of(make_run(scenarios=8, seconds=80), thresholds=budgets, facts=facts)

    async def when_it_is_opened_and_unfolded(self) -> None:
        self.opened = await open_page(self.path, scheme=self.scheme)
        await self.opened.tell("() => document.querySelectorAll('details').forEach((each) => { each.open = true; })")
        self.contrasts = await self.opened.tell(CONTRASTS)
        self.page = self.opened.page

    def then_no_text_is_faint(self) -> None:
        assert len(self.contrasts) > 200
        assert [pair for pair in self.contrasts if pair[0] < 4.5] == []

    async def and_headings_go_down_step_by_step(self) -> None:
        levels = await self.opened.tell("() => [...document.querySelectorAll('h1, h2, h3')].map((h) => h.tagName)")
        assert levels[0] == "H1"
        assert levels.count("H1") == 1

    async def and_every_table_has_a_caption_heads_and_named_rows(self) -> None:
        tables = await self.page.locator("table").count()
        assert tables == 5
        for what in ("caption", "thead th[scope=col]", "tbody tr:first-child th[scope=row]"):
            assert await self.page.locator(f"table:has({what})").count() == tables, what

    async def and_every_control_region_and_picture_has_a_name(self) -> None:
        snapshot = await self.page.locator("body").aria_snapshot()
        with_names = "button|searchbox|region|img|table|navigation"
        nameless = re.findall(rf"^\s*- (?:{with_names})(?:$|:)", snapshot, re.MULTILINE)
        assert nameless == [], snapshot

    async def and_the_first_tab_leads_past_the_top(self) -> None:
        await self.page.keyboard.press("Tab")
        await self.page.keyboard.press("Enter")
        assert await self.opened.tell("() => document.activeElement.id") == "content"

    async def and_what_has_the_focus_is_outlined(self) -> None:
        await self.page.keyboard.press("Tab")
        style = await self.opened.tell("() => getComputedStyle(document.activeElement).outlineStyle")
        assert style == "solid"


@vedro.skip_if(no_browser, NO_BROWSER)
class WhatThereIs(vedro.Scenario):
    subject = "of {what} the report has the sections {sections}"

    @params("a run without scenarios", make_run(scenarios=0), ["Timeline", "Targets", "Run and recording"])
    @params(
        "three runs",
        pl.concat([make_run(run=f"run-{day}", starts_after=timedelta(days=day)) for day in range(3)]),
        ["Timeline", "Dearest scenarios", "Targets", "Run and recording"],
    )
    @params("a load test with k6", load(K6_FILE), ["Timeline", "Targets", "Load test", "Run and recording"])
    @params(
        "a load test alone",
        load(K6_FILE).filter(pl.col("metric") == "iteration_duration"),
        ["Load test", "Run and recording"],
    )
    @params("nothing", make_run().clear(), ["Run and recording"])
    def __init__(self, what: str, points: pl.DataFrame, sections: list[str]) -> None:
        self.what, self.points, self.sections = what, points, sections

    async def when_the_report_is_opened(self) -> None:
        self.opened = await open_page(report_of(self.points))

    async def then_it_has_these_sections(self) -> None:
        assert await self.opened.texts("main > section > h2") == self.sections

    async def and_nothing_was_complained_of(self) -> None:
        assert self.opened.complaints == []

    async def and_without_budgets_it_says_so(self) -> None:
        assert await self.opened.texts("#verdict") == ["No budgets set"]
