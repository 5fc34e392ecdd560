"""Whether what is told of containers is what they used: by themselves, by their counters, by `docker stats`."""

import io
import json
import re
import shutil
import statistics
import subprocess
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

import polars as pl

from tests.benchmarks.docker_scenarios import burning_scenario, counting_scenario, holding_scenario
from tests.benchmarks.rows import Row, Spread, claim
from tests.benchmarks.sample_project import SampleProject, sample_project
from tests.contexts.engine import Project

__all__ = ("measure",)

_WORKERS: Final = 8
_ROUNDS: Final = 3
_SCENARIO_SECONDS: Final = 5
_ANSWERS: Final = 6
_BURN: Final = 'time sh -c "i=0; while [ \\$i -lt 1500000 ]; do i=\\$((i+1)); done"'
_HOLD: Final = "time hold"
_HOLD_AS_LONG_AS_IT_TAKES: Final = "time dd if=/dev/zero of=/dev/null bs=300000000 count=1"
"""Where there is no compiler: half of the time goes into filling it."""
_ON_SIGNAL: Final = "trap '{work}' USR1; while :; do sleep 600 & wait $!; done"
_WORK: Final = "while :; do i=0; while [ $i -lt {rounds} ]; do i=$((i+1)); done; sleep 0.1; done"
_STEADY: Final = "dd if=/dev/zero of=/tmp/file bs=1M count=20; while :; do :; done"


class _Run(NamedTuple):
    """What one run told, beside what else was read."""

    burn_off_ms: float
    """CPU in the points less that which the burning process told of itself."""
    burn_bound_ms: float
    share: float
    """CPU in the points / CPU by the counters, all containers together."""
    worst_share: float
    """The same of the container where it is furthest from 1."""
    peak_megabytes: float
    held_seconds: float
    percent_off: float
    """Percentage points of CPU apart from `docker stats`."""
    memory_share: float
    """Working set / what `docker stats` shows."""


def measure() -> list[Row]:
    """Run scenarios at `poll_time = 1.0` in which containers burn, hold memory and work steadily."""
    with _containers() as engine, sample_project(_scenarios(engine), options=_options(engine)) as project:
        runs = [_run(project, engine) for _ in range(_ROUNDS)]
    bound = min(run.burn_bound_ms for run in runs)
    held = Spread.of(1000 * run.held_seconds for run in runs)
    return [
        claim(
            f"{_ROUNDS} runs at poll_time 1: CPU of a burn in {_SCENARIO_SECONDS} s, less what it told of itself",
            Spread.of(run.burn_off_ms for run in runs),
            " ms",
            at_least=-bound,
            at_most=bound,
        ),
        claim(
            f"CPU of all {_WORKERS + 3} containers in it / by their own counters",
            Spread.of(run.share for run in runs),
            at_least=0.99,
            at_most=1.01,
        ),
        claim(
            "the same of the container that is furthest off",
            Spread.of(run.worst_share for run in runs),
            at_least=0.99,
            at_most=1.01,
        ),
        claim(
            f"peak of 300 MB held for {held.median:.0f} ms",
            Spread.of(run.peak_megabytes for run in runs),
            " MB",
            at_least=290,
        ),
        claim(
            "CPU of a steady load, less what `docker stats` shows",
            Spread.of(run.percent_off for run in runs),
            " percentage points",
            at_least=-2,
            at_most=2,
        ),
        claim(
            "its working set / what `docker stats` shows",
            Spread.of(run.memory_share for run in runs),
            at_least=0.99,
            at_most=1.01,
        ),
    ]


@contextmanager
def _containers() -> Iterator[Project]:
    engine = Project()
    try:
        engine.run("steady", _STEADY, nano_cpus=400_000_000)
        for number in range(1, _WORKERS + 1):
            engine.run("worker", _WORK.format(rounds=1000 * number), number=number)
        yield engine
    finally:
        engine.remove()


def _options(engine: Project) -> dict[str, Any]:
    return {
        "enable_profiling": True,
        "poll_time": 1.0,
        "profiling_methods": ["default", "docker"],
        "docker_compose_project_name": engine.name,
    }


def _scenarios(engine: Project) -> dict[str, str]:
    engine.run("burner", _ON_SIGNAL.format(work=_BURN))
    program = _compiled("hold")
    holder = engine.run("holder", _ON_SIGNAL.format(work=_HOLD if program else _HOLD_AS_LONG_AS_IT_TAKES))
    if program:
        holder.put_archive("/bin", program)
    return {
        "burning": burning_scenario(engine.container_name("burner"), _counter_files(engine), seconds=_SCENARIO_SECONDS),
        "holding": holding_scenario(engine.container_name("holder")),
        "steady": counting_scenario(engine.container_name("steady"), answers=_ANSWERS),
    }


