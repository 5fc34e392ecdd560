"""`python -m demo`: start the shop, run its suite under the profiler, and remove the shop again."""

import subprocess
import sys
from pathlib import Path

from demo.stack import running

HERE = Path(__file__).parent


def main() -> int:
    """Run the suite; the exit code is Vedro's."""
    with running() as why_not:
        if why_not is not None:
            sys.stdout.write(f"demo: {why_not}: the scenarios that need the shop's containers are skipped\n")
            sys.stdout.flush()
        vedro = Path(sys.executable).with_name("vedro")
        command = [str(vedro), "run", "--project-dir", HERE.name]
        flags = ["--enable-profiling", "--draw-plots", "--run-id", "demo"]
        return subprocess.run([*command, *flags, *sys.argv[1:]], cwd=HERE.parent, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
