"""Texts of others, made safe to print."""

import sys

__all__ = ("plain",)


def plain(text: str, *, encoding: str | None = None) -> str:
    r"""Make a text safe to print: control characters and what the output cannot encode become escapes.

    >>> plain("caf\x1b[31m \N{SNOWMAN}", encoding="ascii")
    'caf\\x1b[31m \\u2603'
    """
    printable = "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)
    target = encoding or sys.stdout.encoding or "utf-8"
    return printable.encode(target, "backslashreplace").decode(target)
