import base64
import re
from collections.abc import Callable
from pathlib import Path

import polars as pl
import vedro
from vedro import catched, params

from tests.contexts.points import make_points
from vedro_profiling.errors import FileFormatError, MissingFileError, SchemaError
from vedro_profiling.storage.frame import in_order
from vedro_profiling.storage.parquet import read_facts, read_parquet, scan_parquet, write_parquet
from vedro_profiling.storage.seal import UNSEALED, is_broken


class PointsComeBack(vedro.Scenario):
    subject = "points written to Parquet are read again, also when there are none"

    @params(3)
    @params(0)
    def __init__(self, readings: int) -> None:
        self.readings = readings

    def given_points_of_two_methods(self) -> None:
        default = make_points(readings=self.readings, method="default", branch="main")
        self.points = in_order(pl.concat([default, make_points(readings=self.readings, branch=None)]))

    def when_they_are_written(self) -> None:
        self.place = vedro.create_tmp_dir() / "profiling.parquet"
        write_parquet(self.points, str(self.place))

    def then_they_are_read_again(self) -> None:
        assert in_order(read_parquet(self.place)).equals(self.points)

    def and_lazily_too(self) -> None:
        assert in_order(scan_parquet(self.place).collect()).equals(self.points)

    def and_the_rows_are_sorted_by_method_target_metric_and_time(self) -> None:
        rows = pl.read_parquet(self.place).select("method", "target", "metric", "time").rows()
        assert rows == sorted(rows)

    def and_nothing_is_left_beside(self) -> None:
        assert list(self.place.parent.iterdir()) == [self.place]


class InPieces(vedro.Scenario):
    subject = "points that come in pieces make a file with the same rows, facts and seal as those that come at once"

    def given_points(self) -> None:
        self.points = make_points(readings=9, branch="main")

    def when_they_are_written_in_pieces(self) -> None:
        self.place = vedro.create_tmp_dir() / "profiling.parquet"
        write_parquet(self.points.iter_slices(7), self.place, facts=[{"run": "run-1"}])

    def then_they_are_read_again(self) -> None:
        assert read_parquet(self.place).equals(self.points)

    def and_the_facts(self) -> None:
        assert read_facts(self.place) == [{"run": "run-1"}]
        assert not is_broken(self.place, with_body=True)
        assert UNSEALED.encode() not in self.place.read_bytes()


class PieceThatFails(vedro.Scenario):
    subject = "a piece that is no frame of points is refused, and what stood there still stands"

    def given_a_file(self) -> None:
        self.place = vedro.create_tmp_dir() / "profiling.parquet"
        self.place.write_bytes(b"earlier")

    def when_the_second_piece_is_wrong(self) -> None:
        points = make_points()
        with catched(SchemaError) as self.caught:
            write_parquet([points, points.drop("metric")], self.place)

    def then_it_is_refused(self) -> None:
        assert self.caught.type is SchemaError

    def and_nothing_was_written(self) -> None:
        assert [(path, path.read_bytes()) for path in self.place.parent.iterdir()] == [(self.place, b"earlier")]


class FactsComeBack(vedro.Scenario):
    subject = "the facts of the runs are in the file and can be read without the points"

    def given_facts(self) -> None:
        self.facts: list[dict[str, object]] = [
            {"run": "run-1", "cores": 8, "host": "я", "arguments": ["-r", "rich"]},
            {"run": "run-2"},
        ]

    def when_they_are_written(self) -> None:
        self.place = vedro.create_tmp_dir() / "profiling.parquet"
        write_parquet(make_points(), self.place, facts=self.facts)

    def then_they_are_read_again(self) -> None:
        assert read_facts(self.place) == self.facts

    def and_the_file_tells_its_schema_version(self) -> None:
        assert pl.read_parquet_metadata(self.place)["vedro_profiling.schema_version"] == "1"


class FilesWithoutFactsHaveNone(vedro.Scenario):
    subject = "a file without facts has an empty list of them"

    def when_points_are_written_without_facts(self) -> None:
        self.place = vedro.create_tmp_dir() / "profiling.parquet"
        write_parquet(make_points(), self.place)

    def then_the_list_is_empty(self) -> None:
        assert read_facts(self.place) == []


