"""A run from start to files: record, derive, write; the one place where recording meets storage."""

import atexit
import importlib
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from vedro_profiling import schema
from vedro_profiling.errors import FileFormatError, RecordingError
from vedro_profiling.options import Options, make_run_id
from vedro_profiling.recording.facts import run_facts
from vedro_profiling.recording.journal import delete_journal, read_journal, unfinished_journals
from vedro_profiling.recording.journal_writer import Journal
from vedro_profiling.recording.recorder import Cost, Recorder
from vedro_profiling.recording.samplers import Sampler, Source

if TYPE_CHECKING:
    import polars as pl

__all__ = (
    "Outcome",
    "Session",
    "make_samplers",
    "record",
    "recover",
    "unfinished_runs",
)

_STEM: Final = "profiling"


@dataclass(frozen=True)
class Outcome:
    """What a finished run has to tell."""

    points: "pl.DataFrame"
    facts: dict[str, Any]
    sources: list[Source]
    notes: list[str]
    """Faults and gaps, a sentence each."""
    cost: Cost
    files: list[Path]
    journal: Path | None
    """Where the raw readings were kept, if a file could not be written."""


def make_samplers(options: Options) -> list[Sampler]:
    """Make the samplers of the methods chosen; what a method needs is imported here, by those who chose it."""
    samplers: list[Sampler] = []
    if schema.DEFAULT_METHOD in options.profiling_methods:
        from vedro_profiling.recording.samplers.host import HostSampler
        from vedro_profiling.recording.samplers.process import ProcessSampler

        samplers += [ProcessSampler(options.processes, reset_peaks=options.reset_peaks), HostSampler()]
    if schema.DOCKER_METHOD in options.profiling_methods:
        from vedro_profiling.recording.samplers.docker import DockerSampler

        containers = DockerSampler(
            options.projects,
            options.profiling_containers,
            reader=options.docker_reader,
            reset_peaks=options.reset_peaks,
        )
        samplers.append(containers)
    return samplers


class Session:
    """Records from `start` to `finish`, and then writes what was recorded.

    If the interpreter ends without `finish`, that is done at exit. A forked child inherits the session but not the run:
    there borders and notes do nothing, and `finish` refuses.

    Parameters
    ----------
    options
        What to record, and where to.
    facts
        More facts of the run for the metadata, such as the arguments of Vedro.
    """

    def __init__(self, options: Options, *, facts: Mapping[str, Any] | None = None) -> None:
        from vedro_profiling.recording.samplers.process import this_process_name

        # Polars may come to be imported as late as at exit, and then needs this module to be there already.
        importlib.import_module("concurrent.futures.thread")
        self._options = options
        self._facts = run_facts(
            options.profiling_run_id,
            process=this_process_name(),
            tags=dict(options.additional_tags),
            poll_time=options.poll_time,
            methods=list(options.profiling_methods),
            projects=list(options.projects),
            **(facts or {}),
        )
        self._journal = Journal(options.profiling_dir, self._facts)
        self._recorder = Recorder(make_samplers(options), self._journal, poll_seconds=options.poll_time)
        self._outcome: Outcome | None = None

    def start(self) -> None:
        """Find the targets and begin to read them."""
        atexit.register(self._finish_at_exit)
        self._recorder.start()

    @property
    def is_mine(self) -> bool:
        """Whether this process made it: false in a forked child."""
        return self._journal.pid == os.getpid()

    def border(self, event: dict[str, Any]) -> None:
        """Read every target where a scenario begins or ends (see `Recorder.border`)."""
        if self.is_mine:
            self._recorder.border(event)

    def note(self, text: str) -> None:
        """Keep a sentence for the summary."""
        if self.is_mine:
            self._journal.note(text)

    @property
    def points(self) -> "pl.DataFrame":
        """The points of the finished run.

        Raises
        ------
        RecordingError
            While the run is being recorded.
        """
        if self._outcome is None:
            raise RecordingError("the run is being recorded still: ask for its points after finish()")
        return self._outcome.points

    def stop(self) -> None:
        """Take the last readings and end the threads: what comes after is not part of the run."""
        if self.is_mine:
            self._recorder.stop()

    def finish(self) -> Outcome:
        """Stop recording, derive the points and write the files; later calls return the same outcome.

        Raises
        ------
        RecordingError
            In a forked child, which would write the files and delete the journal while the run goes on.
        """
        if not self.is_mine:
            raise RecordingError(
                f"process {os.getpid()} is a forked child: finish the run in {self._journal.pid}, which started it"
            )
        if self._outcome is None:
            self._recorder.stop()
            self._facts |= {"finished": True, "cost": self._recorder.cost._asdict()}
            self._outcome = self._drain()
            # Whoever interrupts the lines above leaves the work to be done at exit.
            atexit.unregister(self._finish_at_exit)
            self._journal.close(discard=self._outcome.journal is None)
        return self._outcome

    def _drain(self) -> Outcome:
        from vedro_profiling.recording.points import derive

        readings = self._journal.readings()
        points = derive(readings)
        files = self._write_all(points)
        all_written = len(files) == len(self._options.profiling_formats) or self._options.profiling_dir is None
        return Outcome(
            points=points,
            facts=self._facts,
            sources=readings.sources,
            notes=self._journal.notes,
            cost=self._recorder.cost,
            files=files,
            journal=None if all_written else self._journal.folder,
        )

    def _write_all(self, points: "pl.DataFrame") -> list[Path]:
        folder = self._options.profiling_dir
        if folder is None:
            return []
        paths = [folder / f"{_STEM}.{suffix}" for suffix in self._options.profiling_formats]
        return [path for path in paths if self._try_write(points, path)]

    def _try_write(self, points: "pl.DataFrame", path: Path) -> bool:
        try:
            _write(points, path, self._facts)
        except OSError as error:
            self._journal.note(f"{path} could not be written: {error}")
            return False
        return True

    def _finish_at_exit(self) -> None:
        if self.is_mine:
            self.finish()


