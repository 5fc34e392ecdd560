"""From the points of a run to its files: the one place where recording meets storage."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import polars as pl

__all__ = (
    "FILE_STEM",
    "write_points",
)

FILE_STEM: Final = "profiling"


def write_points(points: "pl.DataFrame", path: Path, facts: dict[str, Any]) -> None:
    """Write points in the format that the suffix of `path` names."""
    from vedro_profiling import storage

    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".parquet":
        storage.write_parquet(points, path, facts=[facts])
    else:
        storage.write_ndjson(points, path)
