"""THE table: every column, metric, unit and reserved name of a run, defined once.

Standard library only. Whoever needs Polars dtypes hands its own `polars` module to `dtypes`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Final, Literal

__all__ = (
    "APPORTIONED_TAG",
    "COLUMNS",
    "COLUMN_NAMES",
    "DEFAULT_METHOD",
    "DOCKER_METHOD",
    "METHODS",
    "METRICS",
    "NAME_COLUMNS",
    "RESERVED_TAGS",
    "SCHEMA_VERSION",
    "SORT_ORDER",
    "SYSTEM_TARGET",
    "Column",
    "Metric",
    "dtypes",
    "tag_columns",
)

SCHEMA_VERSION: Final = 1
"""Written into every Parquet file; a reader refuses a greater one."""

DEFAULT_METHOD: Final = "default"
"""The method that reads processes and the host through psutil and /proc."""

DOCKER_METHOD: Final = "docker"
"""The method that reads containers."""

METHODS: Final = (DEFAULT_METHOD, DOCKER_METHOD)

SYSTEM_TARGET: Final = "system"
"""The host as a target; its `cpu_percent` is 0-100 of the whole machine."""


@dataclass(frozen=True)
class Column:
    """A column of the points frame; `dtype` and `arguments` spell a Polars dtype."""

    name: str
    dtype: str
    meaning: str
    arguments: tuple[str, ...] = ()


COLUMNS: Final = (
    Column("time", "Datetime", "instant of the reading; for a counter, the end of its interval", ("us", "UTC")),
    Column("metric", "Categorical", "name of the metric, see METRICS"),
    Column("value", "Float64", "in the unit of the metric, never NaN or infinite"),
    Column("target", "Categorical", "container name, process name, or `system`"),
    Column("service", "Categorical", "compose service of a container, else null"),
    Column("method", "Categorical", "`default` (processes, host) or `docker`"),
    Column("run", "Categorical", "run id"),
    Column("scenario", "Categorical", "Vedro unique_id; null outside scenarios"),
    Column("subject", "Categorical", "subject of the scenario, only on scenario_duration"),
    Column("status", "Categorical", "outcome of the scenario, only on scenario_duration"),
)

COLUMN_NAMES: Final = tuple(column.name for column in COLUMNS)

NAME_COLUMNS: Final = tuple(
    column.name for column in COLUMNS if column.dtype == "Categorical" and column.name != "metric"
)
"""The columns that are tags in NDJSON."""

APPORTIONED_TAG: Final = "apportioned"
"""A tag of ours, "true" on the points of an interval that was split by time at scenario borders."""

RESERVED_TAGS: Final = (*COLUMN_NAMES, APPORTIONED_TAG)
"""Names that a custom tag must not bear."""

SORT_ORDER: Final = ("method", "target", "metric", "time")
"""The order of rows in a points frame."""


@dataclass(frozen=True)
class Metric:
    """A metric: its k6 `type` and `contains`, and the unit of its values."""

    name: str
    type: Literal["gauge", "counter", "trend"]
    contains: Literal["default", "time", "data"]
    unit: str
    meaning: str


METRICS: Final = {
    metric.name: metric
    for metric in (
        Metric("cpu_percent", "gauge", "default", "percent", "100 = one busy core; for `system` 0-100 of the machine"),
        Metric("memory_usage", "gauge", "default", "megabytes", "RSS, host used or container usage; 1 MB = 1e6 bytes"),
        Metric("memory_working_set", "gauge", "default", "megabytes", "container usage less inactive file cache"),
        Metric("memory_peak", "gauge", "default", "megabytes", "the kernel's high-water mark within the interval"),
        Metric("cpu_time", "counter", "time", "milliseconds", "CPU time consumed in the interval"),
        Metric("network_received", "counter", "data", "bytes", "bytes received in the interval"),
        Metric("network_sent", "counter", "data", "bytes", "bytes sent in the interval"),
        Metric("disk_read", "counter", "data", "bytes", "bytes read in the interval"),
        Metric("disk_written", "counter", "data", "bytes", "bytes written in the interval"),
        Metric("scenario_duration", "trend", "time", "milliseconds", "from border reading to border reading"),
    )
}


def dtypes(polars: ModuleType) -> dict[str, Any]:
    """Map each column of COLUMNS to its dtype, built from the given `polars` module.

    >>> import polars
    >>> dtypes(polars)["value"]
    Float64
    """
    return {column.name: getattr(polars, column.dtype)(*column.arguments) for column in COLUMNS}


def tag_columns(columns: Iterable[str]) -> list[str]:
    """Select the custom tags among the columns of a frame, in their order.

    >>> tag_columns(["time", "metric", "value", "branch", "target"])
    ['branch']
    """
    return [name for name in columns if name not in COLUMN_NAMES]