class FilesOfOtherToolsAreRead(vedro.Scenario):
    subject = "points that another tool has written again are read, whatever it did to dtypes and metadata"

    def given_points_written_by_another_tool(self) -> None:
        self.points = make_points()
        self.place = vedro.create_tmp_dir() / "other.parquet"
        names = pl.selectors.categorical().cast(pl.String)
        self.points.with_columns(names, pl.col("time").dt.cast_time_unit("ns")).drop("service").write_parquet(
            self.place
        )

    def when_they_are_read(self) -> None:
        self.read = read_parquet(self.place)

    def then_they_are_the_same_points(self) -> None:
        assert self.read.equals(self.points)
        assert self.read.schema == self.points.schema

    def and_there_are_no_facts(self) -> None:
        assert read_facts(self.place) == []


class UnusableFilesAreRefused(vedro.Scenario):
    subject = "a file that {fault} is refused"

    @params("is empty", b"", "is no Parquet file, or a damaged one")
    @params("is something else", b"PK\x03\x04 and more of it", "is no Parquet file, or a damaged one")
    def __init__(self, fault: str, contents: bytes, message: str) -> None:
        self.fault = fault
        self.contents = contents
        self.message = message

    def given_the_file(self) -> None:
        self.place = vedro.create_tmp_dir() / "profiling.parquet"
        self.place.write_bytes(self.contents)

    def when_it_is_read(self) -> None:
        with vedro.catched(FileFormatError) as self.caught:
            read_parquet(self.place)

    def and_when_its_facts_are_read(self) -> None:
        with vedro.catched(FileFormatError) as self.caught_with_facts:
            read_facts(self.place)

    def then_file_and_fault_are_named(self) -> None:
        for caught in (self.caught, self.caught_with_facts):
            assert str(caught.value).startswith(f"{self.place} {self.message}")


class DamagedFilesAreRefused(vedro.Scenario):
    subject = "a file of {whom} whose pages are damaged is refused, though its footer is whole"

    @params("ours", write_parquet)
    @params("another tool", pl.DataFrame.write_parquet)
    def __init__(self, whom: str, write: Callable[[pl.DataFrame, Path], None]) -> None:
        self.whom = whom
        self.write = write

    def given_a_file_with_damaged_pages(self) -> None:
        self.place = vedro.create_tmp_dir() / "profiling.parquet"
        self.write(make_points(readings=500, value_at=lambda reading: reading**1.5), self.place)
        contents = bytearray(self.place.read_bytes())
        contents[100:2000] = bytes(1900)
        self.place.write_bytes(contents)

    def when_it_is_read(self) -> None:
        with vedro.catched(FileFormatError) as self.caught:
            read_parquet(self.place)

    def then_the_file_is_named(self) -> None:
        assert str(self.caught.value).startswith(f"{self.place} is no Parquet file, or a damaged one")


class AFlippedBitIsSeen(vedro.Scenario):
    subject = "a single bit flipped in the pages, which gives other values in silence, is refused"

    def given_a_file_with_a_flipped_bit(self) -> None:
        self.place = vedro.create_tmp_dir() / "profiling.parquet"
        write_parquet(make_points(), self.place, facts=[{"run": "run-1"}])
        contents = bytearray(self.place.read_bytes())
        contents[contents.index(b"\x28\xb5\x2f\xfd") + 20] ^= 1
        self.place.write_bytes(contents)

    def when_it_is_read(self) -> None:
        with vedro.catched(FileFormatError) as self.caught:
            read_parquet(self.place)

    def then_the_checksum_is_named(self) -> None:
        assert str(self.caught.value).startswith(
            f"{self.place} is no Parquet file, or a damaged one (its checksum does not fit). Copy or record it anew"
        )

    def and_the_footer_can_still_be_read(self) -> None:
        assert read_facts(self.place) == [{"run": "run-1"}]


class PanicsAreErrors(vedro.Scenario):
    subject = (
        "what makes Polars panic in a file of another tool is an error that names the file: a time zone that is none"
    )

    def given_a_file_whose_time_zone_is_damaged(self) -> None:
        self.place = vedro.create_tmp_dir() / "other.parquet"
        make_points().write_parquet(self.place)
        contents = self.place.read_bytes()
        schema = re.findall(rb"[A-Za-z0-9+/]{500,}=*", contents)[-1]
        damaged = base64.b64encode(base64.b64decode(schema).replace(b"UTC\0", b"UTX\0"))
        assert damaged != schema
        self.place.write_bytes(contents.replace(schema, damaged))

    def when_it_is_read(self) -> None:
        with vedro.catched(FileFormatError) as self.caught:
            read_parquet(self.place)

    def then_the_file_is_named_in_one_line(self) -> None:
        assert str(self.caught.value).startswith(f"{self.place} is no Parquet file, or a damaged one (")
        assert len(str(self.caught.value).splitlines()) == 1


