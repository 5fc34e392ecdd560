"""Files the kernel answers at once, read without giving the GIL away.

Beside a busy Python thread every call that releases the GIL waits up to 5 ms to get it back; `ctypes.PyDLL` keeps it.
So 80 readings take 0.3 ms and not 70. Only for /proc and cgroup files, which never block.
"""

import ctypes
import os
from pathlib import Path

__all__ = (
    "KernelFile",
    "open_or_none",
)

_libc = ctypes.PyDLL(None, use_errno=True)
# Without argtypes: arguments that are C values already, made once, cost half of what converting them each time does.
_pread = _libc.pread
_pread.restype = ctypes.c_ssize_t
_pwrite = _libc.pwrite
_pwrite.restype = ctypes.c_ssize_t
_START = ctypes.c_int64(0)


class KernelFile:
    """A file of /proc or of a cgroup that stays open; reading it costs about 1 us.

    One thread at a time: the bytes go through a buffer of the file's own.

    Raises
    ------
    OSError
        When opened: `ENOENT`, `EACCES`. When read: `ENODEV` (the cgroup is gone), `ESRCH` (the process is gone).
    """

    __slots__ = ("_buffer", "_fd", "_size", "path")

    def __init__(self, path: Path | str, flags: int = os.O_RDONLY) -> None:
        self.path = path
        self._fd = ctypes.c_int(os.open(path, flags | os.O_CLOEXEC))
        self._resize(4096)

    def _resize(self, size: int) -> None:
        self._size = ctypes.c_size_t(size)
        self._buffer = ctypes.create_string_buffer(size)

    def read(self) -> bytes:
        """Return the content of a file that is one record, as most are: the kernel gives it out whole."""
        content = self._read_from(_START)
        while len(content) == self._size.value:
            self._resize(2 * self._size.value)
            content = self._read_from(_START)
        return content

    def read_records(self) -> bytes:
        """Return the content of a file of many records (net/dev, diskstats): it comes a page at a time."""
        content = b""
        while part := self._read_from(ctypes.c_int64(len(content))):
            content += part
        return content

    def _read_from(self, offset: ctypes.c_int64) -> bytes:
        length: int = _pread(self._fd, self._buffer, self._size, offset)
        if length < 0:
            raise self._error()
        content: bytes = self._buffer[:length]  # type: ignore[assignment] # a slice of c_char is bytes
        return content

    def _error(self) -> OSError:
        code = ctypes.get_errno()
        return OSError(code, os.strerror(code), str(self.path))

    def write(self, content: bytes) -> None:
        """Write at the start of the file: how kernel counters are reset."""
        if _pwrite(self._fd, content, ctypes.c_size_t(len(content)), _START) < 0:
            raise self._error()

    def close(self) -> None:
        """Close the descriptor; a second call does nothing."""
        if self._fd.value >= 0:
            os.close(self._fd.value)
            self._fd.value = -1


def open_or_none(path: Path | str, flags: int = os.O_RDONLY) -> KernelFile | None:
    """Open a file that may be hidden or forbidden; None if it is."""
    try:
        return KernelFile(path, flags)
    except OSError:
        return None
