"""Queries cut into portions: nothing is lost, nothing that belongs together is cut."""

from collections.abc import Sequence

import polars as pl
import vedro
from vedro import params

from vedro_profiling.analysis.portions import portions

SIZES = {"app": 5, "db": 3, None: 4, "web": 1, "log": 9}


class Portions(vedro.Scenario):
    subject = "portions of about {rows} rows are {count}, and hold every row once and every key whole"

    @params(1, 5)
    @params(6, 3)
    @params(9, 3)
    @params(22, 1)
    @params(100, 1)
    def __init__(self, rows: int, count: int) -> None:
        self.rows, self.count = rows, count

    def given_keys_of_many_sizes_one_of_them_null(self) -> None:
        names = [name for name, size in SIZES.items() for _ in range(size)]
        self.points = pl.DataFrame({"target": names, "row": range(len(names))}).sample(fraction=1, shuffle=True, seed=1)

    def when_they_are_cut(self) -> None:
        cut = portions(self.points.lazy(), ["target"], rows=self.rows)
        self.portions = [portion.collect() for portion in cut]

    def then_there_are_so_many(self) -> None:
        assert len(self.portions) == self.count

    def and_every_row_is_in_one_of_them(self) -> None:
        assert sorted(pl.concat(self.portions)["row"]) == list(range(self.points.height))

    def and_no_key_is_in_two(self) -> None:
        names = [name for portion in self.portions for name in portion["target"].unique()]
        assert len(names) == len(set(names)) == len(SIZES)

    def and_one_portion_is_the_query_itself(self) -> None:
        assert self.count > 1 or self.portions[0].equals(self.points)


class NoKeys(vedro.Scenario):
    subject = "what has no keys is not cut"

    @params([])
    def __init__(self, keys: Sequence[str]) -> None:
        self.keys = keys

    def when_it_is_cut(self) -> None:
        self.portions = list(portions(pl.LazyFrame({"row": range(9)}), self.keys, rows=2))

    def then_it_is_one_portion(self) -> None:
        assert len(self.portions) == 1
