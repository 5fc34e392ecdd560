"""The decorator that gives a scenario a budget."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import vedro
from vedro import params
from vedro.core import VirtualScenario

from vedro_profiling import budget
from vedro_profiling._plugin.budget import of_scenario
from vedro_profiling.analysis.threshold_language import parse_key
from vedro_profiling.errors import OptionError


def make_scenario(name: str = "Buys", **attributes: Any) -> type[vedro.Scenario]:
    """Make a scenario class; written out, it would be one of ours and run."""
    place = {"__module__": "shop", "__file__": str(Path("shop.py").resolve())}
    made: type[vedro.Scenario] = type(name, (vedro.Scenario,), {"subject": "it buys", **place, **attributes})
    return made


def budgets_of(scenario: type[vedro.Scenario]) -> list[tuple[str, str]]:
    return [(each.key, each.expression) for each in of_scenario(VirtualScenario(scenario, []))]


class Forms(vedro.Scenario):
    subject = "a budget may be told as a key with expressions or as a dict, and several of them stack"

    def when_a_scenario_is_decorated(self) -> None:
        by_name = budget("memory_usage{service:app}", "max<512", "p(95)<400")
        by_dict = budget({"cpu_time": "count<500", "memory_peak{service:db}": ["max<64"]})
        self.scenario = by_name(by_dict(make_scenario()))

    def then_all_are_its_own_in_their_order_and_name_it(self) -> None:
        unique_id = VirtualScenario(self.scenario, []).unique_id
        assert budgets_of(self.scenario) == [
            (f"memory_usage{{service:app,scenario:{unique_id}}}", "max<512"),
            (f"memory_usage{{service:app,scenario:{unique_id}}}", "p(95)<400"),
            (f"cpu_time{{scenario:{unique_id}}}", "count<500"),
            (f"memory_peak{{service:db,scenario:{unique_id}}}", "max<64"),
        ]

    def and_a_scenario_without_has_none(self) -> None:
        assert budgets_of(make_scenario()) == []


class OfParams(vedro.Scenario):
    subject = "each instance of a parametrised scenario has the budget, or the one of its own parameters"

    def given_a_scenario_with_parameters(self) -> None:
        @params("small")
        @params[budget("memory_usage", "max<1024")]("big")
        def __init__(scenario: Any, size: str) -> None:  # noqa: N807 - it becomes that method
            scenario.size = size

        self.init = __init__

    def when_it_is_decorated(self) -> None:
        budget("memory_usage", "max<512")(make_scenario(__init__=self.init))
        self.instances = [self.init.__globals__.pop(f"Buys_{number}_VedroScenario") for number in (1, 2)]

    def then_each_is_held_to_its_own(self) -> None:
        expressions = [expression for instance in self.instances for _, expression in budgets_of(instance)]
        assert expressions == ["max<512", "max<1024"]

    def and_each_is_named(self) -> None:
        names = [key.rpartition("::")[2] for instance in self.instances for key, _ in budgets_of(instance)]
        assert names == ["Buys#1}", "Buys#2}"]


class Commas(vedro.Scenario):
    subject = "a scenario with a comma in its name is judged, and its key can be read"

    def when_a_scenario_with_a_comma_is_decorated(self) -> None:
        scenario = budget("cpu_time", "count<1")(make_scenario(name="A,B"))
        self.budget = of_scenario(VirtualScenario(scenario, []))[0]

    def then_the_selector_has_it(self) -> None:
        assert self.budget.selector["scenario"].endswith("::A,B")

    def and_the_key_can_be_read(self) -> None:
        assert parse_key(self.budget.key) == ("cpu_time", self.budget.selector)


class Refused(vedro.Scenario):
    subject = "{what} is refused when the scenario is loaded, with words that help"

    @params("an expression that cannot be read", lambda: budget("memory_usage", "max<512MB"), "budget of shop.Buys: ")
    @params("a budget without a limit", lambda: budget("memory_usage"), "budget of shop.Buys: ")
    @params("something that is no metric", lambda: budget(cast("Any", 7)), "budget of shop.Buys: ")
    @params("the tag scenario", lambda: budget("cpu_time{scenario:x}", "count<1"), "leave that tag out")
    @params("a budget of nothing", lambda: budget, "@budget('memory_usage{service:app}', 'max<512')")
    @params("a dict with a limit beside it", lambda: budget({"cpu_time": "count<5"}, "max<1"), "with ['max<1']: ")
    def __init__(self, what: str, make: Callable[[], Any], words: str) -> None:
        self.what, self.make, self.words = what, make, words

    def when_a_scenario_is_decorated_with_it(self) -> None:
        try:
            self.make()(make_scenario())(make_scenario())
        except OptionError as error:
            self.said = str(error)

    def then_the_error_helps(self) -> None:
        assert self.words in self.said


class WithoutParentheses(vedro.Scenario):
    subject = "the decorator without parentheses is refused at once, before the scenario is lost"

    def when_a_scenario_is_decorated(self) -> None:
        decorator: Any = budget
        with vedro.catched(OptionError) as self.caught:
            decorator(make_scenario())

    def then_the_error_shows_how_it_is_written(self) -> None:
        assert "@budget('memory_usage{service:app}', 'max<512')" in str(self.caught.value)


class NoScenario(vedro.Scenario):
    subject = "a function under the decorator is refused with the form that Vedro has for it"

    def when_a_function_is_decorated(self) -> None:
        decorator: Any = budget("cpu_time", "count<1")
        try:
            decorator(lambda: None)
        except OptionError as error:
            self.said = str(error)

    def then_the_error_shows_that_form(self) -> None:
        assert "@scenario[budget(" in self.said
