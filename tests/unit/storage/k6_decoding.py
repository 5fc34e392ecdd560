import json
from pathlib import Path
from typing import Final

import polars as pl
import vedro
from vedro import params

from vedro_profiling.schema import COLUMN_NAMES
from vedro_profiling.storage.k6_decoding import decode_points

LINE: Final = '{"metric":"vus","type":"Point","data":{"time":"2026-01-26T10:00:00Z","value":1,"tags":{"env":"ci"}}}'


def decoded(*lines: str) -> tuple[pl.DataFrame, list[int]]:
    return decode_points("\n".join(lines).encode())


class EveryOrderOfKeysIsRead(vedro.Scenario):
    subject = "a point is read whoever wrote it: {writer}"

    @params("k6, and we", LINE)
    @params(
        "k6 before 0.41",
        '{"type":"Point","data":{"time":"2026-01-26T10:00:00Z","value":1,"tags":{"env":"ci"}},"metric":"vus"}',
    )
    @params(
        "vedro-profiling 0.2.0",
        '{"type": "Point", "metric": "vus", "data": {"time": "2026-01-26T10:00:00Z",'
        ' "value": 1, "tags": {"env": "ci"}}}',
    )
    @params("somebody with blanks at the end", LINE + " \r")
    @params("k6 with metadata", LINE.replace('"}}}', '"},"metadata":{"vu":"1","iter":"0"}}}'))
    def __init__(self, writer: str, line: str) -> None:
        self.writer = writer
        self.line = line

    def when_it_is_decoded(self) -> None:
        self.points, self.damaged = decoded(self.line)

    def then_it_is_a_point_of_our_schema(self) -> None:
        assert self.points.columns == [*COLUMN_NAMES, "env"]

    def and_it_says_what_the_line_says(self) -> None:
        time = pl.lit("2026-01-26T10:00:00Z").str.to_datetime(time_zone="UTC")
        row = self.points.filter(pl.col("time") == time).select("metric", "value", "env").rows()
        assert row == [("vus", 1.0, "ci")]

    def and_nothing_is_damaged(self) -> None:
        assert self.damaged == []


class EveryTimeWithAZoneIsRead(vedro.Scenario):
    subject = "the time {text} is {instant} UTC"

    @params("2026-01-26T10:00:00Z", "10:00:00.000000")
    @params("2026-01-26T12:00:00+02:00", "10:00:00.000000")
    @params("2026-01-26T04:30:00.5-05:30", "10:00:00.500000")
    @params("2026-01-26T10:00:00.123456789Z", "10:00:00.123456")
    def __init__(self, text: str, instant: str) -> None:
        self.text = text
        self.instant = instant

    def when_a_point_of_that_time_is_decoded(self) -> None:
        self.points, _ = decoded(LINE.replace("2026-01-26T10:00:00Z", self.text))

    def then_it_is_that_instant(self) -> None:
        assert self.points["time"].dt.strftime("%H:%M:%S%.6f").to_list() == [self.instant]


class TagsAreText(vedro.Scenario):
    subject = "the tags {tags} become {names}"

    @params("null", {})
    @params("{}", {})
    @params('{"env":""}', {"env": ""})
    @params('{"env":null}', {})
    @params('{"n":7,"yes":true,"deep":{"a":["}"]}}', {"n": "7", "yes": "true", "deep": '{"a": ["}"]}'})
    @params(
        '{"status":"200","method":"GET","scenario":"default"}',
        {"status": "200", "method": "GET", "scenario": "default"},
    )
    @params('{"value":"1","time":"2","metric":"3"}', {"tag_value": "1", "tag_time": "2", "tag_metric": "3"})
    @params(r'{"q\"\\":"{}\n\u00e9\ud83d\ude00 }}}","env":"[],:"}', {'q"\\': "{}\né😀 }}}", "env": "[],:"})
    def __init__(self, tags: str, names: dict[str, str]) -> None:
        self.text = tags
        self.names = names

    def when_a_point_with_them_is_decoded(self) -> None:
        points, self.damaged = decoded(LINE.replace('{"env":"ci"}', self.text), LINE.replace("env", "other"))
        self.row = points.row(0, named=True)

    def then_each_is_text_in_its_column(self) -> None:
        read = {name: text for name, text in self.row.items() if text is not None}
        assert {name: read.get(name) for name in self.names} == self.names
        assert len(read) == 3 + len(self.names)

    def and_nothing_is_damaged(self) -> None:
        assert self.damaged == []


