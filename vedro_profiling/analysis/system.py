"""Which points are the host's."""

from typing import Final

import polars as pl

from vedro_profiling.schema import DEFAULT_METHOD, SYSTEM_TARGET

__all__ = ("IS_SYSTEM",)

IS_SYSTEM: Final = (pl.col("target") == SYSTEM_TARGET) & (pl.col("method") == DEFAULT_METHOD)
"""The host: its CPU percent has another meaning, its memory dwarfs the rest. A container may bear the same name."""
