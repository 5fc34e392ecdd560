"""Whether the CPU time in the points is what the kernel says the work took."""

from typing import Final

import polars as pl

from tests.benchmarks.rows import Row, claim
from tests.benchmarks.sample_project import SampleProject, sample_project
from tests.benchmarks.sample_scenarios import working_scenario

__all__ = ("measure",)

_WORK: Final = {
    "burn 2 s": "burn(2)",
    "burn 0.3 s": "burn(0.3)",
    "burn 20 ms in every 100": "[(burn(0.02), time.sleep(0.08)) for _ in range(20)]",
}


def measure() -> list[Row]:
    """Compare points with `time.process_time_ns` around the same work, at a coarse and at a fine period."""
    return [row for poll_seconds in (1.0, 0.05) for row in _at(poll_seconds)]


def _at(poll_seconds: float) -> list[Row]:
    stems = {f"work_{number}": work for number, work in enumerate(_WORK.values())}
    scenarios = {stem: working_scenario(work) for stem, work in stems.items()}
    options = {"enable_profiling": True, "poll_time": poll_seconds, "profiling_methods": ["default"]}
    with sample_project(scenarios, options=options) as project:
        project.run()
        points = _of_process(project)
        return [
            *(
                _scenario(project, points, stem, f"poll_time {poll_seconds:g}, {what}")
                for stem, what in zip(stems, _WORK, strict=True)
            ),
            _whole_run(project, points, list(stems), f"poll_time {poll_seconds:g}"),
        ]


def _of_process(project: SampleProject) -> pl.DataFrame:
    return project.points().filter(pl.col("metric") == "cpu_time", pl.col("target") == project.facts()["process"])


def _scenario(project: SampleProject, points: pl.DataFrame, stem: str, what: str) -> Row:
    before, after = project.clocks(stem)
    true_ms = (after.process_cpu_ns - before.process_cpu_ns) / 1e6
    is_of_it = pl.col("scenario").cast(pl.String).str.contains(f"{stem}.py", literal=True)
    seen_ms = _total(points.filter(is_of_it))
    return claim(f"{what}: cpu_time of the scenario / process_time", seen_ms / true_ms, at_least=0.99, at_most=1.01)


def _whole_run(project: SampleProject, points: pl.DataFrame, stems: list[str], what: str) -> Row:
    """Compare all from the first scenario's beginning to the last one's end, what lies between them too."""
    true_ms = (project.clocks(stems[-1])[1].process_cpu_ns - project.clocks(stems[0])[0].process_cpu_ns) / 1e6
    in_time = points.sort("time")
    inside = in_time["scenario"].is_not_null().arg_true()
    seen_ms = _total(in_time.slice(inside[0], inside[-1] - inside[0] + 1))
    return claim(
        f"{what}: cpu_time of all scenarios in a row / process_time", seen_ms / true_ms, at_least=0.99, at_most=1.01
    )


def _total(points: pl.DataFrame) -> float:
    return float(points.select(pl.col("value").sum()).item())
