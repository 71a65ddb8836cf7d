"""How long a stop takes while 64 connections release, on PostgreSQL: `python -m bench.withdrawals`. Goal: p99 250 ms.

The resident waits for releases of their own consent that are still being sent (two seconds at most), so this measures
the whole answer, of residents who are being released.
"""

import json
import sys
import tempfile
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.__main__ import _house, _percentiles, _postgres
from bench.processes import load

CONNECTIONS, SECONDS, GOAL_MS = 64, 20.0, 250.0


def main() -> int:
    """Ends with 1 when the goal was missed."""
    with tempfile.TemporaryDirectory(prefix="regie-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # the servant of PostgreSQL walks through it
        with _postgres(folder) as url, _house(folder / "postgres", url) as jobs, ThreadPoolExecutor(1) as beside:
            releasing = beside.submit(load, {**jobs, "connections": CONNECTIONS, "seconds": SECONDS})
            time.sleep(1)
            spent = []
            while not releasing.done():
                spent.append(_stop(int(jobs["port"])))
            released = releasing.result()
    half, last = _percentiles(spent)
    rate = len(released.latencies) / released.seconds
    print(f"{len(spent)} stops, p50 {half:.1f} ms, p99 {last:.1f} ms, beside {rate:.1f} releases/s on {CONNECTIONS}")
    print(f"refused because of a stop: {sum(released.errors.values())} {released.errors}")
    return int(last > GOAL_MS)


def _stop(port: int) -> float:
    asked = urllib.request.Request(f"http://127.0.0.1:{port}/bench/withdraw", method="POST")
    with urllib.request.urlopen(asked, timeout=60) as answer:  # noqa: S310 - loopback  # nosec B310 - loopback
        return float(json.load(answer)["ms"])


if __name__ == "__main__":
    sys.exit(main())
