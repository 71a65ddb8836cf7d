"""T1 beside the log: rows of the register, of the vault and of the desk are changed, and the house is asked to release.

What may come out is what came out before, or a refusal; never more. Rows with a MAC are refused by whoever reads them.
"""

import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, ExitStack, closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table

import connectors.tables
import consent.tables
import vault.tables
from assembly.demo.register import EXERCISE, EXERCISES, INCOME_ANSWER, TENANT
from consent.rows import Register
from kernel.crypto import CannotOpen, Keyring, KeyUnavailable
from kernel.crypto.file_keys import FileKeyProvider
from kernel.errors import Problem
from kernel.sql import Database, RowForged
from kernel.sql.key_rows import KeyRows
from tests.faults.tamper import Change, Row, Share, Spoilt, moved_in, rounds, turns
from tests.faults.test_tamper import PART, PROTECTED, SHARDS, dice, town, unheard
from tests.faults.watched import STOPPED, later, urls_of
from tests.four_rooms import FourRooms

__all__ = ["dice", "town", "unheard"]
pytestmark = [pytest.mark.anyio, pytest.mark.faults, pytest.mark.slow]
GUARDED = {table.name: table for table in consent.tables.GUARDED}
# Of the vault's rows: what a release stands on. The rest is for acts of the resident.
NEEDED = {
    "residents": {column.name for column in vault.tables.residents.columns},
    "resident_keys": {"tenant_id", "resident", "wrapped"},
    "records": {"tenant_id", "resident", "element", "envelope", "state", "record_id", "version"},
    "record_salts": {"tenant_id", "record_id", "salt"},
}
KEYS = {"consent": consent.tables.keys, "vault": vault.tables.keys, "connectors": connectors.tables.keys}
# Nobody protects the other rows: at most somebody has to ask once more.
LOOSE = {"audit": {*PROTECTED}, "consent": {*GUARDED, "keys"}, "connectors": {"keys", "runs"}}
FEW = 2  # changes of each column that nobody protects, and of the rows of each table


def provider(folder: Path) -> FileKeyProvider:
    """The keys of these rooms, none remembered."""
    return FileKeyProvider(folder / "keys", life=timedelta(0))


@pytest.fixture
async def rooms(town: Path, tmp_path: Path) -> AsyncIterator[FourRooms]:
    """As they were left, served again, after all of that."""
    folder = moved_in(town / "now", tmp_path / "now")
    async with AsyncExitStack() as stack:
        opened = FourRooms(urls_of(folder), folder, stack, now=later())
        await opened.open()
        assert await practised(opened), "nothing to lose"
        assert not await released(opened), "nothing to win"
        yield opened


async def practised(rooms: FourRooms) -> bool:
    """Whether all that R1 keeps and lets be used comes out, as it was kept. Raises AssertionError when it is other."""
    try:
        release = await rooms.release(*EXERCISES, verwerkingsactiviteit=EXERCISE, zaak=None)
    except Problem:
        return False
    assert {one.value for one in release.values.values()} <= {"x"}, "another answer"
    return len(release.values) == len(EXERCISES)


async def released(rooms: FourRooms) -> bool:
    """Whether the answer about R1's income comes out, for which R1 has stopped."""
    try:
        return bool((await rooms.release(INCOME_ANSWER, zaak=STOPPED)).values)
    except Problem:
        return False


async def harmless(rooms: FourRooms, what: str) -> bool:
    """Whether everything comes out that may. Raises AssertionError when more does."""
    assert not await released(rooms), f"{what}: released after a stop"
    return await practised(rooms)


async def read_in_rounds(register: Register, spoilt: Spoilt, table: Table, changes: list[Change]) -> list[Change]:
    """Many rows at a time, each read by its key. What nobody noticed."""
    left = []
    keys = spoilt.keys(table.name)
    names = {change.cell.row: spoilt.row(table.name, change.cell.row) for change in changes}
    for some in rounds(changes):
        with spoilt.all_turned(some):
            async with register.reading(TENANT) as rows:
                for change in some:
                    name = {key: names[change.cell.row][key] for key in keys}
                    try:
                        await rows.one(table, **name)  # type: ignore[arg-type]  # keys are texts and numbers
                    except RowForged:
                        continue
                    left.append(change)
    return left


