"""Files that may be gzipped, told by their first bytes and not by their name."""

import gzip
import io
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Final

__all__ = (
    "is_gzip",
    "open_binary",
    "unpack",
)

_MAGIC: Final = b"\x1f\x8b"
_PIECE_BYTES: Final = 4096
_WITH_GZIP_HEADER: Final = zlib.MAX_WBITS | 16


def is_gzip(path: Path) -> bool:
    """Tell whether a file is gzipped."""
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def open_binary(source: Path | bytes) -> io.BufferedIOBase:
    """Open a file, gzipped or not, or contents already in memory, to read the contents."""
    if isinstance(source, bytes):
        return io.BytesIO(source)
    return gzip.GzipFile(source) if is_gzip(source) else source.open("rb")


def unpack(path: Path) -> bytes:
    """Decompress as much of a damaged gzip file as there is, all in memory."""
    pieces: list[bytes] = []
    stream = zlib.decompressobj(_WITH_GZIP_HEADER)
    with path.open("rb") as file, suppress(zlib.error):
        while packed := stream.unused_data or file.read(_PIECE_BYTES):
            if stream.eof:  # gzip files may be several streams, one after the other
                stream = zlib.decompressobj(_WITH_GZIP_HEADER)
            pieces.append(stream.decompress(packed))
    return b"".join(pieces)
