"""The measurements in order, and the table. Ends with 1 when any answer was not 200."""

import asyncio
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from typing import Any

from assembly.demo import register
from assembly.demo.recipient import Application
from bench.bare import PATH
from bench.load import Measured
from bench.processes import free_port, load, program, spent
from kernel.http.client import open_client
from tests.postgres import borrowed_cluster

CONNECTIONS = (1, 16, 64)
SECONDS, WARM_SECONDS = 8.0, 3.0
CLIENT = "inkomensloket-automatisch"
Jobs = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """One line of the table. spent: statements, transactions and ms of CPU per release."""

    connections: int
    measured: Measured
    spent: dict[str, float]

    @property
    def rate(self) -> float:
        """Answers with status 200 per second."""
        return len(self.measured.latencies) / self.measured.seconds


def main() -> int:
    """SQLite, PostgreSQL, and the bare endpoint with the answer of the first."""
    begun = time.monotonic()
    rows: dict[str, list[Row]] = {}
    with tempfile.TemporaryDirectory(prefix="regie-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # the servant of PostgreSQL walks through it
        with _house(folder / "sqlite") as jobs:
            rows["SQLite"] = [_measured(jobs, number) for number in CONNECTIONS]
        with _postgres(folder) as url, _house(folder / "postgres", url) as jobs:
            rows["PostgreSQL"] = [_measured(jobs, number) for number in CONNECTIONS]
        answer = folder / "answer.json"
        answer.write_text(rows["SQLite"][0].measured.sample)
        port = free_port()
        with program("bench.bare", str(port), str(answer)):
            bare = {**jobs, "port": port}
            rows["bare FastAPI"] = [_measured(bare, number) for number in CONNECTIONS]
    _tell(rows, time.monotonic() - begun)
    return 1 if any(row.measured.errors for found in rows.values() for row in found) else 0


@contextmanager
def _postgres(folder: Path) -> Iterator[Path]:
    with borrowed_cluster(folder / "cluster") as cluster:
        said = folder / "url"
        said.write_text(cluster.create())
        yield said


@contextmanager
def _house(folder: Path, postgres: Path | None = None) -> Iterator[Jobs]:
    port = free_port()
    folder.mkdir(mode=0o700)
    with program("bench.house", str(folder), str(port), *([str(postgres)] if postgres else [])):
        token = asyncio.run(_token(folder))
        asked = {"verwerkingsactiviteit": register.EXERCISE, "gegevenselementen": list(register.EXERCISES)}
        personas = json.loads((folder / "personas.json").read_text())["personas"]
        numbers = [one["bsn"] for one in personas if one["bsn"]]
        bodies = [json.dumps({"inwoner": {"bsn": number}, **asked}) for number in numbers]
        host = f"localhost:{port}"
        jobs = {"port": port, "path": PATH, "host": host, "token": token, "bodies": bodies}
        load({**jobs, "connections": 16, "seconds": WARM_SECONDS})
        yield jobs


async def _token(folder: Path) -> str:
    clients = json.loads((folder / "clients.json").read_text())
    entry = next(one for one in clients["clients"] if one["clientId"] == CLIENT)
    async with open_client("", timeout_seconds=10) as http:
        return await Application(http, clients["issuer"], clients["tokenUrl"], entry).token("verstrekking")


def _measured(jobs: Jobs, connections: int) -> Row:
    before = spent(jobs["port"])
    measured = load({**jobs, "connections": connections, "seconds": SECONDS})
    after = spent(jobs["port"])
    count = max(len(measured.latencies), 1)
    return Row(connections, measured, {name: (after[name] - before[name]) / count for name in before})


def _tell(rows: dict[str, list[Row]], seconds: float) -> None:
    machine = f"{os.cpu_count()} x {_processor()}, {platform.system()} {platform.release()}"
    print(f"Machine     {machine}, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}")
    print("Release     oefening: two vault elements under consent (class C), 20 residents, one process, one core")
    print(f"Measured    {SECONDS:.0f} s each after {WARM_SECONDS:.0f} s warm-up; {seconds:.0f} s in all")
    print("Columns     bare/us: times as many per second; us/bare: times as much CPU per answer; load cpu: generator\n")
    print(f"{'':14}{'conns':>6}{'count':>8}{'per s':>8}{'p50 ms':>9}{'p99 ms':>9}{'bare/us':>9}"
          f"{'stmts':>8}{'txs':>7}{'cpu ms':>8}{'us/bare':>8}{'load cpu':>9}  errors")  # fmt: skip
    bare = {row.connections: row for row in rows["bare FastAPI"]}
    for name, found in rows.items():
        for row in found:
            print(_line(name, row, bare[row.connections]))


def _line(name: str, row: Row, bare: Row) -> str:
    done, told = row.measured, row.spent
    half, last = _percentiles(done.latencies)
    costs = f"{told['statements']:8.1f}{told['transactions']:7.1f}{told['cpu'] * 1000:8.1f}"
    ratio = bare.rate / row.rate if row.rate else float("inf")
    work = told["cpu"] / bare.spent["cpu"]  # less moved by what else the machine does
    return (
        f"{name:14}{row.connections:6}{len(done.latencies):8}{row.rate:8.1f}{half:9.1f}{last:9.1f}{ratio:9.1f}"
        f"{costs}{work:8.1f}{done.cpu / done.seconds:9.0%}  {done.errors or 'none'}"
    )


def _percentiles(latencies: list[float]) -> tuple[float, float]:
    if len(latencies) < 2:
        return float("nan"), float("nan")
    cut = quantiles(latencies, n=100)
    return cut[49], cut[98]


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "processor")


if __name__ == "__main__":
    sys.exit(main())
