"""`python -m demo.picture`: draw the picture in the README from the last run of the demo."""

from pathlib import Path

import vedro_profiling as vp

HERE = Path(__file__).parent


if __name__ == "__main__":
    points = vp.load(HERE / ".profiling" / "profiling.parquet")
    vp.save_chart(vp.timeline(points), HERE.parent / "docs" / "demo.png", ppi=144)
