import gzip
import warnings
from datetime import timedelta
from pathlib import Path

import polars as pl
import vedro
from vedro import params

from tests.contexts.points import START, make_points
from vedro_profiling.errors import FileFormatError, MissingFileError, SchemaError
from vedro_profiling.storage import ndjson
from vedro_profiling.storage.frame import in_order
from vedro_profiling.storage.ndjson import read_ndjson, write_ndjson


def read_bytes(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


class InPieces(vedro.Scenario):
    subject = "points that come in pieces make the same {name} as those that come at once"

    @params("profiling.ndjson")
    @params("profiling.ndjson.gz")
    def __init__(self, name: str) -> None:
        self.name = name

    def given_points_in_time_order_of_which_a_metric_comes_late(self) -> None:
        late = make_points(metrics=["cpu_time"], start=START + timedelta(seconds=3))
        self.points = pl.concat([make_points(readings=4), late]).sort("time", maintain_order=True)

    def when_they_are_written_at_once_and_in_pieces(self) -> None:
        self.places = [vedro.create_tmp_dir() / self.name for _ in range(2)]
        write_ndjson(self.points, self.places[0])
        write_ndjson(self.points.iter_slices(5), self.places[1])

    def then_the_files_hold_the_same(self) -> None:
        assert read_bytes(self.places[1]) == read_bytes(self.places[0])

    def and_a_piece_may_be_empty(self) -> None:
        write_ndjson(iter([self.points.clear()]), self.places[0])
        assert read_bytes(self.places[0]) == b""


class TheSuffixDecides(vedro.Scenario):
    subject = "points written to {name} are there again, gzipped: {is_packed}"

    @params("profiling.ndjson", is_packed=False)
    @params("profiling.ndjson.gz", is_packed=True)
    def __init__(self, name: str, *, is_packed: bool) -> None:
        self.name = name
        self.is_packed = is_packed

    def given_points(self) -> None:
        self.points = make_points(branch="main")

    def when_they_are_written(self) -> None:
        self.place = vedro.create_tmp_dir() / self.name
        write_ndjson(self.points, self.place)

    def then_the_file_is_packed_as_its_name_says(self) -> None:
        assert (self.place.read_bytes()[:2] == b"\x1f\x8b") == self.is_packed

    def and_the_points_are_read_again(self) -> None:
        assert in_order(read_ndjson(str(self.place))).equals(self.points)

    def and_nothing_is_left_beside(self) -> None:
        assert list(self.place.parent.iterdir()) == [self.place]


class WrongFramesAreNotWritten(vedro.Scenario):
    subject = "a frame that is none of points is refused before the old file is touched"

    def given_a_file(self) -> None:
        self.place = vedro.create_tmp_dir() / "profiling.ndjson"
        self.place.write_text("old")

    def when_something_else_is_written_over_it(self) -> None:
        with vedro.catched(SchemaError) as self.caught:
            write_ndjson(make_points().drop("value"), self.place)

    def then_it_is_refused(self) -> None:
        assert "missing: value" in str(self.caught.value)

    def and_the_file_is_as_it_was(self) -> None:
        assert self.place.read_text() == "old"


class DamageIsTold(vedro.Scenario):
    subject = "damaged lines are counted in a warning, or are an error when strict"

    def given_a_file_with_two_damaged_lines(self) -> None:
        self.place = vedro.create_tmp_dir() / "profiling.ndjson"
        write_ndjson(make_points(readings=5), self.place)
        lines = self.place.read_bytes().split(b"\n")
        lines[6] = lines[6][:40]
        lines[9] = b"\xff\xfe"
        self.place.write_bytes(b"\n".join(lines))

    def when_it_is_read(self) -> None:
        with warnings.catch_warnings(record=True) as self.told:
            warnings.simplefilter("always")
            self.points = read_ndjson(self.place)

    def and_when_it_is_read_strictly(self) -> None:
        with vedro.catched(FileFormatError) as self.caught:
            read_ndjson(self.place, strict=True)

    def then_the_good_lines_are_read(self) -> None:
        assert self.points.height == 18

    def and_one_warning_tells_how_many_were_not_and_the_first(self) -> None:
        assert [str(warning.message) for warning in self.told] == [
            f"{self.place} has damaged lines: 2, the first is line 7; the other 18 points were read."
        ]

    def and_it_points_to_the_caller(self) -> None:
        assert (self.told[0].category, self.told[0].filename) == (UserWarning, read_here())

    def and_strictly_it_is_an_error(self) -> None:
        assert f"{self.place} has damaged lines: 2, the first is line 7." in str(self.caught.value)


def read_here() -> str:
    return read_here.__code__.co_filename


class ACutStreamIsTold(vedro.Scenario):
    subject = "of a gzip file that breaks off, the points before the break are read and the break is told"

    def given_a_gzip_file_without_its_end(self) -> None:
        self.place = vedro.create_tmp_dir() / "profiling.ndjson.gz"
        write_ndjson(make_points(readings=1000), self.place)
        packed = self.place.read_bytes()
        self.place.write_bytes(packed[: len(packed) // 2])

    def when_it_is_read(self) -> None:
        with warnings.catch_warnings(record=True) as self.told:
            warnings.simplefilter("always")
            self.points = read_ndjson(self.place)

    def and_when_it_is_read_strictly(self) -> None:
        with vedro.catched(FileFormatError) as self.caught:
            read_ndjson(self.place, strict=True)

    def then_many_points_are_read(self) -> None:
        assert 1000 < self.points.height < 4000

    def and_the_break_is_told(self) -> None:
        assert "a damaged gzip stream that breaks off; the other" in str(self.told[0].message)

    def and_strictly_it_is_an_error(self) -> None:
        assert "a damaged gzip stream that breaks off. Mend or remove" in str(self.caught.value)


class FilesWithoutPointsAreRefused(vedro.Scenario):
    subject = "a file without any point is refused: {contents}"

    @params(b"", "holds no point. Expected k6 JSON lines")
    @params(b'{"type":"Metric","data":{},"metric":"vus"}\n', "holds no point. Expected k6 JSON lines")
    @params(b"\x89PNG\r\n\x1a\n", "holds no point but damaged lines: 2, the first is line 1. Expected")
    @params(
        gzip.compress(b"x" * 10**6)[:100], "holds no point but damaged lines: 1, the first is line 1 and a damaged gzip"
    )
    def __init__(self, contents: bytes, message: str) -> None:
        self.contents = contents
        self.message = message

    def given_the_file(self) -> None:
        self.place = vedro.create_tmp_dir() / "profiling.ndjson"
        self.place.write_bytes(self.contents)

    def when_it_is_read(self) -> None:
        with vedro.catched(FileFormatError) as self.caught:
            read_ndjson(self.place)

    def then_the_message_names_file_and_fault(self) -> None:
        assert str(self.caught.value).startswith(f"{self.place} {self.message}")


class OtherEncodingsAreTold(vedro.Scenario):
    subject = "a file in {encoding} is {told}"

    @params("UTF-8 with a byte order mark", "utf-8-sig", "read whole", 12, "")
    @params(
        "Latin-1", "latin-1", "read but for the lines that are no UTF-8", 6, "damaged lines: 6, the first is line 5;"
    )
    @params("UTF-16 of Windows", "utf-16", "refused with the command that converts it", 0, "iconv -f UTF-16 -t UTF-8")
    @params("UTF-16 without a mark", "utf-16-be", "refused so too", 0, "iconv -f UTF-16 -t UTF-8")
    def __init__(self, encoding: str, codec: str, told: str, readable: int, words: str) -> None:
        self.encoding, self.codec, self.told = encoding, codec, told
        self.readable, self.words = readable, words

    def given_a_file_in_it(self) -> None:
        ours = vedro.create_tmp_dir() / "profiling.ndjson"
        write_ndjson(make_points(targets=["äpp", "db"]), ours)
        self.place = vedro.create_tmp_dir() / "k6.json"
        self.place.write_text(ours.read_text(encoding="utf-8"), encoding=self.codec)

    def when_it_is_read(self) -> None:
        self.height = 0
        with vedro.catched(FileFormatError) as caught, warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            self.height = read_ndjson(self.place).height
        self.message = " ".join([*(str(each.message) for each in told), str(caught.value or "")]).strip()

    def then_what_can_be_read_is_read(self) -> None:
        assert self.height == self.readable

    def and_the_rest_is_told(self) -> None:
        assert self.words in self.message
        assert bool(self.words) == bool(self.message)


class AHugeLineIsOneDamagedLine(vedro.Scenario):
    subject = "a line of 30 MB is one damaged line, and the others are read"

    def given_a_file_with_such_a_line(self) -> None:
        self.place = vedro.create_tmp_dir() / "profiling.ndjson"
        write_ndjson(make_points(), self.place)
        with self.place.open("ab") as file:
            file.write(b'{"metric":"' + b"x" * 30_000_000)

    def when_it_is_read(self) -> None:
        with warnings.catch_warnings(record=True) as self.told:
            warnings.simplefilter("always")
            self.points = read_ndjson(self.place)

    def then_the_others_are_there(self) -> None:
        assert self.points.height == 12

    def and_it_is_told(self) -> None:
        assert "damaged lines: 1, the first is line 15;" in str(self.told[0].message)


class MissingFilesAreNamed(vedro.Scenario):
    subject = "a file that is not there, or is a folder, is missing"

    @params("no-such.ndjson")
    @params(".")
    def __init__(self, name: str) -> None:
        self.name = name

    def when_it_is_read(self) -> None:
        with vedro.catched(MissingFileError) as self.caught:
            read_ndjson(Path(self.name))

    def then_it_is_named(self) -> None:
        assert str(self.caught.value) == f"There is no file {self.name}. Check the path."


class ErrorsOfTheSystemGoUp(vedro.Scenario):
    subject = "a file that the system cannot read is the system's own error"

    def given_a_file_that_the_system_refuses_to_read(self) -> None:
        def refuse(source: Path | bytes) -> None:
            raise PermissionError(13, "Permission denied", source)

        self.place = vedro.create_tmp_dir() / "profiling.ndjson"
        write_ndjson(make_points(), self.place)
        names = vars(ndjson)
        vedro.defer(names.update, decode_points=names["decode_points"])
        names["decode_points"] = refuse

    def when_it_is_read(self) -> None:
        with vedro.catched(OSError) as self.caught:
            read_ndjson(self.place)

    def then_the_error_is_that_of_the_system(self) -> None:
        assert self.caught.type is PermissionError
