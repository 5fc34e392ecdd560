"""Properties: any points come back from every format, and no bytes make anything but points or our own error."""

import gzip
import warnings
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Final

import polars as pl
import vedro
from hypothesis import given
from hypothesis import strategies as st
from vedro import params

from tests.contexts.damage import damaged, genuine_files
from tests.contexts.properties import SETTINGS
from vedro_profiling.errors import ProfilingError
from vedro_profiling.schema import COLUMN_NAMES, METRICS, NAME_COLUMNS
from vedro_profiling.storage import load, read_facts, write_ndjson, write_parquet
from vedro_profiling.storage.frame import as_points, in_order

# Half a surrogate pair is no text that a file can hold.
TEXTS: Final = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
EPOCH: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)
TIMES: Final = st.integers(-(2**63) // 1000, 2**63 // 1000 - 1).map(
    lambda microseconds: EPOCH + timedelta(microseconds=microseconds)  # the years that nanoseconds reach: 1678 to 2262
)
VALUES: Final = st.floats(allow_nan=False, allow_infinity=False)
METRIC_NAMES: Final = st.sampled_from(sorted(METRICS)) | TEXTS.filter(bool)
TAG_NAMES: Final = TEXTS.filter(lambda name: name not in COLUMN_NAMES)


@st.composite
def any_points(draw: st.DrawFn) -> pl.DataFrame:
    """Draw points with all columns and some tags; every tag has a value somewhere, or NDJSON could not tell of it."""
    tags = draw(st.lists(TAG_NAMES, unique=True, max_size=3))
    names = [*NAME_COLUMNS, *tags]
    columns = [TIMES, METRIC_NAMES, VALUES, *(st.none() | TEXTS for _ in names)]
    rows = draw(st.lists(st.tuples(*columns), min_size=1, max_size=6))
    rows.append((*rows[0][: -len(tags)], *("x" for _ in tags)) if tags else rows[0])
    dtypes = {"time": pl.Datetime("us", "UTC"), "metric": pl.String(), "value": pl.Float64()}
    return in_order(as_points(pl.DataFrame(rows, dtypes | dict.fromkeys(names, pl.String()), orient="row")))


class AnyPointsSurvive(vedro.Scenario):
    subject = "any points come back from {name} as they were, to the bit"

    @params("points.ndjson", write_ndjson)
    @params("points.ndjson.gz", write_ndjson)
    @params("points.parquet", write_parquet)
    def __init__(self, name: str, write: Callable[[pl.DataFrame, Path], None]) -> None:
        self.name, self.write = name, write

    def given_a_place(self) -> None:
        self.place = vedro.create_tmp_dir() / self.name

    def then_each_example_survives(self) -> None:
        self.tried = 0

        @SETTINGS
        @given(any_points())
        def survives(points: pl.DataFrame) -> None:
            self.tried += 1
            self.write(points, self.place)
            loaded = load(self.place, strict=True)
            assert loaded.schema == points.schema
            # What is equal in all that the order goes by may stand in another order in NDJSON, which goes by time.
            everything = [pl.all().cast(pl.String)]
            assert loaded.select(everything).sort(pl.all()).equals(points.select(everything).sort(pl.all()))
            assert sorted(map(float.hex, loaded["value"])) == sorted(map(float.hex, points["value"]))

        survives()

    def and_there_were_many(self) -> None:
        assert self.tried >= 100


def told(place: Path) -> str | None:
    """Load a file; return what was raised, if it was one of our errors."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            points = load(place)
            if place.suffix == ".parquet":
                read_facts(place)
        except ProfilingError as error:
            return str(error)
    assert points.columns[: len(COLUMN_NAMES)] == list(COLUMN_NAMES)
    return None


class AnyBytes(vedro.Scenario):
    subject = "any bytes in {name} are points or an error of ours that names the file"

    @params("points.ndjson", lambda contents: contents)
    @params("points.ndjson.gz", lambda contents: contents)
    @params("points.ndjson.gz", gzip.compress)
    @params("points.ndjson.gz", lambda contents: b"\x1f\x8b\x08" + contents)
    @params("points.parquet", lambda contents: contents)
    @params("points.parquet", lambda contents: b"PAR1" + contents + len(contents).to_bytes(4, "little") + b"PAR1")
    def __init__(self, name: str, wrap: Callable[[bytes], bytes]) -> None:
        self.name, self.wrap = name, wrap

    def given_a_place(self) -> None:
        self.place = vedro.create_tmp_dir() / self.name

    def then_each_example_is_one_or_the_other(self) -> None:
        @SETTINGS
        @given(st.binary(max_size=200))
        def is_told(contents: bytes) -> None:
            self.place.write_bytes(self.wrap(contents))
            message = told(self.place)
            assert message is None or str(self.place) in message

        is_told()


def each_kind(init: Any) -> Any:
    for number, file in enumerate(genuine_files()):
        # In a file of another tool Polars may meet what makes it abort; `just bench fuzz` tries those.
        if "another tool" not in file.kind:
            init = params(file.kind, number)(init)
    return init


class AnyDamage(vedro.Scenario):
    subject = "whatever happens to a file of the kind {kind}, it is points or an error of ours that names it"

    @each_kind
    def __init__(self, kind: str, number: int) -> None:
        self.kind, self.number = kind, number

    def given_a_genuine_file(self) -> None:
        self.file = genuine_files()[self.number]
        self.place = vedro.create_tmp_dir() / f"points{self.file.suffix}"

    def then_each_example_is_one_or_the_other(self) -> None:
        @SETTINGS
        @given(st.integers(min_value=0))
        def is_told(seed: int) -> None:
            self.place.write_bytes(damaged(self.file.contents, seed=seed))
            message = told(self.place)
            assert message is None or str(self.place) in message

        is_told()
