"""A run without Vedro: a block of code, or a function, and what it cost."""

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, TypeVar, cast

from vedro_profiling import schema
from vedro_profiling.errors import OptionError
from vedro_profiling.options import Options, make_run_id
from vedro_profiling.session.session import Session

__all__ = (
    "Recording",
    "record",
)

_Function = TypeVar("_Function", bound=Callable[..., Any])


class Recording(AbstractContextManager[Session]):
    """What `record` returns: it records the block below `with`, or each call of the function it decorates.

    Parameters
    ----------
    make_options
        Makes the options of a run; called anew for each.
    """

    def __init__(self, make_options: Callable[[], Options]) -> None:
        self._make_options = make_options
        make_options()  # so that what is wrong is told where it is written
        self._blocks: list[AbstractContextManager[Session]] = []

    def __enter__(self) -> Session:
        """Begin to record."""
        self._blocks.append(_recorded(self._make_options()))
        return self._blocks[-1].__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        """Write what was recorded; in a forked child, that is not its to do."""
        return self._blocks.pop().__exit__(kind, error, traceback)

    def __call__(self, function: _Function) -> _Function:
        """Record each call of a function, or of a coroutine function until it returns.

        Raises
        ------
        OptionError
            For a generator function, whose work is done after its call.
        """
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise OptionError(
                f"{function.__qualname__} is a generator: its work is done after its call; "
                "record it with `with record(...)` around the loop that runs it"
            )
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def awaited(*arguments: Any, **named: Any) -> Any:
                with _recorded(self._make_options()):
                    return await function(*arguments, **named)

            return cast("_Function", awaited)

        @functools.wraps(function)
        def called(*arguments: Any, **named: Any) -> Any:
            with _recorded(self._make_options()):
                return function(*arguments, **named)

        return cast("_Function", called)


@contextmanager
def _recorded(options: Options) -> Iterator[Session]:
    session = Session(options)
    session.start()
    try:
        yield session
    finally:
        if session.is_mine:
            session.finish()


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
) -> Recording:
    """Record the block below `with`: this process and the host, and containers if asked for.

    As a decorator it records each call of the function, every one a run of its own; name a `profiling_dir` then.

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

    Returns
    -------
    Recording
        For `with record() as run`: `run.points` are there once the block has ended. Or a decorator, of functions and
        coroutine functions.

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
    return Recording(
        lambda: Options(
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
