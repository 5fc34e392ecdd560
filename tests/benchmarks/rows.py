"""What a benchmark says: a row per figure, with what it must reach where something was promised."""

import statistics
from collections.abc import Iterable
from typing import NamedTuple

__all__ = (
    "Row",
    "Spread",
    "claim",
    "figure",
)


class Spread(NamedTuple):
    """The middle of several measurements, and how far they lay apart."""

    median: float
    lowest: float
    highest: float

    @classmethod
    def of(cls, values: Iterable[float]) -> "Spread":
        measured = list(values)
        return cls(statistics.median(measured), min(measured), max(measured))


class Row(NamedTuple):
    """One line of the table."""

    what: str
    measured: str
    must: str = ""
    held: bool | None = None
    """Whether what was promised was reached; None for a figure that nothing was promised of."""


def figure(what: str, value: float | Spread, unit: str = "") -> Row:
    """Tell a value that nothing was promised of."""
    return Row(what, _text(value, unit))


def claim(
    what: str, value: float | Spread, unit: str = "", *, at_least: float | None = None, at_most: float | None = None
) -> Row:
    """Hold a value, or the median of several, against its bounds."""
    judged = value.median if isinstance(value, Spread) else value
    is_enough = at_least is None or judged >= at_least
    is_within = at_most is None or judged <= at_most
    return Row(what, _text(value, unit), _bounds(at_least, at_most) + unit, is_enough and is_within)


def _bounds(at_least: float | None, at_most: float | None) -> str:
    if at_least is None:
        return f"at most {at_most:g}"
    return f"at least {at_least:g}" if at_most is None else f"{at_least:g} to {at_most:g}"


def _text(value: float | Spread, unit: str) -> str:
    if isinstance(value, Spread):
        return f"{value.median:.4g}{unit} ({value.lowest:.4g} to {value.highest:.4g})"
    return f"{value:.4g}{unit}"
