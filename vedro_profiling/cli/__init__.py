"""The command line `vedro-profiling`: what `load`, `summarize` and their friends do, at a terminal."""
