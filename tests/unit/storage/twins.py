import vedro
from vedro import params

from tests.contexts.points import make_points
from vedro_profiling.storage import write_ndjson, write_parquet
from vedro_profiling.storage.twins import without_twins


class OneRunCountsOnce(vedro.Scenario):
    subject = "of the files of one run side by side only one counts"

    @params(["profiling.ndjson", "profiling.parquet"], ["profiling.parquet"])
    @params(["profiling.ndjson.gz", "profiling.ndjson"], ["profiling.ndjson"])
    @params(["k6.json.gz", "k6.ndjson.gz", "k6.json"], ["k6.ndjson.gz"])
    @params(["profiling.ndjson", "other.parquet"], ["profiling.ndjson", "other.parquet"])
    @params(["one/profiling.ndjson", "two/profiling.parquet"], ["one/profiling.ndjson", "two/profiling.parquet"])
    @params(["profiling.ndjson", "one/../profiling.ndjson"], ["one/../profiling.ndjson"])
    def __init__(self, names: list[str], kept: list[str]) -> None:
        self.names = names
        self.kept = kept

    def given_the_files_of_one_run(self) -> None:
        self.folder = vedro.create_tmp_dir()
        for name in self.names:
            (self.folder / name).parent.mkdir(exist_ok=True)
            (self.folder / "one").mkdir(exist_ok=True)
            write = write_parquet if name.endswith(".parquet") else write_ndjson
            write(make_points(), self.folder / name)

    def when_the_twins_are_left_out(self) -> None:
        self.left = without_twins(self.folder / name for name in self.names)

    def then_the_first_of_each_run_is_kept(self) -> None:
        assert self.left == [self.folder / name for name in self.kept]


class AnotherRunIsNoTwin(vedro.Scenario):
    subject = "a Parquet of yesterday's run does not hide the NDJSON of today's beside it"

    def given_files_of_two_runs_with_one_name(self) -> None:
        self.folder = vedro.create_tmp_dir()
        self.places = [self.folder / "profiling.parquet", self.folder / "profiling.ndjson"]
        write_parquet(make_points(run="yesterday"), self.places[0])
        write_ndjson(make_points(run="today"), self.places[1])

    def when_the_twins_are_left_out(self) -> None:
        self.left = without_twins(self.places)

    def then_both_are_kept(self) -> None:
        assert self.left == self.places


class RunsWithoutANameAreOfOneRun(vedro.Scenario):
    subject = "files of k6, which name no run, are twins by their name alone"

    @params(b'{"metric":"vus","type":"Point","data":{"time":"2026-01-26T10:00:00Z","value":1,"tags":{}}}')
    @params(b'{"metric":"vus","type":"Point","data":{"time":"2026-01-26T10:00:00Z","value":1,"tags":null}}')
    @params(b"torn at once")
    @params(b"")
    def __init__(self, contents: bytes) -> None:
        self.contents = contents

    def given_a_parquet_file_and_its_namesake(self) -> None:
        self.folder = vedro.create_tmp_dir()
        write_parquet(make_points(run=None), self.folder / "k6.parquet")
        (self.folder / "k6.json").write_bytes(self.contents)

    def when_the_twins_are_left_out(self) -> None:
        self.left = without_twins(self.folder.iterdir())

    def then_the_parquet_is_kept(self) -> None:
        assert self.left == [self.folder / "k6.parquet"]
