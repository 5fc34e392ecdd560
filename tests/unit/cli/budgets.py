"""Budgets as they are written on a command line and in a file."""

from pathlib import Path

import vedro
from vedro import catched, params

from vedro_profiling.cli.budgets import parse_budgets
from vedro_profiling.errors import FileFormatError, MissingFileError, OptionError, ProfilingError


class Written(vedro.Scenario):
    subject = "{text!r} is read"

    @params("memory_usage: max<512", {"memory_usage": ["max<512"]})
    @params("memory_usage{service:app}: max<512, p(95)<400", {"memory_usage{service:app}": ["max<512", "p(95)<400"]})
    @params("cpu_time{scenario:a.py::B}:count<9", {"cpu_time{scenario:a.py::B}": ["count<9"]})
    def __init__(self, text: str, budgets: dict[str, list[str]]) -> None:
        self.text, self.budgets = text, budgets

    def when_it_is_parsed(self) -> None:
        self.parsed = parse_budgets([self.text], None)

    def then_key_and_limits_are_apart(self) -> None:
        assert self.parsed == self.budgets


class InFiles(vedro.Scenario):
    subject = "a file has a budget a line, comments and blank lines, and adds to the command line's"

    def given_a_file(self) -> None:
        self.file = Path(vedro.create_tmp_dir()) / "budgets.txt"
        self.file.write_text("# of the shop\n\nmemory_usage: max<512  # with reserve\ncpu_time: count<9\n")

    def when_it_is_parsed(self) -> None:
        self.parsed = parse_budgets(["memory_usage: med<300"], [self.file])

    def then_all_are_there(self) -> None:
        assert self.parsed == {"memory_usage": ["med<300", "max<512"], "cpu_time": ["count<9"]}


class NumberedScenario(vedro.Scenario):
    subject = "in a file, # within a word begins no comment: a scenario's number stays"

    def given_a_file(self) -> None:
        self.file = Path(vedro.create_tmp_dir()) / "budgets.txt"
        self.file.write_text("cpu_time{scenario:pay.py::Pay#2}: count<9\t#1 of the shop\n  # cpu_time: count<1\n")

    def when_it_is_parsed(self) -> None:
        self.parsed = parse_budgets(None, [self.file])

    def then_the_number_is_there(self) -> None:
        assert self.parsed == {"cpu_time{scenario:pay.py::Pay#2}": ["count<9"]}


class Unreadable(vedro.Scenario):
    subject = "{what} is refused, naming it"

    @params("a budget without a colon", "memory_usage max<512", None, OptionError, "'memory_usage max<512'")
    @params("a budget without a limit", "memory_usage{a:b}: ", None, OptionError, "'memory_usage{a:b}: '")
    @params("a file that is not there", None, "nowhere.txt", MissingFileError, "nowhere.txt")
    @params("a file that is no text", None, "picture.png", FileFormatError, "picture.png")
    def __init__(self, what: str, text: str | None, name: str | None, error: type[ProfilingError], named: str) -> None:
        self.what, self.text, self.name, self.error, self.named = what, text, name, error, named

    def given_a_folder_with_a_picture(self) -> None:
        self.folder = Path(vedro.create_tmp_dir())
        (self.folder / "picture.png").write_bytes(b"\x89PNG")

    def when_it_is_parsed(self) -> None:
        with catched(self.error) as self.caught:
            parse_budgets([self.text] if self.text else None, [self.folder / self.name] if self.name else None)

    def then_it_is_named(self) -> None:
        assert self.named in str(self.caught.value)
