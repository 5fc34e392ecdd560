"""CSV that a spreadsheet opens."""

import csv
import io
from datetime import datetime, timezone

import polars as pl
import vedro
from vedro import params

from vedro_profiling.cli.spreadsheet import to_csv


def read_back(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


class Formulas(vedro.Scenario):
    subject = "a name {name!r} is no formula any more"

    @params("=cmd()")
    @params("+1")
    @params("-1+1")
    @params("@SUM(A1)")
    @params(" =cmd()")
    @params("\t=cmd()")
    @params("\r=cmd()")
    @params("\n=cmd()")
    @params("\tcmd")
    @params("\N{FULLWIDTH EQUALS SIGN}cmd()")
    def __init__(self, name: str) -> None:
        self.name = name

    def when_it_is_written(self) -> None:
        self.rows = read_back(to_csv(pl.DataFrame({"target": pl.Series([self.name], dtype=pl.Categorical)})))

    def then_an_apostrophe_stands_before_it(self) -> None:
        assert self.rows == [["target"], [f"'{self.name}"]]


class TitlesToo(vedro.Scenario):
    subject = "a column named like a formula has an apostrophe before its title"

    def when_it_is_written(self) -> None:
        self.rows = read_back(to_csv(pl.DataFrame({"=cmd()": ["app"]})))

    def then_its_title_is_safe(self) -> None:
        assert self.rows == [["'=cmd()"], ["app"]]


class TitlesThatBecomeOne(vedro.Scenario):
    subject = "a column named like another's safe title is written beside it"

    def when_it_is_written(self) -> None:
        self.rows = read_back(to_csv(pl.DataFrame({"=cmd()": ["app"], "'=cmd()": ["db"]})))

    def then_both_are_there(self) -> None:
        assert self.rows == [["'=cmd()", "'=cmd()"], ["app", "db"]]


class Harmless(vedro.Scenario):
    subject = "numbers, instants and other names are left as they are"

    def when_they_are_written(self) -> None:
        noon = datetime(2026, 1, 26, 12, tzinfo=timezone.utc)
        frame = pl.DataFrame({"time": [noon], "value": [-1.5], "target": ['a "b", c=d'], "service": [None]})
        self.rows = read_back(to_csv(frame))

    def then_they_come_back(self) -> None:
        assert self.rows[1] == ["2026-01-26T12:00:00.000000Z", "-1.5", 'a "b", c=d', ""]
