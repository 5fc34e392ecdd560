"""Points in files, and back: k6 JSON lines for every tool that reads k6, Parquet for everything else."""

from vedro_profiling.storage.ndjson import write_ndjson
from vedro_profiling.storage.parquet import read_facts, write_parquet
from vedro_profiling.storage.sources import load, scan

__all__ = (
    "load",
    "read_facts",
    "scan",
    "write_ndjson",
    "write_parquet",
)
