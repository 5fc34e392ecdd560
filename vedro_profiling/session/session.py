"""A run from start to files: record, derive, write."""

import atexit
import importlib
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vedro_profiling import schema
from vedro_profiling.errors import RecordingError
from vedro_profiling.options import Options
from vedro_profiling.recording.cost import Cost
from vedro_profiling.recording.facts import run_facts
from vedro_profiling.recording.journal import can_be_recovered
from vedro_profiling.recording.journal_writer import Journal
from vedro_profiling.recording.recorder import Recorder
from vedro_profiling.recording.samplers import Sampler, Source
from vedro_profiling.session.drain import FILE_STEM, READINGS_AT_ONCE, derived, in_memory, points_of, write_points
from vedro_profiling.session.interrupts import interrupts_put_off

if TYPE_CHECKING:
    import polars as pl

    from vedro_profiling.recording.points.slices import Slices

__all__ = (
    "Outcome",
    "Session",
    "make_samplers",
)


@dataclass(frozen=True)
class Outcome:
    """What a finished run has to tell."""

    points: "pl.DataFrame | pl.LazyFrame"
    """A frame; of a run that is too long for memory a query over its Parquet file, good until another is put there."""
    facts: dict[str, Any]
    sources: list[Source]
    notes: list[str]
    """Faults and gaps, a sentence each."""
    cost: Cost
    files: list[Path]
    journal: Path | None
    """Where the raw readings were kept, if a file could not be written and nobody has deleted them."""

    @property
    def has_points(self) -> bool:
        """Whether anything was measured."""
        return not self.points.lazy().head(1).collect().is_empty()


def make_samplers(options: Options) -> list[Sampler]:
    """Make the samplers of the methods chosen; what a method needs is imported here, by those who chose it."""
    samplers: list[Sampler] = []
    if schema.DEFAULT_METHOD in options.profiling_methods:
        from vedro_profiling.recording.samplers.host import HostSampler
        from vedro_profiling.recording.samplers.process import ProcessSampler

        processes = ProcessSampler(options.processes, own=options.own_process, reset_peaks=options.reset_peaks)
        samplers += [processes, HostSampler()]
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

    def read(self) -> None:
        """Read every target now, beside the grid of ticks (see `Recorder.read`)."""
        if self.is_mine:
            self._recorder.read()

    def note(self, text: str) -> None:
        """Keep a sentence for the summary."""
        if self.is_mine:
            self._journal.note(text)

    @property
    def points(self) -> "pl.DataFrame":
        """The points of the finished run, all in memory.

        Raises
        ------
        RecordingError
            While the run is being recorded; and of a run too long for memory, once its Parquet file is another's.
        """
        if self._outcome is None:
            raise RecordingError("the run is being recorded still: ask for its points after finish()")
        return in_memory(self._outcome.points, self._outcome.files, self._facts)

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
            with interrupts_put_off() as interrupts:
                self._outcome = self._conclude()
            if interrupts:
                signal.raise_signal(signal.SIGINT)
        return self._outcome

    def _conclude(self) -> Outcome:
        self._recorder.stop()
        self._facts |= {
            "finished": True,
            "cost": self._recorder.cost._asdict(),
            "unavailable_methods": self._recorder.unavailable_methods,
            "notes": self._journal.notes,
        }
        outcome = self._drain()
        # Whoever ends the lines above, by an interrupt that waits no longer, leaves the work to be done at exit.
        atexit.unregister(self._finish_at_exit)
        self._journal.close(discard=outcome.journal is None)
        return outcome

    def _drain(self) -> Outcome:
        readings = self._journal.readings()
        with derived(readings, self._journal.folder, at_once=READINGS_AT_ONCE) as run:
            files = self._write_all(run)
            all_written = len(files) == len(self._options.profiling_formats) or self._options.profiling_dir is None
            folder = self._journal.folder
            return Outcome(
                points=points_of(run, files),
                facts=self._facts,
                sources=readings.sources,
                notes=self._journal.notes,
                cost=self._recorder.cost,
                files=files,
                journal=folder if not all_written and folder and can_be_recovered(folder) else None,
            )

    def _write_all(self, run: "pl.DataFrame | Slices") -> list[Path]:
        folder = self._options.profiling_dir
        if folder is None:
            return []
        paths = [folder / f"{FILE_STEM}.{suffix}" for suffix in self._options.profiling_formats]
        return [path for path in paths if self._try_write(run, path)]

    def _try_write(self, run: "pl.DataFrame | Slices", path: Path) -> bool:
        try:
            write_points(run, path, self._facts)
        except OSError as error:
            self._journal.note(f"{path} could not be written: {error}")
            self._facts["notes"] = self._journal.notes
            return False
        return True

    def _finish_at_exit(self) -> None:
        if self.is_mine:
            # Whoever interrupts a process that ends has what he wants, once the files are there.
            with interrupts_put_off():
                self.finish()
