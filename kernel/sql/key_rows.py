"""A room's own keys, a row each: wrapped under the room's KEK, one set per tenant.

If the rows are lost, so is all that the keys opened; if an attacker writes them, they do not open (AAD). The founder
writes a row only where there is none, so two instances that start at once end with the same keys.
"""

from collections.abc import Iterable

from sqlalchemy import BigInteger, LargeBinary, MetaData, RowMapping, Table, Text, select, update
from sqlalchemy import Column as C
from sqlalchemy.exc import IntegrityError

from kernel.crypto import CannotOpen, KeyPlace, Keyring, KeyUnavailable, kek_version
from kernel.sql.database import Database


def key_table(metadata: MetaData) -> Table:
    """The table `keys` of a room. owner: "" for keys of the room itself. kek_version: to plan a re-wrap without one."""
    return Table(
        "keys",
        metadata,
        C("tenant_id", Text, primary_key=True),
        C("purpose", Text, primary_key=True),
        C("owner", Text, primary_key=True),
        C("version", BigInteger, primary_key=True),
        C("wrapped", LargeBinary, nullable=False),
        C("kek_version", BigInteger, nullable=False),
    )


class KeyRows:
    """Founds, opens and re-wraps. What was read stays in memory wrapped; opened keys live as the keyring says."""

    def __init__(self, database: Database, table: Table, ring: Keyring) -> None:
        self._database, self._table, self._ring = database, table, ring
        self._read: dict[tuple[str, str, int], bytes] = {}

    async def found(self, tenant: str, purposes: Iterable[str], *unless: Table) -> None:
        """Makes these keys where the tenant has none of them. A set with a gap, or no set beside rows in a table of
        `unless`, was lost and is not made anew: what it opened would be silently forgotten. Raises KeyUnavailable."""
        wanted = set(purposes)
        present = {str(row["purpose"]) for row in await self._rows(tenant)} & wanted
        if present == wanted:
            return
        if present or any([await self._any(tenant, table) for table in unless]):
            raise KeyUnavailable("keys of this room are missing: restore its key table")
        for purpose in sorted(wanted):
            await self._make(tenant, purpose, 1)

    async def _any(self, tenant: str, table: Table) -> bool:
        async with self._database.snapshot(tenant) as connection:
            there = select(table.c.tenant_id).where(table.c.tenant_id == tenant).limit(1)
            return await connection.scalar(there) is not None

    async def open(self, tenant: str, purpose: str, version: int = 1) -> bytes:
        """The key. Raises CannotOpen, KeyUnavailable; KeyError when it was never founded."""
        try:
            return await self._opened(tenant, purpose, version)
        except (CannotOpen, KeyError):  # re-wrapped by another process since we read it, and the old KEK is gone
            await self._learn(tenant)
            return await self._opened(tenant, purpose, version)

    async def versions(self, tenant: str, purpose: str) -> list[int]:
        """Those there are, rising."""
        return sorted(int(row["version"]) for row in await self._rows(tenant) if row["purpose"] == purpose)

    async def add(self, tenant: str, purpose: str) -> int:
        """One more version and its number; two at once make one. Only for keys whose use names the version."""
        version = (await self.versions(tenant, purpose))[-1] + 1
        await self._make(tenant, purpose, version)
        return version

    async def rewrap(self, tenant: str) -> int:
        """All rows of a tenant to the newest KEK; how many changed. May be broken off and run again."""
        changed = 0
        for row in await self._rows(tenant):
            wrapped = bytes(row["wrapped"])
            place = self._place(tenant, row["purpose"], row["version"])
            anew = await self._ring.rewrap(self._kek(tenant), place, wrapped)
            if anew != wrapped:
                await self._replace(row, anew)
                changed += 1
        await self._learn(tenant)
        return changed

    async def _opened(self, tenant: str, purpose: str, version: int) -> bytes:
        wrapped = self._read[tenant, purpose, version]
        return await self._ring.open(self._kek(tenant), self._place(tenant, purpose, version), wrapped)

    async def _make(self, tenant: str, purpose: str, version: int) -> None:
        _, wrapped = await self._ring.wrap_new(self._kek(tenant), self._place(tenant, purpose, version))
        row = {"tenant_id": tenant, "purpose": purpose, "owner": "", "version": version}
        try:
            async with self._database.writing(tenant) as connection:
                values = {**row, "wrapped": wrapped, "kek_version": kek_version(wrapped)}
                await connection.execute(self._table.insert().values(values))
        except IntegrityError:
            pass  # another instance was first: its key counts

    async def _replace(self, row: RowMapping, wrapped: bytes) -> None:
        table = self._table
        names = ("tenant_id", "purpose", "owner", "version", "wrapped")  # compared, so nothing newer is overwritten
        change = update(table).where(*(table.c[name] == row[name] for name in names))
        async with self._database.writing(str(row["tenant_id"])) as connection:
            await connection.execute(change.values(wrapped=wrapped, kek_version=kek_version(wrapped)))

    async def _learn(self, tenant: str) -> None:
        for row in await self._rows(tenant):
            self._read[tenant, str(row["purpose"]), int(row["version"])] = bytes(row["wrapped"])

    async def _rows(self, tenant: str) -> list[RowMapping]:
        mine = (self._table.c.tenant_id == tenant, self._table.c.owner == "")
        async with self._database.snapshot(tenant) as connection:
            return list((await connection.execute(select(self._table).where(*mine))).mappings())

    def _kek(self, tenant: str) -> str:
        return f"regie/{tenant}/{self._database.schema}"

    def _place(self, tenant: str, purpose: str, version: int) -> KeyPlace:
        return KeyPlace(tenant, self._database.schema, purpose, "", version)
