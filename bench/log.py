"""How many lines per second the log takes, beside what its database can do: `python -m bench.log`, or `make bench`.

Complete lines through the service's own door, 64 writers at once: a release that requires five fences, and its outcome,
in turns; act and body sealed, series, tags, tree, signed head, durable when answered. Beside it, on the same database:
rows of the same size put in by the batch and nothing else (the ceiling), and a chain of hashes with a transaction per
row, as people make it at home. Not promised: figures of a machine that does other things as well.
"""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import quantiles

import audit.log as appending
from assembly.garbage import settled
from audit import storing
from audit.contract import Entry, Receipt
from audit.fsck.checking import check_log
from audit.fsck.walk import Asked
from audit.service import AuditService, Door
from bench.acts import outcome, release
from bench.floors import ceiling, chain
from kernel.clock import utc_now
from kernel.crypto.file_keys import FileKeyProvider
from kernel.errors import Problem
from kernel.sql import Database
from tests.audit.logs import DESK, TENANT, Place
from tests.needles import RUN
from tests.postgres import borrowed_cluster

WRITERS, SECONDS, WARM_SECONDS = 64, 8.0, 4.0
LISTED = 15  # entries of one call where writers have lists: with 16 the last of 64 would find the queue full
OFFERED = (250, 500, 1_000)  # entries per second that come, whatever the log does
# Between the fail points of `audit.log` and `audit.storing`, which stand between every two durable steps.
STEPS = {
    "audit.0": "waiting, keys, content", "audit.a": "lock, head, order", "audit.b": "judge",
    "audit.c": "tags, number, seal", "audit.d": "store the rest", "audit.committed": "commit", "audit.signed": "sign",
    "": "receipts",
}  # fmt: skip


@dataclass
class Times:
    """What passed in each step, in seconds: by the clock, and CPU of the whole process. Other tasks run meanwhile; in
    the first step those that make the next entries."""

    spent: dict[str, list[float]] = field(default_factory=lambda: {name: [0.0, 0.0] for name in STEPS})
    last: tuple[float, float] = field(default_factory=lambda: (time.perf_counter(), time.process_time()))

    def reached(self, name: str) -> None:
        """A step ends here."""
        now = time.perf_counter(), time.process_time()
        for at in (0, 1):
            self.spent[name][at] += now[at] - self.last[at]
        self.last = now

    def answered(self) -> None:
        """All that a batch does after its last point."""
        self.reached("")


@dataclass
class Run:
    """One measurement. latencies in seconds, of entries; refused: answers that are no receipt."""

    seconds: float = 0.0
    cpu: float = 0.0
    batches: int = 0
    latencies: list[float] = field(default_factory=list)
    refused: int = 0
    times: Times = field(default_factory=Times)

    @property
    def rate(self) -> float:
        """Lines per second."""
        return len(self.latencies) / self.seconds

    def at(self, hundredths: int) -> float:
        """A percentile in ms."""
        found = quantiles(self.latencies, n=100) if len(self.latencies) > 1 else [float("nan")] * 99
        return found[hundredths - 1] * 1000


async def pair(door: Door, run: Run, listed: int = 1) -> None:
    """Releases in one call, and their outcomes in the next."""
    released = [release() for _ in range(listed)]
    given = await recorded(door, run, released)
    if given:
        ended = [outcome(each.position, entry) for each, entry in zip(given, released, strict=True)]
        await recorded(door, run, ended)


async def recorded(door: Door, run: Run, entries: list[Entry]) -> list[Receipt]:
    """Their receipts; none when one of them is refused."""
    begun = time.perf_counter()
    try:
        given = await door.record(DESK, entries)
    except Problem as problem:
        given = [problem] * len(entries)
    receipts = [each for each in given if isinstance(each, Receipt)]
    run.refused += len(given) - len(receipts)
    run.latencies += [time.perf_counter() - begun] * len(receipts)
    return receipts if len(receipts) == len(entries) else []


async def full_speed(door: Door, run: Run, seconds: float, listed: int = 1) -> None:
    """WRITERS writers that each wait for their own answer only. listed: entries of one call."""
    until = time.perf_counter() + seconds

    async def writer() -> None:
        while time.perf_counter() < until:
            await pair(door, run, listed)

    await asyncio.gather(*(writer() for _ in range(WRITERS)))


async def offered(door: Door, run: Run, seconds: float, rate: int) -> None:
    """Pairs come at an even pace, also when nobody is ready for them."""
    begun, coming = time.perf_counter(), []
    for number in range(int(seconds * rate / 2)):
        await asyncio.sleep(max(0.0, begun + number * 2 / rate - time.perf_counter()))
        coming.append(asyncio.create_task(pair(door, run)))
    await asyncio.gather(*coming)


