"""Lists and pairs as they are written on a command line."""

from vedro_profiling.errors import OptionError

__all__ = ("names", "pair")


def names(text: str | None) -> list[str]:
    """Split names at commas.

    >>> names("default, docker")
    ['default', 'docker']
    """
    return [] if text is None else [name.strip() for name in text.split(",")]


def pair(option: str, text: str) -> tuple[str, str]:
    """Split a name from its value.

    Raises
    ------
    OptionError
        If there is no `=` between them.

    Examples
    --------
    >>> pair("--tag", "branch=main")
    ('branch', 'main')
    """
    name, equals, value = text.partition("=")
    if not equals:
        raise OptionError(f"{option} {text!r}: expected NAME=VALUE, such as branch=main")
    return name, value
