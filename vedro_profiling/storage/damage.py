"""What is wrong with a file of JSON lines, told in one sentence."""

import codecs
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from vedro_profiling.errors import FileFormatError

__all__ = ("Damage",)

_ZEROS: Final = bytes(2)


@dataclass(frozen=True)
class Damage:
    """The lines of a file that could not be read, and whether its compressed stream breaks off."""

    path: Path
    lines: list[int]
    is_cut_short: bool = False

    def report(self, readable: int, *, strict: bool) -> None:
        """Warn when something could not be read; raise when nothing could, or when `strict`.

        Parameters
        ----------
        readable
            How many points could be read.
        strict
            Whether any damage is an error.

        Raises
        ------
        FileFormatError
            Names the file, the number of damaged lines and the first of them.
        """
        if not readable:
            raise FileFormatError(
                f"{self.path} holds no point{self._described(' but ')}. Expected k6 JSON lines, such as "
                '{"metric":"cpu_percent","type":"Point","data":{"time":"...Z","value":1.0,"tags":{}}}. '
                f"{self._advice()}"
            )
        if not (self.lines or self.is_cut_short):
            return
        text = f"{self.path} has{self._described(' ')}"
        if strict:
            raise FileFormatError(f"{text}. Mend or remove what is damaged, or read the rest without strict=True.")
        warnings.warn(f"{text}; the other {readable:,} points were read.", UserWarning, stacklevel=3)

    def _described(self, link: str) -> str:
        parts = []
        if self.lines:
            parts.append(f"damaged lines: {len(self.lines):,}, the first is line {self.lines[0]:,}")
        if self.is_cut_short:
            parts.append("a damaged gzip stream that breaks off")
        return f"{link}{' and '.join(parts)}" if parts else ""

    def _advice(self) -> str:
        with self.path.open("rb") as file:
            head = file.read(4)
        if head[::2] == _ZEROS or head[1::2] == _ZEROS or head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "It looks like UTF-16, which PowerShell writes, and has to be UTF-8: iconv -f UTF-16 -t UTF-8."
        return "Check that this is the file you mean, and that its run has ended."
