"""Each reading of a source beside the one before it, which may have been in an earlier window."""

import polars as pl

__all__ = ("Intervals",)


class Intervals:
    """Pairs readings of cumulative counters, window after window.

    Of each source and counter the last reading is kept, for the first one of the next window.

    Parameters
    ----------
    sources
        A row per source, in the order of their numbers, with `born_at_ns`.
    """

    def __init__(self, sources: pl.DataFrame) -> None:
        self._born_at_ns = sources["born_at_ns"]
        self._last: dict[str, pl.DataFrame] = {}

    def pair(self, readings: pl.DataFrame, column: str, *, name: str) -> pl.DataFrame:
        """Give each reading that has a value the one before it: rows of source, at_ns, the column, since_ns, before.

        Before the first reading there was nothing, so both are null; but a counter that was born in the run was 0 then.

        Parameters
        ----------
        readings
            Those of one window, sorted by source and instant.
        column
            The counter.
        name
            What the pairs are for: each name has its own last readings.
        """
        found = readings.lazy().filter(pl.col(column).is_not_null()).select("source", "at_ns", column, is_new=True)
        # The sort is stable, and what was read earlier stands before what was read later already.
        series = [self._last[name].lazy(), found] if name in self._last else [found]
        rows = pl.concat(series).sort("source", "at_ns", maintain_order=True)
        is_first = pl.col("source").ne_missing(pl.col("source").shift())
        born_at_ns = pl.lit(self._born_at_ns).gather(pl.col("source"))
        pairs = rows.with_columns(
            since_ns=pl.when(is_first).then(born_at_ns).otherwise(pl.col("at_ns").shift()),
            before=pl.when(is_first).then(pl.when(born_at_ns.is_not_null()).then(0)).otherwise(pl.col(column).shift()),
        ).collect()
        is_last = pl.col("source").ne_missing(pl.col("source").shift(-1))
        self._last[name] = pairs.filter(is_last).select("source", "at_ns", column, is_new=False)
        return pairs.filter("is_new").drop("is_new")
