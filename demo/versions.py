"""`python -m demo.versions FOLDER`: five runs of the shop's suite, and five after a change that made it dearer."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from demo.stack import running

HERE: Final = Path(__file__).parent
RUNS: Final = 5
VERSIONS: Final[Mapping[str, Mapping[str, int]]] = {"base": {}, "head": {"checkout": 120, "reports": 130}}


def main(folder: Path) -> int:
    """Record both versions in turn, so that whatever else happens on the machine happens to both."""
    for number in range(1, RUNS + 1):
        for version, efforts in VERSIONS.items():
            with running(efforts) as why_not:
                if why_not is not None:
                    sys.stderr.write(f"demo.versions: {why_not}\n")
                    return 2
                _record(f"{version}-{number}", folder / version / f"{number}.parquet")
    return 0


def _record(run: str, path: Path) -> None:
    command = [str(Path(sys.executable).with_name("vedro")), "run", "--project-dir", HERE.name]
    flags = ["--enable-profiling", "--run-id", run, "--profiling-formats", "parquet"]
    subprocess.run([*command, *flags], cwd=HERE.parent, check=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    (HERE / ".profiling" / "profiling.parquet").replace(path)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
