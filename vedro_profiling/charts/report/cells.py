"""What the tables of the report are made of: cells that show a text, and know the exact value behind it."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from vedro_profiling.reporting.amounts import duration, megabytes, percent

__all__ = (
    "Cell",
    "Column",
    "Table",
    "count",
    "data",
    "measured",
    "memory",
    "name",
    "plain_number",
    "seconds",
    "share",
    "span",
)

_BYTES_PER_MB: Final = 1e6
_MINUTE: Final = 60
_HOUR: Final = 3600
_SYMBOLS: Final = {"percent": "%", "megabytes": "MB", "milliseconds": "ms", "bytes": "B"}


class Column(NamedTuple):
    """A column of a table: its title, and what a reader may have to be told of it."""

    title: str
    hint: str = ""
    is_name: bool = False


class Cell(NamedTuple):
    """A text, the exact number behind it, and the tone it is said in."""

    text: str
    value: float | None = None
    tone: str = ""
    """`good`, `bad` or `unsure`; empty for what is no judgement."""
    detail: str = ""
    """What stands below the text, smaller."""
    stretch: tuple[int, int] | None = None
    """When that was, for a look at the timeline: milliseconds since the epoch."""


class Table(NamedTuple):
    """Rows under their columns; the first cell of a row names it."""

    id: str
    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    sorted_by: str = ""
    """The title of the column whose values fall from row to row."""
    left_out: int = 0
    """How many rows there were beside these."""


def name(text: object, *, tone: str = "", detail: object = "", stretch: tuple[int, int] | None = None) -> Cell:
    """Show a name.

    >>> name("app").text
    'app'
    """
    return Cell("-" if text is None else str(text), tone=tone, detail=str(detail or ""), stretch=stretch)


def count(value: float | None) -> Cell:
    """Show a whole number.

    >>> count(12345).text
    '12,345'
    """
    return Cell("-" if value is None else f"{value:,.0f}", value)


def plain_number(value: float | None) -> Cell:
    """Show a number whose unit is not known, with six digits that count.

    >>> plain_number(1234.56789).text
    '1,234.57'
    """
    return Cell("-" if value is None else f"{value:,.6g}", value)


def measured(value: float | None, unit: str) -> Cell:
    """Show an amount of a metric, in its unit.

    >>> measured(512, "megabytes").text, measured(0.5, "").text
    ('512 MB', '0.5')
    """
    text = plain_number(value).text
    return Cell(text if value is None else f"{text} {_SYMBOLS.get(unit, unit)}".strip(), value)


def share(value: float | None) -> Cell:
    """Show a percentage."""
    return Cell(percent(value), value)


def seconds(value: float | None) -> Cell:
    """Show an amount of time."""
    return Cell(duration(value), value)


def memory(value: float | None) -> Cell:
    """Show an amount of memory, given in megabytes."""
    return Cell(megabytes(value), value)


def data(value: float | None) -> Cell:
    """Show bytes, as megabytes unless there are few.

    >>> data(2_500_000).text, data(1200).text
    ('2.5 MB', '1.2 kB')
    """
    if value is not None and 0 < value < _BYTES_PER_MB / 10:
        return Cell(f"{value / 1e3:,.1f} kB", value)
    return Cell(megabytes(None if value is None else value / _BYTES_PER_MB), value)


def span(value: float) -> str:
    """Say how long something took, as people do.

    >>> span(4.97), span(192.4), span(3725)
    ('5.0 s', '3 min 12 s', '1 h 02 min')
    """
    if value < _MINUTE:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), _MINUTE)
    return f"{minutes} min {rest} s" if value < _HOUR else f"{minutes // _MINUTE} h {minutes % _MINUTE:02} min"