async def measured(service: AuditService, load: Callable[[Door, Run], Awaitable[None]]) -> Run:
    """The load, with what this process and its writer spent."""
    run, writer = Run(), service.desk(DESK).writer
    whole, watch, rooms = vars(appending)["reached"], writer.watch, (vars(appending), vars(storing))
    run.batches -= writer.batches
    for room in rooms:
        room["reached"] = lambda name: run.times.reached(name) if name in STEPS else None
    writer.watch = lambda waited, answers: run.times.answered()
    begun, cpu = time.perf_counter(), time.process_time()
    run.times.last = (begun, cpu)
    try:
        await load(service.door("connectors"), run)
    finally:
        writer.watch = watch
        for room in rooms:
            room["reached"] = whole
    run.seconds, run.cpu = time.perf_counter() - begun, time.process_time() - cpu
    run.batches += writer.batches
    return run


async def check(url: str, folder: Path) -> tuple[float, int]:
    """The whole log that the bench left: lines per second of CPU, and how much is wrong."""
    database, begun = Database(url, "audit"), time.process_time()
    try:
        report = await check_log(database, FileKeyProvider(folder / "keys"), Asked(TENANT, [TENANT]))
    finally:
        await database.close()
    return report.size / (time.process_time() - begun), report.findings.total


async def one_database(name: str, url: str, folder: Path) -> int:
    """All measurements on it; how many entries were refused at full speed, and how much is wrong afterwards."""
    async with Place(url, folder, clock=utc_now).opened() as (service, _):
        await measured(service, partial(full_speed, seconds=WARM_SECONDS))
        settled()  # as `regie serve` does
        full = await measured(service, partial(full_speed, seconds=SECONDS))
        lists = await measured(service, partial(full_speed, seconds=SECONDS, listed=LISTED))
        steady = [(rate, await measured(service, partial(offered, seconds=SECONDS, rate=rate))) for rate in OFFERED]
    checked, wrong = await check(url, folder)
    batch = round(len(full.latencies) / full.batches)
    top = await ceiling(url, batch, SECONDS / 2)
    home = await chain(url, WRITERS, SECONDS / 2)
    each = full.cpu / len(full.latencies) * 1e6
    print(f"\n{name}\n  {WRITERS} writers, one by one {_told(full)}   {batch} a batch, {each:.0f} us of CPU a line")
    each = lists.cpu / max(len(lists.latencies), 1) * 1e6
    print(
        f"  {WRITERS} writers, lists of {LISTED}{_told(lists)}   {each:.0f} us of CPU a line, refused {lists.refused}"
    )
    print(f"  bare rows, {batch:3} a batch  {top:8.0f} rows/s    {top / full.rate:.1f} x the log")
    print(f"  chain, a row a time     {home:8.0f} rows/s    {home / full.rate:.2f} x the log")
    print(f"  checked with keys       {checked:8.0f} lines per second of CPU, {wrong} wrong")
    for rate, run in steady:
        print(f"  offered {rate:5} a second  {_told(run)}   refused {run.refused}")
    print(f"    where a line's time goes {'CPU us':>8}{'':5}{'clock us':>10}")
    whole = [sum(both[at] for both in full.times.spent.values()) for at in (0, 1)]
    for step, (wall, busy) in full.times.spent.items():
        parts = f"{busy / len(full.latencies) * 1e6:8.0f}{busy / whole[1]:5.0%}{wall / len(full.latencies) * 1e6:10.0f}"
        print(f"    {STEPS[step]:24} {parts}{wall / whole[0]:5.0%}")
    return full.refused + wrong


def _told(run: Run) -> str:
    return f"{run.rate:8.0f} lines/s   p50 {run.at(50):.0f} ms   p99 {run.at(99):.0f} ms"


def main() -> int:
    """SQLite and PostgreSQL. Ends with 1 when the log refused something at full speed, or does not fit afterwards."""
    print(f"The log by itself: {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}; {SECONDS:.0f} s each")
    with tempfile.TemporaryDirectory(prefix="regie-bench-log-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # the servant of PostgreSQL walks through it
        os.environ[RUN] = str(folder)  # where what is made once for many logs lies
        for part in ("sqlite", "postgres"):
            (folder / part).mkdir()
        refused = asyncio.run(
            one_database("SQLite", f"sqlite+aiosqlite:///{folder}/sqlite/audit.db", folder / "sqlite")
        )
        with borrowed_cluster(folder / "cluster") as cluster:
            refused += asyncio.run(one_database("PostgreSQL", cluster.create(), folder / "postgres"))
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
