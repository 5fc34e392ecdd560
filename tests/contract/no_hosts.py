"""What is committed is of no one machine: it names no package registry and no path of this checkout."""

import re
import subprocess
from pathlib import Path
from typing import Final

import vedro

ROOT: Final = Path(__file__).parents[2]

# Written with a gap, so that this file does not match itself.
FORBIDDEN: Final = [
    re.compile(name.replace(" ", "").encode())
    for name in (
        r"py pi\.org",
        r"python hosted\.org",
        r"registry\.npm js",
        r"deb \.debian\.org",
        r"file:// /opt/",
        r"/wo rk/(main|shared|\.library)",
        r"/ro ot/\.",
        r"\.\./\.lib rary",
    )
]


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    return [ROOT / name.decode() for name in listed.stdout.split(b"\0") if name]


@vedro.skip_if(lambda: not (ROOT / ".git").exists(), "not a checkout: nothing tells what is committed")
class NothingOfThisMachine(vedro.Scenario):
    subject = "no committed file names a package registry or a path of one machine"

    def given_the_committed_files(self) -> None:
        self.paths = [path for path in tracked() if path.is_file()]
        assert Path(__file__) in self.paths

    def when_each_is_searched(self) -> None:
        patterns = [*FORBIDDEN, re.compile(re.escape(str(ROOT)).encode())]
        self.found = [
            f"{path.relative_to(ROOT)}: {match[0]!r}"
            for path in self.paths
            for pattern in patterns
            for match in pattern.finditer(path.read_bytes())
        ]

    def then_nothing_is_found(self) -> None:
        assert self.found == []
