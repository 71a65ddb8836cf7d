"""A transaction in a worker thread: all or nothing, one at a time on SQLite, and it waits for nothing else."""

import asyncio
import gc
import sqlite3
import threading
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Column, MetaData, Table, Text, bindparam, event, func, insert, select
from sqlalchemy.exc import DBAPIError, IntegrityError, PendingRollbackError
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.sql import Database
from kernel.sql.direct import done, in_numbers, told, unanswered
from kernel.sql.prepared import Prepared, any_of
from tests.patience import PATIENCE
from tests.statements import said_to

pytestmark = pytest.mark.anyio
METADATA = MetaData(schema="room")
WORDS = Table("words", METADATA, Column("word", Text, primary_key=True))
WISE = ("een", "twee", "drie", "vier", "vijf", "zes")
AMONG = Prepared(
    select(WORDS).where(WORDS.c.word.in_(any_of("words")), WORDS.c.word <= bindparam("last")).order_by(WORDS.c.word)
)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(f"sqlite+aiosqlite:///{tmp_path}/room.db", "room")
    async with database.engine.begin() as connection:
        await connection.run_sync(METADATA.create_all)
    yield database
    await database.close()


async def said(database: Database) -> set[str]:
    async with database.snapshot("gm1") as reading:
        return set((await reading.execute(select(WORDS.c.word))).scalars())


async def test_it_commits_what_the_work_did_and_gives_its_result(database: Database) -> None:
    async def work(tx: AsyncConnection) -> tuple[str, int]:
        await tx.execute(insert(WORDS), [{"word": "een"}])
        await tx.exec_driver_sql("INSERT INTO words VALUES (?)", [("twee",), ("drie",)])
        count = (await tx.execute(select(func.count()).select_from(WORDS))).scalar_one()
        return threading.current_thread().name, count

    thread, count = await database.written("gm1", work)
    assert count == 3 and thread != threading.current_thread().name
    assert await said(database) == {"een", "twee", "drie"}


async def test_work_that_fails_leaves_nothing(database: Database) -> None:
    async def work(tx: AsyncConnection) -> None:
        await tx.execute(insert(WORDS), [{"word": "een"}])
        raise LookupError("ours")

    with pytest.raises(LookupError):
        await database.written("gm1", work)
    assert await said(database) == set()


async def test_work_that_waits_for_anything_else_fails_and_leaves_nothing(database: Database) -> None:
    async def work(tx: AsyncConnection) -> None:
        await tx.execute(insert(WORDS), [{"word": "een"}])
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="no loop"):
        await database.written("gm1", work)
    assert await said(database) == set()


@pytest.mark.parametrize(
    "verb", ["commit", "rollback", "close", "begin", "begin_nested", "invalidate", "get_raw_connection"]
)
async def test_work_neither_begins_nor_ends_a_transaction(database: Database, verb: str) -> None:
    """What came after that would be written by itself, whatever the work meets then."""

    async def work(tx: AsyncConnection) -> None:
        await tx.execute(insert(WORDS), [{"word": "een"}])
        await getattr(tx, verb)()
        await tx.execute(insert(WORDS), [{"word": "twee"}])
        raise LookupError("ours")

    with pytest.raises(RuntimeError, match="begins and ends"):
        await database.written("gm1", work)
    assert await said(database) == set()


async def test_what_goes_to_the_driver_as_it_is_fails_as_anything_else_does(database: Database) -> None:
    """Else nobody catches it, or its text tells what was asked."""

    async def work(tx: AsyncConnection) -> None:
        await done(tx, "INSERT INTO words VALUES (?)", [("een",), ("een",)])

    with pytest.raises(IntegrityError) as failed:
        await database.written("gm1", work)
    assert isinstance(failed.value.orig, sqlite3.IntegrityError)
    assert "een" not in str(failed.value)
    assert await said(database) == set()


async def test_a_prepared_question_takes_lists_of_any_length_in_threads_and_on_the_loop(database: Database) -> None:
    heard = said_to(database)

    async def work(tx: AsyncConnection) -> int:
        return await done(tx, "INSERT INTO words VALUES (?)", [(word,) for word in WISE])

    await database.written("gm1", work)
    for count in (0, 1, 3, 5, 6):

        async def look(reading: AsyncConnection, wanted: tuple[str, ...] = WISE[:count]) -> list[str]:
            return [row["word"] for row in await AMONG.rows(reading, words=wanted, last="zes")]

        expected = [word for word in sorted(WISE[:count]) if word <= "zes"]
        assert await database.seen("gm1", look) == expected
        async with database.snapshot("gm1") as reading:
            assert await look(reading) == expected
    asked = [text for text in heard if text.startswith("SELECT")]
    assert len(asked) == 10 and len(set(asked)) == 4, "few texts, and each is heard"


