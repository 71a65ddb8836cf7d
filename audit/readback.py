"""Step e of a batch (trust.md 2.4): what was committed is read again before its head is signed.

Promise: nobody gets a receipt for a line that the database has in another form than we wrote. NOT promised: that it
comes from the platter; the database and the machine have it in memory, and what they store is theirs to check.
"""

import os
from collections.abc import Sequence

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from audit.doubts import EXIT
from audit.storing import Made
from audit.tables import lines
from kernel.logs import logger
from kernel.sql import Database
from kernel.sql.prepared import Prepared

_LEAVES = Prepared(
    select(lines.c.leaf)
    .where(lines.c.tenant_id == bindparam("tenant"), lines.c.term == bindparam("term"))
    .where(lines.c.idx.between(bindparam("first"), bindparam("last")))
    .order_by(lines.c.idx)
)

_log = logger("audit.readback")


def demand_stored(database: Database, tenant: str, made: Sequence[Made]) -> None:
    """Lines of one batch, which follow each other. Where they are not as they were made the process ends: the next
    start looks at what is really there. In a worker thread. Raises SQLAlchemyError."""
    here = made[0].draft.position
    last = here.index + len(made) - 1

    async def read(reading: AsyncConnection) -> list[bytes]:
        found = await _LEAVES.tuples(reading, tenant=tenant, term=here.term, first=here.index, last=last)
        return [bytes(leaf) for (leaf,) in found]

    if database.seen_here(tenant, read) != [each.written.leaf for each in made]:
        _log.critical("line_not_stored", tenant=tenant, term=here.term, index=here.index)
        os._exit(EXIT)
