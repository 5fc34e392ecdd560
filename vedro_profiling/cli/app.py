"""The commands, put together."""

from collections.abc import Callable
from importlib import metadata
from typing import Annotated, Final

import typer

from vedro_profiling.cli.check import check
from vedro_profiling.cli.compare import compare
from vedro_profiling.cli.convert import convert
from vedro_profiling.cli.output import PROGRAM, say
from vedro_profiling.cli.plot import plot
from vedro_profiling.cli.record import record
from vedro_profiling.cli.recover import recover
from vedro_profiling.cli.report import report
from vedro_profiling.cli.scenarios import scenarios
from vedro_profiling.cli.summary import summary

__all__ = ("app",)

_EXAMPLES: Final[dict[Callable[..., None], tuple[str, ...]]] = {
    summary: (
        f"{PROGRAM} summary .profiling",
        f"{PROGRAM} summary 'artifacts/**/*.parquet' --format markdown >> $GITHUB_STEP_SUMMARY",
    ),
    scenarios: (
        f"{PROGRAM} scenarios .profiling --top 5",
        f"{PROGRAM} scenarios base/ head/ --format csv > costs.csv",
    ),
    compare: (
        f"{PROGRAM} compare base/ head/",
        f"{PROGRAM} compare 'base/**/*.parquet' head/ --fail-on 'cpu_time>+10%' --fail-on 'memory_peak>+50'",
    ),
    check: (
        f"{PROGRAM} check .profiling --budget 'memory_usage{{service:app}}: max<512, p(95)<400'",
        f"{PROGRAM} check .profiling --budgets budgets.txt",
    ),
    plot: (f"{PROGRAM} plot .profiling -o pictures",),
    report: (f"{PROGRAM} report .profiling -o report.html --budget 'memory_usage{{service:app}}: max<512'",),
    convert: (
        f"{PROGRAM} convert .profiling/profiling.ndjson run.parquet",
        f"{PROGRAM} convert 'artifacts/**/*.parquet' all.csv",
    ),
    recover: (f"{PROGRAM} recover .profiling",),
    record: (
        f"{PROGRAM} record -- python job.py",
        f"{PROGRAM} record --poll-time 0.05 --tag branch=main -- make test",
        f"{PROGRAM} record --profiling-methods default,docker --docker-compose-project-name shop -- ./load.sh",
    ),
}

app = typer.Typer(
    help="CPU and memory of recorded runs, per target and per scenario; and how to record a command.",
    epilog="Every command tells more with --help. Exit code 2: something was wrong; 99: a budget is broken.",
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _unfolded(text: str) -> str:
    """Make each paragraph one line: Rich would keep our line ends beside its own."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))


for command, examples in _EXAMPLES.items():
    app.command(
        help=_unfolded(command.__doc__ or ""),
        # Only a blank line keeps lines apart there.
        epilog="\n\n".join(["Examples:", *examples]),
        context_settings={"allow_interspersed_args": command is not record},
    )(command)


def _tell_version(is_asked: bool) -> None:  # noqa: FBT001 - as Typer calls it
    if is_asked:
        say(f"{PROGRAM} {metadata.version(PROGRAM)}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def help_or_version(
    context: typer.Context,
    *,
    version: Annotated[
        bool, typer.Option("--version", help="Tell the version.", callback=_tell_version, is_eager=True)
    ] = False,
) -> None:
    """CPU and memory of recorded runs, per target and per scenario; and how to record a command."""
    del version
    if context.invoked_subcommand is None:
        context.get_help()
