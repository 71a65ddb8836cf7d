"""Lines that cannot be read at all: SQLite keeps what it is given, also text where a column has bytes, and then a
reader fails on the whole stretch in which such a line stands."""

from sqlalchemy import BigInteger, LargeBinary, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from audit.tables import lines

_STORED = {LargeBinary: "blob", BigInteger: "integer"}  # everything else is text


async def mistyped(reading: AsyncConnection, tenant: str, term: str, first: int, last: int) -> list[int]:
    """The lines in this stretch with a column of another type than it has. On PostgreSQL there are none."""
    if reading.dialect.name != "sqlite":
        return []
    strange = or_(*(func.typeof(one) != _STORED.get(type(one.type), "text") for one in lines.c))
    here = (lines.c.tenant_id == tenant, lines.c.term == term, lines.c.idx.between(first, last))
    return list((await reading.scalars(select(lines.c.idx).where(*here, strange).order_by(lines.c.idx))).all())
