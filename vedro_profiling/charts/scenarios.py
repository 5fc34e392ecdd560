"""The dearest scenarios: CPU seconds of each, by the target that used them."""

from typing import Final

import altair as alt
import polars as pl

from vedro_profiling.analysis.scenarios import scenario_costs
from vedro_profiling.analysis.system import IS_SYSTEM
from vedro_profiling.charts import axes, theme
from vedro_profiling.errors import OptionError
from vedro_profiling.reporting.amounts import duration

__all__ = ("scenario_chart",)

_WIDTH: Final = 420
_ROW_HEIGHT: Final = 22
_TEXT_GAP: Final = 6
_MOST_TARGETS: Final = 6
_LONGEST_LABEL: Final = 56
_LABEL: Final = (
    f"length(datum.label) > {_LONGEST_LABEL} ? slice(datum.label, 0, {_LONGEST_LABEL - 1}) + '…' : datum.label"
)
_OTHERS: Final = "other targets"


def scenario_chart(points: pl.DataFrame | pl.LazyFrame, *, top: int = 15) -> alt.ConcatChart:
    """Rank scenarios by the CPU time they cost, stacked by target; the host, which holds all targets, is left out.

    Beside each bar stand its CPU seconds and how long the scenario took. Of several runs, each scenario of each run
    is a bar of its own.

    Parameters
    ----------
    points
        A points frame, in any order, of one run or many.
    top
        How many scenarios to show, the dearest first.

    Raises
    ------
    SchemaError
        If a column is missing.
    OptionError
        If there is nothing to draw, or `top` is not above 0.

    Examples
    --------
    >>> from datetime import datetime, timezone
    >>> end = datetime(2026, 1, 26, 12, tzinfo=timezone.utc)
    >>> points = pl.DataFrame({
    ...     "time": end, "metric": ["scenario_duration", "cpu_time", "cpu_time"], "value": [2000.0, 500.0, 700.0],
    ...     "run": "r", "scenario": "pay.py::Scenario", "subject": ["pay", None, None], "method": "docker",
    ...     "target": ["vedro", "app", "db"],
    ... })
    >>> scenario_chart(points).title.text
    'CPU time of 1 scenario'
    """
    if top < 1:
        raise OptionError(f"top={top!r} shows no scenario; give a whole number above 0")
    costs = scenario_costs(points).with_columns(pl.col("target", "method").cast(pl.String))
    costs = costs.filter(~IS_SYSTEM, pl.col("cpu_time").is_not_null())
    if costs.is_empty():
        raise OptionError(
            "points hold nothing to draw: no cpu_time within a scenario; see points['scenario'] for what there is"
        )
    named = _named(costs)
    ranked = named.group_by("label").agg(total=pl.col("cpu_time").sum(), duration=pl.col("duration").first())
    ranked = ranked.sort("total", "label", descending=[True, False])
    shown = ranked.head(top)
    return theme.styled(
        alt.concat(_bars(_with_others(named.join(shown, on="label")), shown)),
        title=_title(shown.height, ranked.height),
        subtitle=[_runs(named), "bars: CPU seconds by target, all attempts · beside them: the sum, and the duration"],
    )


def _named(costs: pl.DataFrame) -> pl.DataFrame:
    """Name each scenario by its subject, with its id and its run where several share it."""
    scenario, run, subject = (pl.col(name).cast(pl.String) for name in ("scenario", "run", "subject"))
    label = pl.coalesce(subject, scenario)
    is_shared = scenario.n_unique().over(label) > 1
    label = pl.when(is_shared).then(pl.format("{} ({})", label, scenario.str.split("::").list.last())).otherwise(label)
    of_many = costs.select(run.n_unique()).item() > 1
    return costs.with_columns(label=pl.concat_str(label, run, separator=" · ") if of_many else label)


def _with_others(costs: pl.DataFrame) -> pl.DataFrame:
    """Sum what is left of many targets: more colours would not be told apart."""
    dearest = (
        costs.group_by("target").agg(pl.col("cpu_time").sum()).sort("cpu_time", "target", descending=[True, False])
    )
    kept = dearest["target"].to_list()
    if len(kept) > _MOST_TARGETS + 1:
        kept = kept[:_MOST_TARGETS]
    name = pl.when(pl.col("target").is_in(kept)).then("target").otherwise(pl.lit(_OTHERS))
    return costs.group_by("label", name=name).agg(pl.col("cpu_time").sum(), pl.col("memory_peak").max())


def _bars(costs: pl.DataFrame, shown: pl.DataFrame) -> alt.LayerChart:
    names = costs.group_by("name").agg(pl.col("cpu_time").sum()).sort(pl.col("name") == _OTHERS, -pl.col("cpu_time"))
    targets = names["name"].to_list()
    labels = alt.Axis(
        title=None, labelExpr=_LABEL, labelLimit=0, labelFontSize=11, labelPadding=6, domain=False, ticks=False
    )
    y = alt.Y("label:N", scale=alt.Scale(domain=shown["label"].to_list()), axis=labels)
    bars = (
        alt.Chart({"values": tuple(_placed(costs, targets))})
        .mark_bar(height={"band": 0.7})
        .encode(
            y=y,
            x=alt.X("from:Q", scale=alt.Scale(domain=[0, shown["total"][0] or 1], nice=True), axis=_axis()),
            x2=alt.X2("to:Q"),
            color=theme.part_color(targets, rest=_OTHERS),
            tooltip=[
                alt.Tooltip("label:N", title="scenario"),
                alt.Tooltip("name:N", title="target"),
                alt.Tooltip("cpu_time:Q", title="CPU, s", format=axes.NUMBER),
                alt.Tooltip("memory_peak:Q", title="peak memory, MB", format=",.1f"),
            ],
        )
    )
    sums = [
        {"label": label, "end": total, "text": f"{duration(total)} in {duration(took)}"}
        for label, total, took in shown.rows()
    ]
    text = (
        alt.Chart({"values": tuple(sums)})
        .mark_text(align="left", fontSize=10, dx=_TEXT_GAP)
        .encode(y=y, x=alt.X("end:Q"), text=alt.Text("text:N"), color=alt.ColorValue(theme.INK))
    )
    chart: alt.LayerChart = alt.layer(bars, text).properties(width=_WIDTH, height=_ROW_HEIGHT * shown.height)
    return chart


def _placed(costs: pl.DataFrame, targets: list[str]) -> list[dict[str, object]]:
    """Lay the parts of each bar end to end, those of one target always at the same place."""
    ordered = costs.sort("label", pl.col("name").replace_strict(targets, range(len(targets)), return_dtype=pl.Int64))
    end = pl.col("cpu_time").cum_sum()
    return ordered.with_columns(
        end.shift(fill_value=0).over("label").alias("from"), end.over("label").alias("to")
    ).to_dicts()


def _axis() -> alt.Axis:
    return alt.Axis(
        title="CPU, s",
        orient="top",
        format=axes.NUMBER,
        tickCount=5,
        titleAnchor="start",
        titlePadding=8,
        grid=False,  # the sums stand beside the bars
    )


def _title(shown: int, all_of_them: int) -> str:
    if shown < all_of_them:
        return f"CPU time of the {shown} dearest of {all_of_them:,} scenarios"
    return f"CPU time of {shown} scenario{'s' * (shown > 1)}"


def _runs(costs: pl.DataFrame) -> str:
    runs = costs["run"].cast(pl.String).unique().sort().to_list()
    return runs[0] if len(runs) == 1 else f"{len(runs)} runs"
