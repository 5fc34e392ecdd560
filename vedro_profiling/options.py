"""What a recording can be told, and the check of each value before anything starts."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal

from vedro_profiling import schema
from vedro_profiling.errors import OptionError
from vedro_profiling.folder_names import folder_name

__all__ = (
    "DOCKER_READERS",
    "FORMATS",
    "Options",
    "check_switch",
    "make_run_id",
    "profiling_folder",
)

FORMATS: Final = ("ndjson", "ndjson.gz", "parquet")
"""What `profiling_formats` may name: the suffixes of the files of points."""

DOCKER_READERS: Final = ("auto", "cgroup", "engine")

_LONGEST_POLL_SECONDS: Final = 86_400

_TAG_NAME: Final = re.compile(r"[A-Za-z_]\w*", re.ASCII)


def make_run_id(now: datetime) -> str:
    """Name a run after its start.

    >>> make_run_id(datetime(2026, 11, 23, 9, 5, 7))
    'run-20261123-090507'
    """
    return f"run-{now:%Y%m%d-%H%M%S}"


def profiling_folder(project_dir: Path, pattern: str | Path, run_id: str) -> Path:
    """Place a run's folder in the project; a run id may be any text, and cannot lead out of it.

    Raises
    ------
    OptionError
        If either is no text.

    Examples
    --------
    >>> profiling_folder(Path("/project"), ".profiling/{run}", "../night 7").as_posix()
    '/project/.profiling/night_7'
    """
    _require(_is_name(run_id), "profiling_run_id", run_id, "a text that is not empty")
    is_path = isinstance(pattern, str | Path) and str(pattern).strip()
    _require(is_path, "profiling_dir", pattern, "the name of a folder, such as '.profiling'")
    return project_dir / str(pattern).replace("{run}", folder_name(run_id))


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options of a recording, checked when made.

    Raises
    ------
    OptionError
        For a value that cannot be used; the message names option, value and what is allowed.
    """

    profiling_run_id: str
    profiling_dir: Path | None = None
    """The folder of files and journal, `{run}` already replaced; None keeps all in memory."""
    profiling_methods: Sequence[str] = schema.METHODS
    poll_time: float = 1.0
    processes: Sequence[str | int] = ()
    own_process: bool = True
    """Whether the process that records is a target; its children are in any case."""
    docker_compose_project_name: str | Sequence[str] = "compose"
    profiling_containers: Sequence[str] = ()
    docker_reader: Literal["auto", "cgroup", "engine"] = "auto"
    reset_peaks: bool = True
    profiling_formats: Sequence[str] = ("ndjson", "parquet")
    additional_tags: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _require(_is_name(self.profiling_run_id), "profiling_run_id", self.profiling_run_id, "a text that is not empty")
        _check_choices("profiling_methods", self.profiling_methods, schema.METHODS)
        _check_choices("profiling_formats", self.profiling_formats, FORMATS)
        _check_choices("docker_reader", [self.docker_reader], DOCKER_READERS)
        check_switch("own_process", self.own_process)
        check_switch("reset_peaks", self.reset_peaks)
        _check_period(self.poll_time)
        _require(_is_list_of(self.processes, str | int), "processes", self.processes, "a list of names and pids")
        _check_names("profiling_containers", self.profiling_containers)
        _check_names("docker_compose_project_name", self.projects)
        _check_tags(self.additional_tags)

    @property
    def projects(self) -> Sequence[str]:
        """The compose projects whose containers are read."""
        name = self.docker_compose_project_name
        return [name] if isinstance(name, str) else name


def check_switch(option: str, value: Any) -> None:
    """Refuse what is neither True nor False: "no" would count as yes.

    Raises
    ------
    OptionError
        Naming the option and the value.
    """
    _require(isinstance(value, bool), option, value, "True or False")


def _require(allowed: object, option: str, value: Any, expected: str) -> None:
    if not allowed:
        raise OptionError(f"{option} = {value!r}: expected {expected}")


def _is_name(value: Any) -> bool:
    return _is_text(value) and value.strip() != ""


def _is_text(value: Any) -> bool:
    """Tell a text from one that no file can hold: an argument of the command line may be any bytes."""
    return isinstance(value, str) and value.encode(errors="replace").decode() == value


def _is_list_of(values: Any, kind: Any) -> bool:
    is_list = isinstance(values, Iterable) and not isinstance(values, str | bytes | Mapping)
    return is_list and all(isinstance(value, kind) and not isinstance(value, bool) for value in values)


def _check_choices(option: str, values: Any, allowed: Sequence[str]) -> None:
    expected = f"one of {', '.join(map(repr, allowed))}"
    _require(_is_list_of(values, str) and values, option, values, f"a list that is not empty, each {expected}")
    for value in values:
        _require(value in allowed, option, value, expected)


def _check_names(option: str, values: Any) -> None:
    named = _is_list_of(values, str) and all(_is_name(value) for value in values)
    _require(named, option, values, "a list of names that are not empty")


def _check_period(value: Any) -> None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    expected = f"seconds between readings, above 0 and at most {_LONGEST_POLL_SECONDS}"
    _require(is_number and 0 < value <= _LONGEST_POLL_SECONDS, "poll_time", value, expected)


def _check_tags(tags: Any) -> None:
    _require(isinstance(tags, Mapping), "additional_tags", tags, "a dict of names and texts")
    for name, text in tags.items():
        named = isinstance(name, str) and _TAG_NAME.fullmatch(name)
        _require(named, "additional_tags", name, "tag names of letters, digits and '_'")
        reserved = ", ".join(schema.RESERVED_TAGS)
        _require(
            name not in schema.RESERVED_TAGS, "additional_tags", name, f"a tag name that is not reserved: {reserved}"
        )
        _require(_is_text(text), f"additional_tags[{name!r}]", text, "a text")