def _write(points: "pl.DataFrame", path: Path, facts: dict[str, Any]) -> None:
    from vedro_profiling import storage

    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".parquet":
        storage.write_parquet(points, path, facts=[facts])
    else:
        storage.write_ndjson(points, path)


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


def unfinished_runs(options: Options) -> list[Path]:
    """List the journals in the run's folder that killed runs have left."""
    return unfinished_journals(options.profiling_dir) if options.profiling_dir is not None else []


def recover(profiling_dir: Path | str) -> list[Path]:
    """Write the files of every run below a folder that was killed before it could.

    Each goes to a folder of its own, `recovered/<run>/`; its journal is deleted once both files are in place.
    Journals of runs that are still alive are left alone.

    Returns
    -------
    list of Path
        The files written, none if no run died.

    Raises
    ------
    FileFormatError
        If a journal is damaged beyond reading: the first such one, after all others were written.
    OSError
        If the files cannot be written.
    """
    folder = Path(profiling_dir)
    written: list[Path] = []
    damaged: list[FileFormatError] = []
    for journal in unfinished_journals(folder):
        try:
            written += _recover_run(journal, folder / "recovered")
        except FileFormatError as error:  # noqa: PERF203 - one damaged journal must not cost the others
            damaged.append(error)
    if damaged:
        raise damaged[0]
    return written


def _recover_run(journal: Path, parent: Path) -> list[Path]:
    from vedro_profiling.recording.points import derive

    readings = read_journal(journal)
    points = derive(readings)
    folder = next(place for place in _places(parent, journal.name) if not place.exists())
    paths = [folder / f"{_STEM}.{suffix}" for suffix in ("ndjson", "parquet")]
    for path in paths:
        _write(points, path, readings.facts)
    delete_journal(journal)
    return paths


def _places(parent: Path, name: str) -> Iterator[Path]:
    """Offer a folder, then ones beside it: a fixed run id may die more than once."""
    yield parent / name
    yield from (parent / f"{name}~{number}" for number in count(2))
