"""Vedro events: what happens when, from the check of the options to the last word of the summary."""

import os
import shlex
import sys
import time
from argparse import Namespace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Final, final

from vedro.core import Dispatcher, Plugin
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

from vedro_profiling._plugin.budget import of_scenario
from vedro_profiling._plugin.conclusion import Conclusion, Wishes
from vedro_profiling._plugin.exit_code import exits_0, fail, interrupt
from vedro_profiling._plugin.flags import add_flags, make_options, summary_file
from vedro_profiling._plugin.harmless import harmless
from vedro_profiling.reporting.amounts import duration
from vedro_profiling.reporting.printable import plain
from vedro_profiling.session.interrupts import interrupts_put_off

if TYPE_CHECKING:
    from vedro_profiling._plugin.config import VedroProfiling
    from vedro_profiling.analysis.threshold_language import Threshold
    from vedro_profiling.options import Options
    from vedro_profiling.session.session import Session

__all__ = ("VedroProfilingPlugin",)

_FIRST: Final = -sys.maxsize
_LAST: Final = sys.maxsize - 1


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
        self._wishes: Wishes | None = None
        self._budgets: dict[str, list[Threshold]] = {}
        self._session: Session | None = None
        self._conclusion: Conclusion | None = None
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
        dispatcher.listen(CleanupEvent, self.on_cleanup)
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

        self._options = make_options(event.args, self._settings, self._project_dir)
        self._wishes = Wishes(
            thresholds=parse_thresholds(self._settings.thresholds),
            pictures=self._options.profiling_dir if event.args.draw_plots else None,
            page=summary_file(event.args.profiling_summary, self._project_dir),
            base=self._started_in,
        )

    @harmless
    def on_startup(self, event: StartupEvent) -> None:
        """Begin to record, and name runs in the same folder that were killed."""
        if self._options is None or self._wishes is None:
            return
        from vedro_profiling.session.recovery import unfinished_runs
        from vedro_profiling.session.session import Session

        killed = unfinished_runs(self._options)
        self._session = Session(self._options, facts={"arguments": sys.argv[1:]})
        self._conclusion = Conclusion(self._session, self._wishes, self.fault)
        self._session.start()
        # The oldest Vedro that we run on says nothing before the scenarios: it is said after them there.
        say = getattr(getattr(event, "report", None), "add_preamble", self._session.note)
        for folder in killed:
            command = shlex.join(["vedro-profiling", "recover", str(self._options.profiling_dir)])
            say(f"profiling: a run was killed, and {command} can write it: {folder}")

    @harmless
    def on_scenario_run(self, event: ScenarioRunEvent) -> None:
        """Read every target before the scenario begins."""
        if self._session is not None:
            scenario = event.scenario_result.scenario
            unique_id = scenario.unique_id
            self._budgets[unique_id] = of_scenario(scenario)
            self._session.border({"scenario": unique_id, "subject": scenario.subject})
            self._opened = time.monotonic(), time.process_time()

    @harmless
    def on_scenario_end(self, event: ScenarioPassedEvent | ScenarioFailedEvent) -> None:
        """Read every target after the scenario."""
        if self._session is not None:
            seconds, cpu_seconds = time.monotonic() - self._opened[0], time.process_time() - self._opened[1]
            self._session.border({"status": event.scenario_result.status.value.lower()})
            if self._args.show_scenario_costs:
                cost = f"{duration(cpu_seconds)} CPU in {duration(seconds)}"
                event.scenario_result.add_extra_details(f"profiling: {cost}, of the test process")

    def on_cleanup(self, event: CleanupEvent) -> None:
        """Conclude the run; an interrupt waits meanwhile, and is the run's if it had none before."""
        if self._conclusion is not None:
            with interrupts_put_off() as interrupts:
                self._note_faults()
                self._conclusion.reach(event.report, [*chain.from_iterable(self._budgets.values())])
            if interrupts:
                interrupt(event.report)
        for line in map(_told, self._faults):
            if line not in event.report.summary:
                event.report.add_summary(line)

    @harmless
    def _note_faults(self) -> None:
        """Let the files tell of what went wrong before they were written."""
        if self._session is not None:
            for fault in self._faults:
                self._session.note(_told(fault).removeprefix("! "))

    @harmless
    def fail_on_broken_budget(self, event: CleanupEvent) -> None:
        """Make a run exit 99 that would have exited 0, after the whole summary and every other plugin."""
        is_broken = self._conclusion is not None and self._conclusion.has_broken_budget
        if is_broken and exits_0(event.report, no_scenarios_ok=getattr(self._args, "no_scenarios_ok", False)):
            fail(event.report)


def _told(fault: str) -> str:
    return plain(f"! profiling: {fault}")
