"""A run without Vedro: a block of code, or a function, and what it cost."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Literal

from vedro_profiling import schema
from vedro_profiling.options import Options, make_run_id
from vedro_profiling.session import Session

__all__ = ("record",)


@contextmanager
def record(  # noqa: PLR0913 - the options of a run, all keyword-only: editors and type checkers know each by name
    *,
    poll_time: float = 0.1,
    profiling_dir: Path | str | None = None,
    run_id: str | None = None,
    profiling_methods: Sequence[str] = (schema.DEFAULT_METHOD,),
    processes: Sequence[str | int] = (),
    docker_compose_project_name: str | Sequence[str] = "compose",
    profiling_containers: Sequence[str] = (),
    docker_reader: Literal["auto", "cgroup", "engine"] = "auto",
    reset_peaks: bool = True,
    profiling_formats: Sequence[str] = ("ndjson", "parquet"),
    additional_tags: Mapping[str, str] = {},
) -> Iterator[Session]:
    """Record the block below `with`: this process and the host, and containers if asked for.

    As a decorator it records each call of the function, every one a run of its own.

    Parameters
    ----------
    poll_time
        Seconds between readings.
    profiling_dir
        Folder for files and journal; without one nothing is written.
    run_id
        Name of the run; made of the time if not given.
    profiling_methods
        What to read: `default` is this process, `processes` and the host, `docker` the containers.
    processes
        Names or pids of processes to read beside this one.
    docker_compose_project_name
        The compose project, or projects, whose containers are read.
    profiling_containers
        Names or globs of containers to read that belong to no compose project.
    docker_reader
        How containers are read: their cgroup files (`cgroup`), the engine's stream (`engine`), or what each allows.
    reset_peaks
        Whether each reading starts a new memory peak; others who read the kernel's peak then see it fall.
    profiling_formats
        The files to write: `ndjson`, `ndjson.gz`, `parquet`.
    additional_tags
        More tags for every point, each a column: `{"branch": "main"}`.

    Yields
    ------
    Session
        Its `points` are there once the block has ended.

    Raises
    ------
    OptionError
        If an option has a value that cannot be used.

    Examples
    --------
    >>> import vedro_profiling as vp
    >>> with vp.record(poll_time=0.05) as run:
    ...     total = sum(range(1_000_000))
    >>> "cpu_time" in run.points["metric"]
    True

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> @vp.record(profiling_dir=folder)
    ... def add_up():
    ...     return sum(range(1_000_000))
    >>> add_up()
    499999500000
    >>> vp.load(folder)["run"].n_unique()
    1
    """
    session = Session(
        Options(
            profiling_run_id=run_id or make_run_id(datetime.now()),  # noqa: DTZ005 - names bear the user's own time
            profiling_dir=Path(profiling_dir) if profiling_dir is not None else None,
            poll_time=poll_time,
            profiling_methods=profiling_methods,
            processes=processes,
            docker_compose_project_name=docker_compose_project_name,
            profiling_containers=profiling_containers,
            docker_reader=docker_reader,
            reset_peaks=reset_peaks,
            profiling_formats=profiling_formats,
            additional_tags=additional_tags,
        )
    )
    session.start()
    try:
        yield session
    finally:
        if session.is_mine:
            session.finish()