async def test_writers_of_both_kinds_stand_in_one_line(database: Database) -> None:
    """Else they would meet in the database, whose own waiting is blind."""

    async def work(tx: AsyncConnection) -> None:
        await tx.execute(insert(WORDS), [{"word": "twee"}])

    async with database.writing("gm1") as tx:
        other = asyncio.create_task(database.written("gm1", work))
        await asyncio.sleep(0.05)
        assert not other.done()
        await tx.execute(insert(WORDS), [{"word": "een"}])
    async with asyncio.timeout(PATIENCE):
        await other
    assert await said(database) == {"een", "twee"}


async def test_readers_in_threads_leave_room_for_a_writer(database: Database) -> None:
    """Else whoever asks for enough proofs at once keeps everybody's lines waiting."""
    inside, go_on = threading.Semaphore(0), threading.Event()

    async def look(reading: AsyncConnection) -> int:
        inside.release()
        go_on.wait(PATIENCE)
        return len((await reading.execute(select(WORDS.c.word))).all())

    async def work(tx: AsyncConnection) -> None:
        await tx.execute(insert(WORDS), [{"word": "een"}])

    readers = [asyncio.create_task(database.seen("gm1", look)) for _ in range(60)]
    try:
        while not inside.acquire(blocking=False):  # noqa: ASYNC110 - a thread tells it
            await asyncio.sleep(0.01)
        async with asyncio.timeout(PATIENCE):
            await database.written("gm1", work)
    finally:
        go_on.set()
    assert {await reader for reader in readers} <= {0, 1}


