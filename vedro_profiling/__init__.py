"""CPU and memory of a test run, per scenario: the test process, the host and the docker containers under test."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from vedro_profiling._plugin.config import VedroProfiling
from vedro_profiling._plugin.plugin import VedroProfilingPlugin

if TYPE_CHECKING:
    from vedro_profiling._plugin.budget import budget
    from vedro_profiling.analysis.comparison import compare
    from vedro_profiling.analysis.comparison_rules import regressions
    from vedro_profiling.analysis.scenarios import scenario_costs
    from vedro_profiling.analysis.summary import summarize
    from vedro_profiling.analysis.thresholds import check
    from vedro_profiling.charts.comparison import comparison_chart
    from vedro_profiling.charts.latency import latency_chart
    from vedro_profiling.charts.overlay import overlay_chart
    from vedro_profiling.charts.profile import profile_chart
    from vedro_profiling.charts.profiles import save_profiles
    from vedro_profiling.charts.render import save_chart
    from vedro_profiling.charts.report import save_report
    from vedro_profiling.charts.scenarios import scenario_chart
    from vedro_profiling.charts.timeline import timeline
    from vedro_profiling.errors import (
        DrawingError,
        FileFormatError,
        MissingFileError,
        OptionError,
        ProfilingError,
        RecordingError,
        SchemaError,
    )
    from vedro_profiling.session.block import record
    from vedro_profiling.session.recovery import recover
    from vedro_profiling.storage import load, read_facts, scan, write_ndjson, write_parquet

__version__ = "1.0.0"

# Resolved on first use: imports are paid for by those who use them.
_HOMES = {
    "DrawingError": "errors",
    "FileFormatError": "errors",
    "MissingFileError": "errors",
    "OptionError": "errors",
    "ProfilingError": "errors",
    "RecordingError": "errors",
    "SchemaError": "errors",
    "budget": "_plugin.budget",
    "check": "analysis.thresholds",
    "compare": "analysis.comparison",
    "comparison_chart": "charts.comparison",
    "latency_chart": "charts.latency",
    "load": "storage",
    "overlay_chart": "charts.overlay",
    "profile_chart": "charts.profile",
    "read_facts": "storage",
    "record": "session.block",
    "recover": "session.recovery",
    "regressions": "analysis.comparison_rules",
    "save_chart": "charts.render",
    "save_profiles": "charts.profiles",
    "save_report": "charts.report",
    "scan": "storage",
    "scenario_chart": "charts.scenarios",
    "scenario_costs": "analysis.scenarios",
    "summarize": "analysis.summary",
    "timeline": "charts.timeline",
    "write_ndjson": "storage",
    "write_parquet": "storage",
}

__all__ = (
    "DrawingError",
    "FileFormatError",
    "MissingFileError",
    "OptionError",
    "ProfilingError",
    "RecordingError",
    "SchemaError",
    "VedroProfiling",
    "VedroProfilingPlugin",
    "budget",
    "check",
    "compare",
    "comparison_chart",
    "latency_chart",
    "load",
    "overlay_chart",
    "profile_chart",
    "read_facts",
    "record",
    "recover",
    "regressions",
    "save_chart",
    "save_profiles",
    "save_report",
    "scan",
    "scenario_chart",
    "scenario_costs",
    "summarize",
    "timeline",
    "write_ndjson",
    "write_parquet",
)


def __getattr__(name: str) -> Any:
    """Import the module that owns a public name when the name is first used (PEP 562)."""
    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}; public names: {', '.join(__all__)}"
        raise AttributeError(message)
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