class OtherLinesArePassedOver(vedro.Scenario):
    subject = "Metric lines, blank lines, a byte order mark and an unfinished last line end are no damage"

    def when_a_text_with_all_of_them_is_decoded(self) -> None:
        metric = '{"type":"Metric","data":{"name":"vus","type":"gauge"},"metric":"vus"}'
        self.points, self.damaged = decoded(f"\ufeff{metric}", "", "  \r", LINE, "", LINE)

    def then_all_points_are_there(self) -> None:
        assert self.points.height == 2

    def and_nothing_is_damaged(self) -> None:
        assert self.damaged == []


class DamagedLinesAreNamed(vedro.Scenario):
    subject = "a line is named as damaged, and the others are read, when it {fault}"

    @params("is torn", LINE[:60])
    @params("is torn in its tags", LINE[:-5])
    @params("is two lines in one", LINE + LINE)
    @params("has junk behind", LINE + "\x00\x00")
    @params("begins with junk", "\x00" + LINE)
    @params("begins with a control character", "\x01" + LINE)
    @params("has control characters behind", LINE + "\x01x\x01y")
    @params("is no object", "[1]")
    @params("is an object of something else", '{"type":"Summary"}')
    @params("has no time zone", LINE.replace("00Z", "00"))
    @params("has a time that is none", LINE.replace("01-26", "13-26"))
    @params("has a time before all calendars", LINE.replace("2026", "0000"))
    @params("has a time after all calendars", LINE.replace("2026", "+12026"))
    @params("has an escaped time that is none", LINE.replace("2026", r"\u0032026x"))
    @params("has a value that is NaN", LINE.replace(":1,", ":NaN,"))
    @params("has a value beyond all floats", LINE.replace(":1,", ":1e999,"))
    @params("has a whole value beyond all floats", LINE.replace(":1,", f":{'9' * 400},"))
    @params("has a value that is text", LINE.replace(":1,", ':"1",'))
    @params("has a value that is a truth", LINE.replace(":1,", ":true,"))
    @params("has a value that JSON forbids", LINE.replace(":1,", ":01,"))
    @params("has no metric", LINE.replace("vus", ""))
    @params("has tags without a colon", LINE.replace('"env":"ci"', '"env" "ci"'))
    @params("has tags that are a list", LINE.replace('{"env":"ci"}', '["env"]'))
    @params("has half a surrogate pair", LINE.replace("ci", r"\ud83d"))
    @params("has half a surrogate pair in its metric", LINE.replace("vus", r"\ud83d"))
    @params("is nested without end", "[" * 200_000)
    def __init__(self, fault: str, line: str) -> None:
        self.fault = fault
        self.line = line

    def when_it_stands_between_others(self) -> None:
        self.points, self.damaged = decoded(LINE, self.line, LINE)

    def then_its_number_is_told(self) -> None:
        assert self.damaged == [2]

    def and_the_others_are_read(self) -> None:
        assert self.points.select("metric", "value", "env").rows() == [("vus", 1.0, "ci")] * 2


class BrokenTextIsNotTakenForANameThatIsReal(vedro.Scenario):
    subject = "a byte that is no UTF-8 is damage, the replacement character itself is a name like others"

    @params("metric", b"vus")
    @params("tag", b"ci")
    def __init__(self, place: str, name: bytes) -> None:
        self.place = place
        self.name = name

    def when_lines_with_either_are_decoded(self) -> None:
        line = LINE.encode()
        real = line.replace(self.name, "\ufffd".encode())
        escaped = line.replace(self.name, rb"\ufffd")
        broken = line.replace(self.name, b"\xff")
        self.points, self.damaged = decode_points(b"\n".join([real, broken, escaped, line]))

    def then_the_broken_line_is_named(self) -> None:
        assert self.damaged == [2]

    def and_the_real_ones_are_kept(self) -> None:
        column = {"metric": "metric", "tag": "env"}[self.place]
        assert self.points[column].to_list() == ["\ufffd", "\ufffd", self.name.decode()]


class RecoveredLinesKeepTheirPlace(vedro.Scenario):
    subject = "points stay in the order of their lines, however each was read"

    def when_lines_of_both_kinds_alternate(self) -> None:
        lines = [LINE.replace(":1,", f":{number},") for number in range(6)]
        lines[1::2] = [json.dumps(json.loads(line), sort_keys=True) for line in lines[1::2]]
        self.points, _ = decoded(*lines)

    def then_the_values_are_in_order(self) -> None:
        assert self.points["value"].to_list() == [0, 1, 2, 3, 4, 5]


class NothingIsNoPoint(vedro.Scenario):
    subject = "an empty text has no points and no damage"

    def when_it_is_decoded_from_memory_and_file(self) -> None:
        place = Path(vedro.create_tmp_dir()) / "empty.ndjson"
        place.touch()
        self.results = [decode_points(b""), decode_points(place)]

    def then_there_is_nothing(self) -> None:
        assert [(points.height, damaged) for points, damaged in self.results] == [(0, []), (0, [])]
