from datetime import datetime, timedelta, timezone

import polars as pl
import vedro
from vedro import params

from tests.contexts.points import START, make_points
from vedro_profiling.errors import SchemaError
from vedro_profiling.schema import COLUMN_NAMES, dtypes
from vedro_profiling.storage.frame import as_points, in_order


class PlainColumnsBecomePoints(vedro.Scenario):
    subject = "plain columns in any order become points with every column of the schema, then the tags by name"

    def given_a_frame_of_strings_and_whole_numbers(self) -> None:
        self.riga = datetime(2026, 1, 26, 12, tzinfo=timezone(timedelta(hours=2)))
        self.frame = pl.DataFrame(
            {"zone": ["eu"], "value": [5], "branch": ["main"], "metric": ["cpu_time"], "time": [self.riga]}
        )

    def when_it_is_made_points(self) -> None:
        self.points = as_points(self.frame.cast({"time": pl.Datetime("ns", "Europe/Riga")}))

    def then_the_columns_are_those_of_the_schema_and_the_tags(self) -> None:
        assert self.points.columns == [*COLUMN_NAMES, "branch", "zone"]

    def and_they_have_its_dtypes(self) -> None:
        assert dict(self.points.schema) == {**dtypes(pl), "branch": pl.Categorical(), "zone": pl.Categorical()}

    def and_the_instant_is_the_same_in_utc(self) -> None:
        assert self.points["time"].to_list() == [self.riga]

    def and_what_was_not_there_is_null(self) -> None:
        assert self.points["target"].to_list() == [None]


class PointsStayAsTheyAre(vedro.Scenario):
    subject = "points that have the shape already are not changed, an empty frame of them neither"

    @params(3)
    @params(0)
    def __init__(self, readings: int) -> None:
        self.readings = readings

    def given_points(self) -> None:
        self.points = make_points(readings=self.readings, branch="main")

    def when_they_are_made_points_again(self) -> None:
        self.again = as_points(self.points)

    def then_nothing_has_changed(self) -> None:
        assert self.again.equals(self.points)
        assert self.again.schema == self.points.schema


class EnumAndNullColumnsAreNames(vedro.Scenario):
    subject = "an Enum column and a column of nulls become Categorical"

    def when_a_frame_with_such_columns_is_made_points(self) -> None:
        frame = make_points(readings=1, targets=["app"], metrics=["cpu_percent"])
        self.points = as_points(
            frame.with_columns(pl.col("target").cast(pl.Enum(["app"])), pl.lit(None).alias("branch"))
        )

    def then_both_are_categorical(self) -> None:
        assert self.points.schema["target"] == pl.Categorical()
        assert self.points.schema["branch"] == pl.Categorical()

    def and_their_names_are_there(self) -> None:
        assert self.points.select("target", "branch").rows() == [("app", None)]


class MissingColumnsAreListed(vedro.Scenario):
    subject = "a frame without the needed columns is refused, and the message lists them and what there is"

    def when_a_frame_of_something_else_is_made_points(self) -> None:
        with vedro.catched(SchemaError) as self.caught:
            as_points(pl.DataFrame({"time": [START], "amount": [1.0]}))

    def then_the_message_lists_what_is_missing_and_what_is_there(self) -> None:
        assert "missing: metric, value; there are: time, amount" in str(self.caught.value)


