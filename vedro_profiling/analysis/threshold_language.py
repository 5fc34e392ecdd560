"""k6's language of thresholds, read into values: `memory_usage{service:app}` and `p(95)<400`.

Standard library only, so that options can be judged before anything heavy is imported. The grammar is that of k6
(metrics/thresholds_parser.go, ParseMetricName in metrics/metric.go), with three differences: every method may be used
with every metric, a value in quotes may hold a comma, and the number forms NaN, hexadecimal and `1_000` are refused.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from vedro_profiling.errors import OptionError
from vedro_profiling.schema import METRICS

__all__ = (
    "METHODS",
    "OPERATORS",
    "Statistic",
    "Threshold",
    "make_key",
    "parse_key",
    "parse_thresholds",
)

METHODS: Final = ("avg", "min", "max", "med", "p", "count", "rate", "value")
"""What a threshold may judge; `p` needs its percentile, as in `p(95)`."""

OPERATORS: Final = ("<=", ">=", "===", "==", "!=", "<", ">")

_NAME: Final = re.compile(r"[a-zA-Z_]\w{1,128}", re.ASCII)
_ASSERTION: Final = re.compile(r"(?P<method>[^<>=!]*)(?P<operator><=|>=|===|==|!=|<|>)(?P<limit>.*)", re.DOTALL)
_PAIRS: Final = re.compile(r"""(?:^|,)((?::\s*(?:"[^"]*"|'[^']*')|[^,])*)""")
_PERCENTILE: Final = re.compile(r"p\((?P<percent>[^)]*)\)")
_NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_INFINITE: Final = re.compile(r"[+-]?inf(?:inity)?", re.IGNORECASE)
_HIGHEST_PERCENT: Final = 100

_KEY_FORM: Final = "expected a metric name, or metric{tag:value,tag2:value2}, such as 'memory_usage{service:app}'"
_FORM: Final = "expected <avg|min|max|med|p(N)|count|rate|value> <operator> <number>, such as 'max<512' or 'p(95)<=400'"


@dataclass(frozen=True, kw_only=True)
class Statistic:
    """A number to be taken of the points of a metric that bear all tags of `selector`."""

    metric: str
    selector: Mapping[str, str]
    """Tag name to value; empty means all points of the metric."""
    method: str
    """One of `METHODS`."""
    percentile: float | None = None
    """From 0 to 100 where the method is `p`, else None."""


@dataclass(frozen=True, kw_only=True)
class Threshold(Statistic):
    """A statistic and its limit: what a budget demands."""

    key: str
    """The key as it was written, such as `memory_usage{service:app}`."""
    expression: str
    """The expression as it was written, such as `max<512`."""
    operator: str
    """One of `OPERATORS`."""
    limit: float


def parse_thresholds(thresholds: Mapping[str, str | Sequence[str]]) -> list[Threshold]:
    """Read thresholds in k6's language, one per expression, in their order.

    Parameters
    ----------
    thresholds
        From a metric, or `metric{tag:value,tag2:value2}` (all tags must match; a value may hold `:`, and `,` where it
        stands in quotes), to one expression or several. An expression is a method (`avg`, `min`, `max`, `med`, `p(N)`,
        `count`, `rate`, `value`), an operator (`<`, `<=`, `>`, `>=`, `==`, `===`, `!=`) and a number in the metric's
        unit.

    Raises
    ------
    OptionError
        For a key or expression that cannot be read; the message names it, its fault, and what is allowed.

    Examples
    --------
    >>> first, second = parse_thresholds({"memory_usage{service:app}": ["max<512", "p(95) <= 4e2"]})
    >>> first.metric, first.selector, first.method, first.operator, first.limit
    ('memory_usage', {'service': 'app'}, 'max', '<', 512.0)
    >>> second.method, second.percentile, second.limit
    ('p', 95.0, 400.0)
    """
    if not isinstance(thresholds, Mapping):
        raise OptionError(f"thresholds = {thresholds!r}: expected a dict, such as {{'memory_usage': ['max<512']}}")
    return [
        _parse_expression(key, metric, selector, expression)
        for key, expressions in thresholds.items()
        for metric, selector in [parse_key(key)]
        for expression in _listed(key, expressions)
    ]


def parse_key(key: str) -> tuple[str, dict[str, str]]:
    """Split a key of thresholds into the metric and the tags that a point must bear.

    Raises
    ------
    OptionError
        For a key that cannot be read; the message names it, its fault, and what is allowed.

    Examples
    --------
    >>> parse_key("memory_usage{service:app, 'target': app-1}")
    ('memory_usage', {'service': 'app', 'target': 'app-1'})
    """
    if not isinstance(key, str):
        raise OptionError(f"thresholds[{key!r}]: this key is no text; {_KEY_FORM}")
    name, brace, rest = key.strip().partition("{")
    if not _NAME.fullmatch(name.strip()):
        raise OptionError(f"thresholds[{key!r}]: {name!r} is no name of a metric; {_KEY_FORM}")
    if not brace:
        return name.strip(), {}
    if not rest.endswith("}"):
        raise OptionError(f"thresholds[{key!r}]: the key does not end with '}}'; {_KEY_FORM}")
    return name.strip(), _parse_selector(key, rest[:-1])


def make_key(metric: str, selector: Mapping[str, str]) -> str:
    """Write a metric and tags so that `parse_key` reads them, with a value in quotes that needs them.

    >>> make_key("cpu_time", {"service": "app", "scenario": "buy, pay.py::Scenario"})
    'cpu_time{service:app,scenario:"buy, pay.py::Scenario"}'
    """
    tags = ",".join(f"{tag}:{_quoted(value)}" for tag, value in selector.items())
    return f"{metric}{{{tags}}}" if tags else metric


def _quoted(value: str) -> str:
    if "," not in value and _trimmed(value) == value:
        return value
    quote = "'" if '"' in value else '"'
    return f"{quote}{value}{quote}"


def _parse_selector(key: str, text: str) -> dict[str, str]:
    selector: dict[str, str] = {}
    for pair in _PAIRS.findall(text):
        tag, value = (_trimmed(part) for part in (*pair.split(":", 1), "")[:2])
        if not tag or not value:
            raise OptionError(
                f"thresholds[{key!r}]: {pair!r} is no tag:value (a value with ',' stands in quotes); {_KEY_FORM}"
            )
        if tag in selector:
            raise OptionError(f"thresholds[{key!r}]: tag {tag!r} stands twice, and no point has both; {_KEY_FORM}")
        selector[tag] = value
    return selector


def _trimmed(text: str) -> str:
    return text.strip().strip("\"'")


def _listed(key: str, expressions: Any) -> Sequence[str]:
    listed = [expressions] if isinstance(expressions, str) else expressions
    if not isinstance(listed, Sequence) or not listed or not all(isinstance(text, str) for text in listed):
        raise OptionError(f"thresholds[{key!r}] = {expressions!r}: {_FORM}, or a list of such texts")
    return listed


def _parse_expression(key: str, metric: str, selector: Mapping[str, str], expression: str) -> Threshold:
    try:
        method, percentile, operator, limit = _parse_assertion(expression)
    except ValueError as fault:
        message = f"thresholds[{key!r}] = {expression!r}: {fault}; {_FORM}{_unit_hint(metric)}"
        raise OptionError(message) from None
    return Threshold(
        metric=metric,
        selector=selector,
        method=method,
        percentile=percentile,
        key=key,
        expression=expression,
        operator=operator,
        limit=limit,
    )


def _parse_assertion(expression: str) -> tuple[str, float | None, str, float]:
    parts = _ASSERTION.fullmatch(expression)
    if parts is None:
        raise ValueError(f"there is none of the operators {' '.join(OPERATORS)}")
    method, percentile = _parse_method(parts["method"].strip())
    return method, percentile, parts["operator"], _parse_number(parts["limit"].strip())


def _parse_method(text: str) -> tuple[str, float | None]:
    percentile = _PERCENTILE.fullmatch(text)
    if percentile is not None:
        return "p", _parse_percent(percentile["percent"])
    if text not in METHODS or text == "p":
        raise ValueError(f"{text!r} is no method")
    return text, None


def _parse_percent(text: str) -> float:
    percent = _parse_number(text)
    if not 0 <= percent <= _HIGHEST_PERCENT:
        raise ValueError(f"{text} is no percentile: those lie between 0 and 100")
    return percent


def _parse_number(text: str) -> float:
    if _INFINITE.fullmatch(text) or (_NUMBER.fullmatch(text) and math.isfinite(float(text))):
        return float(text)
    raise ValueError(f"{text!r} is no number")


def _unit_hint(metric: str) -> str:
    return f"; the unit is {METRICS[metric].unit} already" if metric in METRICS else ""
