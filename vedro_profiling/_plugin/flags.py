"""The flags of the plugin, and what flags and configuration together come to."""

from argparse import ArgumentParser, BooleanOptionalAction, Namespace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vedro_profiling.options import Options

__all__ = (
    "add_flags",
    "make_options",
    "summary_file",
)


def add_flags(parser: ArgumentParser, settings: Any) -> None:
    """Add a flag for each option that a command line may want to change; its default is the configured value."""
    group = parser.add_argument_group("Profiling")
    group.add_argument(
        "--enable-profiling",
        action=BooleanOptionalAction,
        default=settings.enable_profiling,
        help="Record CPU and memory of the test process, the host and the containers",
    )
    group.add_argument(
        "--draw-plots", action=BooleanOptionalAction, default=settings.draw_plots, help="Draw a PNG of each target"
    )
    group.add_argument("--run-id", dest="profiling_run_id", default=settings.profiling_run_id, help="Name of the run")
    group.add_argument(
        "--profiling-dir",
        default=settings.profiling_dir,
        help="Folder of the files, relative to the project; {run} stands for the run id",
    )
    group.add_argument("--poll-time", type=float, default=settings.poll_time, help="Seconds between readings")
    group.add_argument(
        "--profiling-methods",
        type=_names,
        default=settings.profiling_methods,
        metavar="NAME[,NAME]",
        help="What to read: default (processes, host), docker",
    )
    group.add_argument(
        "--profiling-formats",
        type=_names,
        default=settings.profiling_formats,
        metavar="NAME[,NAME]",
        help="Files to write: ndjson, ndjson.gz, parquet",
    )
    group.add_argument(
        "--docker-compose-project-name",
        type=_names,
        default=settings.docker_compose_project_name,
        metavar="NAME[,NAME]",
        help="Compose projects whose containers are read",
    )
    group.add_argument("--docker-reader", default=settings.docker_reader, help="How: auto, cgroup or engine")
    group.add_argument(
        "--reset-peaks",
        action=BooleanOptionalAction,
        default=settings.reset_peaks,
        help="Start a new memory peak with each reading",
    )
    group.add_argument(
        "--profiling-summary",
        default=settings.profiling_summary,
        metavar="FILE",
        help="Write a summary in Markdown; where GITHUB_STEP_SUMMARY is set, it goes there too",
    )
    group.add_argument(
        "--show-scenario-costs",
        action=BooleanOptionalAction,
        default=settings.show_scenario_costs,
        help="Show what each scenario cost the test process beside it",
    )


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",")]


def make_options(args: Namespace, settings: Any, project_dir: Path) -> "Options":
    """Check flags and configuration together.

    Raises
    ------
    OptionError
        For a value that cannot be used.
    """
    from vedro_profiling.options import Options, check_switch, make_run_id, profiling_folder

    for switch in ("enable_profiling", "draw_plots", "show_scenario_costs"):
        check_switch(switch, getattr(args, switch))
    run_id = args.profiling_run_id
    if run_id is None:
        run_id = make_run_id(datetime.now())  # noqa: DTZ005 - a name, in the user's own time
    return Options(
        profiling_run_id=run_id,
        profiling_dir=profiling_folder(project_dir, args.profiling_dir, run_id),
        profiling_methods=args.profiling_methods,
        poll_time=args.poll_time,
        processes=settings.processes,
        docker_compose_project_name=args.docker_compose_project_name,
        profiling_containers=settings.profiling_containers,
        docker_reader=args.docker_reader,
        reset_peaks=args.reset_peaks,
        profiling_formats=args.profiling_formats,
        additional_tags=settings.additional_tags,
    )


def summary_file(name: Any, project_dir: Path) -> Path | None:
    """Check where the summary in Markdown is to be written; None for nowhere.

    Raises
    ------
    OptionError
        If the name is no file's.
    """
    from vedro_profiling.errors import OptionError

    if name is None:
        return None
    if not isinstance(name, str | Path) or not str(name).strip() or (project_dir / name).is_dir():
        raise OptionError(f"profiling_summary = {name!r}: expected the name of a file, such as 'summary.md'")
    return project_dir / name
