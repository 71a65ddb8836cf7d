"""What Regie adds to a source of 50 ms: `python -m bench.adding`. Goal: 8 ms at p50.

Four elements, two of them of that source, one release after the other; and the source by itself. Both twice, in turns.
"""

import os
import sys
import tempfile
from pathlib import Path

from bench.__main__ import _percentiles
from bench.four import four
from bench.processes import load

WAIT_MS, TIMES, GOAL_MS = 50.0, 150, 8.0


def main() -> int:
    """Ends with 1 when an answer was not good."""
    errors: dict[str, int] = {}
    with tempfile.TemporaryDirectory(prefix="regie-bench-") as name:
        Path(name).chmod(0o755)  # the servant of PostgreSQL walks through it
        with four(Path(name), WAIT_MS) as house:
            house.values()
            print(
                f"A source of {WAIT_MS:.0f} ms and a release of four elements, two of it; load {os.getloadavg()[0]:.1f}"
            )
            for _ in range(2):
                alone, ours = load(house.beneath(TIMES)), load(house.job(TIMES, 1))
                errors |= alone.errors | ours.errors
                source, release = _percentiles(alone.latencies)[0], _percentiles(ours.latencies)[0]
                print(f"  p50: source {source:.1f} ms, release {release:.1f} ms, so {release - source:.1f} added"
                      f" (goal {GOAL_MS:.0f}); errors {errors or 'none'}")  # fmt: skip
    return int(bool(errors))


if __name__ == "__main__":
    sys.exit(main())
