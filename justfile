# `uv run just` lists the recipes; `just` itself comes with the dev group.
set shell := ["bash", "-euo", "pipefail", "-c"]

[private]
default:
    @just --list --unsorted

# the environment of this checkout
install:
    uv sync

# format, then everything a linter can say
lint:
    uv run ruff format --check .
    uv run ruff check .
    uv run mypy

# the tests, or a part: `just test tests/unit/storage`
test *paths:
    uv run vedro run {{ paths }}

clean:
    rm -rf dist build .coverage .coverage.* htmlcov .mypy_cache .ruff_cache .vedro .profiling
