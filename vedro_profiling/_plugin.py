"""Vedro events: what happens when, from the check of the options to the last word of the summary."""

import functools
import json
import os
import signal
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar, final

from vedro.core import Dispatcher, ExcInfo, Plugin, Report
from vedro.events import (
    ArgParsedEvent,
    ArgParseEvent,
    CleanupEvent,
    ConfigLoadedEvent,
    ScenarioFailedEvent,
    ScenarioPassedEvent,
    ScenarioRunEvent,
    StartupEvent,
)

from vedro_profiling._budget import of_scenario
from vedro_profiling._flags import add_flags, make_options, summary_file
from vedro_profiling.amounts import duration

if TYPE_CHECKING:
    import polars as pl

    from vedro_profiling._config import VedroProfiling
    from vedro_profiling.analysis.threshold_language import Threshold
    from vedro_profiling.options import Options
    from vedro_profiling.session import Outcome, Session

__all__ = (
    "VedroProfilingPlugin",
    "exits_0",
    "interrupts_put_off",
)

_FIRST: Final = -sys.maxsize
_LAST: Final = sys.maxsize - 1
_BUDGET_BROKEN: Final = 99
"""The exit code of k6 when a threshold is crossed."""

_PICTURE_DPI: Final = 300

_Event = TypeVar("_Event")


def _harmless(handler: Callable[[Any, _Event], None]) -> Callable[[Any, _Event], None]:
    """Keep an error of ours from the user's run: this is the event boundary, the summary tells the fault."""

    @functools.wraps(handler)
    def handle(plugin: "VedroProfilingPlugin", event: _Event) -> None:
        try:
            handler(plugin, event)
        except Exception as error:  # noqa: BLE001
            plugin.fault(f"{handler.__name__} failed: {type(error).__name__}: {error}")

    return handle


