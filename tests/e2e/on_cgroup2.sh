#!/usr/bin/env bash
# The scenarios about containers and cgroups, on a machine with cgroup v2: tests/e2e/on_cgroup2.sh [OPTION ...]
#
# CGROUP2_VM names a command that boots such a machine: COMMAND [OPTION ...] --wheels WHEELS FOLDER SCRIPT. It copies
# the two folders to /wheels and /src, starts an engine, runs SCRIPT as root in /src and exits as SCRIPT did. The
# machine needs no network: the wheels for the Pythons it may have are fetched here.
set -euo pipefail
cd "$(dirname "$0")/../.."
: "${CGROUP2_VM:?must name a command that boots a machine with cgroup v2: see tests/e2e/on_cgroup2.sh}"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
for python in 3.11 3.13; do
    uv pip compile --quiet --python-version "$python" --output-file "$scratch/$python.txt" pyproject.toml
    uvx --quiet pip download --quiet --dest "$scratch/wheels" --requirement "$scratch/$python.txt" --no-deps \
        --only-binary :all: --python-version "$python" --platform manylinux_2_28_x86_64 --platform manylinux2014_x86_64
done

# Vedro loads all scenarios below a folder, whichever it runs: what needs more than the package is put aside.
"$CGROUP2_VM" "$@" --wheels "$scratch/wheels" . '
    set -eu
    python3 -m venv /venv
    /venv/bin/pip install --quiet --no-index --find-links /wheels polars psutil docker rich vedro
    find tests/e2e -name "*.py" ! -name "docker_containers.py" ! -name "cgroup_*" -delete
    export VEDRO_PROFILING_REQUIRE_DOCKER=1
    echo "cgroup $(stat -fc %T /sys/fs/cgroup), kernel $(uname -r), docker $(docker version -f "{{.Server.Version}}")"
    exit_code=0
    /venv/bin/python -m vedro run tests/e2e || exit_code=1
    /venv/bin/python -m vedro run tests/unit/recording/samplers/cgroup*.py || exit_code=1
    exit $exit_code
'