@pytest.mark.parametrize("shard", range(SHARDS))
async def test_every_changed_byte_of_the_register_is_refused_by_who_reads_it(
    town: Path, tmp_path: Path, dice: random.Random, shard: int
) -> None:
    """A row under another key, or of another municipality, is as one that is gone: nothing registered means no."""
    tried, elsewhere = Counter[str](), Counter[str]()
    folder = moved_in(town / "now", tmp_path / "now")
    async with AsyncExitStack() as stack:
        database = Database(urls_of(folder)["consent"], "consent")
        stack.push_async_callback(database.close)
        register = Register(database, KeyRows(database, consent.tables.keys, Keyring(provider(folder))))
        spoilt = stack.enter_context(closing(Spoilt(folder / "consent.db")))
        for name, table in GUARDED.items():
            changes = list(turns(spoilt.cells(name), Share(dice, PART, shard, SHARDS)))
            tried.update(f"{name}.{change.cell.column}" for change in changes)
            named = {"tenant_id", *spoilt.keys(name)}
            told = [change for change in changes if change.cell.column not in named]
            left = await read_in_rounds(register, spoilt, table, told)
            assert left == [], f"read all the same: {left[:3]}"
            for change in (change for change in changes if change.cell.column in named):
                with spoilt.turned(change) as possible:
                    elsewhere[await unseen(register, table) if possible else "barred"] += 1
    print(f"{sum(tried.values())} changes of {len(tried)} columns; under other names {dict(elsewhere)}")
    assert set(tried) == {f"{name}.{column.name}" for name, table in GUARDED.items() for column in table.columns}
    assert elsewhere["forged"] >= len(GUARDED)


async def unseen(register: Register, table: Table) -> str:
    try:
        async with register.reading(TENANT) as rows:
            await rows.find(table)
    except Problem:
        return "forged"
    return "gone"


@pytest.mark.parametrize("room", KEYS)
async def test_a_wrapped_key_that_was_changed_or_moved_does_not_open(
    room: str, town: Path, tmp_path: Path, dice: random.Random
) -> None:
    folder, opened = moved_in(town / "now", tmp_path / "now"), Counter[str]()
    database = Database(urls_of(folder)[room], room)

    async def opens(purpose: str) -> bool:
        try:
            await KeyRows(database, KEYS[room], Keyring(provider(folder))).open(TENANT, purpose)
        except (CannotOpen, KeyUnavailable, KeyError):
            return False
        return True

    with closing(Spoilt(folder / f"{room}.db")) as spoilt:
        for one in spoilt.rowids("keys"):
            assert await opens(str(spoilt.row("keys", one)["purpose"])), "as it is, each opens"
        for change in turns(spoilt.cells("keys"), Share(dice, PART)):
            purpose = str(spoilt.row("keys", change.cell.row)["purpose"])
            with spoilt.turned(change) as possible:
                opened[change.cell.column] += possible and await opens(purpose)
        assert +opened == Counter({"kek_version": opened["kek_version"]}) and opened["wrapped"] == 0
        for one, other in zip(spoilt.rowids("keys"), spoilt.rowids("keys")[1:], strict=False):
            with spoilt.with_rows("keys", *spoilt.swapped("keys", one, other)):
                assert not await opens(str(spoilt.row("keys", one)["purpose"]))
    await database.close()


@pytest.mark.parametrize("shard", range(SHARDS))
async def test_every_changed_byte_of_the_vault_is_a_refusal(rooms: FourRooms, dice: random.Random, shard: int) -> None:
    tried, told = Counter[str](), Counter[str]()
    with closing(Spoilt(rooms.folder / "vault.db")) as spoilt:
        about = mine_in(spoilt, (await rooms.resident()).id)
        for table, needed in NEEDED.items():
            cells = [cell for cell in spoilt.cells(table) if about(spoilt.row(table, cell.row))]
            for change in turns(cells, Share(dice, PART, shard, SHARDS)):
                what = f"{table}.{change.cell.column}"
                with spoilt.turned(change) as possible:
                    tried[what] += possible
                    if possible and await practised(rooms):
                        told[what] += 1
                        assert change.cell.column not in needed, f"released all the same: {what}"
    print(f"{sum(tried.values())} changes of {len(tried)} columns; released as before {dict(told)}")
    assert set(tried) == {
        f"{table}.{c.name}" for table in NEEDED for c in vault.tables.metadata.tables[f"vault.{table}"].c
    }
    assert await harmless(rooms, "put back")


