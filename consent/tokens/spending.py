"""Each assertion counts once, on all instances: the primary key decides. And when a key was last seen, to the hour."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import delete, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.contract import RegisterUnavailable
from consent.tokens.assertion import Proven
from consent.tokens.tables import assertions, key_uses
from kernel.clock import Clock
from kernel.crypto import CannotOpen, KeyUnavailable
from kernel.gather import Gatherer
from kernel.logs import logger
from kernel.sql import Database, RowForged

GRACE_MS = 60_000  # instances' clocks may differ: a row goes when nobody can still believe what it is about

_log = logger("consent.tokens")


class Spending:
    """Owns `assertions` and `key_uses`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database, self._clock = database, clock
        self._gathered = Gatherer(self._spend)
        self._seen: dict[tuple[str, str, str], int] = {}  # by tenant, client and kid: the hour; as many as there are

    async def spend(self, tenant: str, proof: Proven) -> bool:
        """Whether this is the first use. Those that wait at one moment are one transaction: it is the disk that takes
        time. One whose COMMIT is doubtful is asked again alone, and counts as used when it was."""
        (first,) = await self._gathered.ask(tenant, [proof])
        return first

    async def _spend(self, tenant: str, proofs: Sequence[Proven]) -> list[bool]:
        now = self._clock().timestamp()
        old, hour = int(now * 1000) - GRACE_MS, int(now) // 3600 * 3_600_000
        # in one order, so that two instances do not wait for each other
        uses = sorted({(tenant, one.client_id, one.kid) for one in proofs})
        new = [one for one in uses if self._seen.get(one) != hour]
        async with self.database.writing(tenant) as connection:
            first = [await self._new(connection, tenant, proof) for proof in proofs]
            await connection.execute(
                delete(assertions).where(assertions.c.tenant_id == tenant, assertions.c.until < old)
            )
            for use in new:
                await _used(connection, use, hour)
        # after the COMMIT: what was not stored would not be written for the rest of the hour
        self._seen |= dict.fromkeys(new, hour)
        return first

    async def _new(self, connection: AsyncConnection, tenant: str, proof: Proven) -> bool:
        row = {"tenant_id": tenant, "client_id": proof.client_id, "jti": proof.jti, "until": proof.until * 1000}
        adding = _insert(connection)(assertions).values(row).on_conflict_do_nothing().returning(assertions.c.jti)
        return (await connection.execute(adding)).first() is not None


async def _used(connection: AsyncConnection, use: tuple[str, str, str], hour: int) -> None:
    key = dict(zip(("tenant_id", "client_id", "kid"), use, strict=True))
    mine = [key_uses.c[name] == value for name, value in key.items()]
    if not (await connection.execute(update(key_uses).where(*mine).values(at=hour))).rowcount:
        await connection.execute(_insert(connection)(key_uses).values(key | {"at": hour}).on_conflict_do_nothing())


def _insert(connection: AsyncConnection) -> Any:  # Any: the dialects share no type for what both can do
    return postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert


@contextmanager
def unavailable() -> Iterator[None]:
    """Whatever the database or the keys do is RegisterUnavailable: nothing was given."""
    try:
        yield
    except (SQLAlchemyError, RowForged, KeyUnavailable, CannotOpen, OSError) as error:
        _log.error("tokens_failed", kind=type(error).__name__)
        raise RegisterUnavailable() from error
