"""The command line `vedro-profiling`: what `load`, `summarize` and their friends do, at a terminal."""

from vedro_profiling.cli.entry import main

__all__ = ("main",)
