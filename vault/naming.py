"""What residents are called besides their number, and the number of who is called otherwise.

Recipients without a right to the number have a name of their own for each resident. Sources know people by number only,
so of who said yes to such a recipient it is held, sealed apart from everything else; it comes out under a permit, after
the line, and for no other reason. Of who logs in it is there for an hour, and goes unless they hold on to it.
"""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.crypto import DataKey, Place, keyed_hash, random_bytes, seal, unseal
from kernel.sql import Database
from vault.contract import Bsn, ResidentRef
from vault.keys import TenantKeys
from vault.tables import numbers, pseudonyms

HOUR_MS = 3_600_000


class Names:
    """Reads and writes of two tables. `number` below: the key of sealed numbers, 32 bytes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def meant(self, keys: TenantKeys, recipient: str, names: Sequence[str]) -> list[ResidentRef]:
        """In order, in ONE statement; whatever is asked, the same is derived. A row that does not give its own name
        again is not ours, or not this recipient's."""
        wanted = select(pseudonyms).where(pseudonyms.c.tenant_id == keys.tenant, pseudonyms.c.pseudonym.in_(set(names)))

        async def look(connection: AsyncConnection) -> dict[str, str]:
            rows = (await connection.execute(wanted)).mappings()
            return {str(row["pseudonym"]): str(row["resident"]) for row in rows}

        found = await self._database.seen(keys.tenant, look)
        return [self._meant(keys, recipient, name, found.get(name, "")) for name in names]

    def _meant(self, keys: TenantKeys, recipient: str, name: str, resident: str) -> ResidentRef:
        known, stranger = keys.known(resident), keys.stranger(recipient, name)
        ours = keys.pseudonym_of(recipient, resident) == name and bool(resident and recipient)
        return known if ours else stranger

    async def given(self, keys: TenantKeys, recipient: str, residents: Sequence[str]) -> list[str]:
        """In order. Stored before anybody is told, so that who was told is understood."""
        names = [keys.pseudonym_of(recipient, resident) for resident in residents]
        rows = [
            {"tenant_id": keys.tenant, "pseudonym": name, "resident": resident}
            for name, resident in zip(names, residents, strict=True)
        ]
        async with self._database.writing(keys.tenant) as connection:
            for row in rows:
                await connection.execute(self._insert(pseudonyms).values(row).on_conflict_do_nothing())
        return names

    async def keep(self, keys: TenantKeys, number: bytes, whose: tuple[str, Bsn], now: int) -> None:
        """For an hour from now, ms; whoever held on to theirs keeps it."""
        (resident, bsn), salt = whose, random_bytes(32)
        sealed = seal(_key(number, salt), _place(keys, resident), bsn.reveal().encode())
        mine = {"tenant_id": keys.tenant, "resident": resident}
        async with self._database.writing(keys.tenant) as connection:
            await connection.execute(delete(numbers).where(*_of(keys, resident), numbers.c.until > 0))
            row = {**mine, "salt": salt, "sealed": sealed, "until": now + HOUR_MS}
            await connection.execute(self._insert(numbers).values(row).on_conflict_do_nothing())

    async def hold(self, keys: TenantKeys, resident: str, now: int) -> bool:
        """Whether there was one to hold on to."""
        there = (*_of(keys, resident), or_(numbers.c.until == 0, numbers.c.until > now))
        async with self._database.writing(keys.tenant) as connection:
            # not what was seen before: a login at this moment may take the row away while this waits for it
            held = await connection.execute(update(numbers).where(*there).values(until=0))
        return held.rowcount > 0

    async def forget(self, keys: TenantKeys, now: int) -> None:
        """Those whose hour is over."""
        over = (numbers.c.tenant_id == keys.tenant, numbers.c.until > 0, numbers.c.until <= now)
        async with self._database.snapshot(keys.tenant) as connection:
            some = await connection.scalar(select(numbers.c.resident).where(*over).limit(1))
        if some is not None:
            async with self._database.writing(keys.tenant) as connection:
                await connection.execute(delete(numbers).where(*over))

    async def numbers(self, keys: TenantKeys, number: bytes, residents: Sequence[str]) -> dict[str, Bsn]:
        """By id, of those who hold on to theirs. Raises CannotOpen for one that was altered or is another's."""
        found = await self._sealed(keys, residents)
        return {
            resident: Bsn(unseal(_key(number, salt), _place(keys, resident), sealed).decode())
            for resident, (salt, sealed) in found.items()
        }

    async def _sealed(self, keys: TenantKeys, residents: Sequence[str]) -> dict[str, tuple[bytes, bytes]]:
        wanted = select(numbers).where(
            numbers.c.tenant_id == keys.tenant, numbers.c.resident.in_(set(residents)), numbers.c.until == 0
        )
        async with self._database.snapshot(keys.tenant) as connection:
            rows = (await connection.execute(wanted)).mappings()
            return {str(row["resident"]): (bytes(row["salt"]), bytes(row["sealed"])) for row in rows}

    @property
    def _insert(self):  # type: ignore[no-untyped-def]  # the dialects' own inserts share no type
        return postgresql.insert if self._database.postgres else sqlite.insert


def _of(keys: TenantKeys, resident: str) -> tuple[ColumnElement[bool], ...]:
    return numbers.c.tenant_id == keys.tenant, numbers.c.resident == resident


def _key(number: bytes, salt: bytes) -> DataKey:
    return DataKey(keyed_hash(number, "tag", [b"nummer"], 16), number, salt)


def _place(keys: TenantKeys, resident: str) -> Place:
    return Place(keys.tenant, resident, resident, 1, "bsn", "1", "A")
