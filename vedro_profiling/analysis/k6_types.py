"""Which of k6's types a metric has, and so how its points are counted."""

from typing import Final, Literal

from vedro_profiling.schema import METRICS

__all__ = ("K6Type", "type_of_metric")

K6Type = Literal["counter", "gauge", "rate", "trend"]

# k6 metrics/builtin.go, and the browser module. What is not named here is a trend, as most of k6's metrics are.
_OF_K6: Final[dict[K6Type, frozenset[str]]] = {
    "counter": frozenset(
        {
            "browser_data_received",
            "browser_data_sent",
            "data_received",
            "data_sent",
            "dropped_iterations",
            "http_reqs",
            "iterations",
            "ws_msgs_received",
            "ws_msgs_sent",
            "ws_sessions",
        }
    ),
    "gauge": frozenset({"vus", "vus_max"}),
    "rate": frozenset({"browser_http_req_failed", "checks", "http_req_failed"}),
}


def type_of_metric(metric: str) -> K6Type:
    """Tell k6's type of one of our metrics or of k6's own; every other metric counts as a trend.

    >>> type_of_metric("cpu_time"), type_of_metric("http_req_failed"), type_of_metric("my_metric")
    ('counter', 'rate', 'trend')
    """
    if metric in METRICS:
        return METRICS[metric].type
    return next((type_ for type_, metrics in _OF_K6.items() if metric in metrics), "trend")
