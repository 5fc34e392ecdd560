"""What is written is what is read again, whatever the names are, through either format."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import polars as pl
import vedro
from vedro import params

from tests.contexts.points import make_points
from vedro_profiling.storage import load, scan, write_ndjson, write_parquet
from vedro_profiling.storage.frame import as_points, in_order

NAMES: Final = [
    "",
    "null",
    "{}",
    '{"env":"ci"}}}',
    "]],[[",
    'quo"te',
    "back\\slash\\",
    "line\nbreak\r\n",
    "tab\tbell\x07nul\x00\x01\x1f\x7f",
    "line\u2028paragraph\u2029next\x85",
    "<script>&amp;</script>",
    "сценарий",
    "例え",
    "😀👩\u200d💻",
    "\ufeff\ufffd",
    "  blanks  ",
    "é",
    "e\u0301",
]
VALUES: Final = [0.0, -0.0, 5.0, 0.1, 1 / 3, 1e-7, 5e-324, 1.7976931348623157e308, -123456789.123, 2.0**53 + 2]
PLACES: Final = ("profiling.ndjson", "profiling.ndjson.gz", "profiling.parquet")


def each_file(init: Any) -> Any:
    for name in PLACES:
        init = params(name, write_parquet if name.endswith(".parquet") else write_ndjson)(init)
    return init


class NastyNamesSurvive(vedro.Scenario):
    subject = "names of all kinds, in every column, come back from {name}"

    @each_file
    def __init__(self, name: str, write: Callable[[pl.DataFrame, Path], None]) -> None:
        self.name = name
        self.write = write

    def given_points_with_nasty_names_and_values(self) -> None:
        height = len(NAMES) * len(VALUES)
        names = pl.Series([*NAMES, None] * len(VALUES))[:height].cast(pl.Categorical)
        points = make_points(targets=["app"], metrics=["cpu_time"], readings=height).with_columns(
            value=pl.Series(VALUES * len(NAMES))
        )
        columns = ["target", "service", "scenario", "subject", 'qu"ote', "line\n{", "тег", "😀"]
        shifted = [names.gather((pl.int_range(height, eager=True) + by) % height) for by in range(len(columns))]
        self.points = in_order(
            as_points(points.with_columns(s.alias(c) for s, c in zip(shifted, columns, strict=True)))
        )

    def when_they_are_written_and_loaded(self) -> None:
        self.place = vedro.create_tmp_dir() / self.name
        self.write(self.points, self.place)
        self.loaded = load(self.place, strict=True)

    def then_they_are_the_same(self) -> None:
        assert self.loaded.schema == self.points.schema
        assert self.loaded.equals(self.points)

    def and_every_value_has_the_same_bits(self) -> None:
        assert list(map(float.hex, self.loaded["value"])) == list(map(float.hex, self.points["value"]))

    def and_scanned_they_are_the_same_too(self) -> None:
        assert in_order(scan(self.place).collect()).equals(self.points)


class NastyMetricsSurvive(vedro.Scenario):
    subject = "metric names that k6 would not allow come back from {name} too"

    @each_file
    def __init__(self, name: str, write: Callable[[pl.DataFrame, Path], None]) -> None:
        self.name = name
        self.write = write

    def given_points_of_nasty_metrics(self) -> None:
        self.points = make_points(metrics=[name for name in NAMES if name])

    def when_they_are_written_and_loaded(self) -> None:
        place = vedro.create_tmp_dir() / self.name
        self.write(self.points, place)
        self.loaded = load(place, strict=True)

    def then_they_are_the_same(self) -> None:
        assert self.loaded.equals(self.points)
