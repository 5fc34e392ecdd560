import gzip
import os
from pathlib import Path
from typing import Final

import vedro
from vedro import params

from vedro_profiling.errors import FileFormatError, MissingFileError
from vedro_profiling.storage.discovery import find_files, stem_of, suffix_of

LINE: Final = b'{"type":"Metric","data":{"name":"vus"},"metric":"vus"}\n'
FILES: Final = {
    "a/.profiling/profiling.ndjson": b"",
    "a/.profiling/profiling.parquet": b"",
    "a/.profiling/summary.json": b'{"metrics": {"cpu_time": {}}}',
    "a/.profiling/app_profile.png": b"",
    "a/.profiling/.profiling.ndjson.1a2b.tmp": b"",
    "a/.profiling/.journal/run-1/profiling.ndjson": b"",
    "b/k6.json": LINE,
    "b/k6.json.gz": gzip.compress(LINE),
    "b/empty.json": b"",
    "b/other.json.gz": gzip.compress(b"[1, 2]"),
    "b/torn.json.gz": gzip.compress(LINE)[:12],
    "b/c[1]/run.ndjson.gz": b"",
}
PROFILING: Final = ["a/.profiling/profiling.ndjson", "a/.profiling/profiling.parquet"]
K6: Final = ["b/empty.json", "b/k6.json", "b/k6.json.gz", "b/torn.json.gz"]
ALL: Final = sorted([*PROFILING, *K6, "b/c[1]/run.ndjson.gz"])


def lay_out() -> Path:
    folder = vedro.create_tmp_dir()
    for name, contents in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(contents)
    return folder


class SourcesAreFound(vedro.Scenario):
    subject = "the source {source!r} means {names}"

    @params("", ALL)
    @params("a", PROFILING)
    @params("**/*", ALL)
    @params("**", ALL)
    @params("*", ALL)
    @params("**/*.parquet", ["a/.profiling/profiling.parquet"])
    @params("*/.profiling", PROFILING)
    @params("?/k6.*", ["b/k6.json", "b/k6.json.gz"])
    @params("b/*.json", ["b/empty.json", "b/k6.json"])
    @params("b/c[1]", ["b/c[1]/run.ndjson.gz"])
    @params("a/../b/k6.js*n", ["a/../b/k6.json"])
    @params("b/k6.json", ["b/k6.json"])
    @params("a/.profiling/summary.json", ["a/.profiling/summary.json"])
    def __init__(self, source: str, names: list[str]) -> None:
        self.source = source
        self.names = names

    def given_a_folder(self) -> None:
        self.folder = lay_out()

    def when_the_files_are_looked_for(self) -> None:
        self.found = find_files(os.path.join(self.folder, self.source))  # noqa: PTH118 - a pattern, which is text

    def then_these_are_found(self) -> None:
        assert sorted(str(path.relative_to(self.folder)) for path in self.found) == sorted(set(self.names))


class RelativePlacesAreFound(vedro.Scenario):
    subject = "relative and home paths are found: {source!r}"

    @params("b/*.json")
    @params("~/b/*.json")
    def __init__(self, source: str) -> None:
        self.source = source

    def given_a_folder_that_is_home_and_where_we_are(self) -> None:
        folder = lay_out()
        vedro.defer(os.chdir, Path.cwd())
        vedro.defer(os.environ.update, {"HOME": os.environ["HOME"]})
        os.chdir(folder)
        os.environ["HOME"] = str(folder)

    def when_the_files_are_looked_for(self) -> None:
        self.names = [path.name for path in find_files(self.source)]

    def then_they_are_found(self) -> None:
        assert self.names == ["empty.json", "k6.json"]


class NothingToReadIsAnError(vedro.Scenario):
    subject = "a source that means nothing is an error: {source!r}"

    @params("nowhere", "There is nothing at ")
    @params("nowhere/*.parquet", "There is no file of points at ")
    @params("a/.profiling/*.png", "There is no file of points at ")
    @params("a/.profiling/.journal", "There is no file of points at ")
    def __init__(self, source: str, message: str) -> None:
        self.source = source
        self.message = message

    def given_the_place(self) -> None:
        self.place = lay_out() / self.source

    def when_the_files_are_looked_for(self) -> None:
        with vedro.catched(MissingFileError) as self.caught:
            find_files(self.place)

    def then_the_place_is_named(self) -> None:
        assert str(self.caught.value).startswith(f"{self.message}{self.place}")


class ImpossiblePathsAreErrors(vedro.Scenario):
    subject = "a path that no file can have is a missing file, and said to be none: {what}"

    @params("too long", "x" * 5000)
    @params("a pattern that is none", "a/**.parquet/**b")
    @params("a user who is none", "~no-such-user-at-all/x")
    @params("NUL in a name", "a\x00b")
    def __init__(self, what: str, source: str) -> None:
        self.what = what
        self.source = source

    def when_the_files_are_looked_for(self) -> None:
        with vedro.catched(MissingFileError) as self.caught:
            find_files(self.source)

    def then_the_message_ends_with_what_to_do(self) -> None:
        assert str(self.caught.value).endswith(
            (
                "Mend it.",
                f"Check the path, relative to {Path.cwd()}.",
                "end in .parquet, .ndjson, .ndjson.gz, .json, .json.gz.",
            )
        )


class OtherFilesAreRefused(vedro.Scenario):
    subject = "a named file without a known suffix is refused"

    def when_a_picture_is_looked_for(self) -> None:
        self.place = lay_out() / "a/.profiling/app_profile.png"
        with vedro.catched(FileFormatError) as self.caught:
            find_files(self.place)

    def then_the_suffixes_are_listed(self) -> None:
        assert str(self.caught.value) == (
            f"{self.place} is no file of points by its name. "
            "Expected one that ends in .parquet, .ndjson, .ndjson.gz, .json, .json.gz."
        )


class NamesAreSplit(vedro.Scenario):
    subject = "{name} has the stem {stem} and the suffix {suffix}"

    @params("a/profiling.ndjson.gz", "profiling", ".ndjson.gz")
    @params("a/profiling.1.parquet", "profiling.1", ".parquet")
    @params("a/readme.md", "readme.md", None)
    def __init__(self, name: str, stem: str, suffix: str | None) -> None:
        self.name = name
        self.stem = stem
        self.suffix = suffix

    def when_it_is_split(self) -> None:
        self.parts = (stem_of(Path(self.name)), suffix_of(Path(self.name)))

    def then_both_are_right(self) -> None:
        assert self.parts == (self.stem, self.suffix)
