"""What is wrong with a file of JSON lines, told in one sentence."""

import warnings
from dataclasses import dataclass
from pathlib import Path

from vedro_profiling.errors import FileFormatError

__all__ = ("Damage",)


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
                "Check that this is the file you mean, and that its run has ended."
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
