"""What was destroyed, told apart from what somebody took away: a row of `destroyed` under its MAC says so."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, func, literal_column, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from audit.contract import Gone
from audit.covert import PREFIX
from audit.keychain import Owner
from audit.permit import Position
from audit.tables import destroyed, lines
from kernel.clock import moment
from kernel.sql import RowSeal

# As the index that holds destroyed lines only is written (migration 0003).
EMPTIED: ColumnElement[bool] = func.length(lines.c.label) == literal_column("0")
# All but those in the series of covert cases.
OPEN: ColumnElement[bool] = lines.c.subject.not_like(f"{PREFIX}%")


async def gone_of(reading: AsyncConnection, tenant: str, owners: Collection[Owner], seal: RowSeal) -> dict[Owner, Gone]:
    """Which of these keys were destroyed, or are about to be. Raises RowForged."""
    which = tuple_(destroyed.c.subject, destroyed.c.year).in_(list(owners))
    query = select(destroyed).where(destroyed.c.tenant_id == tenant, which)
    rows = [seal.checked(destroyed, dict(row)) for row in (await reading.execute(query)).mappings()]
    return {
        (row["subject"], row["year"]): Gone(
            at=row["at"],
            by_term=moment(row["at"]).year > row["year"],
            declared=Position(term=row["done_term"], index=row["done_idx"]) if row["done_term"] else None,
        )
        for row in rows
    }


async def emptied(
    reading: AsyncConnection, tenant: str, since: int, until: int, subject: str = "", shut: bool = True
) -> int:
    """How many destroyed lines there are of a period in ms (0: open end), of one subject or of all. shut: without those
    of covert cases."""
    which = [lines.c.tenant_id == tenant, EMPTIED, lines.c.logged_at >= since]
    which += [lines.c.logged_at <= until] if until else []
    which += [lines.c.subject == subject] if subject else []
    which += [OPEN] if shut else []
    return int(await reading.scalar(select(func.count()).select_from(lines).where(*which)) or 0)
