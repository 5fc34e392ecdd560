"""What follows a run: its files, the verdict on its budgets, its pictures, and the words for console and CI."""

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, final

from vedro.core import Report

from vedro_profiling._plugin.harmless import harmless
from vedro_profiling.errors import DrawingError

if TYPE_CHECKING:
    import polars as pl

    from vedro_profiling.analysis.threshold_language import Threshold
    from vedro_profiling.session.session import Outcome, Session

__all__ = (
    "Conclusion",
    "Wishes",
)

_PICTURE_DPI: Final = 300


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What is wanted of a finished run, beside its points."""

    thresholds: "Sequence[Threshold]"
    """Budgets of the whole run."""
    pictures: Path | None
    """Folder for a picture of each target."""
    page: Path | None
    """File for the summary in Markdown."""
    base: Path
    """Where the user stands: the folder that paths are shown relative to."""


@final
class Conclusion:
    """Concludes one run, step by step: one that fails keeps nothing from the next.

    Parameters
    ----------
    session
        The run, which is recorded still.
    wishes
        What is wanted of it.
    keep_fault
        Takes an error of ours.
    """

    def __init__(self, session: "Session", wishes: Wishes, keep_fault: Callable[[str], None]) -> None:
        self._session = session
        self._wishes = wishes
        self._keep_fault = keep_fault
        self._outcome: Outcome | None = None
        self._verdicts: pl.DataFrame | None = None
        self._pictures: list[Path] = []

    def fault(self, text: str) -> None:
        """Keep an error of ours for the summary."""
        self._keep_fault(text)

    @property
    def has_broken_budget(self) -> bool:
        """Whether a budget was judged, and broken."""
        return self._verdicts is not None and "broken" in self._verdicts["status"]

    def reach(self, report: Report, budgets: "Sequence[Threshold]") -> None:
        """Stop recording, write everything that is wanted, and add the summary to Vedro's.

        Parameters
        ----------
        report
            What Vedro says of the run.
        budgets
            Those of the scenarios that ran.
        """
        self._finish()
        if self._outcome is not None:
            self._judge(self._outcome, budgets, no_scenario_ran=report.passed + report.failed == 0)
            self._draw(self._outcome)
            self._publish(self._outcome)
            self._tell(self._outcome, report)

    @harmless
    def _finish(self) -> None:
        self._session.stop()
        self._outcome = self._session.finish()

    @harmless
    def _judge(self, outcome: "Outcome", budgets: "Sequence[Threshold]", *, no_scenario_ran: bool) -> None:
        """Hold the points against the budgets, and write the verdicts where k6's reporters look for them."""
        from vedro_profiling.analysis.k6_summary import handle_summary
        from vedro_profiling.analysis.thresholds import check
        from vedro_profiling.replacing import replacing

        self._verdicts = check(
            outcome.points,
            [*self._wishes.thresholds, *budgets],
            unavailable_methods=outcome.facts["unavailable_methods"],
            no_scenario_ran=no_scenario_ran,
        )
        if outcome.files:
            summary = handle_summary(outcome.points, self._verdicts, duration_ms=outcome.cost.wall_seconds * 1000)
            path = outcome.files[0].with_name("summary.json")
            with replacing(path) as beside:
                beside.write_text(json.dumps(summary, indent=1), encoding="utf-8")
            self._outcome = replace(outcome, files=[*outcome.files, path])

    @harmless
    def _draw(self, outcome: "Outcome") -> None:
        if self._wishes.pictures is not None and outcome.has_points:
            from vedro_profiling.charts.profiles import save_profiles

            try:
                self._pictures = save_profiles(outcome.points, self._wishes.pictures, ppi=_PICTURE_DPI)
            except DrawingError as error:
                # Most are there: the summary tells of both.
                self._pictures = error.drawn
                raise

    @harmless
    def _publish(self, outcome: "Outcome") -> None:
        """Write the summary in Markdown where it was asked for, and where GitHub shows it beside the job."""
        job_page = os.environ.get("GITHUB_STEP_SUMMARY")
        if not (self._wishes.page or job_page):
            return
        from vedro_profiling.reporting.markdown import append_page, replace_page, summary_page

        page = summary_page(outcome, verdicts=self._verdicts)
        if self._wishes.page:
            self._put(replace_page, self._wishes.page, page)
        if job_page:
            self._put(append_page, Path(job_page), page)

    def _put(self, write: Callable[[Path, str], None], path: Path, page: str) -> None:
        """Write a page; one that cannot be written keeps nothing from the other."""
        try:
            write(path, page)
        except OSError as error:
            self.fault(f"no summary in Markdown: {error}")

    @harmless
    def _tell(self, outcome: "Outcome", report: Report) -> None:
        from vedro_profiling.reporting.console import summary_lines

        lines = summary_lines(outcome, pictures=self._pictures, verdicts=self._verdicts, base=self._wishes.base)
        for line in lines:
            report.add_summary(line)
