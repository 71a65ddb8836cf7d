"""Lines that cannot be read at all: SQLite keeps what it is given, also text where a column has bytes, or bytes that
are no text, and then a reader fails on the whole stretch in which such a line stands."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, Column, LargeBinary, Text, cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from audit.tables import lines

_STORED: dict[type, tuple[str, type]] = {LargeBinary: ("blob", bytes), BigInteger: ("integer", int)}
_TEXT = ("text", str)  # everything else


def fit(rows: Sequence[Sequence[Any]], columns: Sequence[Column[Any]]) -> bool:
    """Whether each value is of the type of its column."""
    wanted = [_STORED.get(type(one.type), _TEXT)[1] for one in columns]
    return not rows or all(
        {*map(type, each)} <= {one} for each, one in zip(zip(*rows, strict=True), wanted, strict=True)
    )


async def mistyped(reading: AsyncConnection, tenant: str, term: str, first: int, last: int) -> list[int]:
    """The lines in this stretch with a column of another type than it has. On PostgreSQL there are none."""
    if reading.dialect.name != "sqlite":
        return []
    strange = or_(*(func.typeof(one) != _STORED.get(type(one.type), _TEXT)[0] for one in lines.c))
    words = [cast(one, LargeBinary) for one in lines.c if isinstance(one.type, Text)]
    here = (lines.c.tenant_id == tenant, lines.c.term == term, lines.c.idx.between(first, last))
    rows = await reading.execute(select(lines.c.idx, strange, *words).where(*here).order_by(lines.c.idx))
    return [index for index, other, *texts in rows if other or not all(map(_is_text, texts))]


def _is_text(stored: bytes) -> bool:
    try:
        stored.decode()
    except UnicodeDecodeError:
        return False
    return True
