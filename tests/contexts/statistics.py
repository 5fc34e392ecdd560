"""Statistics of a container as an engine sends them, cut down to what is read."""

from datetime import datetime, timedelta, timezone
from typing import Any, Final

__all__ = (
    "NOBODY",
    "engine_instant",
    "statistics",
)

NOBODY: Final[dict[str, Any]] = {
    "read": "0001-01-01T00:00:00Z",
    "blkio_stats": {"io_service_bytes_recursive": None},
    "cpu_stats": {"cpu_usage": {"total_usage": 0, "usage_in_kernelmode": 0, "usage_in_usermode": 0}},
    "memory_stats": {},
}
"""What is sent each second of a container that does not run."""

_START: Final = datetime(2026, 11, 23, 9, tzinfo=timezone.utc)


def engine_instant(seconds: float) -> str:
    """Write an instant of the engine's clock, which stood at nine o'clock at 0 s."""
    return (_START + timedelta(seconds=seconds)).isoformat(timespec="microseconds").replace("+00:00", "123Z")


def statistics(seconds: float, *, cpu_ns: int, **more: Any) -> dict[str, Any]:
    """Make an object of cgroup v1, read at an instant of the engine's clock; `more` replaces its parts."""
    return {
        "read": engine_instant(seconds),
        "cpu_stats": {"cpu_usage": {"total_usage": cpu_ns, "percpu_usage": [cpu_ns, 0]}, "online_cpus": 2},
        "memory_stats": {
            "usage": 22_302_720,
            "max_usage": 85_630_976,
            "stats": {"inactive_file": 4096, "total_inactive_file": 20_975_616, "total_rss": 61_440},
            "limit": 25_276_063_744,
        },
        "blkio_stats": {
            "io_service_bytes_recursive": [
                {"major": 254, "minor": 0, "op": "Read", "value": 5},
                {"major": 254, "minor": 0, "op": "Write", "value": 7},
                {"major": 254, "minor": 16, "op": "Read", "value": 50},
                {"major": 254, "minor": 16, "op": "Total", "value": 62},
            ]
        },
        "networks": {"eth0": {"rx_bytes": 200, "tx_bytes": 90}, "eth1": {"rx_bytes": 1, "tx_bytes": 2}},
        **more,
    }
