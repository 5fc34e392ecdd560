"""How amounts are written for people."""

from typing import Final

__all__ = (
    "duration",
    "megabytes",
    "percent",
)

_SHOWN_AS_SECONDS: Final = 0.1


def duration(seconds: float | None) -> str:
    """Write an amount of time in seconds, or in milliseconds where it is short; `-` where there is none.

    >>> duration(1234.5), duration(0.0123), duration(None)
    ('1234.50 s', '12.3 ms', '-')
    """
    if seconds is None:
        return "-"
    return f"{seconds:.2f} s" if seconds >= _SHOWN_AS_SECONDS else f"{seconds * 1000:.1f} ms"


def percent(value: float | None) -> str:
    """Write a percentage.

    >>> percent(12.34)
    '12.3 %'
    """
    return "-" if value is None else f"{value:.1f} %"


def megabytes(value: float | None) -> str:
    """Write an amount of memory.

    >>> megabytes(512)
    '512.0 MB'
    """
    return "-" if value is None else f"{value:.1f} MB"
