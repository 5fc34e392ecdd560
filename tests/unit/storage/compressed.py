import gzip

import vedro
from vedro import params

from vedro_profiling.storage.compressed import is_gzip, open_binary, unpack


class EverySourceIsReadAlike(vedro.Scenario):
    subject = "plain and gzipped files and contents in memory are read alike, whatever the name"

    def given_the_same_contents_in_three_ways(self) -> None:
        folder = vedro.create_tmp_dir()
        self.plain = folder / "plain.gz"
        self.plain.write_bytes(b"one\ntwo\n")
        self.packed = folder / "packed"
        self.packed.write_bytes(gzip.compress(b"one\ntwo\n"))

    def when_they_are_read(self) -> None:
        self.read = []
        for source in (self.plain, self.packed, b"one\ntwo\n"):
            with open_binary(source) as file:
                self.read.append(list(file))

    def then_the_lines_are_the_same(self) -> None:
        assert self.read == [[b"one\n", b"two\n"]] * 3

    def and_only_one_is_gzipped(self) -> None:
        assert [is_gzip(self.plain), is_gzip(self.packed)] == [False, True]


class ADamagedFileIsUnpackedAsFarAsItGoes(vedro.Scenario):
    subject = "of a gzip file that {fault}, all before the fault is unpacked"

    @params("is whole", 0, b"")
    @params("is cut", 30, b"")
    @params("has junk behind", 0, b"junk")
    def __init__(self, fault: str, cut: int, junk: bytes) -> None:
        self.fault = fault
        self.cut = cut
        self.junk = junk

    def given_a_file_of_two_streams(self) -> None:
        self.text = b"".join(b"%d\n" % number for number in range(20_000))
        packed = gzip.compress(b"first\n") + gzip.compress(self.text)
        self.place = vedro.create_tmp_dir() / "k6.json.gz"
        self.place.write_bytes(packed[: len(packed) - self.cut] + self.junk)

    def when_it_is_unpacked(self) -> None:
        self.unpacked = unpack(self.place)

    def then_it_is_the_beginning_of_what_was_packed(self) -> None:
        assert (b"first\n" + self.text).startswith(self.unpacked)
        assert len(self.unpacked) > len(self.text) - 1000
