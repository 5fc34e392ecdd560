"""`record`: a command and its children, measured."""

import shlex
import shutil
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from vedro_profiling.cli.output import PROGRAM, complain, width_of
from vedro_profiling.cli.pairs import names, pair
from vedro_profiling.errors import MissingFileError
from vedro_profiling.session.interrupts import interrupts_put_off

if TYPE_CHECKING:
    from vedro_profiling.options import Options
    from vedro_profiling.session.session import Outcome, Session

__all__ = ("record",)

_LONGEST_NAME: Final = 60


def record(  # noqa: PLR0913 - a parameter for each option: Typer makes the help of them
    command: Annotated[
        list[str], typer.Argument(metavar="COMMAND", help="What to run; put -- before it.", show_default=False)
    ],
    *,
    profiling_dir: Annotated[
        str, typer.Option(metavar="DIR", help="Folder of the files; {run} stands for the run id.")
    ] = ".profiling",
    poll_time: Annotated[float, typer.Option(metavar="SECONDS", help="Time between readings.")] = 0.1,
    profiling_methods: Annotated[
        str,
        typer.Option(metavar="NAME,NAME", help="What to read: default (the command, its children, the host), docker."),
    ] = "default",
    docker_compose_project_name: Annotated[
        str, typer.Option(metavar="NAME,NAME", help="Compose projects whose containers are read.")
    ] = "compose",
    profiling_containers: Annotated[
        str | None,
        typer.Option(metavar="NAME,NAME", help="Names or globs of containers outside compose.", show_default=False),
    ] = None,
    run_id: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Name of the run. [default: run- and the time]", show_default=False),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Name of the command among scenarios. [default: the command]", show_default=False
        ),
    ] = None,
    tag: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="A column for every point; may be given again.", show_default=False),
    ] = None,
) -> None:
    """Run a command, and record it, its children and the host meanwhile.

    Exits as the command does, with 128 and the number of the signal if one killed it. The command keeps stdin, stdout
    and stderr; the summary goes to stderr, below what the command said there. The command counts as one scenario.
    """
    from vedro_profiling.options import Options, make_run_id, profiling_folder

    run = run_id or make_run_id(datetime.now())  # noqa: DTZ005 - a name, in the user's own time
    options = Options(
        profiling_run_id=run,
        profiling_dir=profiling_folder(Path.cwd(), profiling_dir, run),
        profiling_methods=names(profiling_methods),
        poll_time=poll_time,
        docker_compose_project_name=names(docker_compose_project_name),
        profiling_containers=names(profiling_containers),
        additional_tags=dict(pair("--tag", text) for text in tag or ()),
        own_process=False,
    )
    if shutil.which(command[0]) is None:
        raise MissingFileError(f"There is no program {command[0]!r} that can be run. Check its name and the PATH.")
    raise typer.Exit(_record(command, name or _shortened(shlex.join(command)), options))


def _record(command: Sequence[str], name: str, options: "Options") -> int:
    from vedro_profiling.session.recovery import unfinished_runs
    from vedro_profiling.session.session import Session

    for folder in unfinished_runs(options):
        remedy = shlex.join([PROGRAM, "recover", str(options.profiling_dir)])
        complain(f"a run was killed, and {remedy} can write it: {folder}")
    session = Session(options, facts={"command": list(command)})
    with interrupts_put_off():
        session.start()
        code = _run(command, name, session)
        _tell(session.finish())
    return code


def _run(command: Sequence[str], name: str, session: "Session") -> int:
    """Run the command as one scenario."""
    from vedro_profiling.cli.child import run_child

    session.border({"scenario": name, "subject": name})
    code = run_child(command, before_reaping=session.read)
    session.border({"status": "failed" if code else "passed"})
    return code


def _tell(outcome: "Outcome") -> None:
    """Print the summary to stderr; the command's stdout stays its own."""
    from vedro_profiling.reporting.console import summary_lines
    from vedro_profiling.reporting.printable import plain

    lines = summary_lines(outcome, base=Path.cwd(), width=width_of(sys.stderr))
    with suppress(OSError):
        sys.stderr.write("\n" + "".join(f"{plain(line, encoding=sys.stderr.encoding)}\n" for line in lines))
        sys.stderr.flush()


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_NAME else f"{text[: _LONGEST_NAME - 3]}..."