class WrongColumnsAreNamed(vedro.Scenario):
    subject = "a {column} of the wrong dtype is refused, and the message names column and dtype"

    @params("time", pl.Series(["2026-01-26T10:00:00Z"]), "String")
    @params("time", pl.Series([datetime(2026, 1, 26)]), "Datetime")  # noqa: DTZ001 - it is the lack of a zone that is refused
    @params("value", pl.Series(["5"]), "String")
    @params("metric", pl.Series([5]), "Int64")
    @params("branch", pl.Series([5]), "Int64")
    def __init__(self, column: str, values: pl.Series, dtype: str) -> None:
        self.column = column
        self.values = values
        self.dtype = dtype

    def given_points_with_that_column(self) -> None:
        points = make_points(targets=["app"], metrics=["cpu_time"], readings=1)
        self.frame = points.with_columns(self.values.alias(self.column))

    def when_they_are_made_points(self) -> None:
        with vedro.catched(SchemaError) as self.caught:
            as_points(self.frame)

    def then_column_and_dtype_are_named(self) -> None:
        assert f"Column '{self.column}' of the points is {self.dtype}" in str(self.caught.value)


class UnmeasuredValuesAreRefused(vedro.Scenario):
    subject = "a {column} that was not measured is refused, not dropped"

    @params("value", None, "null, NaN or infinite")
    @params("value", float("nan"), "null, NaN or infinite")
    @params("value", float("-inf"), "null, NaN or infinite")
    @params("time", None, "null or outside the years 1 to 9999")
    @params(
        "time",
        pl.lit(datetime(9999, 12, 31, tzinfo=timezone.utc)) + pl.duration(days=1),
        "null or outside the years 1 to 9999",
    )
    @params("metric", None, "null")
    def __init__(self, column: str, value: pl.Expr | float | None, fault: str) -> None:
        self.column = column
        self.value = value
        self.fault = fault

    def given_points_of_which_one_has_no_such_value(self) -> None:
        points = make_points(readings=2, targets=["app"], metrics=["cpu_time"])
        is_first = pl.int_range(pl.len()) == 0
        self.frame = points.with_columns(pl.when(is_first).then(self.value).otherwise(self.column).alias(self.column))

    def when_they_are_made_points(self) -> None:
        with vedro.catched(SchemaError) as self.caught:
            as_points(self.frame)

    def then_column_and_number_of_rows_are_named(self) -> None:
        assert f"Column '{self.column}' of the points is {self.fault} in 1 of 2 rows" in str(self.caught.value)


class RowsAreOrdered(vedro.Scenario):
    subject = "points in order go by method, target, metric and time"

    def given_points_in_reverse(self) -> None:
        self.points = pl.concat([make_points(), make_points(method="default")])

    def when_they_are_put_in_order(self) -> None:
        self.rows = in_order(self.points.reverse()).select("method", "target", "metric", "time").rows()

    def then_each_row_is_after_the_one_before(self) -> None:
        assert self.rows == sorted(self.rows)
        assert len(self.rows) == 24


class InOrderIsWhatSortingRowsGives(vedro.Scenario):
    subject = "in order is what sorting row by row gives, nulls first and equal rows as they were: {how}"

    @params("shuffled", [3, 0, 5, 1, 4, 2, 7, 6])
    @params("in order already", [0, 1, 2, 3, 4, 5, 6, 7])
    @params("series by series, one with time going back", [0, 2, 1, 3, 4, 5, 6, 7])
    @params("each series in order, but not the series", [4, 5, 6, 7, 0, 1, 2, 3])
    @params("a series in two pieces", [0, 1, 4, 5, 6, 7, 2, 3])
    def __init__(self, how: str, rows: list[int]) -> None:
        self.how = how
        self.rows = rows

    def given_points_some_without_a_target_and_some_of_one_time(self) -> None:
        targets = pl.Series("target", [None, None, "app", "app", "db", "db", "z", "z"], dtype=pl.Categorical())
        times = pl.Series("time", [START, START, START, START + timedelta(seconds=1)] * 2)
        points = make_points(targets=["x"], metrics=["cpu_time"], readings=8).with_columns(targets, times)
        self.points = points[self.rows]

    def when_they_are_put_in_order(self) -> None:
        self.ordered = in_order(self.points)

    def then_they_are_as_sorted(self) -> None:
        assert self.ordered.equals(self.points.sort("method", "target", "metric", "time", maintain_order=True))
