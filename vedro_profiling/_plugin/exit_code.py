"""What a run exits with: Vedro's own code, but where a budget is broken or an interrupt came too late for Vedro."""

from typing import TYPE_CHECKING, Final, cast

from vedro.core import ExcInfo, Report

if TYPE_CHECKING:
    from types import TracebackType

__all__ = (
    "exits_0",
    "fail",
    "interrupt",
)

_BUDGET_BROKEN: Final = 99
"""The exit code of k6 when a threshold is crossed."""


def exits_0(report: Report, *, no_scenarios_ok: bool) -> bool:
    """Tell whether Vedro will call a run passed; so it does even with one that `sys.exit(0)` cut off."""
    if report.interrupted:
        return isinstance(report.interrupted.value, SystemExit) and report.interrupted.value.code == 0
    return report.failed == 0 and (report.passed > 0 or no_scenarios_ok)


def fail(report: Report) -> None:
    """Make a run exit 99."""
    _cut_off(report, SystemExit(_BUDGET_BROKEN))


def interrupt(report: Report) -> None:
    """Make a run exit, and be shown, as one that was interrupted; so it may be already."""
    if not report.interrupted:
        _cut_off(report, KeyboardInterrupt())


def _cut_off(report: Report, error: BaseException) -> None:
    try:
        raise error
    except type(error) as cut:
        report.set_interrupted(ExcInfo(type(cut), cut, cast("TracebackType", cut.__traceback__)))
