from typing import Any

import polars as pl
import vedro
from vedro import create_tmp_dir

from tests.contexts.browser import NO_BROWSER, OpenPage, no_browser, open_page
from tests.contexts.series import make_series, put_together
from vedro_profiling.charts.overlay import overlay_chart
from vedro_profiling.charts.render import save_chart
from vedro_profiling.charts.timeline import timeline

SHADED = """() => [1, 2].map((panel) =>
    document.querySelector(`svg .concat_${panel}_group .mark-rect path`).getBBox().width)"""
"""How wide the first scenario is in the panels of CPU and memory: wider the closer one looks."""


def make_run(run: str = "run-1", *, at: float = 0) -> pl.DataFrame:
    """Make two minutes of two targets, and a scenario in their first half."""
    seconds = [at + second for second in range(121)]
    scenario = {"scenario": "pay.py::Scenario", "subject": "pay", "status": "passed"}
    return put_together(
        *(
            make_series([level] * 121, seconds=seconds, metric=metric, target=target, run=run)
            for target, level in (("app", 40), ("db", 80))
            for metric in ("cpu_percent", "memory_usage")
        ),
        make_series([40_000], seconds=[at + 50], metric="scenario_duration", target="vedro", run=run, **scenario),
    )


async def open_chart(chart: Any) -> OpenPage:
    opened = await open_page(save_chart(chart, create_tmp_dir() / "chart.html"))
    await opened.page.wait_for_selector("svg.marks")
    return opened


async def box_of(opened: OpenPage, selector: str) -> dict[str, float]:
    box = await opened.page.locator(selector).first.bounding_box()
    assert box is not None, selector
    return {"x": box["x"], "y": box["y"], "width": box["width"]}


async def drag(opened: OpenPage, *, y: float, start: float, end: float) -> None:
    mouse = opened.page.mouse
    await mouse.move(start, y)
    await mouse.down()
    await mouse.move(end, y, steps=5)
    await mouse.up()


@vedro.skip_if(no_browser, NO_BROWSER)
class Timeline(vedro.Scenario):
    subject = "in a browser the strip of a timeline brushes all its panels, the wheel moves them, and hovering tells"

    async def given_a_timeline_without_network(self) -> None:
        self.opened = await open_chart(timeline(make_run()))
        self.strip = await box_of(self.opened, "svg .concat_0_group .background")
        self.cpu = await box_of(self.opened, "svg .concat_1_group .background")
        self.widths = [await self.opened.tell(SHADED)]

    async def when_a_half_of_the_strip_is_brushed(self) -> None:
        y, x, width = self.strip["y"] + 8, self.strip["x"], self.strip["width"]
        await drag(self.opened, y=y, start=x + 2, end=x + width / 2)
        self.widths.append(await self.opened.tell(SHADED))

    async def and_the_wheel_is_turned_over_the_cpu(self) -> None:
        await self.opened.page.mouse.move(self.cpu["x"] + 200, self.cpu["y"] + 60)
        await self.opened.page.mouse.wheel(0, -300)
        await self.opened.page.wait_for_function(f"() => ({SHADED})()[0] > {self.widths[1][0]} + 1")
        self.widths.append(await self.opened.tell(SHADED))
        self.told = await self.opened.page.locator("#vg-tooltip-element").inner_text()

    async def and_brushed_anew(self) -> None:
        y, x, width = self.strip["y"] + 8, self.strip["x"], self.strip["width"]
        await drag(self.opened, y=y, start=x + width - 2, end=x + 2)
        await self.opened.page.wait_for_function(f"() => ({SHADED})()[0] < {self.widths[1][0]} - 1")
        self.widths.append(await self.opened.tell(SHADED))

    def then_both_panels_showed_the_same_each_time(self) -> None:
        assert all(abs(cpu - memory) < 0.01 for cpu, memory in self.widths)

    def and_brush_and_wheel_looked_closer_and_the_last_brush_saw_all_again(self) -> None:
        at_first, brushed, turned, anew = (cpu for cpu, _ in self.widths)
        assert at_first < anew < brushed < turned

    def and_the_reading_told_its_names(self) -> None:
        assert "undefined" not in self.told
        assert "pay" in self.told
        assert "app" in self.told or "db" in self.told

    def and_nothing_was_complained_of_or_asked_for(self) -> None:
        assert (self.opened.complaints, self.opened.requests) == ([], [])


@vedro.skip_if(no_browser, NO_BROWSER)
class Overlay(vedro.Scenario):
    subject = "in a browser a click on a run in the legend lets the other fade"

    async def given_two_runs_over_each_other(self) -> None:
        self.opened = await open_chart(overlay_chart(put_together(make_run(), make_run("run-2", at=500))))

    async def when_the_first_is_clicked(self) -> None:
        await self.opened.page.locator("svg .role-legend-label text", has_text="run-2").click()

    async def then_the_other_fades(self) -> None:
        await self.opened.page.wait_for_function(
            "() => document.querySelector('svg .mark-line path').getAttribute('stroke-opacity') === '0.05'"
        )

    def and_nothing_was_complained_of_or_asked_for(self) -> None:
        assert (self.opened.complaints, self.opened.requests) == ([], [])
