"""The options of the plugin."""

from collections.abc import Mapping, Sequence
from typing import Literal

from vedro.core import PluginConfig

from vedro_profiling._plugin.plugin import VedroProfilingPlugin

__all__ = ("VedroProfiling",)


class VedroProfiling(PluginConfig):
    """Options of the plugin; a flag of the same name wins."""

    plugin = VedroProfilingPlugin
    description = "Tells what each scenario costs: CPU and memory of the test process, the host and docker containers"

    enable_profiling: bool = False
    """Whether to record. Off, it costs nothing."""

    profiling_methods: Sequence[str] = ("default", "docker")
    """What to read: `default` is the test process, `processes` and the host, `docker` the containers."""

    poll_time: float = 1.0
    """Seconds between readings; CPU time and peaks of a scenario are exact at any period."""

    draw_plots: bool = False
    """Whether to draw a PNG of each target, and one that compares them."""

    docker_compose_project_name: str | Sequence[str] = "compose"
    """The compose project, or projects, whose containers are read."""

    profiling_run_id: str | None = None
    """Name of the run; `run-YYYYMMDD-HHMMSS` if not given."""

    additional_tags: Mapping[str, str] = {}
    """More tags for every point, each a column: `{"branch": "main"}`."""

    profiling_dir: str = ".profiling"
    """Folder of the files, relative to the project; `{run}` stands for the run id."""

    processes: Sequence[str | int] = ()
    """Names or pids of processes to read beside the test process."""

    profiling_containers: Sequence[str] = ()
    """Names or globs of containers to read that belong to no compose project."""

    docker_reader: Literal["auto", "cgroup", "engine"] = "auto"
    """How containers are read: their cgroup files, the engine's stream, or what each allows."""

    reset_peaks: bool = True
    """Whether each reading starts a new memory peak; others who read the kernel's peak then see it fall."""

    profiling_formats: Sequence[str] = ("ndjson", "parquet")
    """The files to write: `ndjson`, `ndjson.gz`, `parquet`."""

    profiling_summary: str | None = None
    """File for a summary in Markdown, relative to the project; it is added to `GITHUB_STEP_SUMMARY` in any case."""

    show_scenario_costs: bool = False
    """Whether to show beside each scenario what it cost the test process."""

    thresholds: Mapping[str, str | Sequence[str]] = {}
    """Budgets in the language of k6; a broken one makes the run exit 99:
    `{"memory_usage{service:app}": ["max<512", "p(95)<400"]}`."""
