"""Pictures drawn in a process of their own: what ends it, as odd input can, ends no test run."""

import importlib.util
import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Final, NamedTuple, final

from vedro_profiling.charts import drawing_process
from vedro_profiling.charts.specification import VL_VERSION
from vedro_profiling.errors import DrawingError
from vedro_profiling.replacing import replacing

__all__ = ("PATIENCE_SECONDS", "Painter", "Picture", "drawing_command", "save_pictures")

PATIENCE_SECONDS: Final = 60
"""For one picture, which takes a quarter of a second."""

_MOST_STARTS: Final = 2
_DYING_SECONDS: Final = 5
_TIMEOUT: Final = "Timeout ("
"""How `faulthandler` begins its last words."""


class Picture(NamedTuple):
    """What is to be drawn, and where to."""

    subject: str
    """Whom it shows, for the words of an error."""
    path: Path
    specification: str


def drawing_command(*, ppi: int, patience: float = PATIENCE_SECONDS) -> list[str]:
    """Make the command of the process that draws.

    Raises
    ------
    DrawingError
        If there is no interpreter, or no vl-convert.
    """
    # Found and not imported: V8 shall not take memory in the process of the tests.
    found = importlib.util.find_spec("vl_convert")
    if found is None or found.origin is None or not sys.executable:
        missing = "the package vl-convert-python" if sys.executable else "a Python interpreter (sys.executable)"
        raise DrawingError(f"no picture can be drawn without {missing}; install it and draw again")
    home = Path(found.origin).parent.parent
    # Without site (-S) nothing that hooks into each start, such as coverage's, is loaded.
    isolated = [sys.executable, "-I", "-S", drawing_process.__file__]
    return [*isolated, str(home), VL_VERSION, str(ppi), str(patience)]


@final
class Painter:
    """Draws one specification at a time in a process that is started again once when it dies.

    Parameters
    ----------
    command
        What starts it; see `drawing_command`.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._command = command
        self._starts = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._said: IO[bytes] | None = None

    def __enter__(self) -> "Painter":
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        # It has nothing to lose: pictures are in files, or wanted no more.
        self._end()

    def hand(self, specification: str) -> None:
        """Let a picture be drawn; returns while it is."""
        if self._process is None:
            self._start()
        if self._process is not None and self._process.stdin is not None:
            # That it is dead will be seen when its answer is read.
            with suppress(OSError):
                self._process.stdin.write(specification.encode() + b"\n")
                self._process.stdin.flush()

    def take(self) -> bytes:
        """Wait for the picture.

        Raises
        ------
        DrawingError
            If there is none, and why.
        """
        if self._process is None or self._process.stdout is None:
            raise DrawingError("the process that draws could not be started")
        header = self._process.stdout.readline()
        answer = json.loads(header) if header.endswith(b"\n") else {}
        if "refusal" in answer:
            raise DrawingError(answer["refusal"])
        picture = self._process.stdout.read(answer.get("bytes", 0))
        if not picture or len(picture) < answer["bytes"]:
            raise DrawingError(self._last_words())
        return picture

    def _start(self) -> None:
        if self._starts == _MOST_STARTS:
            return
        self._starts += 1
        # What cannot be started is told of each picture.
        with suppress(OSError):
            self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the process is ended
            self._process = subprocess.Popen(  # noqa: S603 - the command is our own
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._said
            )

    def _last_words(self) -> str:
        code = None
        if self._process is not None:
            with suppress(subprocess.TimeoutExpired):
                code = self._process.wait(_DYING_SECONDS)
        said = ""
        if self._said is not None:
            self._said.seek(0)
            said = self._said.read().decode(errors="replace").strip()
        self._end()
        last = said.rpartition("\n")[2]
        if _TIMEOUT in said:
            return "it took too long"
        if code is not None and code < 0:
            return f"the process that draws was ended by {signal.Signals(-code).name}"
        return f"the process that draws ended with exit code {code} ({last or 'without a word'})"

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with suppress(OSError):
                        pipe.close()
            process.wait()
        if self._said is not None:
            self._said.close()
            self._said = None


def save_pictures(pictures: Iterable[Picture], command: Sequence[str]) -> list[Path]:
    """Draw each picture and write it into its file, while the next one is asked for.

    Raises
    ------
    DrawingError
        If there are pictures that could not be drawn, when all others are.
    """
    drawn: list[Path] = []
    failures: dict[str, list[str]] = {}

    def take(picture: Picture) -> None:
        try:
            content = painter.take()
        except DrawingError as error:
            failures.setdefault(str(error), []).append(picture.subject)
            return
        with replacing(picture.path) as beside:
            beside.write_bytes(content)
        drawn.append(picture.path)

    with Painter(command) as painter:
        waiting: Picture | None = None
        for picture in pictures:
            if waiting is not None:
                take(waiting)
            painter.hand(picture.specification)
            waiting = picture
        if waiting is not None:
            take(waiting)
    if failures:
        which = "; ".join(f"of {', '.join(map(repr, subjects))}: {why}" for why, subjects in failures.items())
        raise DrawingError(f"no picture {which}; draw again with `vedro-profiling plot`", drawn=drawn)
    return drawn
