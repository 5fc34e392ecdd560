import os
import warnings
from datetime import timedelta
from unittest.mock import patch

import polars as pl
import vedro
from vedro import params

from tests.contexts.bucket import open_bucket
from tests.contexts.points import START, make_points
from vedro_profiling import scenario_costs, summarize
from vedro_profiling.errors import FileFormatError, MissingFileError, OptionError
from vedro_profiling.schema import COLUMN_NAMES, SORT_ORDER, dtypes
from vedro_profiling.storage import load, scan, write_ndjson, write_parquet
from vedro_profiling.storage.sources import Source

LATER = START + timedelta(hours=1)


class AFolderOfRunsIsOneFrame(vedro.Scenario):
    subject = "runs of different tags and formats become one frame, each point once, a missing tag null"

    def given_two_runs_of_which_one_is_there_twice(self) -> None:
        self.folder = vedro.create_tmp_dir()
        for name in ("one/.profiling", "two/.profiling", "two/.profiling/.journal/run-2"):
            (self.folder / name).mkdir(parents=True)
        one, two = make_points(zone="eu", run="run-1"), make_points(branch="main", run="run-2", start=LATER)
        write_ndjson(one, self.folder / "one/.profiling/profiling.ndjson")
        write_parquet(two, self.folder / "two/.profiling/profiling.parquet")
        write_ndjson(two, self.folder / "two/.profiling/profiling.ndjson")
        write_ndjson(two, self.folder / "two/.profiling/.journal/run-2/profiling.ndjson")

    def when_the_folder_is_loaded(self) -> None:
        self.points = load(self.folder)

    def and_when_it_is_scanned(self) -> None:
        self.scanned = scan(str(self.folder)).collect()

    def then_each_point_is_there_once(self) -> None:
        assert self.points.height == 24

    def and_the_columns_are_those_of_the_schema_and_the_tags_by_name(self) -> None:
        assert self.points.columns == [*COLUMN_NAMES, "branch", "zone"]
        assert {name: self.points.schema[name] for name in COLUMN_NAMES} == dtypes(pl)

    def and_a_missing_tag_is_null(self) -> None:
        tags = self.points.select(pl.col("run", "branch", "zone").cast(pl.String)).unique().sort("run").rows()
        assert tags == [("run-1", None, "eu"), ("run-2", "main", None)]

    def and_the_rows_are_in_order(self) -> None:
        rows = self.points.select(SORT_ORDER).rows()
        assert rows == sorted(rows)

    def and_scanned_it_is_the_same(self) -> None:
        assert self.scanned.schema == self.points.schema
        assert self.scanned.sort(*SORT_ORDER, "run").equals(self.points.sort(*SORT_ORDER, "run"))


class SeveralSourcesAreOne(vedro.Scenario):
    subject = "a list of files, folders and patterns is one source, and what it names twice counts once"

    def given_a_file(self) -> None:
        self.folder = vedro.create_tmp_dir()
        self.place = self.folder / "profiling.ndjson"
        self.points = make_points()
        write_ndjson(self.points, self.place)

    def when_it_is_named_in_several_ways(self) -> None:
        sources: list[Source] = [
            self.place,
            str(self.place),
            [self.place, str(self.folder), f"{self.folder}/*.ndjson"],
            (place for place in [self.place]),
        ]
        self.loaded = [load(source) for source in sources]

    def then_it_is_loaded_once_each_time(self) -> None:
        assert [points.equals(self.points) for points in self.loaded] == [True] * 4


class DamageIsToldOrRaised(vedro.Scenario):
    subject = "a damaged line is told in a warning, or raised when strict"

    def given_a_file_with_a_torn_end(self) -> None:
        self.place = vedro.create_tmp_dir() / "profiling.ndjson"
        write_ndjson(make_points(), self.place)
        self.place.write_bytes(self.place.read_bytes()[:-20])

    def when_it_is_loaded(self) -> None:
        with warnings.catch_warnings(record=True) as self.told:
            warnings.simplefilter("always")
            self.points = load(self.place)

    def and_when_it_is_loaded_strictly(self) -> None:
        with vedro.catched(FileFormatError) as self.caught:
            load(self.place, strict=True)

    def then_all_other_points_are_there(self) -> None:
        assert self.points.height == 11

    def and_the_damage_is_told(self) -> None:
        assert "damaged lines: 1, the first is line 14; the other 11 points were read" in str(self.told[0].message)

    def and_strictly_it_is_an_error(self) -> None:
        assert str(self.place) in str(self.caught.value)


class OneUnusableFileStopsAll(vedro.Scenario):
    subject = "one file that cannot be used is an error that names it, not a frame without it"

    @params("bad.ndjson", b"nonsense")
    @params("bad.parquet", b"nonsense")
    @params("bad.ndjson.gz", b"")
    def __init__(self, name: str, contents: bytes) -> None:
        self.name = name
        self.contents = contents

    def given_a_good_file_and_a_bad_one(self) -> None:
        self.folder = vedro.create_tmp_dir()
        write_parquet(make_points(), self.folder / "good.parquet")
        (self.folder / self.name).write_bytes(self.contents)

    def when_the_folder_is_read(self) -> None:
        self.caught = []
        for read in (load, scan):
            with vedro.catched(FileFormatError) as caught:
                read(self.folder)
            self.caught.append(caught)

    def then_the_bad_file_is_named(self) -> None:
        assert [str(self.folder / self.name) in str(caught.value) for caught in self.caught] == [True, True]


