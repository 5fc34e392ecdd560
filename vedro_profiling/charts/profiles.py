"""A picture of each target, and one of all."""

import os
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, ParamSpec

import polars as pl
from altair.utils.schemapi import debug_mode

from vedro_profiling.charts.comparison import comparison_chart
from vedro_profiling.charts.lines import readings_to_draw, unbroken_lines, window_of
from vedro_profiling.charts.painter import Picture, drawing_command, save_pictures
from vedro_profiling.charts.profile import draw_profile
from vedro_profiling.charts.specification import specification

__all__ = ("file_stems", "save_profiles")

_Given = ParamSpec("_Given")

# In UTF-8 at most 4 bytes each: with the rest of the name below the 255 bytes that a file name may have.
_LONGEST_STEM: Final = 55
_MARK_DIGITS: Final = 8
_UNSAFE: Final = re.compile(r"[^\w.-]+")
_RESERVED: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
_MARKED: Final = re.compile(rf"-[0-9a-f]{{{_MARK_DIGITS}}}$", re.IGNORECASE)


def save_profiles(points: pl.DataFrame | pl.LazyFrame, folder: str | os.PathLike[str], *, ppi: int = 300) -> list[Path]:
    """Write `<target>_profile.png` for each target, and `resource_comparison.png` if there are several.

    They are drawn in a process beside this one, which is safe from what ends that one.

    Parameters
    ----------
    points
        A points frame.
    folder
        Where to; made when it is missing. Targets become file names that cannot leave it.
    ppi
        Pixels per inch.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    SchemaError
        If a column is missing.
    OptionError
        If there is nothing to draw.
    DrawingError
        If some pictures could not be drawn; all others are.

    Examples
    --------
    >>> from datetime import datetime, timezone
    >>> noon = datetime(2026, 1, 26, 12, tzinfo=timezone.utc)
    >>> points = pl.DataFrame({
    ...     "time": [noon, noon.replace(second=1)], "metric": "cpu_percent", "value": [10.0, 90.0],
    ...     "target": "app", "method": "docker", "run": "run-1",
    ... })
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     [path.name for path in save_profiles(points, folder, ppi=72)]
    ['app_profile.png']
    """
    lines = unbroken_lines(readings_to_draw(points))
    Path(folder).mkdir(parents=True, exist_ok=True)
    return save_pictures(_pictures(points, lines, Path(folder)), drawing_command(ppi=ppi))


def _pictures(points: pl.DataFrame | pl.LazyFrame, lines: pl.DataFrame, folder: Path) -> Iterator[Picture]:
    """Describe one picture after another, each when it is asked for."""
    window = window_of(lines)
    profiles = {name: rows for (name,), rows in lines.partition_by("name", as_dict=True).items()}
    for name, stem in file_stems(sorted(profiles)).items():
        yield Picture(
            name, folder / f"{stem}_profile.png", _unjudged(draw_profile, profiles[name], window, is_still=True)
        )
    if len(profiles) > 1:
        yield Picture("all targets", folder / "resource_comparison.png", _unjudged(comparison_chart, points))


def _unjudged(draw: Callable[_Given, Any], *given: _Given.args, **named: _Given.kwargs) -> str:
    """Draw without Altair's judgement of each part, a third of the time, which tests of the same charts wait for."""
    with debug_mode(arg=False):
        return specification(draw(*given, **named))


def file_stems(names: Sequence[str]) -> dict[str, str]:
    r"""Give each name a stem that is safe in a file name and unlike all others, also where case does not count.

    >>> file_stems(["app", "../App", "nul.log"])
    {'app': 'app-a172cedc', '../App': 'App-30d587ea', 'nul.log': '_nul.log'}
    """
    stems = {name: _safe(name) for name in names}
    seen = Counter(_folded(stem) for stem in stems.values())
    # A stem that happens to end like a mark gets one of its own, or it could meet a marked one.
    is_plain = {name: seen[_folded(stem)] == 1 and not _MARKED.search(stem) for name, stem in stems.items()}
    return {name: stem if is_plain[name] else f"{stem}-{_mark(name)}" for name, stem in stems.items()}


def _safe(name: str) -> str:
    stem = _UNSAFE.sub("-", unicodedata.normalize("NFC", name)).strip("-.")[:_LONGEST_STEM]
    # Windows opens a device, whatever follows such a name after a dot.
    return f"_{stem}" if _RESERVED.match(stem) else stem or "_"


def _folded(stem: str) -> str:
    """Fold a stem as the file systems do that tell neither case nor the spelling of accents apart."""
    return unicodedata.normalize("NFKD", stem.casefold())


def _mark(name: str) -> str:
    return sha256(name.encode()).hexdigest()[:_MARK_DIGITS]
