"""The one shape that every points frame has when it is written, and when it has been read."""

from collections.abc import Callable
from datetime import datetime, timezone
from typing import Final

import polars as pl

from vedro_profiling import schema
from vedro_profiling.errors import SchemaError

__all__ = (
    "as_points",
    "in_order",
    "is_of_a_year",
    "point_columns",
)

_REQUIRED: Final = ("time", "metric", "value")
_DTYPES: Final = schema.dtypes(pl)
_FIRST: Final = datetime.min.replace(tzinfo=timezone.utc)
_LAST: Final = datetime.max.replace(tzinfo=timezone.utc)
_FAULTS: Final = {
    "time": "null or outside the years 1 to 9999",
    "metric": "null",
    "value": "null, NaN or infinite",
}
_SERIES: Final = schema.SORT_ORDER[:-1]


def as_points(frame: pl.DataFrame) -> pl.DataFrame:
    """Bring a frame of points into the shape of `vedro_profiling.schema`; no row is dropped or moved.

    Names may come as String or Enum, instants in any zone and precision, numbers of any kind. Columns of the
    schema that are not there become null.

    Parameters
    ----------
    frame
        A row per point, with at least `time`, `metric` and `value`; every column beyond the schema is a custom tag.

    Returns
    -------
    DataFrame
        All columns of `schema.COLUMNS` in their order, then the custom tags sorted by name.

    Raises
    ------
    SchemaError
        If a required column is missing, a column cannot be what the schema wants, a `time`, `metric` or `value` is
        null, NaN or infinite, or a `time` is before the year 1 or after 9999.

    Examples
    --------
    >>> import datetime as dt
    >>> noon = dt.datetime(2026, 1, 26, 12, tzinfo=dt.timezone.utc)
    >>> as_points(pl.DataFrame({"time": [noon], "metric": ["cpu_time"], "value": [5], "branch": ["main"]})).columns[-2:]
    ['status', 'branch']
    """
    points = frame.select(point_columns(frame.schema))
    _refuse_missing_values(points)
    return points


def in_order(points: pl.DataFrame) -> pl.DataFrame:
    """Sort points by `schema.SORT_ORDER`; rows equal in all four keep their order.

    Examples
    --------
    >>> import datetime as dt
    >>> noon = dt.datetime(2026, 1, 26, 12, tzinfo=dt.timezone.utc)
    >>> points = as_points(pl.DataFrame({"time": [noon, noon], "metric": ["cpu_time", "cpu_percent"], "value": [5, 6]}))
    >>> in_order(points)["metric"].to_list()
    ['cpu_percent', 'cpu_time']
    """
    if _is_in_order(points):
        return points
    # Series by series: for a million points in the order of time six times as fast as sorting them row by row.
    rows = (
        points.lazy()
        .select(schema.SORT_ORDER)
        .with_row_index("row")
        .group_by(_SERIES)
        .agg(pl.col("row").sort_by("time", maintain_order=True))
        .sort(_SERIES)
        .select(pl.col("row").explode())
    )
    return points[rows.collect()["row"]]


def point_columns(columns: pl.Schema) -> list[pl.Expr]:
    """Build the expressions that turn a frame with these columns into points, eager or lazy.

    Raises
    ------
    SchemaError
        If a required column is missing, or a column has a dtype that cannot become what the schema wants.

    Examples
    --------
    >>> columns = pl.Schema({"time": pl.Datetime("us", "UTC"), "metric": pl.String, "value": pl.Int64})
    >>> len(point_columns(columns))
    10
    """
    missing = [name for name in _REQUIRED if name not in columns]
    if missing:
        raise SchemaError(
            f"Points need the columns {', '.join(_REQUIRED)}; missing: {', '.join(missing)}; "
            f"there are: {', '.join(columns) or 'none'}. Rename or add them."
        )
    names = [*schema.COLUMN_NAMES, *sorted(schema.tag_columns(columns))]
    return [_point_column(name, columns.get(name, pl.Null())) for name in names]


def _point_column(name: str, dtype: pl.DataType) -> pl.Expr:
    wanted = _DTYPES.get(name, pl.Categorical())
    if dtype == pl.Null():
        return pl.lit(None, dtype=wanted).alias(name)
    fits, expected = _ACCEPTED.get(name, _ACCEPTED["metric"])
    if not fits(dtype):
        raise SchemaError(f"Column {name!r} of the points is {dtype}, expected {expected}. Cast it first.")
    if name == "time":
        return pl.col(name).dt.convert_time_zone("UTC").cast(wanted)
    return pl.col(name).cast(wanted)


def _is_zoned(dtype: pl.DataType) -> bool:
    return isinstance(dtype, pl.Datetime) and dtype.time_zone is not None


def _is_number(dtype: pl.DataType) -> bool:
    return dtype.is_numeric()


def _is_name(dtype: pl.DataType) -> bool:
    return isinstance(dtype, pl.String | pl.Categorical | pl.Enum)


_ACCEPTED: Final[dict[str, tuple[Callable[[pl.DataType], bool], str]]] = {
    "time": (_is_zoned, "a Datetime with a time zone (dt.replace_time_zone gives it one)"),
    "value": (_is_number, "a number"),
    "metric": (_is_name, "String, Categorical or Enum"),
}


def _refuse_missing_values(points: pl.DataFrame) -> None:
    faults = points.select(
        time=(~is_of_a_year(pl.col("time")).fill_null(value=False)).sum(),
        metric=pl.col("metric").null_count(),
        value=(~pl.col("value").is_finite().fill_null(value=False)).sum(),
    ).row(0, named=True)
    for name, count in faults.items():
        if count:
            raise SchemaError(
                f"Column {name!r} of the points is {_FAULTS[name]} in {count:,} of {points.height:,} rows; "
                "what was not measured is no row. Filter them out first."
            )


def is_of_a_year(time: pl.Expr) -> pl.Expr:
    """Tell whether an instant lies in the years 1 to 9999: Python's datetime and RFC 3339 have no others."""
    return time.is_between(_FIRST, _LAST)


def _is_in_order(points: pl.DataFrame) -> bool:
    codes = [pl.col(name).to_physical() for name in _SERIES]
    is_new = pl.any_horizontal(code.ne_missing(code.shift()) for code in codes)
    steps = points.select(is_new=is_new, is_back=pl.col("time") < pl.col("time").shift())
    if steps.select((pl.col("is_back") & ~pl.col("is_new")).any()).item():
        return False
    series = points.select(_SERIES).filter(steps["is_new"])
    return series.equals(series.unique().sort(_SERIES))
