"""Which files a source means: a file, a folder, a pattern, or several of them."""

import os
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from vedro_profiling.errors import FileFormatError, MissingFileError, ProfilingError
from vedro_profiling.storage.compressed import open_binary

__all__ = (
    "SUFFIXES",
    "find_files",
    "stem_of",
    "suffix_of",
)

SUFFIXES: Final = (".parquet", ".ndjson", ".ndjson.gz", ".json", ".json.gz")
"""The files that can be read, the one that is preferred first."""

_JOURNAL: Final = ".journal"
_MAGIC: Final = frozenset("*?[")
_HEAD_BYTES: Final = 65_536


def find_files(source: str | os.PathLike[str]) -> list[Path]:
    """Find the files of points that a path or pattern means, sorted, journals left out.

    In folders and patterns other files are passed over, `.json` files without k6 lines too; a file that is named
    is taken as it is.

    Raises
    ------
    MissingFileError
        If there is nothing at the path, or no file of points, or the path is none.
    FileFormatError
        If a named file has none of SUFFIXES.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> for name in ("profiling.ndjson", "cpu.png"):
    ...     (folder / name).touch()
    >>> [path.name for path in find_files(folder)]
    ['profiling.ndjson']
    """
    try:
        return _find_at(Path(source).expanduser())
    except ProfilingError:
        raise
    except (OSError, RuntimeError, ValueError) as error:  # too long a name, no such user, a pattern like `a**`
        raise MissingFileError(f"{os.fspath(source)!r} is no path that can be looked at: {error}. Mend it.") from error


def suffix_of(path: Path) -> str | None:
    """Tell which of SUFFIXES a file has.

    >>> suffix_of(Path("out/profiling.ndjson.gz"))
    '.ndjson.gz'
    """
    return next((suffix for suffix in SUFFIXES if path.name.endswith(suffix)), None)


def stem_of(path: Path) -> str:
    """Return the name of a file without its suffix: the files of one run share it.

    >>> stem_of(Path("out/profiling.ndjson.gz"))
    'profiling'
    """
    return path.name.removesuffix(suffix_of(path) or "")


def _find_at(path: Path) -> list[Path]:
    if path.is_file():
        return [_readable(path)]
    if path.is_dir():
        found = sorted(_walk(path))
    elif _MAGIC.intersection(str(path)):
        found = sorted(set(_match(path)))
    else:
        raise MissingFileError(f"There is nothing at {path}. Check the path, relative to {Path.cwd()}.")
    if not found:
        raise MissingFileError(f"There is no file of points at {path}. Expected files that end in {_listed(SUFFIXES)}.")
    return found


def _readable(path: Path) -> Path:
    if suffix_of(path) is None:
        raise FileFormatError(
            f"{path} is no file of points by its name. Expected one that ends in {_listed(SUFFIXES)}."
        )
    return path


def _walk(folder: Path) -> Iterator[Path]:
    for parent, _, names in os.walk(folder):
        if _JOURNAL in Path(parent).parts:
            continue
        yield from _points_among(Path(parent, name) for name in names)


def _match(pattern: Path) -> Iterator[Path]:
    parts = pattern.parts
    fixed = next(number for number, part in enumerate(parts) if _MAGIC.intersection(part))
    root = Path(*parts[:fixed])
    # `glob.glob` would not look into hidden folders, and `.profiling` is one.
    for path in root.glob(str(Path(*parts[fixed:]))):
        if _JOURNAL in path.relative_to(root).parts:
            continue
        if path.is_dir():
            yield from _walk(path)
        else:
            yield from _points_among([path])


def _points_among(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        suffix = suffix_of(path)
        if suffix and not (suffix.startswith(".json") and _is_other_json(path)):
            yield path


def _is_other_json(path: Path) -> bool:
    """Tell a `summary.json`, which has its place beside the points, from k6 JSON lines, which k6 also calls .json."""
    with suppress(OSError, EOFError, zlib.error), open_binary(path) as file:
        head = file.read(_HEAD_BYTES)
        return b'"metric"' not in head and bool(head.strip())
    return False


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
