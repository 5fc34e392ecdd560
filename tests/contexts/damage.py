"""Genuine files of points of every kind, and what bad disks, bad copies and bad luck make of them."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

import polars as pl

from tests.contexts.points import make_points
from vedro_profiling.storage import write_ndjson, write_parquet

__all__ = ("GenuineFile", "damaged", "genuine_files")

_FILE_OF_K6: Final = Path(__file__).parents[1] / "data" / "k6" / "k6-1.1.0-out.json"


class GenuineFile(NamedTuple):
    """A file as its tool wrote it; the suffix is what `load` goes by."""

    kind: str
    suffix: str
    contents: bytes


def genuine_files() -> list[GenuineFile]:
    """Write a small file with each tool there is."""
    points = pl.concat(
        [
            make_points(readings=40, branch="main", service="app", scenario="suite.py::Buys"),
            make_points(targets=['я "{}"\n'], readings=5, branch="next"),
        ],
        how="diagonal",
    )
    ours = _written(".ndjson", lambda place: write_ndjson(points, place))
    return [
        GenuineFile("our NDJSON", ".ndjson", ours),
        GenuineFile("our NDJSON, gzipped", ".ndjson.gz", gzip.compress(ours, mtime=0)),
        GenuineFile("JSON of k6", ".json", b"".join(_FILE_OF_K6.read_bytes().splitlines(keepends=True)[:60])),
        GenuineFile("NDJSON of vedro-profiling 0.2.0", ".ndjson", _by_0_2(points)),
        GenuineFile(
            "our Parquet", ".parquet", _written(".parquet", lambda place: write_parquet(points, place, facts=[{}]))
        ),
        GenuineFile("Parquet of another tool", ".parquet", _written(".parquet", points.write_parquet)),
    ]


def damaged(contents: bytes, *, seed: int) -> bytes:
    """Do one to sixteen of: flip, set, drop, insert, repeat or swap bytes, cut the end off; half of it near the end.

    The end of a Parquet file is its footer, with all the lengths that a reader trusts.
    """
    random = Random(seed)  # noqa: S311 - the same damage each time
    bytes_left = bytearray(contents)
    for _ in range(random.choice([1, 1, 1, 2, 4, 16])):
        nearest = max(0, len(bytes_left) - 1500) if random.random() < 1 / 2 else 0
        place = random.randrange(nearest, max(nearest + 1, len(bytes_left)))
        random.choice(_DAMAGES)(bytes_left, place, random)
    return bytes(bytes_left)


def _written(suffix: str, write: Callable[[Path], object]) -> bytes:
    with TemporaryDirectory() as folder:
        place = Path(folder, f"points{suffix}")
        write(place)
        return place.read_bytes()


def _by_0_2(points: pl.DataFrame) -> bytes:
    rows = points.select("metric", pl.col("time").dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ"), "value", "target").rows()
    lines = [
        {"type": "Point", "metric": metric, "data": {"time": time, "value": value, "tags": {"target": target}}}
        for metric, time, value, target in rows
    ]
    return "".join(f"{json.dumps(line)}\n" for line in lines).encode()


def _flip(contents: bytearray, place: int, random: Random) -> None:
    contents[place : place + 1] = bytes(byte ^ 1 << random.randrange(8) for byte in contents[place : place + 1])


def _set(contents: bytearray, place: int, random: Random) -> None:
    contents[place : place + 1] = random.choice([b"\x00", b"\x01", b"\x7f", b"\x80", b"\xff", b'"', b"{", b"}", b"\n"])


def _overwrite(contents: bytearray, place: int, random: Random) -> None:
    lengths = [b"\xff" * 8, bytes(8), b"\xff\xff\xff\x7f", b"\x80\x80\x80\x80\x08"]
    contents[place : place + 8] = random.choice(lengths)


def _drop(contents: bytearray, place: int, random: Random) -> None:
    del contents[place : place + random.randrange(1, 20)]


def _insert(contents: bytearray, place: int, random: Random) -> None:
    contents[place:place] = random.randbytes(random.randrange(1, 10))


def _repeat(contents: bytearray, place: int, random: Random) -> None:
    start = random.randrange(len(contents) + 1)
    contents[place:place] = contents[start : start + random.randrange(1, 200)]


def _swap(contents: bytearray, place: int, random: Random) -> None:
    other, size = random.randrange(len(contents) + 1), random.randrange(1, 60)
    here, there = contents[place : place + size], contents[other : other + size]
    contents[place : place + size], contents[other : other + size] = there, here


def _cut(contents: bytearray, place: int, _: Random) -> None:
    del contents[place:]


_DAMAGES: Final = (_flip, _set, _overwrite, _drop, _insert, _repeat, _swap, _cut)