def mine_in(spoilt: Spoilt, resident: str) -> Callable[[Row], bool]:
    """Whether a row of the vault is one that R1's exercise stands on."""
    rows = [spoilt.row("records", at) for at in spoilt.rowids("records")]
    named = {row["record_id"] for row in rows if row["element"] in EXERCISES}
    assert len(named) == len(EXERCISES) < len(rows)
    return lambda row: (
        row["record_id"] in named if "record_id" in row else resident in (row.get("resident"), row.get("id"))
    )


async def test_rows_of_the_register_that_were_removed_swapped_or_set_back_release_nothing_more(
    rooms: FourRooms, town: Path, dice: random.Random
) -> None:
    tried, told = Counter[str](), Counter[str]()
    file, then = rooms.folder / "consent.db", town / "eve" / "consent.db"
    with closing(Spoilt(file)) as spoilt, closing(Spoilt(then)) as older:
        for table in GUARDED:
            for how, rows in happenings(spoilt, older, table, dice):
                what = f"{table} {how}"
                with spoilt.with_rows(table, *rows) as possible:
                    tried[what] += possible
                    told[what] += possible and await harmless(rooms, what)
    print(f"{sum(tried.values())} rows: {dict(tried)}; released as before {dict(told)}")
    assert {f"{table} deleted" for table in GUARDED} | {"consents older"} <= set(+tried)
    assert await harmless(rooms, "put back")


def happenings(spoilt: Spoilt, older: Spoilt, table: str, dice: random.Random) -> Iterable[tuple[str, Any]]:
    """To whole rows: how, and the rows as they then are. Every row that was otherwise is set back."""
    there = spoilt.rowids(table)
    for rowid in dice.sample(there, len(there) if PART >= 1 else min(FEW, len(there))):
        yield "deleted", ((rowid, None),)
        if len(there) > 1:
            yield "swapped", spoilt.swapped(table, *dice.sample(there, 2))
    for rowid, row in spoilt.set_back(older, table):
        yield "older", ((rowid, row),)


async def test_rows_that_nobody_protects_cost_a_request_at_most(rooms: FourRooms, dice: random.Random) -> None:
    tried, told = Counter[str](), Counter[str]()
    for room, kept in LOOSE.items():
        with closing(Spoilt(rooms.folder / f"{room}.db")) as spoilt:
            for table in spoilt.tables() - kept:
                for change in turns(spoilt.cells(table), Share(dice, 0, least=FEW)):
                    what = f"{room}.{table}.{change.cell.column}"
                    with spoilt.turned(change) as possible:
                        tried[what] += possible
                        told[what] += possible and await harmless(rooms, what)
                for rowid in dice.sample(spoilt.rowids(table), min(FEW, len(spoilt.rowids(table)))):
                    with spoilt.with_rows(table, (rowid, None)):
                        await harmless(rooms, f"{room}.{table} deleted")
    print(f"{sum(tried.values())} changes of {len(tried)} columns; released as before {sum(told.values())}")
    assert {"audit.outcomes.outcome", "audit.tags.tag", "audit.labels.sealed", "consent.followed.position"} <= set(
        +tried
    )
    assert await harmless(rooms, "put back")


async def test_a_consent_set_back_together_with_its_fence_releases_nothing(rooms: FourRooms, town: Path) -> None:
    """Both rows have their older, valid MAC, and either alone is found: only the fence map tells."""
    then = town / "eve"
    with ExitStack() as stack:
        now, log, old, old_log = (
            stack.enter_context(closing(Spoilt(folder / name)))
            for folder, name in ((rooms.folder, "consent.db"), (rooms.folder, "audit.db"), (then, "consent.db"),
                                 (then, "audit.db"))
        )  # fmt: skip
        (back,) = [(at, row) for at, row in now.set_back(old, "consents") if row["status"] == "gegeven"]
        fence = back[1]["fence"]
        moved = [at for at in log.rowids("fences") if log.row("fences", at)["fence"] == fence]
        assert moved and not [at for at in old_log.rowids("fences") if old_log.row("fences", at)["fence"] == fence]
        with now.with_rows("consents", back), log.with_rows("fences", (moved[0], None)):
            assert not await released(rooms)
