"""Each assertion counts once, on all instances: the primary key decides. And when a key was last seen, to the hour."""

import json
from collections.abc import Callable, Iterator, Sequence
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
from kernel.sql.direct import told

GRACE_MS = 60_000  # instances' clocks may differ: a row goes when nobody can still believe what it is about
SWEEP_MS = 1_000  # between two looks for what may go

_ADD = "INSERT INTO {} (tenant_id, client_id, jti, until) SELECT {} ON CONFLICT DO NOTHING RETURNING client_id, jti"
_LISTS = _ADD.format(assertions.fullname, "%s, * FROM unnest(%s::text[], %s::text[], %s::bigint[])")
# "WHERE true": without it SQLite takes ON for a part of the join
_OF_JSON = "?, value ->> 0, value ->> 1, value ->> 2 FROM json_each(?) WHERE true"
_JSON = _ADD.format(assertions.name, _OF_JSON)

_log = logger("consent.tokens")


class Spending:
    """Owns `assertions` and `key_uses`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database, self._clock = database, clock
        self._gathered = Gatherer(self._spend)
        self._seen: dict[tuple[str, str, str], int] = {}  # by tenant, client and kid: the hour; as many as there are
        self._swept: dict[str, int] = {}  # by tenant: up to when (ms) what is old was removed

    async def spend(self, tenant: str, proof: Proven) -> bool:
        """Whether this is the first use. Those that wait at one moment are one transaction: it is the disk that takes
        time. One whose COMMIT is doubtful is asked again alone, and counts as used when it was."""
        (first,) = await self._gathered.ask(tenant, [proof])
        return first

    async def _spend(self, tenant: str, proofs: Sequence[Proven]) -> list[bool]:
        first, remember = await self.database.written(
            tenant, lambda connection: self.within(connection, tenant, proofs)
        )
        remember()
        return first

    async def within(
        self, connection: AsyncConnection, tenant: str, proofs: Sequence[Proven]
    ) -> tuple[list[bool], Callable[[], None]]:
        """In a transaction of the caller: of each whether this is the first use, and what to do after the COMMIT."""
        if not proofs:
            return [], _nothing
        now = self._clock().timestamp()
        old, hour = int(now * 1000) - GRACE_MS, int(now) // 3600 * 3_600_000
        uses = sorted({(tenant, one.client_id, one.kid) for one in proofs})
        new = [one for one in uses if self._seen.get(one) != hour]
        sweeps = abs(old - self._swept.get(tenant, 0)) >= SWEEP_MS
        stored = await _stored(connection, tenant, proofs)
        if sweeps:
            mine = (assertions.c.tenant_id == tenant, assertions.c.until < old)
            await connection.execute(delete(assertions).where(*mine))
        for use in new:
            await _used(connection, use, hour)

        def remember() -> None:  # what was not stored would not be written for the rest of the hour
            self._seen |= dict.fromkeys(new, hour)
            self._swept |= {tenant: old} if sweeps else {}

        return _firsts(stored, proofs), remember


def _nothing() -> None:
    """To remember."""


async def _stored(connection: AsyncConnection, tenant: str, proofs: Sequence[Proven]) -> set[tuple[str, str]]:
    """Client and jti of those that were not there yet. One statement; in one order, so that two instances do not wait
    for each other."""
    rows = [(one.client_id, one.jti, one.until * 1000) for one in sorted(proofs, key=_named)]
    if connection.dialect.name == "postgresql":
        added = await told(connection, _LISTS, (tenant, *map(list, zip(*rows, strict=True))))
    else:
        added = await told(connection, _JSON, (tenant, json.dumps(rows)))
    return {(str(client_id), str(jti)) for client_id, jti in added}


def _firsts(stored: set[tuple[str, str]], proofs: Sequence[Proven]) -> list[bool]:
    """Of each whether it was stored now; one that stands here twice was, for who came first."""
    left, first = set(stored), []
    for name in map(_named, proofs):
        first.append(name in left)
        left.discard(name)
    return first


def _named(proof: Proven) -> tuple[str, str]:
    return proof.client_id, proof.jti


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
