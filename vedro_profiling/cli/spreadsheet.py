"""Rows as CSV that a spreadsheet opens without running anything."""

from typing import Final

import polars as pl

__all__ = ("to_csv",)

# What spreadsheets take for the start of a formula, some of them in full width too: OWASP, "CSV Injection".
_FORMULA: Final = r"^[\s\x00-\x1f]*[=+\-@\x{FF1D}\x{FF0B}\x{FF0D}\x{FF20}]|^[\t\r\n]"

_INSTANT: Final = "%Y-%m-%dT%H:%M:%S%.6fZ"


def to_csv(rows: pl.DataFrame) -> bytes:
    r"""Write rows as CSV in UTF-8; an apostrophe stands before each text that would be taken for a formula.

    >>> to_csv(pl.DataFrame({"target": ["=cmd()", "a,b"], "value": [-1.5, 2.0]}))
    b'target,value\n\'=cmd(),-1.5\n"a,b",2.0\n'
    """
    texts = rows.select(pl.col(pl.String, pl.Categorical, pl.Enum))
    safe = rows.with_columns(_quoted(name) for name in texts.columns)
    # A row of its own: two titles may be one once they are safe, and a frame has no column twice.
    titles = pl.DataFrame([rows.columns], schema=rows.columns, orient="row")
    titles = titles.select(_quoted(name) for name in rows.columns)
    return "".join(part.write_csv(include_header=False, datetime_format=_INSTANT) for part in (titles, safe)).encode()


def _quoted(name: str) -> pl.Expr:
    texts = pl.col(name).cast(pl.String)
    return pl.when(texts.str.contains(_FORMULA)).then(pl.lit("'") + texts).otherwise(texts).alias(name)