class DamagedFactsAreRefused(vedro.Scenario):
    subject = "facts that are {facts!r} are damage"

    @params("{")
    @params("5")
    @params("[5]")
    @params("[" * 100_000)
    def __init__(self, facts: str) -> None:
        self.facts = facts

    def given_a_file_with_them(self) -> None:
        self.place = vedro.create_tmp_dir() / "profiling.parquet"
        make_points().write_parquet(self.place, metadata={"vedro_profiling.runs": self.facts})

    def when_they_are_read(self) -> None:
        with vedro.catched(FileFormatError) as self.caught:
            read_facts(self.place)

    def then_the_file_is_named(self) -> None:
        assert str(self.caught.value).startswith(f"{self.place} is no Parquet file, or a damaged one (")


class ForeignTablesAreRefused(vedro.Scenario):
    subject = "a Parquet file of something else is refused, and the message lists its columns"

    def given_a_table_of_something_else(self) -> None:
        self.place = vedro.create_tmp_dir() / "orders.parquet"
        pl.DataFrame({"order": [1], "amount": [2.0]}).write_parquet(self.place)

    def when_it_is_read(self) -> None:
        with vedro.catched(FileFormatError) as self.caught:
            read_parquet(self.place)

    def then_the_message_says_what_it_holds(self) -> None:
        assert f"{self.place} is Parquet, but holds no points" in str(self.caught.value)
        assert "there are: order, amount" in str(self.caught.value)


class UnusableValuesAreRefused(vedro.Scenario):
    subject = "a Parquet file with a value that is NaN is refused"

    def given_points_with_a_nan(self) -> None:
        self.place = vedro.create_tmp_dir() / "nan.parquet"
        points = make_points().with_columns(value=pl.lit(float("nan")))
        points.write_parquet(self.place)

    def when_it_is_read(self) -> None:
        with vedro.catched(FileFormatError) as self.caught:
            read_parquet(self.place)

    def then_the_message_names_file_and_column(self) -> None:
        assert str(self.caught.value).startswith(f"{self.place} holds points that cannot be used: Column 'value'")


class NewerFilesAreRefused(vedro.Scenario):
    subject = "a file of the schema version {version!r} is refused with the advice to update"

    @params("2")
    @params("9" * 5000)
    @params("x")
    def __init__(self, version: str) -> None:
        self.version = version

    def given_a_file_of_that_version(self) -> None:
        self.place = vedro.create_tmp_dir() / "profiling.parquet"
        make_points().write_parquet(self.place, metadata={"vedro_profiling.schema_version": self.version})

    def when_it_is_scanned(self) -> None:
        with vedro.catched(FileFormatError) as self.caught:
            scan_parquet(self.place)

    def then_both_versions_are_told(self) -> None:
        assert f"{self.place} has schema version {self.version}, expected at most 1" in str(self.caught.value)


class MissingFilesAreNamed(vedro.Scenario):
    subject = "a file that is not there is missing"

    def given_a_place_without_a_file(self) -> None:
        self.place = vedro.create_tmp_dir() / "no-such.parquet"

    def when_it_is_scanned(self) -> None:
        with vedro.catched(MissingFileError) as self.caught:
            scan_parquet(self.place)

    def then_it_is_named(self) -> None:
        assert str(self.caught.value) == f"There is no file {self.place}. Check the path."


class WrongFramesAreNotWritten(vedro.Scenario):
    subject = "a frame that is none of points is not written"

    def when_something_else_is_written(self) -> None:
        self.folder = vedro.create_tmp_dir()
        with vedro.catched(SchemaError) as self.caught:
            write_parquet(make_points().drop("time"), self.folder / "profiling.parquet")

    def then_it_is_refused(self) -> None:
        assert "missing: time" in str(self.caught.value)

    def and_there_is_no_file(self) -> None:
        assert list(self.folder.iterdir()) == []
