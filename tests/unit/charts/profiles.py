import re
from collections.abc import Sequence

import polars as pl
import vedro
from vedro import create_tmp_dir, params

from tests.contexts.series import make_series, put_together
from tests.contexts.specs import layers_of, text_of
from vedro_profiling.charts.profile import profile_chart
from vedro_profiling.charts.profiles import file_stems, save_profiles


class OnePictureEach(vedro.Scenario):
    subject = "each target gets its profile, and several targets a comparison"

    def given_targets_with_awkward_names(self) -> None:
        names = ("app", "../../etc/passwd", "resource_comparison")
        self.points = put_together(*(make_series([1, 2], target=name) for name in names))

    def when_their_profiles_are_saved(self) -> None:
        self.folder = create_tmp_dir() / "plots"
        self.paths = save_profiles(self.points, self.folder, ppi=36)

    def then_all_files_lie_in_the_folder(self) -> None:
        assert [path.name for path in self.paths] == [
            "etc-passwd_profile.png",
            "app_profile.png",
            "resource_comparison_profile.png",
            "resource_comparison.png",
        ]
        assert sorted(self.folder.iterdir()) == sorted(self.paths)

    def and_nothing_lies_outside(self) -> None:
        assert list(self.folder.parent.iterdir()) == [self.folder]


class OneTarget(vedro.Scenario):
    subject = "one target alone is compared with nothing"

    def when_its_profile_is_saved(self) -> None:
        self.paths = save_profiles(make_series([1, 2]), create_tmp_dir(), ppi=36)

    def then_there_is_one_picture(self) -> None:
        assert [path.name for path in self.paths] == ["app_profile.png"]


class OneTimeAxis(vedro.Scenario):
    subject = "profiles of one run have one time axis, however long each target lived"

    def given_a_target_that_lived_for_a_part_of_the_run(self) -> None:
        self.points = put_together(
            make_series([1, 2, 3], seconds=[0, 10, 20]), make_series([1, 2], seconds=[5, 6], target="short")
        )

    def when_profiles_are_drawn(self) -> None:
        self.specs = [profile_chart(self.points, target).to_dict() for target in ("app", "short")]

    def then_both_show_the_whole_run(self) -> None:
        domains = [next(layers_of(spec, "line"))["encoding"]["x"]["scale"]["domain"] for spec in self.specs]
        assert domains[0] == domains[1]
        assert [text_of(spec) for spec in self.specs] == ["app\nrun-1 · 20 s", "short\nrun-1 · 20 s"]

    def and_so_do_the_files(self) -> None:
        _, whole, _ = save_profiles(self.points, create_tmp_dir(), ppi=36)
        (alone,) = save_profiles(self.points.filter(pl.col("target") == "short"), create_tmp_dir(), ppi=36)
        assert whole.name == alone.name
        assert whole.read_bytes() != alone.read_bytes()


class SafeNames(vedro.Scenario):
    subject = "{what} become stems that no file system confuses"

    @params("paths", ["../a", "/a", "..", "a/../b", "C:\\x", "a\0b", "-rf"])
    @params("long names", ["x" * 300, "x" * 301, "🦊" * 300, "щ" * 300])
    @params("names of devices", ["con", "NUL", "aux.log", "com1", "lpt9.x.y", "console"])
    @params("names that differ by case or spelling", ["App", "app", "APP", "straße", "STRASSE", "é", "e\u0301"])
    @params("names that lose what sets them apart", ["a b", "a?b", "a*b", "?", "*", ""])
    @params("names that look like a mark", ["app", "App", "app-a172cedc", "App-a172cedc"])
    def __init__(self, what: str, names: Sequence[str]) -> None:
        self.what, self.names = what, names

    def when_they_become_stems(self) -> None:
        self.stems = file_stems(self.names)

    def then_each_has_its_own_whatever_the_case(self) -> None:
        assert list(self.stems) == list(self.names)
        assert len({stem.casefold() for stem in self.stems.values()}) == len(self.names)

    def and_none_is_a_path_a_device_or_too_long(self) -> None:
        for stem in self.stems.values():
            assert re.fullmatch(r"[\w][\w.-]*", stem), stem
            assert not re.match(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", stem, re.IGNORECASE)
            assert len(f"{stem}_profile.png".encode()) <= 255
