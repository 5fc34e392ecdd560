"""Rules such as `cpu_time>+10%`: what breaks them, what does not, and what cannot be judged."""

from typing import Any

import polars as pl
import vedro
from vedro import catched, params

from tests.contexts.compared_runs import make_runs
from vedro_profiling.analysis.comparison import compare
from vedro_profiling.analysis.comparison_rules import regressions
from vedro_profiling.errors import OptionError

FIVE = (100.0, 102.0, 98.0, 101.0, 99.0)
NOISY = (60.0, 140.0, 100.0)


def grown(amounts: tuple[float, ...], factor: float) -> pl.DataFrame:
    return make_runs([amount * factor for amount in amounts])


class EnoughRuns(vedro.Scenario):
    subject = "{rule}, five runs a side, 20 % (20 ms) more: {status}"

    @params("cpu_time>+10%", "broken")
    @params("cpu_time > 10 %", "broken")
    @params("cpu_time>+20.5%", "passed")
    @params("cpu_time{target:app}>+15", "broken")
    @params("cpu_time{service:app-service,scenario:pay.py::Scenario}>+25", "passed")
    @params("cpu_time{subject:pay for a basket}>+0%", "broken")
    @params("memory_peak>+10%", "passed")
    @params("scenario_duration>+20%", "passed")
    def __init__(self, rule: str, status: str) -> None:
        self.rule, self.status = rule, status

    def given_changes(self) -> None:
        self.changes = compare(make_runs(FIVE), grown(FIVE, 1.2)).filter(pl.col("scenario").is_not_null())

    def when_the_rule_is_judged(self) -> None:
        self.verdicts = regressions(self.changes, [self.rule])

    def then_its_status_is_as_expected(self) -> None:
        assert self.verdicts["status"].unique().to_list() == [self.status]

    def and_only_what_did_not_pass_has_a_reason(self) -> None:
        assert self.verdicts["reason"].is_null().all() == (self.status == "passed")


class Reasons(vedro.Scenario):
    subject = "the reason tells {what}"

    @params("from what to what, and how sure that is", FIVE, 1.2, "+20.0 %, from 100 to 120 milliseconds; p = ")
    @params("that the increase may be noise", NOISY, 1.2, "which may be noise: p = ")
    @params("that one run a side cannot be told from noise", (100.0,), 1.2, "bare difference: 1 and 1 runs")
    def __init__(self, what: str, amounts: tuple[float, ...], factor: float, text: str) -> None:
        self.what, self.amounts, self.factor, self.text = what, amounts, factor, text

    def when_the_rule_is_judged(self) -> None:
        changes = compare(make_runs(self.amounts), grown(self.amounts, self.factor))
        self.verdicts = regressions(changes, ["cpu_time{target:app,scenario:pay.py::Scenario}>+10%"])

    def then_the_reason_says_so(self) -> None:
        assert self.text in self.verdicts["reason"].item()


class Statuses(vedro.Scenario):
    subject = "{what}: {status}"

    @params("an increase that may be noise neither passes nor fails", NOISY, 1.2, "not judged")
    @params("a small one among noisy runs is within the limit", NOISY, 1.05, "passed")
    @params("with one run a side the bare difference breaks the rule", (100.0,), 1.2, "broken")
    @params("or keeps it", (100.0,), 1.05, "passed")
    @params("with two runs as well", (90.0, 110.0), 1.2, "broken")
    def __init__(self, what: str, amounts: tuple[float, ...], factor: float, status: str) -> None:
        self.what, self.amounts, self.factor, self.status = what, amounts, factor, status

    def when_the_rule_is_judged(self) -> None:
        changes = compare(make_runs(self.amounts), grown(self.amounts, self.factor))
        self.verdicts = regressions(changes, ["cpu_time>+10%"])

    def then_the_status_is_as_expected(self) -> None:
        assert self.verdicts["status"].unique().to_list() == [self.status]


class Irrelevant(vedro.Scenario):
    subject = "what is not more than `absolute` breaks no rule"

    def when_the_rule_is_judged(self) -> None:
        changes = compare(make_runs([2]), make_runs([4]))
        self.verdicts = regressions(changes, ["cpu_time>+10%"], absolute={"cpu_time": 5})

    def then_it_passes(self) -> None:
        assert self.verdicts["status"].unique().to_list() == ["passed"]


class FromNothing(vedro.Scenario):
    subject = "any increase from nothing is more than 10 %, and its reason does without a share"

    def when_the_rule_is_judged(self) -> None:
        rule = "cpu_time{target:app,scenario:pay.py::Scenario}>+10%"
        self.verdicts = regressions(compare(make_runs([0]), make_runs([3])), [rule])

    def then_it_is_broken(self) -> None:
        assert self.verdicts["status"].item() == "broken"
        assert self.verdicts["reason"].item().startswith("from 0 to 3 milliseconds")


class Host(vedro.Scenario):
    subject = "the host is judged only where a rule names it"

    def given_changes(self) -> None:
        self.changes = compare(make_runs([100]), make_runs([120]))

    def when_rules_with_and_without_its_name_are_judged(self) -> None:
        self.verdicts = regressions(self.changes, ["cpu_time>+10%", "cpu_time{target:system}>+10%"])

    def then_it_is_there_only_for_the_second(self) -> None:
        hosts = self.verdicts.filter(target="system")
        assert hosts["rule"].unique().to_list() == ["cpu_time{target:system}>+10%"]


