"""Everything that vedro_profiling raises on purpose.

    ProfilingError
    ├── OptionError       (ValueError)         an option or argument has a value that cannot be used
    ├── SchemaError       (ValueError)         a frame lacks columns, or a column has the wrong dtype
    ├── MissingFileError  (FileNotFoundError)  nothing to read at a path
    ├── FileFormatError   (ValueError)         a file is foreign, empty or damaged
    ├── RecordingError    (RuntimeError)       a recording cannot start, or was asked for too early
    └── DrawingError      (RuntimeError)       a picture could not be drawn

Each message names the file or option, the offending value, what was expected, and ends with what to do.
"""

from collections.abc import Sequence
from pathlib import Path

__all__ = (
    "DrawingError",
    "FileFormatError",
    "MissingFileError",
    "OptionError",
    "ProfilingError",
    "RecordingError",
    "SchemaError",
)


class ProfilingError(Exception):
    """Parent of every error of this package: `except ProfilingError` catches them all."""


class OptionError(ProfilingError, ValueError):
    """An option or argument has a value that cannot be used."""


class SchemaError(ProfilingError, ValueError):
    """A frame lacks columns, or a column has the wrong dtype."""


class MissingFileError(ProfilingError, FileNotFoundError):
    """There is nothing to read at a path."""


class FileFormatError(ProfilingError, ValueError):
    """A file is foreign, empty or damaged."""


class RecordingError(ProfilingError, RuntimeError):
    """A recording cannot start, or its points were asked for too early."""


class DrawingError(ProfilingError, RuntimeError):
    """A picture could not be drawn; `drawn` are the files of the others."""

    def __init__(self, text: str, *, drawn: Sequence[Path] = ()) -> None:
        super().__init__(text)
        self.drawn = list(drawn)
