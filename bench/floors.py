"""What a database can do without a log: rows by the batch, and a home-made chain of hashes. Tables of their own."""

import asyncio
import hashlib
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from sqlalchemy import BigInteger, Column, LargeBinary, MetaData, Table, Text, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.sql import Database

TENANT, ROW_BYTES = "bench", 1_900  # of a line: leaf, act, body, hashes
_metadata = MetaData()
_rows = Table(
    "bench_rows", _metadata, Column("idx", BigInteger, primary_key=True, autoincrement=False),
    Column("event_id", Text, unique=True), Column("hash", LargeBinary), Column("content", LargeBinary),
)  # fmt: skip


@asynccontextmanager
async def _table(url: str) -> AsyncIterator[Database]:
    database = Database(url, "audit")
    try:
        async with database.engine.begin() as connection:
            await connection.run_sync(_metadata.drop_all)
            await connection.run_sync(_metadata.create_all)
        yield database
    finally:
        await database.close()


async def ceiling(url: str, batch: int, seconds: float) -> float:
    """Rows per second of one writer that puts `batch` rows in per durable transaction, and does nothing else."""
    async with _table(url) as database:
        begun, size = time.perf_counter(), 0
        while time.perf_counter() < begun + seconds:
            rows = [_row(size + at) for at in range(batch)]
            await database.written(TENANT, partial(_put, rows))
            size += batch
        return size / (time.perf_counter() - begun)


async def chain(url: str, writers: int, seconds: float) -> float:
    """Rows per second when each writer reads the last hash under a lock, adds its row, and commits."""
    async with _table(url) as database:
        until, turn, done = time.perf_counter() + seconds, asyncio.Lock(), 0

        async def write() -> None:
            nonlocal done
            while time.perf_counter() < until:
                async with turn:  # in this process, in the thread of the log: as fast as such a chain can be
                    await database.written(TENANT, _linked)
                done += 1

        begun = time.perf_counter()
        await asyncio.gather(*(write() for _ in range(writers)))
        async with database.snapshot(TENANT) as connection:
            assert await connection.scalar(select(func.count()).select_from(_rows)) == done  # noqa: S101 - a bench
        return done / (time.perf_counter() - begun)


async def _put(rows: list[dict[str, object]], connection: AsyncConnection) -> None:
    await connection.execute(insert(_rows), rows)


async def _linked(connection: AsyncConnection) -> None:
    newest = select(_rows.c.idx, _rows.c.hash).order_by(_rows.c.idx.desc()).limit(1)
    last = (await connection.execute(newest)).first()
    row = _row(last[0] + 1 if last else 0)
    row["hash"] = hashlib.sha256((last[1] if last else b"") + row["content"]).digest()  # type: ignore[operator]  # bytes
    await connection.execute(insert(_rows).values(row))


def _row(index: int) -> dict[str, object]:
    content = secrets.token_bytes(ROW_BYTES)
    return {"idx": index, "event_id": secrets.token_hex(16), "hash": content[:32], "content": content}