async def test_a_server_that_went_away_costs_one_question_and_not_one_for_each_connection(postgres_url: str) -> None:
    database, together = Database(postgres_url, "room", pool=4), threading.Barrier(4)

    async def look(reading: AsyncConnection) -> int:
        together.wait(PATIENCE)
        return len(await told(reading, "SELECT %s", (1,)))

    await asyncio.gather(*(database.seen("gm1", look, first=True) for _ in range(4)))
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as door:
        mine = "datname = current_database() AND pid <> pg_backend_pid()"
        door.execute(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {mine}")  # noqa: S608 - our own words
    together = threading.Barrier(1)
    found = [
        (await asyncio.gather(database.seen("gm1", look, first=True), return_exceptions=True))[0] for _ in range(5)
    ]
    await database.close()
    assert found[1:] == [1] * 4
    assert isinstance(found[0], DBAPIError) and found[0].connection_invalidated


async def test_who_looks_writes_nothing_and_work_that_fails_leaves_nothing_on_postgresql(postgres_url: str) -> None:
    """The driver begins nothing there: what a transaction is, we say."""
    database = Database(postgres_url, "room")
    how = (
        "SELECT current_setting('regie.tenant'), current_setting('transaction_isolation'), to_regclass('words') IS NULL"
    )

    async def make(tx: AsyncConnection) -> None:
        await done(tx, "CREATE TABLE words (word text)", ())
        raise LookupError("ours")

    async def look(tx: AsyncConnection) -> list[tuple[Any, ...]]:
        return await told(tx, how, ())

    with pytest.raises(LookupError):
        await database.written("gm1", make)
    with pytest.raises(DBAPIError, match="read-only"):
        await database.seen("gm1", make)
    assert await database.seen("gm2", look) == [("gm2", "repeatable read", True)]
    assert await database.written("gm3", look) == [("gm3", "read committed", True)]
    await database.close()


async def test_work_that_goes_on_after_a_statement_failed_is_not_told_as_written(postgres_url: str) -> None:
    """PostgreSQL says yes to its COMMIT, and rolls back."""
    database = Database(postgres_url, "room")

    async def work(tx: AsyncConnection) -> str:
        with suppress(DBAPIError):
            await done(tx, "SELECT 1 / 0", ())
        return "written"

    with pytest.raises(PendingRollbackError):
        await database.written("gm1", work)
    await database.close()


async def test_a_database_that_cannot_be_reached_fails_as_sqlalchemy_tells_it(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path}/nowhere/room.db", "room")

    async def look(_: AsyncConnection) -> None:
        """Nobody comes so far."""

    with pytest.raises(DBAPIError):
        await database.seen("gm1", look)


@pytest.mark.parametrize("gone", [False, True], ids=["doubled", "gone"])
async def test_what_nobody_looks_at_fails_as_anything_else_does_and_leaves_nothing(
    postgres_url: str, gone: bool
) -> None:
    database = Database(postgres_url, "room")

    async def work(tx: AsyncConnection) -> None:
        await done(tx, "CREATE TABLE words (word text PRIMARY KEY)", ())
        with unanswered(tx):
            for word in ("een", "twee", "twee"):
                await done(tx, "INSERT INTO words VALUES (%s)", (word,))
                if gone:
                    await done(tx, "SELECT pg_terminate_backend(pg_backend_pid())", ())
            await done(tx, "INSERT INTO words VALUES (%s)", ("drie",))

    with pytest.raises(DBAPIError) as failed:
        await database.written("gm1", work)
    assert failed.value.connection_invalidated == gone
    assert isinstance(failed.value, IntegrityError) != gone

    async def look(tx: AsyncConnection) -> object:
        return (await told(tx, "SELECT to_regclass('words')", ()))[0][0]

    assert await database.seen("gm1", look) is None
    await database.close()


async def test_a_server_that_says_it_goes_is_believed_before_the_line_is_cut(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(postgres_url, "room")
    monkeypatch.setattr(database._threads.dialect, "is_disconnect", lambda *_: False)

    async def work(tx: AsyncConnection) -> None:
        await told(tx, "SELECT pg_terminate_backend(pg_backend_pid())", ())

    with pytest.raises(DBAPIError) as failed:
        await database.written("gm1", work)
    assert failed.value.connection_invalidated
    await database.close()


async def test_a_machine_that_went_without_a_word_is_given_up_in_ten_seconds() -> None:
    """Else a thread waits for its answer as long as TCP does, which is hours, and nobody can call it back."""
    database, asked = Database("postgresql+psycopg://nobody@127.0.0.1:9/none", "room"), list[dict[str, Any]]()

    def hear(*given: Any) -> None:
        asked.append(given[-1])
        raise LookupError("far enough")

    for engine in (database.engine.sync_engine, database._threads):
        event.listen(engine, "do_connect", hear)

    async def look(_: AsyncConnection) -> None:
        """Nobody comes so far."""

    with pytest.raises(LookupError):
        await database.seen("gm1", look)
    with pytest.raises(LookupError):
        async with database.snapshot("gm1"):
            pass
    assert len(asked) == 2
    for one in asked:
        assert one["tcp_user_timeout"] <= 10_000
        assert one["keepalives_idle"] + one["keepalives_interval"] * one["keepalives_count"] <= 10


async def test_who_is_cancelled_waits_and_so_does_who_is_next(database: Database) -> None:
    begun, go_on, order = threading.Event(), threading.Event(), list[str]()

    def slow() -> None:
        begun.set()
        go_on.wait(PATIENCE)
        order.append("first")

    first = asyncio.create_task(database.alone(slow))
    await asyncio.to_thread(begun.wait, PATIENCE)
    second = asyncio.create_task(database.alone(lambda: order.append("second")))
    for _ in range(3):
        first.cancel()
        await asyncio.sleep(0.01)
    assert not first.done() and order == []
    go_on.set()
    await second
    with pytest.raises(asyncio.CancelledError):
        await first
    assert order == ["first", "second"]


async def test_what_became_of_work_whose_caller_went_away_is_told_to_nobody(database: Database) -> None:
    """Else the loop reports it, with the text of a database in it, whenever garbage is looked for."""
    begun, go_on, told_of = threading.Event(), threading.Event(), list[dict[str, Any]]()
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told_of.append(context))

    def fails() -> None:
        begun.set()
        go_on.wait(PATIENCE)
        raise LookupError("ours")

    first = asyncio.create_task(database.alone(fails))
    await asyncio.to_thread(begun.wait, PATIENCE)
    first.cancel()
    await asyncio.sleep(0)
    go_on.set()
    with suppress(asyncio.CancelledError):
        await first
    del first
    await asyncio.sleep(0.01)
    gc.collect()
    asyncio.get_running_loop().set_exception_handler(None)
    assert told_of == []


async def test_only_who_writes_batches_keeps_much_of_a_file_in_memory(database: Database) -> None:
    """Each connection keeps as much: sixteen of them in each of five rooms would be more than all else of a house."""

    async def look(tx: AsyncConnection) -> int:
        return int((await told(tx, "PRAGMA cache_size", ()))[0][0])

    assert await database.written("gm1", look) == -16_000
    async with database.snapshot("gm1") as reading:
        assert await look(reading) == -2_000


async def test_the_journal_is_copied_back_late_where_many_wait_and_soon_where_nobody_does(
    database: Database, tmp_path: Path
) -> None:
    wide = [(f"{number}" * 10_000,) for number in range(1_000, 1_200)]  # 16 MB, with their key

    async def work(tx: AsyncConnection, many: bool, words: list[tuple[str]]) -> None:
        await in_numbers(tx, many)
        await done(tx, "INSERT INTO words VALUES (?)", words)

    def in_its_place() -> int:
        return (tmp_path / "room.db").stat().st_size

    await database.written("gm1", lambda tx: work(tx, True, wide))
    assert in_its_place() < 1 << 20
    await database.written("gm1", lambda tx: work(tx, False, [("een",)]))
    assert in_its_place() > 8 << 20, "the same connection does as it is told now"
