"""Destructions whose lines came back are done again: an older database has the keys, the tags and the labels."""

from sqlalchemy import select

from audit.destroying import line_id
from audit.emptying import Emptying
from audit.keychain import Owner
from audit.kinds import DESTROYED
from audit.log import Log
from audit.permit import Position
from audit.reading import Reader
from audit.tables import destroyed, lines


async def destroyed_again(log: Log) -> int:
    """How many keys. Those of which no line says that it is done stay "begun and not ended"; the same order of before
    ends them. Raises LogUnavailable, KeyUnavailable, SQLAlchemyError: then once more."""
    rows, done = Emptying(log, Reader(log)), 0
    for owner in await _begun(log):
        place = await _declared(log, owner)
        if place is None:
            continue
        await rows.lines(owner)
        await rows.keys([owner])
        await rows.close({owner: place})
        done += 1
    await rows.labels()
    return done


async def _begun(log: Log) -> list[Owner]:
    mine = (destroyed.c.tenant_id == log.tenant, destroyed.c.done_term == "")
    async with log.database.snapshot(log.tenant) as reading:
        rows = await reading.execute(select(destroyed.c.subject, destroyed.c.year).where(*mine))
        return sorted((subject, year) for subject, year in rows)


async def _declared(log: Log, owner: Owner) -> Position | None:
    """The last of the lines that say that it is done; their numbers have no gap."""
    found, part = None, 0
    async with log.database.snapshot(log.tenant) as reading:
        while True:
            which = (lines.c.tenant_id == log.tenant, lines.c.event_id == line_id(DESTROYED, owner, str(part)))
            row = (await reading.execute(select(lines.c.term, lines.c.idx).where(*which))).first()
            if row is None:
                return found
            found, part = Position(term=row.term, index=row.idx), part + 1
