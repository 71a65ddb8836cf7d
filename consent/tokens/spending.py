"""Each assertion counts once, on all instances: the primary key decides. And when a key was last seen, to the hour."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.contract import RegisterUnavailable
from consent.tokens.assertion import Proven
from consent.tokens.tables import assertions, key_uses
from kernel.clock import Clock
from kernel.crypto import CannotOpen, KeyUnavailable
from kernel.logs import logger
from kernel.sql import Database, RowForged

GRACE_MS = 60_000  # instances' clocks may differ: a row goes when nobody can still believe what it is about

_log = logger("consent.tokens")


class Spending:
    """Owns `assertions` and `key_uses`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database, self._clock = database, clock
        self._seen: dict[tuple[str, str, str], int] = {}  # by tenant, client and kid: the hour; as many as there are

    async def spend(self, tenant: str, proof: Proven) -> bool:
        """Whether this is the first use."""
        old = int(self._clock().timestamp() * 1000) - GRACE_MS
        row = {"tenant_id": tenant, "client_id": proof.client_id, "jti": proof.jti, "until": proof.until * 1000}
        try:
            async with self.database.writing(tenant) as connection:
                await connection.execute(assertions.insert().values(row))
                gone = delete(assertions).where(assertions.c.tenant_id == tenant, assertions.c.until < old)
                await connection.execute(gone)
                await self._used(connection, tenant, proof)
        except IntegrityError:
            return False
        return True

    async def _used(self, connection: AsyncConnection, tenant: str, proof: Proven) -> None:
        hour = int(self._clock().timestamp()) // 3600 * 3_600_000
        key = {"tenant_id": tenant, "client_id": proof.client_id, "kid": proof.kid}
        if self._seen.get((tenant, proof.client_id, proof.kid)) == hour:
            return
        mine = [key_uses.c[name] == value for name, value in key.items()]
        if not (await connection.execute(update(key_uses).where(*mine).values(at=hour))).rowcount:
            await connection.execute(key_uses.insert().values(key | {"at": hour}))
        self._seen[tenant, proof.client_id, proof.kid] = hour


@contextmanager
def unavailable() -> Iterator[None]:
    """Whatever the database or the keys do is RegisterUnavailable: nothing was given."""
    try:
        yield
    except (SQLAlchemyError, RowForged, KeyUnavailable, CannotOpen, OSError) as error:
        _log.error("tokens_failed", kind=type(error).__name__)
        raise RegisterUnavailable() from error
