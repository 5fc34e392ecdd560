"""`python -m demo.load FOLDER`: k6 loads the shop while the shop is recorded; both leave their files in the folder."""

import subprocess
import sys
from pathlib import Path

import vedro_profiling as vp
from demo.stack import PROJECT, running

SCRIPT = Path(__file__).with_suffix(".js")


def main(folder: Path) -> int:
    """Record a load test; the exit code is k6's, which is 99 when a threshold was crossed."""
    folder.mkdir(parents=True, exist_ok=True)
    with running() as why_not:
        if why_not is not None:
            sys.stderr.write(f"demo.load: {why_not}\n")
            return 2
        methods = ["default", "docker"]
        with vp.record(
            run_id="load", profiling_methods=methods, docker_compose_project_name=PROJECT, poll_time=0.25
        ) as run:
            command = ["k6", "run", "--quiet", "--out", f"json={folder / 'load-test-k6.json.gz'}", str(SCRIPT)]
            status = subprocess.run(command, check=False).returncode
    vp.write_parquet(run.points, folder / "load-test.parquet")
    return status


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
