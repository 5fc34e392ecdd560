import io
import json
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil
import vedro
from vedro import catched, create_tmp_dir, params

from tests.contexts.series import make_series, put_together
from vedro_profiling.charts.drawing_process import answer_all
from vedro_profiling.charts.painter import Picture, drawing_command, save_pictures
from vedro_profiling.charts.profile import profile_chart
from vedro_profiling.charts.profiles import save_profiles
from vedro_profiling.charts.render import save_chart
from vedro_profiling.charts.specification import VL_VERSION, specification
from vedro_profiling.errors import DrawingError

PPI = 36
SMALL = '{"mark": "point", "data": {"values": [{"x": 1}]}, "title": "TITLE"}'
DEADLY = SMALL.replace("TITLE", r"\u0001")
"""vl-convert ends its process at a character that XML forbids."""
REFUSED = '{"mark": 5}'


def ask_for(folder: Path, specifications: Sequence[str]) -> list[Picture]:
    return [Picture(f"target {place}", folder / f"{place}.png", text) for place, text in enumerate(specifications)]


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


class SamePictures(vedro.Scenario):
    subject = "a picture drawn beside this process is the one that is drawn in it"

    def given_targets_one_with_control_characters(self) -> None:
        self.points = put_together(make_series([1, 50, 20]), make_series([5, 6], target="b\x00\x1b[31m\u2028ю🦊"))

    def when_their_profiles_are_saved(self) -> None:
        self.folder = create_tmp_dir()
        self.paths = save_profiles(self.points, self.folder, ppi=PPI)

    def then_there_are_three(self) -> None:
        assert names_in(self.folder) == sorted(path.name for path in self.paths)
        assert len(self.paths) == 3

    def and_one_is_as_drawn_here(self) -> None:
        pictures = [Picture("app", self.folder / "there.png", specification(profile_chart(self.points, "app")))]
        (there,) = save_pictures(pictures, drawing_command(ppi=PPI))
        here = save_chart(profile_chart(self.points, "app"), self.folder / "here.png", ppi=PPI)
        assert there.read_bytes() == here.read_bytes()


class OneOddPicture(vedro.Scenario):
    subject = "a picture that {what} costs no other, and the error names its target"

    @params("ends the process that draws", DEADLY, "the process that draws was ended by SIGABRT")
    @params("is no chart", REFUSED, "")
    def __init__(self, what: str, odd: str, why: str) -> None:
        self.what, self.odd, self.why = what, odd, why

    def given_an_odd_picture_between_others(self) -> None:
        self.folder = create_tmp_dir()
        self.pictures = ask_for(self.folder, [SMALL, self.odd, SMALL, SMALL])

    def when_they_are_saved(self) -> None:
        with catched(DrawingError) as self.caught:
            save_pictures(self.pictures, drawing_command(ppi=PPI))

    def then_the_error_names_the_target_and_why(self) -> None:
        assert isinstance(self.caught.value, DrawingError)
        self.drawn, text = self.caught.value.drawn, str(self.caught.value)
        assert text.startswith(f"no picture of 'target 1': {self.why}"), text
        assert "target 2" not in text

    def and_all_others_are_drawn(self) -> None:
        assert names_in(self.folder) == ["0.png", "2.png", "3.png"]
        assert [path.name for path in self.drawn] == names_in(self.folder)


class ItDiesTwice(vedro.Scenario):
    subject = "the process that draws is started again once, and no more"

    def given_two_deadly_pictures(self) -> None:
        self.folder = create_tmp_dir()
        self.pictures = ask_for(self.folder, [DEADLY, SMALL, DEADLY, SMALL])

    def when_they_are_saved(self) -> None:
        with catched(DrawingError) as self.caught:
            save_pictures(self.pictures, drawing_command(ppi=PPI))

    def then_what_came_between_is_drawn(self) -> None:
        assert names_in(self.folder) == ["1.png"]

    def and_the_error_names_all_others(self) -> None:
        text = str(self.caught.value)
        assert "of 'target 0', 'target 2': the process that draws was ended by SIGABRT" in text
        assert "of 'target 3': the process that draws could not be started" in text


