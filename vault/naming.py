"""What residents are called besides their number, and the number of who is called otherwise.

Recipients without a right to the number have a name of their own for each resident. Sources know people by number only,
so it is kept, sealed apart from everything else; it comes out under a permit, after the line, and for no other reason.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.crypto import DataKey, Place, keyed_hash, random_bytes, seal, unseal
from kernel.sql import Database
from vault.contract import Bsn, ResidentRef
from vault.keys import TenantKeys
from vault.tables import numbers, pseudonyms


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

    async def keep(self, keys: TenantKeys, number: bytes, residents: Mapping[str, Bsn]) -> None:
        """Of each that has none yet, by id."""
        there = await self._sealed(keys, list(residents))
        new = {resident: bsn for resident, bsn in residents.items() if resident not in there}
        if not new:
            return
        async with self._database.writing(keys.tenant) as connection:
            for resident, bsn in new.items():
                salt = random_bytes(32)
                sealed = seal(_key(number, salt), _place(keys, resident), bsn.reveal().encode())
                row = {"tenant_id": keys.tenant, "resident": resident, "salt": salt, "sealed": sealed}
                await connection.execute(self._insert(numbers).values(row).on_conflict_do_nothing())

    async def numbers(self, keys: TenantKeys, number: bytes, residents: Sequence[str]) -> dict[str, Bsn]:
        """By id, of those that have one here. Raises CannotOpen for one that was altered or is another's."""
        found = await self._sealed(keys, residents)
        return {
            resident: Bsn(unseal(_key(number, salt), _place(keys, resident), sealed).decode())
            for resident, (salt, sealed) in found.items()
        }

    async def _sealed(self, keys: TenantKeys, residents: Sequence[str]) -> dict[str, tuple[bytes, bytes]]:
        wanted = select(numbers).where(numbers.c.tenant_id == keys.tenant, numbers.c.resident.in_(set(residents)))
        async with self._database.snapshot(keys.tenant) as connection:
            rows = (await connection.execute(wanted)).mappings()
            return {str(row["resident"]): (bytes(row["salt"]), bytes(row["sealed"])) for row in rows}

    @property
    def _insert(self):  # type: ignore[no-untyped-def]  # the dialects' own inserts share no type
        return postgresql.insert if self._database.postgres else sqlite.insert


def _key(number: bytes, salt: bytes) -> DataKey:
    return DataKey(keyed_hash(number, "tag", [b"nummer"], 16), number, salt)


def _place(keys: TenantKeys, resident: str) -> Place:
    return Place(keys.tenant, resident, resident, 1, "bsn", "1", "A")
