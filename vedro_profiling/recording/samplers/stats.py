"""The engine's statistics of a container, as numbers.

Format: Docker Engine API, `GET /containers/{id}/stats`; what is sent on cgroup v1 and v2: `facts/cgroup2.md`.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from vedro_profiling.recording.samplers import MISSING
from vedro_profiling.recording.samplers.cgroup_formats import working_set_of

__all__ = (
    "ENGINE_READER",
    "traffic_of",
    "unix_ns",
    "usage_of",
)

ENGINE_READER: Final = "engine"
"""The `reader` of a source that only these statistics tell of."""

_INSTANT: Final = re.compile(r"(.{19})(?:\.(\d{1,9}))?\d*(.+)")


def unix_ns(instant: str) -> int:
    """Return an instant of the engine, RFC 3339 with up to nine decimals, as nanoseconds since 1970.

    What the engine tells of a container that does not run is dated year 1, and so is negative here.

    >>> unix_ns("2026-11-23T01:30:47.5Z"), unix_ns("0001-01-01T00:00:00Z") < 0
    (1795397447500000000, True)
    """
    parts = _INSTANT.fullmatch(instant)
    if parts is None:
        raise ValueError(f"{instant!r} is no instant")
    whole, decimals, zone = parts.groups(default="")
    at = datetime.fromisoformat(whole + ("+00:00" if zone == "Z" else zone))
    return int(at.timestamp()) * 1_000_000_000 + int(decimals.ljust(9, "0"))


def usage_of(stats: Mapping[str, Any]) -> tuple[int, int, int, int]:
    """Return CPU ns, memory, working set and peak bytes, in the order in which `Append` takes them.

    The peak is sent on v1 only, and is that of the container's whole life. Podman sends the limit under its name,
    without the statistics that tell v1 from v2.
    """
    memory = stats["memory_stats"]
    details = memory.get("stats") or {}
    usage = memory.get("usage", MISSING)
    peak = max(memory.get("max_usage", MISSING), usage) if "total_inactive_file" in details else MISSING
    inactive = details.get("total_inactive_file", details.get("inactive_file", MISSING))
    return stats["cpu_stats"]["cpu_usage"]["total_usage"], usage, working_set_of(usage, inactive), peak


def traffic_of(stats: Mapping[str, Any]) -> tuple[int, int, int, int]:
    """Return the bytes received, sent, read and written since the container started.

    A container without a network of its own has none. The list of disk operations is null on v2 before the first one,
    but empty on v1 where the kernel does not count them. v1 writes `Read`, v2 writes `read`.
    """
    networks = (stats.get("networks") or {}).values()
    operations = (stats.get("blkio_stats") or {}).get("io_service_bytes_recursive", ())

    def transferred(key: str) -> int:
        return sum(network[key] for network in networks) if networks else MISSING

    def moved(name: str) -> int:
        if operations is None:
            return 0
        return sum(row["value"] for row in operations if row["op"].lower() == name) if operations else MISSING

    return transferred("rx_bytes"), transferred("tx_bytes"), moved("read"), moved("write")