class ItCannotStart(vedro.Scenario):
    subject = "a process that {how} draws nothing, which an error says"

    @params("is not there", ["/no/such/interpreter"], "could not be started")
    @params("ends at once", [sys.executable, "-c", "raise SystemExit(3)"], "exit code 3 (without a word)")
    @params("lacks its library", [sys.executable, "-c", "import no_such_thing"], "No module named 'no_such_thing'")
    @params("answers by halves", [sys.executable, "-c", "print('{\"bytes\": 9}\\n12')"], "exit code 0")
    def __init__(self, how: str, command: Sequence[str], why: str) -> None:
        self.how, self.command, self.why = how, command, why

    def given_pictures_larger_than_a_pipe(self) -> None:
        self.folder = create_tmp_dir()
        self.pictures = ask_for(self.folder, [SMALL + " " * 200_000] * 3)

    def when_they_are_saved(self) -> None:
        with catched(DrawingError) as self.caught:
            save_pictures(self.pictures, self.command)

    def then_the_error_says_so_of_each(self) -> None:
        text = str(self.caught.value)
        assert self.why in text, text
        assert all(f"'target {number}'" in text for number in range(3)), text

    def and_there_is_no_file(self) -> None:
        assert names_in(self.folder) == []


class ItTakesTooLong(vedro.Scenario):
    subject = "a picture that takes too long is given up"

    def given_no_patience(self) -> None:
        self.folder = create_tmp_dir()
        self.command = drawing_command(ppi=PPI, patience=0.001)

    def when_a_picture_is_saved(self) -> None:
        with catched(DrawingError) as self.caught:
            save_pictures(ask_for(self.folder, [SMALL]), self.command)

    def then_the_error_says_so(self) -> None:
        assert str(self.caught.value).startswith("no picture of 'target 0': it took too long;")


class NothingToDrawWith(vedro.Scenario):
    subject = "without an interpreter nothing is started, and the error says what is missing"

    def given_a_python_inside_another_program(self) -> None:
        self.executable, sys.executable = sys.executable, ""

    def when_the_command_is_made(self) -> None:
        try:
            with catched(DrawingError) as self.caught:
                drawing_command(ppi=PPI)
        finally:
            sys.executable = self.executable

    def then_the_error_says_so(self) -> None:
        assert "without a Python interpreter (sys.executable)" in str(self.caught.value)


class HostileSurroundings(vedro.Scenario):
    subject = "neither modules in the user's folder nor Python's own environment are in the way"

    def given_a_folder_with_modules_of_known_names(self) -> None:
        self.folder, self.home = create_tmp_dir(), Path.cwd()
        for name in ("json", "signal", "vl_convert", "sitecustomize"):
            (self.folder / f"{name}.py").write_text("raise SystemExit(7)")
        self.variables = {"PYTHONPATH": str(self.folder), "PYTHONWARNINGS": "error", "PYTHONSAFEPATH": ""}

    def when_a_picture_is_saved_from_there(self) -> None:
        before = {name: os.environ.get(name) for name in self.variables}
        command = drawing_command(ppi=PPI)
        os.environ.update(self.variables)
        os.chdir(self.folder)
        try:
            self.paths = save_pictures(ask_for(Path(), [SMALL]), command)
        finally:
            os.chdir(self.home)
            for name, value in before.items():
                os.environ.pop(name) if value is None else os.environ.update({name: value})

    def then_it_is_drawn(self) -> None:
        assert (self.folder / self.paths[0]).stat().st_size > 100


class CtrlC(vedro.Scenario):
    subject = "Ctrl-C leaves neither a process nor half a file"

    def given_pictures_of_which_the_second_is_interrupted(self) -> None:
        self.folder = create_tmp_dir()
        self.before = self.children()

    def when_they_are_saved(self) -> None:
        def interrupted() -> Iterator[Picture]:
            yield from ask_for(self.folder, [SMALL])
            signal.raise_signal(signal.SIGINT)

        handler = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            with catched(KeyboardInterrupt) as self.caught:
                save_pictures(interrupted(), drawing_command(ppi=PPI))
        finally:
            signal.signal(signal.SIGINT, handler)

    def then_it_reaches_who_asked(self) -> None:
        assert self.caught.type is KeyboardInterrupt

    def and_nothing_is_left(self) -> None:
        assert self.children() == self.before
        assert names_in(self.folder) == []

    def children(self) -> list[int]:
        return [child.pid for child in psutil.Process().children()]


class Answers(vedro.Scenario):
    subject = "a picture is answered by its bytes, a refusal by its reason"

    def when_one_of_each_is_asked_for(self) -> None:
        asked, self.answers = io.BytesIO(f"{SMALL}\n{REFUSED}\n".encode()), io.BytesIO()
        answer_all(asked, self.answers, vl_version=VL_VERSION, ppi=PPI, patience=600)
        self.answers.seek(0)

    def then_the_first_answer_is_a_png(self) -> None:
        size = json.loads(self.answers.readline())["bytes"]
        assert self.answers.read(size).startswith(b"\x89PNG")

    def and_the_second_is_a_reason(self) -> None:
        assert list(json.loads(self.answers.readline())) == ["refusal"]
        assert self.answers.read() == b""
