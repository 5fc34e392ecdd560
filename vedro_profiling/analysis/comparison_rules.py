"""Rules of a comparison: which changes are too great, such as `cpu_time>+10%`."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from vedro_profiling.analysis.comparison_measures import COMPARED
from vedro_profiling.analysis.threshold_language import Statistic, parse_key
from vedro_profiling.analysis.threshold_misses import explain_miss
from vedro_profiling.analysis.thresholds import BROKEN, NOT_JUDGED, PASSED
from vedro_profiling.errors import OptionError
from vedro_profiling.schema import DEFAULT_METHOD, METRICS, SYSTEM_TARGET

__all__ = ("regressions",)

_LIMIT: Final = re.compile(r"\+?(?P<number>\d+(?:\.\d+)?|\.\d+)\s*(?P<percent>%?)", re.ASCII)
_FORM: Final = (
    "expected <metric>{tag:value}>+<number> in the unit of the metric, or a share with %, such as 'cpu_time>+10%' or "
    f"'memory_peak{{target:app}}>+50', of one of {', '.join(COMPARED)}"
)
_WHOLE: Final = 1000
_HOST: Final = {"target": SYSTEM_TARGET, "method": DEFAULT_METHOD}
_NUMBERS: Final = ("base", "head", "difference", "ratio")


@dataclass(frozen=True)
class _Rule:
    text: str
    whose: Statistic
    limit: float
    is_share: bool

    def excess(self, change: Mapping[str, Any]) -> float:
        """Tell by how much a change is beyond the limit, in the unit of its metric."""
        allowed = self.limit / 100 * abs(change["base"]) if self.is_share else self.limit
        return float(change["difference"] - allowed)


def regressions(
    changes: pl.DataFrame,
    rules: Iterable[str],
    *,
    absolute: Mapping[str, float] | None = None,
    confidence: float = 0.95,
) -> pl.DataFrame:
    """Judge rules such as `cpu_time>+10%` on what `compare` found, one row for each rule and change.

    A rule is broken by a change that is greater than it allows, and, with three or more runs a side, more than
    noise (`p` at most 1 - `confidence`); where it is greater and may be noise, it is not judged. With fewer runs
    the bare difference is all there is: it breaks the rule, and the reason says so. Scenarios that one side does not
    have are passed over, and so is the host, unless the rule names `target:system`. A rule for which no change is
    left is broken, for it guards nothing.

    Where `changes` tell scenarios apart, scenarios are judged, each by itself. A whole run would tell their changes a
    second time, and grow with each scenario that is added: it is judged for what no scenario that both sides have
    tells of, such as a container that ran before them. Changes by `("method", "target")` are all of whole runs.

    Parameters
    ----------
    changes
        What `compare` returned.
    rules
        A metric, or `metric{tag:value,tag2:value2}` (columns of `changes` that must match), then `>`, then what
        an increase may be at most: `+10%` of the base, or `+50` in the unit of the metric.
    absolute
        Differences up to these amounts break no rule, by metric and in its unit; as given to `compare`.
    confidence
        As given to `compare`.

    Returns
    -------
    DataFrame
        Columns: `rule`, the columns of `changes` that name a row (`scenario`, `target`, ...), `metric`, `base`,
        `head`, `difference`, `ratio`, `status` ("broken", "not judged" or "passed") and `reason`, null when passed.

    Raises
    ------
    OptionError
        For a rule that cannot be read; the message names it, and what is allowed.

    Examples
    --------
    >>> changes = pl.DataFrame({
    ...     "target": ["app", "db"], "metric": "cpu_time", "base": 100.0, "head": [130.0, 104.0],
    ...     "difference": [30.0, 4.0], "ratio": [1.3, 1.04], "base_runs": 5, "head_runs": 5, "p": [0.001, 0.4],
    ... })
    >>> regressions(changes, ["cpu_time>+10%"]).select("target", "status").rows()
    [('app', 'broken'), ('db', 'passed')]
    """
    names = changes.columns[: changes.columns.index("metric")]
    comparable = changes.filter(pl.col("difference").is_not_null())
    rows: list[dict[str, Any]] = []
    for rule in [_parse(text) for text in rules]:
        meant = _meant(comparable, rule, names)
        for change in meant.iter_rows(named=True):
            status, reason = _judge(rule, change, absolute or {}, 1 - confidence)
            rows.append({**change, "rule": rule.text, "status": status, "reason": reason})
        if meant.is_empty():
            miss = _miss(comparable, rule, names)
            rows.append({"rule": rule.text, "metric": rule.whose.metric, "status": BROKEN, "reason": miss})
    columns = ["rule", *names, "metric", *_NUMBERS, "status", "reason"]
    dtypes = {name: pl.Float64 if name in _NUMBERS else pl.String for name in columns}
    return pl.DataFrame([{name: row.get(name) for name in columns} for row in rows], dtypes)


def _parse(text: str) -> _Rule:
    key, sign, limit = text.rpartition(">") if isinstance(text, str) else ("", "", "")
    amount = _LIMIT.fullmatch(limit.strip())
    if not sign or amount is None:
        raise OptionError(f"rule {text!r}: {_FORM}")
    metric, selector = parse_key(key)
    if metric not in COMPARED:
        raise OptionError(f"rule {text!r}: {metric!r} is not compared; {_FORM}")
    whose = Statistic(metric=metric, selector=selector, method="value")
    return _Rule(text, whose, float(amount["number"]), is_share=bool(amount["percent"]))


def _meant(changes: pl.DataFrame, rule: _Rule, names: Sequence[str]) -> pl.DataFrame:
    """Select the changes that a rule is about."""
    selector = rule.whose.selector
    if not set(selector) <= set(names):
        return changes.clear()
    tags = [pl.col(tag) == value for tag, value in selector.items()]
    is_host = [pl.col(name) == value for name, value in _HOST.items() if name in names]
    if "target" in names and "target" not in selector:
        tags.append(~pl.all_horizontal(is_host))
    meant = changes.filter(pl.all_horizontal(pl.col("metric") == rule.whose.metric, *tags))
    return _told_once(meant, names) if "scenario" in names else meant


def _told_once(changes: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """Leave out whole runs whose scenarios are there."""
    is_of_scenario = pl.col("scenario").is_not_null()
    others = [name for name in names if name not in {"scenario", "subject"}]
    return changes.filter(is_of_scenario | ~is_of_scenario.any().over("metric", *others))


def _miss(changes: pl.DataFrame, rule: _Rule, names: Sequence[str]) -> str:
    if changes.is_empty():
        return "there is nothing that both sides have"
    return explain_miss(changes.select(*names, "metric"), rule.whose)


def _judge(
    rule: _Rule, change: Mapping[str, Any], absolute: Mapping[str, float], chance: float
) -> tuple[str, str | None]:
    if rule.excess(change) <= 0 or change["difference"] <= absolute.get(rule.whose.metric, 0.0):
        return PASSED, None
    if change["p"] is None:
        runs = f"{change['base_runs']} and {change['head_runs']} runs"
        return BROKEN, f"{_told(change)}; that is the bare difference: {runs} do not tell noise from change"
    if change["p"] <= chance:
        return BROKEN, f"{_told(change)}; p = {change['p']:.2g}"
    return NOT_JUDGED, f"{_told(change)}, which may be noise: p = {change['p']:.2g}; record more runs"


def _told(change: Mapping[str, Any]) -> str:
    share = "" if change["ratio"] is None else f"{(change['ratio'] - 1) * 100:+.1f} %, "
    base, head = (_amount(change[side]) for side in ("base", "head"))
    return f"{share}from {base} to {head} {METRICS[change['metric']].unit}"


def _amount(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= _WHOLE else f"{value:.3g}"
