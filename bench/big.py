"""How a big log does, SQLite. Not part of `make bench`: it takes long.

    python -m bench.big build FOLDER LINES     complete lines, or more of them; may be broken off and gone on with
    python -m bench.big measure FOLDER         what is asked of it, and how much memory that takes
    python -m bench.big leaves FOLDER LEAVES   lines that say next to nothing under right hashes: a proof of it

What a proof, one resident's page and the question after a breach take; what a line more costs; how fast it is checked.
Not promised: figures of a machine that does other things.
"""

import asyncio
import os
import secrets
import sys
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from statistics import quantiles

from sqlalchemy import func, select

from audit.breach import Window
from audit.contract import Position, Reason
from audit.log import Log
from audit.nodes import inclusion_proofs
from audit.service import AuditService
from audit.tables import series
from bench.checking import TENANT, TERM, build, check
from bench.growing import LINES_EACH, Grower, hurry, memory
from bench.log import full_speed, measured
from kernel.clock import millis, utc_now
from kernel.sql import Database
from kernel.sql.upgrade import upgrade
from tests.audit.logs import DESK, FG, Place
from tests.needles import RUN

ASKED, SECONDS = 300, 10.0
WHY = Reason(code="datalek", case="B-1", note="meten")
HALF_YEAR_MS = 184 * 86_400_000


def place_of(folder: Path) -> Place:
    """The log in this folder."""
    os.environ[RUN] = str(folder)  # where what is made once for many logs lies
    return Place(f"sqlite+aiosqlite:///{folder}/audit.db", folder, clock=utc_now)


async def grown(folder: Path, size: int) -> None:
    """The log has so many complete lines."""
    hurry()
    async with place_of(folder).opened() as (service, _):
        log, begun, cpu = service.desk(DESK).log, time.perf_counter(), time.process_time()
        before = log.memory.size
        residents = max(await _residents(log), size // LINES_EACH)
        await Grower(log, residents).grow(size)
        more = max(log.memory.size - before, 1)
        took, each = time.perf_counter() - begun, (time.process_time() - cpu) / more * 1e6
        print(f"{log.memory.size} lines, {more} of them made in {took:.0f} s, {each:.0f} us of CPU each", flush=True)


async def _residents(log: Log) -> int:
    async with log.database.snapshot(log.tenant) as reading:
        return await reading.scalar(select(func.count()).select_from(series)) or 0


async def timed(what: str, ask: Callable[[], Awaitable[object]], times: int = ASKED) -> None:
    """Tells p50, p95 and the most in ms, and CPU per question."""
    took, cpu = [], time.process_time()
    for _ in range(times):
        begun = time.perf_counter()
        await ask()
        took.append((time.perf_counter() - begun) * 1000)
    each = (time.process_time() - cpu) / times * 1000
    cut = quantiles(took, n=20) if times > 1 else [took[0]] * 19
    print(f"  {what:42} p50 {cut[9]:8.1f} ms  p95 {cut[18]:8.1f} ms  CPU {each:8.1f} ms  {memory():.0f} MB", flush=True)


async def questions(service: AuditService, log: Log) -> None:
    """Of whoever may ask."""
    door, breaches, residents = service.door("web"), service.desk(DESK).breaches, await _residents(log)
    size, now = log.memory.size, millis(utc_now())

    async def proof() -> object:
        return await door.proof(DESK, Position(term=log.term, index=secrets.randbelow(size)))

    async def path() -> object:
        index = [secrets.randbelow(size)]
        return await log.database.seen(
            log.tenant, lambda rows: inclusion_proofs(rows, (log.tenant, log.term), index, size)
        )

    async def used() -> object:
        return await door.lines(DESK, f"{secrets.randbelow(residents - 1):032}")

    async def breach(recipient: str = "", application: str = "", days: int = 0) -> object:
        since = now - (days * 86_400_000 or HALF_YEAR_MS)
        window = Window(recipient=recipient, application=application, since=since, until=now)
        return await breaches.report(FG, window, WHY)

    await timed("a proof, with its line", proof)
    await timed("an inclusion proof by itself", path)
    await timed("who used my data: 50 lines", used)
    await timed("a breach, one application in a hundred", partial(breach, application="bench-1"), 1)
    await timed("a breach, everything there is", partial(breach, recipient="bench"), 1)


async def asked(folder: Path) -> None:
    """All that is measured of a log that was built."""
    file = folder / "audit.db"
    async with place_of(folder).opened() as (service, _):
        log = service.desk(DESK).log
        size = log.memory.size
        print(
            f"\n{size} complete lines, {file.stat().st_size / size:.0f} bytes each; open: {memory():.0f} MB", flush=True
        )
        await questions(service, log)
        run = await measured(service, partial(full_speed, seconds=SECONDS))
        each = run.cpu / max(len(run.latencies), 1) * 1e6
        print(f"  64 writers: {run.rate:.0f} lines/s, {each:.0f} us of CPU a line, {memory():.0f} MB", flush=True)
    wall, busy = await check(place_of(folder).url)
    print(f"  checked without keys: {busy:.0f} lines per second of CPU, {wall:.0f} by the clock; {memory():.0f} MB")


async def leaves(folder: Path, size: int) -> None:
    """The log of leaves."""
    url, begun = f"sqlite+aiosqlite:///{folder}/leaves.db", time.perf_counter()
    await upgrade("audit", url)
    build(folder / "leaves.db", size, act=1, body=1)
    print(f"\n{size} leaves, made in {time.perf_counter() - begun:.0f} s")
    database = Database(url, "audit")

    async def proof() -> object:
        index = [secrets.randbelow(size)]
        return await database.seen(TENANT, lambda reading: inclusion_proofs(reading, (TENANT, TERM), index, size))

    await timed("a proof", proof)
    await database.close()


def main() -> int:
    """One of the three."""
    verb, where, *size = [*sys.argv[1:], "", ""][:4]
    folder, many = Path(where), int(size[0] or 0)
    if verb not in ("build", "measure", "leaves") or not where or (many < 1) != (verb == "measure"):
        print(__doc__, file=sys.stderr)
        return 2
    folder.mkdir(parents=True, exist_ok=True)
    print(f"Big logs, SQLite, one process, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}", flush=True)
    asyncio.run({"build": grown, "leaves": leaves}[verb](folder, many) if many else asked(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