class NewScenario(vedro.Scenario):
    subject = "a scenario that one side does not have breaks no rule"

    def given_a_new_scenario(self) -> None:
        self.head = pl.concat([make_runs([100]), make_runs([900], scenario="new.py::Scenario")])

    def when_the_rule_is_judged(self) -> None:
        self.verdicts = regressions(compare(make_runs([100]), self.head), ["cpu_time>+10%"])

    def then_only_the_old_one_is_judged(self) -> None:
        assert self.verdicts.select("scenario", "status").rows() == [("pay.py::Scenario", "passed")]


class ToldOnce(vedro.Scenario):
    subject = "a change in {scenarios} is told once for each, and not again for the whole run"

    @params("one scenario", ["pay.py::Scenario"])
    @params("two scenarios", ["ask.py::Scenario", "pay.py::Scenario"])
    def __init__(self, scenarios: str, names: list[str]) -> None:
        self.scenarios, self.names = scenarios, names

    def given_runs(self) -> None:
        self.base, self.head = (
            pl.concat([make_runs([amount], scenario=name) for name in self.names]) for amount in (100, 200)
        )

    def when_the_rule_is_judged(self) -> None:
        self.verdicts = regressions(compare(self.base, self.head), ["cpu_time{target:app}>+10%"])

    def then_each_scenario_is_there_once(self) -> None:
        assert sorted(self.verdicts["scenario"]) == self.names
        assert set(self.verdicts["status"]) == {"broken"}


class OutsideScenarios(vedro.Scenario):
    subject = "the whole run is judged for {what}"

    @params("a target that no scenario met", "before.py::Scenario", None)
    @params("a target whose scenarios the sides do not share", "before.py::Scenario", "after.py::Scenario")
    def __init__(self, what: str, base: str, head: str | None) -> None:
        self.what, self.names = what, (base, head)

    def given_runs(self) -> None:
        base, head = self.names
        self.base, self.head = make_runs([100], scenario=base), make_runs([200], scenario=head or base)
        if head is None:
            self.base, self.head = (
                points.with_columns(scenario=pl.when(pl.col("target") != "app").then("scenario"))
                for points in (self.base, self.head)
            )

    def when_the_rule_is_judged(self) -> None:
        self.verdicts = regressions(compare(self.base, self.head), ["cpu_time{target:app}>+10%"])

    def then_it_is_broken_by_the_run(self) -> None:
        assert self.verdicts.select("scenario", "status").rows() == [(None, "broken")]


class WholeRuns(vedro.Scenario):
    subject = "changes by target alone are judged as whole runs"

    def when_the_rule_is_judged(self) -> None:
        changes = compare(make_runs([100]), make_runs([200]), by=("method", "target"))
        self.verdicts = regressions(changes, ["cpu_time{target:app}>+10%"])

    def then_it_is_broken_once(self) -> None:
        assert self.verdicts["status"].to_list() == ["broken"]


class GuardsNothing(vedro.Scenario):
    subject = "a rule that matches nothing is broken: {rule}"

    @params("cpu_time{target:ap}>+10%", "did you mean 'app'?")
    @params("cpu_time{branch:main}>+10%", "no cpu_time point has a tag 'branch'")
    def __init__(self, rule: str, text: str) -> None:
        self.rule, self.text = rule, text

    def when_it_is_judged(self) -> None:
        self.verdicts = regressions(compare(make_runs([100]), make_runs([100])), [self.rule])

    def then_it_is_broken_and_says_what_there_is(self) -> None:
        (verdict,) = self.verdicts.to_dicts()
        assert verdict["status"] == "broken"
        assert self.text in verdict["reason"]


class NothingInCommon(vedro.Scenario):
    subject = "where the sides share nothing, a rule is broken and says so"

    def given_sides_without_a_common_target(self) -> None:
        changes = compare(make_runs([1], target="a"), make_runs([1], target="b"))
        self.changes = changes.filter(pl.col("target").is_in(["a", "b"]))

    def when_a_rule_is_judged(self) -> None:
        self.verdicts = regressions(self.changes, ["cpu_time>+10%"])

    def then_the_reason_is_told(self) -> None:
        assert self.verdicts.select("status", "reason").rows() == [("broken", "there is nothing that both sides have")]


class Misuse(vedro.Scenario):
    subject = "refused: {rule}"

    @params("cpu_time")
    @params("cpu_time<-10%")
    @params("cpu_time>-10%")
    @params("cpu_time>+10ms")
    @params("cpu_time>+")
    @params("cpu_percent>+10%")
    @params(5)
    def __init__(self, rule: Any) -> None:
        self.rule = rule

    def when_it_is_judged(self) -> None:
        with catched(OptionError) as self.caught:
            regressions(compare(make_runs([1]), make_runs([1])), [self.rule])

    def then_the_rule_and_the_form_are_told(self) -> None:
        assert repr(self.rule) in str(self.caught.value)
        assert "'cpu_time>+10%'" in str(self.caught.value)
