"""Points in portions that fit into memory, none of which cuts what belongs together."""

from collections.abc import Iterator, Sequence
from typing import Final

import polars as pl

__all__ = ("ROWS_OF_A_PORTION", "portions")

ROWS_OF_A_PORTION: Final = 4_000_000
"""About 0.5 GB while they are summarized."""

_ROWS: Final = "__rows"
_PORTION: Final = "__portion"


def portions(points: pl.LazyFrame, keys: Sequence[str], *, rows: int = ROWS_OF_A_PORTION) -> Iterator[pl.LazyFrame]:
    """Cut a query into queries of about so many rows, all rows that are equal in `keys` in one of them.

    Only the keys are read now, in a stream. What has no keys, or is not larger than a portion, stays one query.

    Examples
    --------
    >>> points = pl.LazyFrame({"target": ["app", "db", "app"], "value": [1.0, 2.0, 3.0]})
    >>> [portion.collect().height for portion in portions(points, ["target"], rows=2)]
    [2, 1]
    """
    if not keys or points.select(pl.len()).collect(engine="streaming").item() <= rows:
        yield points
        return
    sizes = points.group_by(keys).agg(pl.len().alias(_ROWS)).collect(engine="streaming").sort(*keys)
    # A key begins a portion where the rows up to its end fill one more than those up to its beginning.
    filled = pl.col(_ROWS).cum_sum().sub(1) // rows
    for portion in sizes.with_columns(filled.alias(_PORTION)).partition_by(_PORTION, maintain_order=True):
        yield points.filter(pl.any_horizontal(_is_key(key) for key in portion.select(keys).iter_rows(named=True)))


def _is_key(key: dict[str, object]) -> pl.Expr:
    # Plain equality lets Parquet skip the row groups in which a name cannot be.
    parts = [pl.col(name).is_null() if value is None else pl.col(name) == value for name, value in key.items()]
    return pl.all_horizontal(parts)
