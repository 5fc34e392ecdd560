import os
from pathlib import Path
from typing import Final

import polars as pl
import vedro
from vedro import params

from tests.contexts.points import make_points
from vedro_profiling.storage import write_parquet
from vedro_profiling.storage.seal import SEAL_KEY, UNSEALED, is_broken, seal


def sealed_file() -> Path:
    place = Path(vedro.create_tmp_dir()) / "profiling.parquet"
    write_parquet(make_points(branch=f"{SEAL_KEY}\x18\x1d{UNSEALED}"), place, facts=[{"run": f"{SEAL_KEY} {UNSEALED}"}])
    return place


MAGIC: Final = 4


class EveryByteCounts(vedro.Scenario):
    subject = "whichever byte of a sealed file is changed, that is seen; in the footer alone, whichever of its bytes"

    def given_a_sealed_file(self) -> None:
        self.place = sealed_file()
        self.contents = self.place.read_bytes()

    def when_each_byte_is_changed_in_turn(self) -> None:
        self.unseen: dict[bool, set[int]] = {True: set(), False: set()}
        with self.place.open("r+b", buffering=0) as file:
            for number in range(len(self.contents) - MAGIC):
                os.pwrite(file.fileno(), bytes([self.contents[number] ^ 1]), number)
                for with_body, unseen in self.unseen.items():
                    if not is_broken(self.place, with_body=with_body):
                        unseen.add(number)
                os.pwrite(file.fileno(), self.contents[number : number + 1], number)

    def then_only_a_change_of_the_seal_itself_can_make_it_a_file_without_one(self) -> None:
        entry_at = self.contents.rindex(SEAL_KEY.encode())
        self.entry = set(range(entry_at, entry_at + len(SEAL_KEY) + 2 + len(UNSEALED)))
        assert self.unseen[True] < self.entry

    def and_the_footer_does_not_vouch_for_the_body(self) -> None:
        footer_at = len(self.contents) - 8 - int.from_bytes(self.contents[-8:-4], "little")
        assert self.unseen[False] - self.entry == set(range(footer_at))


class UntouchedFilesAreWhole(vedro.Scenario):
    subject = "a sealed file is whole, and is Parquet that tells its checksums"

    def when_a_file_is_written(self) -> None:
        self.place = sealed_file()

    def then_it_is_not_broken(self) -> None:
        assert [is_broken(self.place, with_body=each) for each in (True, False)] == [False, False]

    def and_its_metadata_tell_both_checksums(self) -> None:
        text = pl.read_parquet_metadata(self.place)[SEAL_KEY]
        assert text != UNSEALED
        assert len(text) == len(UNSEALED)


class FilesWithoutASealAreNotChecked(vedro.Scenario):
    subject = "a file without a seal is not called broken, and cannot be sealed: {what}"

    @params("empty", b"")
    @params("short", b"PAR1")
    @params("long", b"x" * 10_000)
    def __init__(self, what: str, contents: bytes) -> None:
        self.what = what
        self.contents = contents

    def given_the_file(self) -> None:
        self.place = Path(vedro.create_tmp_dir()) / "other.parquet"
        self.place.write_bytes(self.contents)

    def when_it_is_sealed(self) -> None:
        seal(self.place)

    def then_it_is_as_it_was(self) -> None:
        assert self.place.read_bytes() == self.contents

    def and_it_is_not_broken(self) -> None:
        assert [is_broken(self.place, with_body=each) for each in (True, False)] == [False, False]
