"""What the kernel of this machine offers to a reader of cgroups."""

import platform
import re
from pathlib import Path
from typing import Final

__all__ = (
    "COUNTS_DISK",
    "IS_V2",
    "RESETS_PEAK",
)

_VERSION: Final = tuple(int(number) for number in re.findall(r"\d+", platform.release())[:2])

IS_V2: Final = Path("/sys/fs/cgroup/cgroup.controllers").exists()

COUNTS_DISK: Final = IS_V2 or _VERSION < (6, 10)
"""On v1 newer kernels count the bytes of disks only once a limit was set for one."""

RESETS_PEAK: Final = not IS_V2 or _VERSION >= (6, 12)