def _compiled(name: str) -> bytes | None:
    """Compile a program beside this module into an archive for a container; None without a compiler."""
    if shutil.which("gcc") is None:
        return None
    packed = io.BytesIO()
    with TemporaryDirectory() as folder, tarfile.open(fileobj=packed, mode="w") as archive:
        program = Path(folder, name)
        subprocess.run(["gcc", "-static", "-O2", "-o", program, Path(__file__).with_name(f"{name}.c")], check=True)
        archive.add(program, name)
    return packed.getvalue()


def _counter_files(engine: Project) -> dict[str, str]:
    """Find the file with the CPU counter of each container, by its id alone."""
    label = f"com.docker.compose.project={engine.name}"
    containers = {str(found.id): str(found.name) for found in engine.client.containers.list(filters={"label": label})}
    files = {}
    for name in ("cpu.stat", "cpuacct.usage"):  # on v1 the second is the one that counts
        for path in Path("/sys/fs/cgroup").rglob(name):
            for container_id in containers.keys() & set(re.findall("[0-9a-f]{64}", path.parent.name)):
                files[containers[container_id]] = str(path)
    return files


def _run(project: SampleProject, engine: Project) -> _Run:
    project.run()
    points = project.points().filter(pl.col("method") == "docker")
    before, after, told = _seen(project, "burning")
    used_ms = {name: (after[name] - before[name]) / 1e6 for name in before}
    burning = _of(points, "burning", "cpu_time")
    shares = {name: _sum_of(burning, name) / used for name, used in used_ms.items() if used >= 1}
    burnt_ms = 1000 * (_seconds("user", told) + _seconds("sys", told))
    percent, memory_bytes = _as_docker_stats_shows(_seen(project, "steady"))
    steady = engine.container_name("steady")
    return _Run(
        burn_off_ms=_sum_of(burning, engine.container_name("burner")) - burnt_ms,
        burn_bound_ms=burnt_ms / 100 + 4,
        share=float(burning["value"].sum()) / sum(used_ms.values()),
        worst_share=max(shares.values(), key=lambda share: abs(share - 1)),
        peak_megabytes=max(_values(_of(points, "holding", "memory_peak"), engine.container_name("holder"))),
        held_seconds=_held_seconds(_seen(project, "holding")),
        percent_off=statistics.mean(_values(_of(points, "steady", "cpu_percent"), steady)) - percent,
        memory_share=1e6
        * statistics.median(_values(_of(points, "steady", "memory_working_set"), steady))
        / memory_bytes,
    )


def _seen(project: SampleProject, scenario: str) -> Any:
    return json.loads((project.folder / "scenarios" / f"{scenario}.counters").read_text())


def _held_seconds(told: str) -> float:
    return _seconds("held" if "held" in told else "real", told)


def _seconds(what: str, told: str) -> float:
    """Read what `time` of busybox tells: `user 0m 3.21s`."""
    minutes, seconds = re.findall(rf"{what}\s+(\d+)m\s*([\d.]+)s", told)[-1]
    return 60 * int(minutes) + float(seconds)


def _of(points: pl.DataFrame, scenario: str, metric: str) -> pl.DataFrame:
    is_of_it = pl.col("scenario").cast(pl.String).str.contains(f"{scenario}.py", literal=True)
    return points.filter(is_of_it, pl.col("metric") == metric)


def _values(points: pl.DataFrame, target: str) -> list[float]:
    return points.filter(pl.col("target") == target)["value"].to_list()


def _sum_of(points: pl.DataFrame, target: str) -> float:
    return sum(_values(points, target))


def _as_docker_stats_shows(answers: list[Mapping[str, Any]]) -> tuple[float, float]:
    """Compute CPU and memory as docker/cli does (cli/command/container/stats_helpers.go): the mean, and the last."""
    percents = []
    for answer in answers[1:]:  # the first has nothing before it
        now, then = answer["cpu_stats"], answer["precpu_stats"]
        used = now["cpu_usage"]["total_usage"] - then["cpu_usage"]["total_usage"]
        percents.append(100 * now["online_cpus"] * used / (now["system_cpu_usage"] - then["system_cpu_usage"]))
    memory = answers[-1]["memory_stats"]
    inactive = memory["stats"].get("total_inactive_file", memory["stats"].get("inactive_file"))
    return statistics.mean(percents), memory["usage"] - inactive
