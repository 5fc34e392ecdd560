"""Rows as CSV that a spreadsheet opens without running anything."""

from typing import Final

import polars as pl

__all__ = (
    "to_csv",
    "without_formulas",
)

# What spreadsheets take for the start of a formula, and the full-width signs that some of them take for it too:
# OWASP, "CSV Injection".
_FORMULA: Final = r"^[\s\x00-\x1f]*[=+\-@＝＋－＠]|^[\t\r\n]"  # noqa: RUF001 - they are meant


def to_csv(rows: pl.DataFrame) -> bytes:
    r"""Write rows as CSV in UTF-8; instants in ISO 8601.

    >>> to_csv(pl.DataFrame({"target": ["=1+1", "a,b"], "value": [-1.5, 2.0]}))
    b'target,value\n\'=1+1,-1.5\n"a,b",2.0\n'
    """
    return without_formulas(rows).write_csv(datetime_format="%Y-%m-%dT%H:%M:%S%.6fZ").encode()


def without_formulas(rows: pl.DataFrame) -> pl.DataFrame:
    """Put an apostrophe before each text, titles too, that a spreadsheet would take for a formula.

    >>> without_formulas(pl.DataFrame({"target": ["=cmd()", "app"]}))["target"].to_list()
    ["'=cmd()", 'app']
    """
    names = pl.col(pl.String, pl.Categorical, pl.Enum).cast(pl.String)
    safe = rows.with_columns(
        pl.when(names.str.contains(_FORMULA)).then(pl.concat_str(pl.lit("'"), names)).otherwise(names)
    )
    titles = pl.Series(rows.columns, dtype=pl.String)
    return safe.rename({title: f"'{title}" for title in titles.filter(titles.str.contains(_FORMULA))})
