"""CPU and memory of a test run, per scenario: the test process, the host and the docker containers under test."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from vedro_profiling._plugin import VedroProfiling, VedroProfilingPlugin

if TYPE_CHECKING:
    from vedro_profiling.errors import (
        FileFormatError,
        MissingFileError,
        OptionError,
        ProfilingError,
        RecordingError,
        SchemaError,
    )

__version__ = "1.0.0"

# Resolved on first use: imports are paid for by those who use them.
_HOMES = {
    "FileFormatError": "errors",
    "MissingFileError": "errors",
    "OptionError": "errors",
    "ProfilingError": "errors",
    "RecordingError": "errors",
    "SchemaError": "errors",
}

__all__ = (
    "FileFormatError",
    "MissingFileError",
    "OptionError",
    "ProfilingError",
    "RecordingError",
    "SchemaError",
    "VedroProfiling",
    "VedroProfilingPlugin",
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
