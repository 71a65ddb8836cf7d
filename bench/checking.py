"""How fast a log is checked, and with how much memory: `python -m bench.checking [lines]`, part of `make bench`.

The pass without keys runs over a log of random act and body, put in by the thousands under right hashes: nobody without
keys can tell it from a real one. Figures are per second of CPU, so that what else the machine does counts less.
"""

import asyncio
import hashlib
import os
import resource
import sqlite3
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

from audit.fsck.checking import check_log
from audit.fsck.regrown import Regrown, entry_hashes, leaf_hashes
from audit.fsck.walk import Asked
from audit.permit import LEAF_MAGIC
from kernel.sql import Database
from kernel.sql.upgrade import upgrade

LINES, AT_ONCE = 200_000, 8_192
ACT, BODY = 450, 1_350  # bytes, as the desk's lines have
TENANT, TERM = "gm9901", "2026h2"
_LINE = """INSERT INTO lines
           (tenant_id, term, idx, event_id, content, subject, n, logged_at, leaf, leaf_hash, act, body, year, label)
           VALUES ('gm9901', '2026h2', ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, 2046, x'00')"""
_TILE = "INSERT INTO tiles (tenant_id, term, level, idx, hash) VALUES ('gm9901', '2026h2', ?, ?, ?)"
_HEAD = """INSERT INTO head (tenant_id, origin, term, size, edge, root, last_logged_at, mac)
           VALUES ('gm9901', 'bench/gm9901/2026h2', '2026h2', ?, ?, ?, 0, x'00')"""


def build(path: Path, size: int, act: int = ACT, body: int = BODY) -> None:
    """The log, with acts and bodies of so many bytes. Its tables are there."""
    file, tree = sqlite3.connect(path, isolation_level=None), Regrown()
    for hasty in ("synchronous=OFF", "journal_mode=MEMORY", "cache_size=-128000"):
        file.execute(f"PRAGMA {hasty}")
    for first in range(0, size, AT_ONCE):
        count = min(AT_ONCE, size - first)
        acts, bodies = [os.urandom(act) for _ in range(count)], [os.urandom(body) for _ in range(count)]
        leaves = [LEAF_MAGIC + os.urandom(64) + entry for entry in entry_hashes(acts, bodies)]
        hashes = leaf_hashes(leaves)
        rows = zip(range(first, size), hashes, leaves, acts, bodies, strict=False)
        file.execute("BEGIN")
        file.executemany(
            _LINE,
            [(at, f"{at:032x}", told, "s", at + 1, leaf, told, said, read) for at, told, leaf, said, read in rows],
        )
        for level, (start, nodes) in tree.grow(hashes).items():
            file.executemany(_TILE, [(level, start + at, node) for at, node in enumerate(nodes)])
        file.execute("COMMIT")
    file.execute(_HEAD, (size, tree.edge.to_bytes(), tree.root))
    file.close()


async def check(url: str) -> tuple[float, float]:
    """Lines per second, and per second of CPU."""
    database = Database(url, "audit")
    begun, cpu = time.perf_counter(), time.process_time()
    report = await check_log(database, None, Asked(TENANT, [TENANT]))
    wall, spent = time.perf_counter() - begun, time.process_time() - cpu
    await database.close()
    if report.status:
        raise RuntimeError(str(report.findings.first))
    return report.size / wall, report.size / spent


def parts(path: Path, size: int) -> list[tuple[str, float]]:
    """What the pass consists of, in microseconds of CPU per line; the last is leaves and tree alone, from the file."""
    spent = [0.0] * 5
    file, tree, alone = sqlite3.connect(path), Regrown(), Regrown()
    for first in range(0, size, AT_ONCE):
        span, marks = (TENANT, TERM, first, first + AT_ONCE - 1), [time.process_time()]
        where = "FROM lines WHERE tenant_id = ? AND term = ? AND idx BETWEEN ? AND ? ORDER BY idx"
        _, leaves, acts, bodies = zip(*file.execute(f"SELECT idx, leaf, act, body {where}", span), strict=True)
        marks.append(time.process_time())
        hashes = leaf_hashes(leaves)
        marks.append(time.process_time())
        entry_hashes(acts, bodies)
        marks.append(time.process_time())
        tree.grow(hashes)
        marks.append(time.process_time())
        (leaves,) = zip(*file.execute(f"SELECT leaf {where}", span), strict=True)
        alone.grow(leaf_hashes(leaves))
        marks.append(time.process_time())
        spent = [before + end - start for before, (start, end) in zip(spent, pairwise(marks), strict=True)]
    file.close()
    named = ("rows from SQLite", "leaf hashes", "entry hashes", "tree", "leaves and tree alone")
    return [(name, seconds / size * 1e6) for name, seconds in zip(named, spent, strict=True)]


def main() -> int:
    """Builds, checks twice, and tells."""
    size = int(sys.argv[1]) if len(sys.argv) > 1 else LINES
    with tempfile.TemporaryDirectory(prefix="regie-bench-check-") as name:
        path = Path(name) / "audit.db"
        url = f"sqlite+aiosqlite:///{path}"
        asyncio.run(upgrade("audit", url))
        build(path, size)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        best = max((asyncio.run(check(url)) for _ in range(2)), key=lambda found: found[1])
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        print(f"\nChecking {size} lines without keys, SQLite, one process, load {os.getloadavg()[0]:.1f}")
        print(f"  {best[1]:8.0f} lines per second of CPU, {best[0]:.0f} by the clock; {grown:.0f} MB more than before")
        for part, each in parts(path, size):
            print(f"    {part:22}{each:6.2f} us a line {1e6 / each:10.0f} a second")
        text = os.urandom(ACT + BODY + 16)
        cpu = time.process_time()
        for _ in range(100_000):
            hashlib.sha256(text).digest()
        each = (time.process_time() - cpu) * 10
        print(f"    one SHA-256 of {len(text)} bytes, to compare machines: {each:.2f} us")
    return 0


if __name__ == "__main__":
    sys.exit(main())
