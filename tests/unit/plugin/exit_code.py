"""What a run exits with: which runs a broken budget fails, and which an interrupt cuts off."""

from collections.abc import Callable, Sequence
from typing import Final

import vedro
from vedro import params
from vedro.core import AggregatedResult, ExcInfo, Report, ScenarioResult, VirtualScenario

from vedro_profiling._plugin.exit_code import exits_0, fail, interrupt

PASSED: Final = "passed"
FAILED: Final = "failed"
SKIPPED: Final = "skipped"


def make_report(results: Sequence[str], interrupted: BaseException | None) -> Report:
    """Make the report of a run."""
    report = Report()
    for status in results:
        result = ScenarioResult(VirtualScenario(vedro.Scenario, []))
        marks = {PASSED: result.mark_passed, FAILED: result.mark_failed, SKIPPED: result.mark_skipped}
        marks[status]()
        report.add_result(AggregatedResult.from_existing(result, [result]))
    if interrupted is not None:
        report.set_interrupted(ExcInfo(type(interrupted), interrupted, None))  # type: ignore[arg-type]
    return report


class Exits0(vedro.Scenario):
    subject = "a run of {results} that {interrupted!r} cut off is called passed: {expected}"

    @params([PASSED, SKIPPED], None, expected=True)
    @params([PASSED, FAILED], None, expected=False)
    @params([SKIPPED], None, expected=False)
    @params([SKIPPED], None, expected=True, no_scenarios_ok=True)
    @params([FAILED], None, expected=False, no_scenarios_ok=True)
    @params([PASSED], KeyboardInterrupt(), expected=False)
    @params([PASSED], SystemExit(), expected=False)
    @params([PASSED], SystemExit(5), expected=False)
    @params([PASSED], SystemExit("words"), expected=False)
    @params([PASSED, FAILED], SystemExit(0), expected=True)
    def __init__(
        self,
        results: Sequence[str],
        interrupted: BaseException | None,
        *,
        expected: bool,
        no_scenarios_ok: bool = False,
    ) -> None:
        self.results, self.interrupted = results, interrupted
        self.expected, self.no_scenarios_ok = expected, no_scenarios_ok

    def when_its_report_is_read(self) -> None:
        self.told = exits_0(make_report(self.results, self.interrupted), no_scenarios_ok=self.no_scenarios_ok)

    def then_it_is_told_as_vedro_does(self) -> None:
        assert self.told == self.expected


class CutOff(vedro.Scenario):
    subject = (
        "a run of {results} that {interrupted!r} cut off, and that then {change.__name__} meets, tells of {expected}"
    )

    @params([PASSED], None, fail, SystemExit(99))
    @params([PASSED], SystemExit(0), fail, SystemExit(99))
    @params([PASSED], None, interrupt, KeyboardInterrupt())
    @params([FAILED], None, interrupt, KeyboardInterrupt())
    @params([PASSED], SystemExit(5), interrupt, SystemExit(5))
    def __init__(
        self,
        results: Sequence[str],
        interrupted: BaseException | None,
        change: Callable[[Report], None],
        expected: BaseException,
    ) -> None:
        self.results, self.interrupted, self.change, self.expected = results, interrupted, change, expected

    def given_its_report(self) -> None:
        self.report = make_report(self.results, self.interrupted)

    def when_it_is_changed(self) -> None:
        self.change(self.report)

    def then_it_tells_so(self) -> None:
        assert self.report.interrupted is not None
        assert repr(self.report.interrupted.value) == repr(self.expected)
