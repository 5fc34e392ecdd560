"""Files that are written beside their place and renamed into it, so that nobody ever reads half of one."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

__all__ = ("replacing",)


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Lend an empty file beside `path` that takes its place when the block ends without an error.

    A symbolic link at `path` is replaced, not followed. The file gets the permissions that the umask leaves.
    When the block raises, what stood at `path` still stands there and the file beside it is gone.

    Parameters
    ----------
    path
        Where the file shall stand; its folder has to exist.

    Raises
    ------
    OSError
        As the operating system said it: no such folder, no permission, no space.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     place = Path(folder, "summary.json")
    ...     with replacing(place) as beside:
    ...         _ = beside.write_text("{}")
    ...     place.read_text()
    '{}'
    """
    place = Path(path)
    # The random part keeps two writers of one place apart; the name is cut because a name has at most 255 bytes.
    beside = place.with_name(f".{place.name[:40]}.{token_hex(4)}.tmp")
    beside.touch(exist_ok=False)
    try:
        yield beside
        beside.replace(place)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
