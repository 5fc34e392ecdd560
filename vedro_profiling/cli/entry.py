"""From the arguments to an exit code: what goes wrong is one line on stderr."""

import sys
import warnings
from collections.abc import Sequence
from typing import Any, Final, NoReturn

import typer

from vedro_profiling.cli.app import app
from vedro_profiling.cli.output import PROGRAM, complain
from vedro_profiling.errors import ProfilingError

__all__ = ("main", "run")

_WRONG: Final = 2
_INTERRUPTED: Final = 130
# Typer keeps its parent of all wrong usage to itself.
_WRONG_USAGE: Final[type[Exception]] = typer.BadParameter.__mro__[1]


def main() -> NoReturn:
    """Run the command line of this process, and end it."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run a command line and return its exit code.

    0 when all went well; 1 when shell completion could not be set up; 2 when something was wrong, told in one line on
    stderr; 99 when a budget is broken or what `--fail-on` names has changed; 130 after Ctrl-C; 141 when whoever read
    the output has gone. `record` returns what its command did.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("always", UserWarning)
        warnings.showwarning = _show_warning
        try:
            code: Any = app(list(arguments), prog_name=PROGRAM, standalone_mode=False)
        except _WRONG_USAGE as error:
            complain(f"{_message(error)} ({_whom_to_ask(error)} --help)")
            return _WRONG
        except (ProfilingError, OSError) as error:
            complain(str(error))
            return _WRONG
        except (KeyboardInterrupt, typer.Abort):
            return _INTERRUPTED
    return code if isinstance(code, int) else 0


def _show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    complain(f"warning: {message}")


def _message(error: Any) -> str:
    return str(error.format_message())


def _whom_to_ask(error: Any) -> str:
    return error.ctx.command_path if error.ctx else PROGRAM
