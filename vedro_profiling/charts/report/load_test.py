"""The table of a load test: the metrics that are not ours."""

import polars as pl

from vedro_profiling import schema
from vedro_profiling.analysis.k6_types import type_of_metric
from vedro_profiling.analysis.summary import summarize
from vedro_profiling.charts.report.cells import Column, Table, count, name, plain_number

__all__ = ("foreign_metrics",)


def foreign_metrics(points: pl.DataFrame) -> Table:
    """Tabulate the metrics that are not ours, such as those of a load test with k6."""
    foreign = points.filter(~pl.col("metric").is_in(list(schema.METRICS)))
    statistics = ("avg", "min", "med", "max", "p90", "p95")
    totals = dict(foreign.group_by(pl.col("metric").cast(pl.String)).agg(pl.col("value").sum()).iter_rows())
    columns = (
        Column("metric", is_name=True),
        Column("points"),
        Column("total", "Of what k6 counts"),
        *(Column(statistic) for statistic in statistics),
    )
    rows = [
        (
            name(row["metric"]),
            count(row["count"]),
            plain_number(totals[row["metric"]] if type_of_metric(row["metric"]) == "counter" else None),
            *(plain_number(row[statistic]) for statistic in statistics),
        )
        for row in (summarize(foreign, by=["metric"]) if not foreign.is_empty() else foreign).iter_rows(named=True)
    ]
    return Table("load-test", "Metrics of the load test, in the units of k6", columns, rows)
