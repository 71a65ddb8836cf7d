"""Each assertion counts once, on all instances: the primary key decides."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from consent.contract import RegisterUnavailable
from consent.tokens.assertion import Proven
from consent.tokens.tables import assertions
from kernel.clock import Clock
from kernel.crypto import CannotOpen, KeyUnavailable
from kernel.logs import logger
from kernel.sql import Database, RowForged

GRACE_MS = 60_000  # instances' clocks may differ: a row goes when nobody can still believe what it is about

_log = logger("consent.tokens")


class Spending:
    """Owns `assertions`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database, self._clock = database, clock

    async def spend(self, tenant: str, proof: Proven) -> bool:
        """Whether this is the first use."""
        old = int(self._clock().timestamp() * 1000) - GRACE_MS
        row = {"tenant_id": tenant, "client_id": proof.client_id, "jti": proof.jti, "until": proof.until * 1000}
        try:
            async with self.database.writing(tenant) as connection:
                await connection.execute(assertions.insert().values(row))
                gone = delete(assertions).where(assertions.c.tenant_id == tenant, assertions.c.until < old)
                await connection.execute(gone)
        except IntegrityError:
            return False
        return True


@contextmanager
def unavailable() -> Iterator[None]:
    """Whatever the database or the keys do is RegisterUnavailable: nothing was given."""
    try:
        yield
    except (SQLAlchemyError, RowForged, KeyUnavailable, CannotOpen, OSError) as error:
        _log.error("tokens_failed", kind=type(error).__name__)
        raise RegisterUnavailable() from error
