"""What the plugin does at the end of a run: which runs a broken budget fails, and when an interrupt counts."""

import signal
from collections.abc import Sequence
from typing import Final

import vedro
from vedro import params
from vedro.core import AggregatedResult, ExcInfo, Report, ScenarioResult, VirtualScenario

from vedro_profiling._plugin import exits_0, interrupts_put_off

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


class PutOff(vedro.Scenario):
    subject = "an interrupt that comes in the block is told after it, to whom it would have been told"

    def given_somebody_who_listens(self) -> None:
        self.heard: list[str] = []
        earlier = signal.signal(signal.SIGINT, lambda *_: self.heard.append("interrupt"))
        vedro.defer(signal.signal, signal.SIGINT, earlier)

    def when_two_come_in_the_block(self) -> None:
        with interrupts_put_off():
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
            self.heard.append("end of the block")

    def and_one_comes_later(self) -> None:
        signal.raise_signal(signal.SIGINT)

    def then_none_is_heard_before_its_end(self) -> None:
        assert self.heard == ["end of the block", "interrupt", "interrupt"]


class NothingPutOff(vedro.Scenario):
    subject = "where no interrupt comes none is told"

    def given_somebody_who_listens(self) -> None:
        self.heard: list[int] = []
        earlier = signal.signal(signal.SIGINT, lambda number, _: self.heard.append(number))
        vedro.defer(signal.signal, signal.SIGINT, earlier)

    def when_the_block_is_quiet(self) -> None:
        with interrupts_put_off():
            pass

    def then_nothing_is_heard(self) -> None:
        assert self.heard == []
