"""Rows beside what they must be: tables that follow from the lines, wrapped keys, and rows that nobody should have."""

from collections.abc import AsyncIterator, Callable, Sequence

from sqlalchemy import RowMapping, Select, Table, and_, func, literal, not_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from audit.fsck.findings import SHOWN, Wrong
from audit.fsck.scratch import EXPECTED, Row, Scratch
from audit.keychain import Owner
from audit.permit import Position
from audit.tables import fences, keys, lines, metadata, moves, outcomes, series, under_way
from kernel.crypto import LIFE, CannotOpen, DataKey, KeyMemory, KeyPlace, KeyProvider, kek_version, sha256
from kernel.sql import RowForged, RowSeal

PAGE = 2_000
BODY_KEYS = 8_192  # opened ones in memory
Add = Callable[[Wrong], None]
_SEALED = (fences, series)


async def pages(reading: AsyncConnection, table: Table, tenant: str) -> AsyncIterator[Sequence[RowMapping]]:
    """All rows of a tenant by their key, a page at a time."""
    key = [column for column in table.primary_key if column.name != "tenant_id"]
    query = select(table).where(table.c.tenant_id == tenant).order_by(*key).limit(PAGE)
    page = query
    while True:
        rows = list((await reading.execute(page)).mappings())
        yield rows
        if len(rows) < PAGE:
            return
        last = [literal(rows[-1][column.name], column.type) for column in key]
        page = query.where(tuple_(*key) > tuple_(*last))


async def compare(reading: AsyncConnection, tenant: str, scratch: Scratch, seal: RowSeal, add: Add) -> None:
    """Fences, series, releases under way and outcomes: exactly what the lines led to, under their MACs."""
    for table in (fences, series, under_way, outcomes):
        key, _ = EXPECTED[table.name]
        async for rows in pages(reading, table, tenant):
            places = [tuple(row[name] for name in key) for row in rows]
            expected = scratch.rows(table.name, places)
            for row, place in zip(rows, places, strict=True):
                _judge(table, row, (place, expected.get(place)), seal, add)
            scratch.drop(table.name, list(expected))
        for place, rest in scratch.left(table.name):
            add(Wrong("ontbreekt", table.name, _line(table, place, rest), _named(place)))


def _judge(table: Table, row: RowMapping, wanted: tuple[Row, Row | None], seal: RowSeal, add: Add) -> None:
    key, rest = wanted
    if rest is None:
        add(Wrong("te-veel", table.name, None, _named(key)))
    elif not _same(tuple(row[name] for name in EXPECTED[table.name][1]), rest):
        add(Wrong("rij", table.name, _line(table, key, rest), _named(key)))
    elif table in _SEALED:
        try:
            seal.checked(table, dict(row))
        except (RowForged, TypeError):
            add(Wrong("zegel", table.name, _line(table, key, rest), _named(key)))


def _same(stored: Row, expected: Row) -> bool:
    """An outcome that nobody can read any more may be any."""
    return stored == expected or (
        expected[-1] == "?" and stored[-1] in ("geleverd", "mislukt", "niet-geopend", "onbekend")
    )


def _line(table: Table, key: Row, rest: Row) -> Position:
    """The line from which the row follows."""
    values = dict(zip((*EXPECTED[table.name][0], *EXPECTED[table.name][1]), (*key, *rest), strict=True))
    return Position(term=values["term"], index=values["idx"])


def _named(key: Row) -> str:
    return " ".join(each.hex() if isinstance(each, bytes) else str(each) for each in key)


async def surplus(reading: AsyncConnection, tenant: str, term: str, size: int, add: Add) -> None:
    """Lines and moves that lie outside the log."""
    for table in (lines, moves):
        outside = (table.c.tenant_id == tenant, not_(and_(table.c.term == term, table.c.idx.between(0, size - 1))))
        rows = await reading.execute(select(table.c.term, table.c.idx).where(*outside).limit(SHOWN))
        found = [f"{at}-{index}" for at, index in rows]
        more = (await reading.scalar(_count(table).where(*outside)) or 0) if len(found) == SHOWN else len(found)
        for number in range(more):
            add(Wrong("te-veel", table.name, None, found[number] if number < len(found) else ""))


async def strangers(reading: AsyncConnection, known: Sequence[str], add: Add) -> None:
    """Tenants without a log here, in any table. PostgreSQL hides them: there a role sees one tenant only."""
    for table in metadata.tables.values():
        query = select(table.c.tenant_id).where(table.c.tenant_id.not_in(known)).distinct().limit(SHOWN)
        for tenant in (await reading.execute(query)).scalars():
            add(Wrong("vreemd", table.name, None, str(tenant)))


def _count(table: Table) -> Select[int]:
    return select(func.count()).select_from(table)


class WrappedKeys:
    """The wrapped keys of one tenant. Opened ones are held as briefly as everywhere."""

    def __init__(self, reading: AsyncConnection, provider: KeyProvider, tenant: str, now: Callable[[], float]) -> None:
        self._reading, self._provider, self._tenant = reading, provider, tenant
        self._kek = f"regie/{tenant}/audit"
        self._opened: KeyMemory[Owner, DataKey] = KeyMemory(now, LIFE, BODY_KEYS)

    async def bodies(self, owners: set[Owner]) -> dict[Owner, DataKey]:
        """Those that open; one that was destroyed or damaged is left out. Raises KeyUnavailable."""
        found = {owner: key for owner in owners if (key := self._opened.get(owner))}
        missing = [owner for owner in owners if owner not in found]
        for at in range(0, len(missing), 400):
            which = tuple_(keys.c.owner, keys.c.version).in_(missing[at : at + 400])
            query = select(keys).where(keys.c.tenant_id == self._tenant, keys.c.purpose == "A", which)
            for row in (await self._reading.execute(query)).mappings():
                try:
                    raw = await self._unwrapped(row)
                except CannotOpen:
                    continue
                owner = (row["owner"], row["version"])
                found[owner] = DataKey(sha256(self._place(row).aad)[:16], raw[:32], raw[32:])
                self._opened.put(owner, found[owner])
        return found

    async def there(self, owners: set[Owner]) -> set[Owner]:
        """Those that have a row, whether it opens or not."""
        found: set[Owner] = set()
        wanted = sorted(owners)
        for at in range(0, len(wanted), 400):
            which = tuple_(keys.c.owner, keys.c.version).in_(wanted[at : at + 400])
            mine = (keys.c.tenant_id == self._tenant, keys.c.purpose == "A", which)
            rows = await self._reading.execute(select(keys.c.owner, keys.c.version).where(*mine))
            found |= {(owner, year) for owner, year in rows}
        return found

    async def check(self, add: Add) -> None:
        """Every key opens in its place, unless its KEK version was destroyed. Raises KeyUnavailable."""
        versions = await self._provider.versions(self._kek)
        async for rows in pages(self._reading, keys, self._tenant):
            for row in rows:
                try:
                    version = kek_version(row["wrapped"])
                    fits = version == row["kek_version"] and 1 <= version <= versions[-1]
                    if fits and version in versions:
                        await self._unwrapped(row)
                except (CannotOpen, TypeError, ValueError):
                    fits = False
                if not fits:
                    add(Wrong("sleutel", "keys", None, f"{row['purpose']} {row['owner']} {row['version']}"))

    async def _unwrapped(self, row: RowMapping) -> bytes:
        return await self._provider.unwrap(self._kek, row["wrapped"], self._place(row).aad)

    def _place(self, row: RowMapping) -> KeyPlace:
        return KeyPlace(self._tenant, "audit", row["purpose"], row["owner"], row["version"])
