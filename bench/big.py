"""How a big log does: `python -m bench.big [lines] [leaves]`. Not part of `make bench`: it takes minutes.

Two logs on SQLite. One of complete lines, written by the log itself, 500 at a time: what a proof, what one
resident's page, and the question after a breach take, and how much memory. One of leaves, whose lines say next to
nothing under right hashes: a proof reads hashes only. Not promised: figures of a machine that does other things.
"""

import asyncio
import os
import resource
import secrets
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import quantiles

from audit.breach import Window
from audit.contract import Position, Reason, Receipt
from audit.event import Entry
from audit.leaf import words_of
from audit.log import Given, Log
from audit.nodes import inclusion_proofs
from audit.service import AuditService
from bench.acts import outcome, release
from bench.checking import TENANT, TERM, build, check
from kernel.clock import millis, utc_now
from kernel.sql import Database
from kernel.sql.upgrade import upgrade
from tests.audit.logs import DESK, FG, Place
from tests.needles import RUN

LINES, LEAVES = 1_000_000, 10_000_000
AT_ONCE, ASKED, KEEP_YEARS = 500, 300, 20
RESIDENTS, APPLICATIONS = 5_000, 100  # a resident of the big log has 200 lines in a million, an application 10,000
WHY = Reason(code="datalek", case="B-1", note="meten")


def memory() -> float:
    """The most that this process ever held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def fill(log: Log, size: int) -> None:
    """Releases and their outcomes, in turns of AT_ONCE. Keys first: no decision waits until they are made. One that
    was too late all the same, on a busy machine, is left out."""
    year = utc_now().year + KEEP_YEARS
    await log.keychain.bodies([(f"{resident:032}", year) for resident in range(RESIDENTS)], make=True)
    ended: list[Entry] = []
    while log.memory.size < size:
        entries = ended or [release(RESIDENTS, f"bench-{secrets.randbelow(APPLICATIONS)}") for _ in range(AT_ONCE)]
        verdicts = await log.append([Given("connectors", entry, words_of(entry)) for entry in entries], KEEP_YEARS)
        written = [(of, one) for of, one in zip(verdicts, entries, strict=True) if isinstance(of, Receipt)]
        ended = [] if ended else [outcome(of.position, one) for of, one in written]


async def timed(what: str, ask: Callable[[], Awaitable[object]], times: int = ASKED) -> None:
    """Tells p50, p95 and the most in ms, and CPU per question."""
    took, cpu = [], time.process_time()
    for _ in range(times):
        begun = time.perf_counter()
        await ask()
        took.append((time.perf_counter() - begun) * 1000)
    each = (time.process_time() - cpu) / times * 1000
    cut = quantiles(took, n=20) if times > 1 else [took[0]] * 19
    print(f"  {what:38} p50 {cut[9]:8.1f} ms  p95 {cut[18]:8.1f} ms  CPU {each:8.1f} ms", flush=True)


async def questions(service: AuditService, log: Log) -> None:
    """Of whoever may ask."""
    door, breaches = service.door("web"), service.desk(DESK).breaches
    size, now = log.memory.size, millis(utc_now())

    async def proof() -> object:
        return await door.proof(DESK, Position(term=log.term, index=secrets.randbelow(size)))

    async def used() -> object:
        return await door.lines(DESK, f"{secrets.randbelow(RESIDENTS):032}")

    async def breach(recipient: str = "", application: str = "") -> object:
        window = Window(recipient=recipient, application=application, since=now - 86_400_000, until=now)
        return await breaches.report(FG, window, WHY)

    await timed("a proof", proof)
    await timed("who used my data: 50 lines", used)
    await timed("a breach, one application in a hundred", lambda: breach(application="bench-1"), 1)
    await timed("a breach, everything there is", lambda: breach(recipient="bench"), 1)


async def complete(folder: Path, size: int) -> None:
    """The log of complete lines."""
    url = f"sqlite+aiosqlite:///{folder}/audit.db"
    async with Place(url, folder, clock=utc_now).opened() as (service, _):
        log, before = service.desk(DESK).log, memory()
        begun, cpu = time.perf_counter(), time.process_time()
        await fill(log, size)
        took, spent = time.perf_counter() - begun, (time.process_time() - cpu) / size * 1e6
        on_disk = (folder / "audit.db").stat().st_size / size
        print(f"\n{size} complete lines, made in {took:.0f} s, {spent:.0f} us of CPU and {on_disk:.0f} bytes a line")
        print(f"  memory: {before:.0f} MB before, {memory():.0f} MB after", flush=True)
        await questions(service, log)
        print(f"  memory: {memory():.0f} MB", flush=True)
    wall, each = await check(url)
    print(f"  checked without keys: {each:.0f} lines per second of CPU, {wall:.0f} by the clock; {memory():.0f} MB")


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
    """Both."""
    sizes = [int(told) for told in sys.argv[1:]] + [LINES, LEAVES][len(sys.argv) - 1 :]
    print(f"Big logs, SQLite, one process, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory(prefix="regie-bench-big-") as name:
        os.environ[RUN] = name  # where what is made once for many logs lies
        for part, size in zip((complete, leaves), sizes, strict=True):
            folder = Path(name) / part.__name__
            folder.mkdir()
            asyncio.run(part(folder, size))
    return 0


if __name__ == "__main__":
    sys.exit(main())
