"""Checksums of a Parquet file within it: Polars writes none, and damaged pages can make it abort the process.

They tell damage, not forgery. A file that another tool has written has none, and is not checked.
"""

import os
import re
import zlib
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

__all__ = (
    "SEAL_KEY",
    "UNSEALED",
    "is_broken",
    "seal",
)

SEAL_KEY: Final = "vedro_profiling.crc32"
"""The key of the checksums in the metadata of a file; it has to be the last one there."""

_TEXT: Final = "body %08x footer %08x"

UNSEALED: Final = _TEXT % (0, 0)
"""The value of SEAL_KEY in a file that is written, but not sealed yet."""

# A key and its value as parquet.thrift's compact protocol has them: 0x18 says that text follows, then its length.
_ENTRY: Final = re.compile(
    re.escape(SEAL_KEY.encode())
    + b"\x18"
    + re.escape(bytes([len(UNSEALED)]))
    + b"(body [0-9a-f]{8} footer [0-9a-f]{8})"
)
_FARTHEST: Final = 4096
"""Behind the metadata of a footer stand the name of the writer and the orders of the columns, and no more."""

_LENGTH_AND_MAGIC: Final = 8
_PIECE_BYTES: Final = 1 << 20


class _Sealed(NamedTuple):
    stated: bytes
    at: int
    footer_at: int


def seal(path: Path) -> None:
    """Put the checksums of body and footer where UNSEALED keeps the place; half a millisecond a megabyte.

    Raises
    ------
    OSError
        If the file cannot be read or written.
    """
    with path.open("r+b") as file:
        if found := _find(file):
            text = _checksums(file, found, _crc_of(file, 0, found.footer_at))
            file.seek(found.at)
            file.write(text)


def is_broken(path: Path, *, with_body: bool) -> bool:
    """Tell whether a file is not what was sealed; one without a seal is not broken as far as can be told.

    Parameters
    ----------
    path
        Any file.
    with_body
        Whether to look at all of it; otherwise at its footer alone.
    """
    with path.open("rb") as file:
        found = _find(file)
        if found is None:
            return False
        body = _crc_of(file, 0, found.footer_at) if with_body else int(found.stated.split()[1], 16)
        return found.stated != _checksums(file, found, body)


def _find(file: BinaryIO) -> _Sealed | None:
    size = file.seek(0, os.SEEK_END)
    tail_at = max(0, size - _FARTHEST)
    file.seek(tail_at)
    tail = file.read(_FARTHEST)
    entries = list(_ENTRY.finditer(tail))
    if not entries:
        return None
    length = int.from_bytes(tail[-_LENGTH_AND_MAGIC:-4], "little")
    return _Sealed(entries[-1][1], tail_at + entries[-1].start(1), max(0, size - _LENGTH_AND_MAGIC - length))


def _checksums(file: BinaryIO, found: _Sealed, body: int) -> bytes:
    """Write the text of the seal; the footer counts as if it were unsealed."""
    before = _crc_of(file, found.footer_at, found.at)
    unsealed = zlib.crc32(UNSEALED.encode(), before)
    footer = _crc_of(file, found.at + len(UNSEALED), None, unsealed)
    return (_TEXT % (body, footer)).encode()


def _crc_of(file: BinaryIO, start: int, end: int | None, crc: int = 0) -> int:
    file.seek(start)
    left = (file.seek(0, os.SEEK_END) if end is None else end) - start
    file.seek(start)
    while left > 0 and (piece := file.read(min(_PIECE_BYTES, left))):
        crc = zlib.crc32(piece, crc)
        left -= len(piece)
    return crc
