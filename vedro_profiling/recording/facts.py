"""What a reader of the file will want to know of the run besides its points."""

import os
import platform
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from vedro_profiling.recording.clock import anchor

__all__ = ("run_facts",)


def run_facts(run: str, *, process: str, tags: dict[str, str], **more: Any) -> dict[str, Any]:
    """Collect the facts of a run that starts now; all of it can be written as JSON.

    Parameters
    ----------
    run
        The run id.
    process
        Target name of the test process.
    tags
        Custom tags, each a column of the points.
    more
        Facts the caller adds.
    """
    return {
        "run": run,
        "process": process,
        "tags": tags,
        "started": datetime.now(timezone.utc).isoformat(),
        "anchor": anchor()._asdict(),
        "host": {"name": platform.node(), "system": platform.platform(), "cpus": os.cpu_count()},
        "versions": {"python": platform.python_version(), **_versions("vedro-profiling", "vedro")},
        "finished": False,
        **more,
    }


def _versions(*distributions: str) -> dict[str, str]:
    return {name: text for name in distributions if (text := _version(name)) is not None}


def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None