class NoSourceIsAnError(vedro.Scenario):
    subject = "an empty list and a missing place are missing files"

    @params([], "The list of sources is empty.")
    @params("nowhere", "There is nothing at nowhere.")
    def __init__(self, source: Source, message: str) -> None:
        self.source = source
        self.message = message

    def when_it_is_read(self) -> None:
        self.caught = []
        for read in (load, scan):
            with vedro.catched(MissingFileError) as caught:
                read(self.source)
            self.caught.append(caught)

    def then_it_is_said(self) -> None:
        assert [str(caught.value).startswith(self.message) for caught in self.caught] == [True, True]


class AddressesAreHandedToPolars(vedro.Scenario):
    subject = "an address is scanned by Polars, and nothing is read until it is collected"

    def given_parquet_files_at_an_address(self) -> None:
        self.folder = vedro.create_tmp_dir()
        write_parquet(make_points(branch="main"), self.folder / "1.parquet")
        write_parquet(make_points(), self.folder / "2.parquet")

    def when_they_are_scanned(self) -> None:
        self.points = scan(f"file://{self.folder}/*.parquet").collect()

    def and_when_an_address_is_scanned_that_nobody_answers(self) -> None:
        self.unread = scan("s3://no-such-bucket/**/*.parquet")

    def then_all_points_are_there(self) -> None:
        assert self.points.height == 24
        assert self.points["branch"].null_count() == 12

    def and_the_other_is_a_query_that_was_not_run(self) -> None:
        assert isinstance(self.unread, pl.LazyFrame)


class ABucketIsScanned(vedro.Scenario):
    subject = "points in a bucket of S3 are read through Polars, which takes service and keys from the environment"

    def given_a_bucket_with_points(self) -> None:
        folder = vedro.create_tmp_dir()
        (folder / "ci").mkdir()
        self.points = make_points()
        write_parquet(self.points, folder / "ci" / "profiling.parquet")
        environment = patch.dict(
            os.environ,
            {
                "AWS_ENDPOINT_URL": open_bucket(folder),
                "AWS_ACCESS_KEY_ID": "somebody",
                "AWS_SECRET_ACCESS_KEY": "nothing",
                "AWS_REGION": "eu-north-1",
                "AWS_ALLOW_HTTP": "true",
            },
        )
        environment.start()
        vedro.defer(environment.stop)

    def when_it_is_scanned(self) -> None:
        self.read = scan("s3://ci/profiling.parquet").collect()

    def then_the_points_are_there(self) -> None:
        assert self.read.equals(self.points)


class K6BesideAProfileIsOneFrame(vedro.Scenario):
    subject = "response times that k6 measured and CPU that we measured share columns and time, and are told apart"

    def given_a_load_test_and_a_profile_of_the_same_minute(self) -> None:
        self.folder = vedro.create_tmp_dir()
        tags = '{"method":"GET","scenario":"default","status":"200","url":"http://app/"}'
        self.folder.joinpath("k6.json").write_text(
            "".join(
                f'{{"metric":"http_req_duration","type":"Point","data":{{"time":"2026-01-26T12:00:0{second}.5+02:00",'
                f'"value":{second},"tags":{tags}}}}}\n'
                for second in range(3)
            )
        )
        write_parquet(make_points(scenario="suite.py::Buys"), self.folder / "profiling.parquet")

    def when_both_are_loaded(self) -> None:
        self.points = load(self.folder)

    def then_they_alternate_in_time(self) -> None:
        is_either = pl.col("metric").is_in(["http_req_duration", "cpu_percent"]) & (
            pl.col("target").eq_missing("app") | pl.col("target").is_null()
        )
        shared = self.points.filter(is_either).sort("time")
        assert shared["metric"].to_list() == ["cpu_percent", "http_req_duration"] * 3
        assert shared.schema["time"] == pl.Datetime("us", "UTC")

    def and_summaries_tell_methods_apart(self) -> None:
        summary = summarize(self.points).filter(pl.col("metric") == "http_req_duration")
        assert summary.select("method", "count", "max").rows() == [("GET", 3, 2.0)]

    def and_costs_are_those_of_our_scenarios(self) -> None:
        assert scenario_costs(self.points).filter(pl.col("scenario") == "default").is_empty()


class AddressesAndFilesAreScannedTogether(vedro.Scenario):
    subject = "addresses and local files can be scanned together, but addresses not loaded"

    def given_an_address_and_a_file(self) -> None:
        self.folder = vedro.create_tmp_dir()
        write_parquet(make_points(), self.folder / "1.parquet")
        write_ndjson(make_points(branch="main"), self.folder / "2.ndjson")
        self.sources: Source = [f"file://{self.folder}/1.parquet", self.folder / "2.ndjson"]

    def when_they_are_scanned(self) -> None:
        self.points = scan(self.sources).collect()

    def and_when_they_are_loaded(self) -> None:
        with vedro.catched(OptionError) as self.caught:
            load(self.sources)

    def then_all_points_are_there_in_the_shape_of_the_schema(self) -> None:
        assert self.points.height == 24
        assert self.points.columns == [*COLUMN_NAMES, "branch"]

    def and_loading_says_what_to_do(self) -> None:
        assert "is an address. Use scan(...).collect()." in str(self.caught.value)
