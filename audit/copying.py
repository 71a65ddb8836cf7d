"""Lines for a mirror, and what of them only we may read again. Reads; writes nothing.

`rest` is sealed under the term's key of acts (TA), in the line's own place, element "copy":

    {"subject", "n", "logged_at", "year", "content"?, "key"?: {"wrapped", "kek_version"}}

content: sealed once more, under the subject's key of that year. A key of acts lives for ever, and with ours the hash of
what a line said would let its words be tried after it was destroyed; so would its label, which is not told at all.

key: the subject's key of that year as its row holds it, wrapped under the room's KEK: a key made after the last backup
is gone with the database, and the body with it. It is as long-lived there as in a backup: until its KEK is destroyed.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import RowMapping, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from audit.copied import PAGE, PAGE_BYTES, Copied, CopiedKey, Copies
from audit.keychain import Owner
from audit.leaf import VERSION
from audit.log import Log
from audit.tables import destroyed, keys, lines
from kernel.canonical import canonical, read_canonical
from kernel.crypto import DataKey, Place, seal, unseal


class Copier:
    """Of one log. Raises LogUnavailable when the database or the keys are away."""

    def __init__(self, log: Log) -> None:
        self._log = log

    async def copies(self, term: str, start: int) -> Copies:
        """At most PAGE lines of this term, from this index on."""
        log = self._log
        with log.guarded():
            async with log.database.snapshot(log.tenant) as reading:
                at = (lines.c.tenant_id == log.tenant, lines.c.term == term, lines.c.idx >= start)
                query = select(lines).where(*at, lines.c.idx < start + PAGE).order_by(lines.c.idx)
                rows = _limited(list((await reading.execute(query)).mappings()))
                wrapped, own = await _wrapped(reading, log.tenant, rows), await _own(reading, log.tenant)
            if not rows:
                return Copies(lines=())
            acts = (await log.keychain.tenant_keys(term)).act(term)
            bodies = await log.keychain.bodies({(row["subject"], row["year"]) for row in rows})
            made = tuple(_copied(log.tenant, row, wrapped, (acts, bodies)) for row in rows)
            return Copies(lines=made, keys=own)


def copy_place(tenant: str, term: str, event_id: str) -> Place:
    """Where the rest of a line is sealed."""
    return Place(tenant, term, event_id, 1, "copy", VERSION, "normaal")


def content_place(tenant: str, subject: str, event_id: str, year: int) -> Place:
    """Where the hash of what a line said is sealed."""
    return Place(tenant, subject, event_id, year, "copy", VERSION, "normaal")


def opened_rest(acts: DataKey, place: Place, rest: bytes) -> Mapping[str, Any]:
    """What `rest` says: numbers as text, bytes in hexadecimal digits. Raises CannotOpen, ValueError."""
    found: Mapping[str, Any] = read_canonical(unseal(acts, place, rest).decode())
    return found


def _limited(rows: Sequence[RowMapping]) -> list[RowMapping]:
    kept, size = [], 0
    for row in rows:
        if size > PAGE_BYTES:
            break
        size += len(row["act"]) + len(row["body"])
        kept.append(row)
    return kept


async def _wrapped(reading: AsyncConnection, tenant: str, rows: Sequence[RowMapping]) -> dict[Owner, RowMapping]:
    owners = {(row["subject"], row["year"]) for row in rows}
    named = tuple_(destroyed.c.subject, destroyed.c.year).in_(sorted(owners))
    ended = select(destroyed.c.subject, destroyed.c.year).where(destroyed.c.tenant_id == tenant, named)
    owners -= {(subject, year) for subject, year in await reading.execute(ended)}
    which = tuple_(keys.c.owner, keys.c.version).in_(sorted(owners))
    query = select(keys).where(keys.c.tenant_id == tenant, keys.c.purpose == "A", which)
    return {(row["owner"], row["version"]): row for row in (await reading.execute(query)).mappings()}


async def _own(reading: AsyncConnection, tenant: str) -> tuple[CopiedKey, ...]:
    """The keys of the log that belong to no subject."""
    query = select(keys).where(keys.c.tenant_id == tenant, keys.c.purpose != "A", keys.c.version == 1)
    rows = (await reading.execute(query.order_by(keys.c.purpose, keys.c.owner))).mappings()
    return tuple(
        CopiedKey.model_construct(
            purpose=row["purpose"], owner=row["owner"], wrapped=bytes(row["wrapped"]), kek_version=row["kek_version"]
        )
        for row in rows
    )


def _copied(
    tenant: str, row: RowMapping, wrapped: Mapping[Owner, RowMapping], under: tuple[DataKey, Mapping[Owner, DataKey]]
) -> Copied:
    (acts, bodies), owner = under, (row["subject"], row["year"])
    document: dict[str, Any] = {name: row[name] for name in ("subject", "n", "logged_at", "year")}
    if row["content"] and owner in bodies:
        place = content_place(tenant, row["subject"], row["event_id"], row["year"])
        document["content"] = seal(bodies[owner], place, bytes(row["content"])).hex()
    key = wrapped.get(owner)
    if key is not None:  # else it was destroyed, or is about to be, and a copy must not bring it back
        document["key"] = {"wrapped": bytes(key["wrapped"]).hex(), "kek_version": key["kek_version"]}
    rest = seal(acts, copy_place(tenant, row["term"], row["event_id"]), canonical(document).encode())
    return Copied.model_construct(
        index=row["idx"], event_id=row["event_id"], leaf=bytes(row["leaf"]), act=bytes(row["act"]),
        body=bytes(row["body"]), rest=rest,
    )  # fmt: skip