@final
class VedroProfilingPlugin(Plugin):
    """Records what a Vedro run costs, and tells at its end."""

    def __init__(self, config: "type[VedroProfiling]") -> None:
        super().__init__(config)
        self._settings = config
        self._project_dir = Path.cwd()
        # Vedro has changed to the project by now: only the shell still tells where its user stands.
        self._started_in = Path(os.environ.get("PWD", self._project_dir))
        self._args = Namespace()
        self._options: Options | None = None
        self._thresholds: list[Threshold] = []
        self._budgets: dict[str, list[Threshold]] = {}
        self._session: Session | None = None
        self._outcome: Outcome | None = None
        self._pictures: list[Path] = []
        self._verdicts: pl.DataFrame | None = None
        self._summary_file: Path | None = None
        self._opened = (0.0, 0.0)
        self._faults: list[str] = []

    def subscribe(self, dispatcher: Dispatcher) -> None:
        """Listen to the events of a run."""
        dispatcher.listen(ConfigLoadedEvent, self.on_config_loaded)
        dispatcher.listen(ArgParseEvent, self.on_arg_parse)
        dispatcher.listen(ArgParsedEvent, self.on_arg_parsed)
        dispatcher.listen(StartupEvent, self.on_startup)
        # As near to the scenario as handlers can be: what other plugins do around it is not its own.
        dispatcher.listen(ScenarioRunEvent, self.on_scenario_run, priority=_LAST)
        dispatcher.listen(ScenarioPassedEvent, self.on_scenario_end, priority=_FIRST)
        dispatcher.listen(ScenarioFailedEvent, self.on_scenario_end, priority=_FIRST)
        # One step each: one that fails keeps nothing from the next.
        for step in (self.on_cleanup, self.judge, self.draw, self.publish, self.tell):
            dispatcher.listen(CleanupEvent, step)
        dispatcher.listen(CleanupEvent, self.fail_on_broken_budget, priority=_LAST)

    def fault(self, text: str) -> None:
        """Keep an error of ours for the summary, once however often it happens."""
        if text not in self._faults:
            self._faults.append(text)

    def on_config_loaded(self, event: ConfigLoadedEvent) -> None:
        """Remember the project's folder: paths are relative to it, wherever a scenario changes to."""
        self._project_dir = Path(event.config.project_dir)

    def on_arg_parse(self, event: ArgParseEvent) -> None:
        """Add the flags."""
        add_flags(event.arg_parser, self._settings)

    def on_arg_parsed(self, event: ArgParsedEvent) -> None:
        """Check every option, so that what is wrong is told before the first scenario.

        Raises
        ------
        OptionError
            For a value that cannot be used.
        """
        self._args = event.args
        if not event.args.enable_profiling or getattr(event.args, "dry_run", False):
            return
        from vedro_profiling.analysis.threshold_language import parse_thresholds

        self._thresholds = parse_thresholds(self._settings.thresholds)
        self._summary_file = summary_file(event.args.profiling_summary, self._project_dir)
        self._options = make_options(event.args, self._settings, self._project_dir)

    @_harmless
    def on_startup(self, event: StartupEvent) -> None:
        """Begin to record, and name runs in the same folder that were killed."""
        if self._options is None:
            return
        from vedro_profiling.recovery import unfinished_runs
        from vedro_profiling.session import Session

        killed = unfinished_runs(self._options)
        self._session = Session(self._options, facts={"arguments": sys.argv[1:]})
        self._session.start()
        # The oldest Vedro that we run on says nothing before the scenarios: it is said after them there.
        say = getattr(getattr(event, "report", None), "add_preamble", self._session.note)
        for folder in killed:
            say(f"profiling: a run was killed, vedro_profiling.recover() can write it: {folder}")

    @_harmless
    def on_scenario_run(self, event: ScenarioRunEvent) -> None:
        """Read every target before the scenario begins."""
        if self._session is not None:
            scenario = event.scenario_result.scenario
            unique_id = scenario.unique_id
            self._budgets[unique_id] = of_scenario(scenario)
            self._session.border({"scenario": unique_id, "subject": scenario.subject})
            self._opened = time.monotonic(), time.process_time()

    @_harmless
    def on_scenario_end(self, event: ScenarioPassedEvent | ScenarioFailedEvent) -> None:
        """Read every target after the scenario."""
        if self._session is not None:
            seconds, cpu_seconds = time.monotonic() - self._opened[0], time.process_time() - self._opened[1]
            self._session.border({"status": event.scenario_result.status.value.lower()})
            if self._args.show_scenario_costs:
                cost = f"{duration(cpu_seconds)} CPU in {duration(seconds)}"
                event.scenario_result.add_extra_details(f"profiling: {cost}, of the test process")

    @_harmless
    def on_cleanup(self, event: CleanupEvent) -> None:
        """Stop recording and write the files."""
        del event
        if self._session is not None:
            self._session.stop()
            with interrupts_put_off():
                import vedro_profiling.recording.points
                import vedro_profiling.storage  # noqa: F401 - cut in two, neither could be made whole at exit
            self._outcome = self._session.finish()

    @_harmless
    def judge(self, event: CleanupEvent) -> None:
        """Hold the points against the budgets, and write the verdicts where k6's reporters look for them."""
        if self._outcome is None:
            return
        from vedro_profiling.analysis.k6_summary import handle_summary
        from vedro_profiling.analysis.thresholds import check
        from vedro_profiling.replacing import replacing

        outcome = self._outcome
        self._verdicts = check(
            outcome.points,
            [*self._thresholds, *chain.from_iterable(self._budgets.values())],
            unavailable_methods=set(outcome.facts["methods"]) - {source.method for source in outcome.sources},
            no_scenario_ran=event.report.passed + event.report.failed == 0,
        )
        if outcome.files:
            summary = handle_summary(outcome.points, self._verdicts, duration_ms=outcome.cost.wall_seconds * 1000)
            with replacing(outcome.files[0].with_name("summary.json")) as beside:
                beside.write_text(json.dumps(summary, indent=1), encoding="utf-8")

    @_harmless
    def draw(self, event: CleanupEvent) -> None:
        """Draw the pictures that were asked for."""
        del event
        if self._outcome is None or self._options is None or not self._args.draw_plots:
            return
        if self._options.profiling_dir is not None and not self._outcome.points.is_empty():
            from vedro_profiling.charts.profiles import save_profiles

            self._pictures = save_profiles(self._outcome.points, self._options.profiling_dir, ppi=_PICTURE_DPI)

    @_harmless
    def publish(self, event: CleanupEvent) -> None:
        """Write the summary in Markdown where it was asked for, and where GitHub shows it beside the job."""
        del event
        job_page = os.environ.get("GITHUB_STEP_SUMMARY")
        if self._outcome is None or not (self._summary_file or job_page):
            return
        from vedro_profiling.markdown import append_page, replace_page, summary_page

        page = summary_page(self._outcome, verdicts=self._verdicts)
        if self._summary_file:
            self._put(replace_page, self._summary_file, page)
        if job_page:
            self._put(append_page, Path(job_page), page)

    def _put(self, write: Callable[[Path, str], None], path: Path, page: str) -> None:
        """Write a page; one that cannot be written keeps nothing from the other."""
        try:
            write(path, page)
        except OSError as error:
            self.fault(f"no summary in Markdown: {error}")

    @_harmless
    def tell(self, event: CleanupEvent) -> None:
        """Add the summary to Vedro's, with the faults that were kept from the run."""
        if self._outcome is not None:
            from vedro_profiling.console import summary_lines

            for line in summary_lines(
                self._outcome, pictures=self._pictures, verdicts=self._verdicts, base=self._started_in
            ):
                event.report.add_summary(line)
        for fault in self._faults:
            event.report.add_summary(f"! profiling: {fault}")

    @_harmless
    def fail_on_broken_budget(self, event: CleanupEvent) -> None:
        """Make a run exit 99 that would have exited 0, after the whole summary and every other plugin."""
        is_broken = self._verdicts is not None and "broken" in self._verdicts["status"]
        if is_broken and exits_0(event.report, no_scenarios_ok=getattr(self._args, "no_scenarios_ok", False)):
            reason = ExcInfo(SystemExit, SystemExit(_BUDGET_BROKEN), None)  # type: ignore[arg-type]
            event.report.set_interrupted(reason)


@contextmanager
def interrupts_put_off() -> Iterator[None]:
    """Let a Ctrl-C wait, in the main thread, until the block is done."""
    came = []
    earlier = signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, earlier)
        if came:
            signal.raise_signal(signal.SIGINT)


def exits_0(report: Report, *, no_scenarios_ok: bool) -> bool:
    """Tell whether Vedro will call a run passed; so it does even with one that `sys.exit(0)` cut off."""
    if report.interrupted:
        return isinstance(report.interrupted.value, SystemExit) and report.interrupted.value.code == 0
    return report.failed == 0 and (report.passed > 0 or no_scenarios_ok)
