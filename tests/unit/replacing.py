import os
from pathlib import Path

import vedro
from vedro import params

from vedro_profiling.replacing import replacing


class TheFileAppearsWhole(vedro.Scenario):
    subject = "a file takes its place only when it is written to the end"

    def given_a_file_in_its_place(self) -> None:
        self.folder = vedro.create_tmp_dir()
        self.place = self.folder / "summary.json"
        self.place.write_text("old")

    def when_another_is_written_over_it(self) -> None:
        with replacing(self.place) as beside:
            beside.write_text("new")
            self.seen_meanwhile = self.place.read_text()
            self.beside = beside

    def then_the_old_was_there_meanwhile(self) -> None:
        assert self.seen_meanwhile == "old"

    def and_the_new_is_there_now(self) -> None:
        assert self.place.read_text() == "new"

    def and_nothing_is_left_beside(self) -> None:
        assert self.beside.parent == self.folder
        assert list(self.folder.iterdir()) == [self.place]


class AnErrorLeavesTheOldFile(vedro.Scenario):
    subject = "when writing fails, the error goes up untouched, the old file stays and nothing is left beside"

    @params(OSError(28, "No space left on device"))
    @params(KeyboardInterrupt())
    def __init__(self, error: BaseException) -> None:
        self.error = error

    def given_a_file_in_its_place(self) -> None:
        self.folder = vedro.create_tmp_dir()
        self.place = self.folder / "summary.json"
        self.place.write_text("old")

    def when_writing_over_it_fails(self) -> None:
        with vedro.catched(type(self.error)) as self.caught, replacing(self.place) as beside:
            beside.write_text("ne")
            raise self.error

    def then_the_error_is_the_same(self) -> None:
        assert self.caught.value is self.error

    def and_the_old_file_is_all_there_is(self) -> None:
        assert self.place.read_text() == "old"
        assert list(self.folder.iterdir()) == [self.place]


class ALinkIsReplaced(vedro.Scenario):
    subject = "a symbolic link in the place is replaced, its target is not written to"

    def given_a_link_to_a_file_elsewhere(self) -> None:
        self.elsewhere = vedro.create_tmp_dir() / "elsewhere.json"
        self.elsewhere.write_text("theirs")
        self.place = vedro.create_tmp_dir() / "summary.json"
        self.place.symlink_to(self.elsewhere)

    def when_a_file_is_written_there(self) -> None:
        with replacing(self.place) as beside:
            beside.write_text("ours")

    def then_the_place_is_a_file(self) -> None:
        assert not self.place.is_symlink()
        assert self.place.read_text() == "ours"

    def and_the_target_is_untouched(self) -> None:
        assert self.elsewhere.read_text() == "theirs"


class TheUmaskIsRespected(vedro.Scenario):
    subject = "under the umask {umask:o} the file has the mode {mode:o}"

    @params(0o022, 0o644)
    @params(0o077, 0o600)
    @params(0o002, 0o664)
    def __init__(self, umask: int, mode: int) -> None:
        self.umask = umask
        self.mode = mode

    def given_the_umask(self) -> None:
        vedro.defer(os.umask, os.umask(self.umask))

    def when_a_file_is_written(self) -> None:
        self.place = vedro.create_tmp_dir() / "summary.json"
        with replacing(self.place) as beside:
            beside.write_text("{}")

    def then_its_mode_is_what_the_umask_leaves(self) -> None:
        assert self.place.stat().st_mode & 0o777 == self.mode


class TheLongestNameIsPossible(vedro.Scenario):
    subject = "a name may be as long as the file system allows"

    def when_a_file_with_the_longest_name_is_written(self) -> None:
        self.place = vedro.create_tmp_dir() / ("я" * 125 + ".png")
        with replacing(self.place) as beside:
            beside.write_text("")

    def then_it_is_there(self) -> None:
        assert self.place.exists()


class TheFolderMustExist(vedro.Scenario):
    subject = "a folder that is not there is the system's own error"

    def when_a_file_is_written_into_no_folder(self) -> None:
        with vedro.catched(FileNotFoundError) as self.caught, replacing(Path("no/such/summary.json")):
            pass

    def then_the_error_is_raised(self) -> None:
        assert self.caught.value
