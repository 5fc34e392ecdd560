"""Budgets of single scenarios: the decorator, and what becomes of it when its scenario runs."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar

import vedro
from vedro.core import Plugin, PluginConfig, VirtualScenario, get_scenario_meta, set_scenario_meta

from vedro_profiling.analysis.threshold_language import Threshold, make_key, parse_thresholds
from vedro_profiling.errors import OptionError

__all__ = (
    "budget",
    "of_scenario",
)

_BUDGETS: Final = "budgets"
"""Under this key Vedro keeps the budgets of a scenario."""

_USAGE: Final = (
    "above a class: @budget('memory_usage{service:app}', 'max<512'); with a function, as Vedro takes every decorator: "
    "@scenario[budget('memory_usage{service:app}', 'max<512')]('subject'); for one set of parameters: "
    "@params[budget('memory_usage{service:app}', 'max<512')]('big')"
)

_Scenario = TypeVar("_Scenario", bound=type[vedro.Scenario])


class _Owner(Plugin):
    """Whose the budgets are, among all that plugins keep with a scenario."""


_OWNER: Final = _Owner(PluginConfig)


def budget(key: str | Mapping[str, str | Sequence[str]], *expressions: str) -> Callable[[_Scenario], _Scenario]:
    """Give a scenario a budget, which makes the run exit 99 when the scenario breaks it.

    It is judged at the end of a profiled run, over all attempts of the scenario together, and as `thresholds` of the
    whole run are: a budget that matches no point is broken too. A scenario that did not run is not judged. Several
    may stand above each other; those of one set of parameters replace those of the scenario.

    Parameters
    ----------
    key
        A metric, or `metric{tag:value}`; or a dict from such keys to an expression or several.
    expressions
        What must hold, in the metric's unit, such as `max<512` or `p(95)<400` (see `vedro_profiling.check`). The
        CPU time of a scenario in one service is `budget("cpu_time{service:app}", "count<500")`, in milliseconds;
        without a tag it is that of all processes and containers together.

    Raises
    ------
    OptionError
        When the scenario is loaded, if the budget cannot be read; the message names the scenario. Or at once, if
        there is no metric, or a dict and expressions beside it.

    Examples
    --------
    >>> import vedro
    >>> @budget("memory_usage{service:app}", "max<512", "p(95)<400")
    ... @budget({"cpu_time{service:app}": "count<2000"})
    ... class Scenario(vedro.Scenario):
    ...     subject = "buy a cup"
    """
    # Without parentheses it would put a function in the place of the scenario, which Vedro would not miss.
    if isinstance(key, type) or (expressions and not isinstance(key, str)):
        raise OptionError(f"budget of {key!r} with {list(expressions)}: expected a metric and what must hold; {_USAGE}")
    thresholds: Any = {key: list(expressions)} if isinstance(key, str) else key

    def give(scenario: _Scenario) -> _Scenario:
        if not (isinstance(scenario, type) and issubclass(scenario, vedro.Scenario)):
            raise OptionError(f"budget belongs to a scenario and not to {scenario!r}: {_USAGE}")
        budgets = _read(scenario, thresholds)
        earlier: Iterable[Threshold] = get_scenario_meta(scenario, _BUDGETS, plugin=_OWNER, default=())
        set_scenario_meta(scenario, _BUDGETS, (*budgets, *earlier), plugin=_OWNER)
        return scenario

    return give


def _read(scenario: type[vedro.Scenario], thresholds: Any) -> list[Threshold]:
    name = f"{scenario.__module__}.{getattr(scenario, '__vedro__template_name__', scenario.__name__)}"
    try:
        budgets = parse_thresholds(thresholds)
    except OptionError as error:
        raise OptionError(f"budget of {name}: {error}; {_USAGE}") from None
    for each in budgets:
        if "scenario" in each.selector:
            raise OptionError(f"budget of {name}: {each.key!r} names a scenario; leave that tag out")
    return budgets


def of_scenario(scenario: VirtualScenario) -> list[Threshold]:
    """List the budgets of a scenario, each narrowed to its points."""
    budgets: Iterable[Threshold] = scenario.get_meta(_BUDGETS, plugin=_OWNER, default=())
    return [_narrowed(each, scenario.unique_id) for each in budgets]


def _narrowed(threshold: Threshold, scenario: str) -> Threshold:
    selector = {**threshold.selector, "scenario": scenario}
    return replace(threshold, key=make_key(threshold.metric, selector), selector=selector)
