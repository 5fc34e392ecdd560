"""Just enough of PNG to look at pixels."""

import struct
import zlib
from pathlib import Path
from typing import NamedTuple

__all__ = ("Picture", "read_png")

_SIGNATURE = b"\x89PNG\r\n\x1a\n"


class Picture(NamedTuple):
    """A decoded picture of 8-bit RGBA."""

    width: int
    height: int
    pixels_per_metre: int
    pixels: bytes
    """Four bytes each, row by row."""

    @property
    def colors(self) -> set[bytes]:
        return {self.pixels[start : start + 4] for start in range(0, len(self.pixels), 4)}

    def difference(self, other: "Picture") -> tuple[float, float]:
        """Compare with a picture of the same size: the mean difference of a colour, and the part of pixels that differ
        by more than a tenth of the scale.
        """
        assert (self.width, self.height) == (other.width, other.height)
        apart = [abs(mine - theirs) for mine, theirs in zip(self.pixels, other.pixels, strict=True)]
        strongest = [max(apart[start : start + 4]) for start in range(0, len(apart), 4)]
        return sum(apart) / len(apart), sum(change > 25 for change in strongest) / len(strongest)


def read_png(path: Path) -> Picture:
    """Decode a PNG of 8-bit RGBA as vl-convert writes it."""
    content = path.read_bytes()
    assert content.startswith(_SIGNATURE)
    chunks: dict[bytes, bytes] = {}
    place = len(_SIGNATURE)
    while place < len(content):
        (length,) = struct.unpack_from(">I", content, place)
        kind = content[place + 4 : place + 8]
        chunks[kind] = chunks.get(kind, b"") + content[place + 8 : place + 8 + length]
        place += length + 12
    width, height, depth, color = struct.unpack_from(">IIBB", chunks[b"IHDR"])
    assert (depth, color) == (8, 6)
    pixels = _unfiltered(zlib.decompress(chunks[b"IDAT"]), width * 4, height)
    return Picture(width, height, struct.unpack_from(">I", chunks[b"pHYs"])[0], pixels)


def _unfiltered(raw: bytes, stride: int, height: int) -> bytes:
    above, rows = bytearray(stride), []
    for line in range(height):
        start = line * (stride + 1)
        row = bytearray(raw[start + 1 : start + 1 + stride])
        _undo(raw[start], row, above)
        rows.append(bytes(row))
        above = row
    return b"".join(rows)


def _undo(kind: int, row: bytearray, above: bytearray) -> None:
    """Undo one of the five filters of the PNG specification, section 9.2."""
    if kind == 0:
        return
    for place, value in enumerate(row):
        left, up, corner = (row[place - 4], above[place], above[place - 4]) if place > 3 else (0, above[place], 0)
        guess = (0, left, up, (left + up) // 2, _paeth(left, up, corner))[kind]
        row[place] = (value + guess) & 0xFF


def _paeth(left: int, up: int, corner: int) -> int:
    distances = [abs(up - corner), abs(left - corner), abs(left + up - 2 * corner)]
    return (left, up, corner)[distances.index(min(distances))]
