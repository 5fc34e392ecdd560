"""Vedro events, options and flags; the only module that imports vedro."""

import functools
import json
import sys
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar, final

from vedro.core import Dispatcher, ExcInfo, Plugin, PluginConfig
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
from vedro_profiling._flags import add_flags, make_options

if TYPE_CHECKING:
    import polars as pl

    from vedro_profiling.analysis.threshold_language import Threshold
    from vedro_profiling.options import Options
    from vedro_profiling.session import Outcome, Session

__all__ = (
    "VedroProfiling",
    "VedroProfilingPlugin",
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
            plugin.fault(f"{handler.__name__} failed: {error!r}")

    return handle


@final
class VedroProfilingPlugin(Plugin):
    """Records what a Vedro run costs, and tells at its end."""

    def __init__(self, config: "type[VedroProfiling]") -> None:
        super().__init__(config)
        self._settings = config
        self._project_dir = Path.cwd()
        self._args = Namespace()
        self._options: Options | None = None
        self._thresholds: list[Threshold] = []
        self._budgets: dict[str, list[Threshold]] = {}
        self._session: Session | None = None
        self._outcome: Outcome | None = None
        self._pictures: list[Path] = []
        self._verdicts: pl.DataFrame | None = None
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
        for step in (self.on_cleanup, self.judge, self.draw, self.tell):
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
        self._options = make_options(event.args, self._settings, self._project_dir)

    @_harmless
    def on_startup(self, event: StartupEvent) -> None:
        """Begin to record, and name runs in the same folder that were killed."""
        if self._options is None:
            return
        from vedro_profiling.session import Session, unfinished_runs

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

    @_harmless
    def on_scenario_end(self, event: ScenarioPassedEvent | ScenarioFailedEvent) -> None:
        """Read every target after the scenario."""
        if self._session is not None:
            self._session.border({"status": event.scenario_result.status.value.lower()})

    @_harmless
    def on_cleanup(self, event: CleanupEvent) -> None:
        """Stop recording and write the files."""
        del event
        if self._session is not None:
            self._outcome = self._session.finish()

    @_harmless
    def judge(self, event: CleanupEvent) -> None:
        """Hold the points against the budgets, and write the verdicts where k6's reporters look for them."""
        if self._outcome is None:
            return
        from vedro_profiling.analysis.k6_summary import handle_summary
        from vedro_profiling.analysis.thresholds import check
        from vedro_profiling.storage import replacing

        outcome = self._outcome
        self._verdicts = check(
            outcome.points,
            [*self._thresholds, *chain.from_iterable(self._budgets.values())],
            unavailable_methods=set(outcome.facts["methods"]) - {source.method for source in outcome.sources},
            no_scenario_ran=event.report.total == 0,
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
    def tell(self, event: CleanupEvent) -> None:
        """Add the summary to Vedro's, with the faults that were kept from the run."""
        if self._outcome is not None:
            from vedro_profiling.console import summary_lines

            for line in summary_lines(
                self._outcome, pictures=self._pictures, verdicts=self._verdicts, base=self._project_dir
            ):
                event.report.add_summary(line)
        for fault in self._faults:
            event.report.add_summary(f"! profiling: {fault}")

    @_harmless
    def fail_on_broken_budget(self, event: CleanupEvent) -> None:
        """Make a run exit 99 that would have exited 0, after the whole summary and every other plugin."""
        report = event.report
        would_pass = report.failed == 0 and (report.passed > 0 or getattr(self._args, "no_scenarios_ok", False))
        is_broken = self._verdicts is not None and "broken" in self._verdicts["status"]
        if is_broken and would_pass and not report.interrupted:
            report.set_interrupted(ExcInfo(SystemExit, SystemExit(_BUDGET_BROKEN), None))  # type: ignore[arg-type]


class VedroProfiling(PluginConfig):
    """Options of the plugin; a flag of the same name wins."""

    plugin = VedroProfilingPlugin
    description = "Tells what each scenario costs: CPU and memory of the test process, the host and docker containers"

    enable_profiling: bool = False
    """Whether to record. Off, it costs nothing."""

    profiling_methods: Sequence[str] = ("default", "docker")
    """What to read: `default` is the test process, `processes` and the host, `docker` the containers."""

    poll_time: float = 1.0
    """Seconds between readings; CPU time and peaks of a scenario are exact at any period."""

    draw_plots: bool = False
    """Whether to draw a PNG of each target, and one that compares them."""

    docker_compose_project_name: str | Sequence[str] = "compose"
    """The compose project, or projects, whose containers are read."""

    profiling_run_id: str | None = None
    """Name of the run; `run-YYYYMMDD-HHMMSS` if not given."""

    additional_tags: Mapping[str, str] = {}
    """More tags for every point, each a column: `{"branch": "main"}`."""

    profiling_dir: str = ".profiling"
    """Folder of the files, relative to the project; `{run}` stands for the run id."""

    processes: Sequence[str | int] = ()
    """Names or pids of processes to read beside the test process."""

    profiling_containers: Sequence[str] = ()
    """Names or globs of containers to read that belong to no compose project."""

    docker_reader: Literal["auto", "cgroup", "engine"] = "auto"
    """How containers are read: their cgroup files, the engine's stream, or what each allows."""

    reset_peaks: bool = True
    """Whether each reading starts a new memory peak; others who read the kernel's peak then see it fall."""

    profiling_formats: Sequence[str] = ("ndjson", "parquet")
    """The files to write: `ndjson`, `ndjson.gz`, `parquet`."""

    thresholds: Mapping[str, str | Sequence[str]] = {}
    """Budgets in the language of k6; a broken one makes the run exit 99:
    `{"memory_usage{service:app}": ["max<512", "p(95)<400"]}`."""
