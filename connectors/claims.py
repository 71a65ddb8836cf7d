"""Idempotency-Keys: the same request again is the next attempt at the same release, decided and logged anew."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from connectors.claim import Claim
from connectors.contract import KeyUnderWay, Repeatable, SameKeyOtherBody
from connectors.tables import claims
from kernel.caller import Caller
from kernel.clock import Clock, millis
from kernel.crypto import CannotOpen, KeyUnavailable, hmac_sha256, same
from kernel.errors import NeighbourUnavailable
from kernel.ids import derived_id, uuid7
from kernel.logs import logger
from kernel.sql import Database
from kernel.sql.key_rows import KeyRows

BUSY_MS = 30_000  # W: a release lasts no longer, so who has not let go by then is dead (crash table r1)
LIFE_MS = 24 * 3_600_000
BUSY, DONE = "bezig", "klaar"
_log = logger("connectors")


class ClaimRows:
    """Satisfies Claims."""

    def __init__(self, database: Database, keys: KeyRows, clock: Clock) -> None:
        self._database, self._keys, self._clock = database, keys, clock

    async def take(self, caller: Caller, repeatable: Repeatable) -> Claim:
        """See Claims.take."""
        now = millis(self._clock())
        if not repeatable.key:
            return Claim(uuid7(now), 1)
        try:
            body_hash = hmac_sha256(await self._keys.open(caller.tenant, "RK"), repeatable.body)
            try:
                return await self._taken(caller, repeatable.key, body_hash, now)
            except IntegrityError:  # the same key at the same moment, on another instance: it is there now
                return await self._taken(caller, repeatable.key, body_hash, now)
        except (SQLAlchemyError, KeyUnavailable, CannotOpen, KeyError, TimeoutError) as error:
            _log.error("claims_failed", exc_info=error)
        raise NeighbourUnavailable("Dit lukt nu niet; er is niets gevraagd of geopend.", onderdeel="connectors")

    async def free(self, caller: Caller, claim: Claim) -> None:
        """See Claims.free."""
        if not claim.key:
            return
        mine = (*_of(caller, claim.key), claims.c.attempt == claim.attempt)
        try:
            async with self._database.writing(caller.tenant) as connection:
                await connection.execute(update(claims).where(*mine).values(state=DONE))
        except (SQLAlchemyError, TimeoutError) as error:
            _log.warning("claim_not_freed", exc_info=error)

    async def forget_old(self, tenant: str) -> None:
        """Keys older than 24 hours are free for anything."""
        old = (claims.c.tenant_id == tenant, claims.c.made_at < millis(self._clock()) - LIFE_MS)
        async with self._database.writing(tenant) as connection:
            await connection.execute(delete(claims).where(*old))

    async def _taken(self, caller: Caller, key: str, body_hash: bytes, now: int) -> Claim:
        mine = _of(caller, key)
        async with self._database.writing(caller.tenant) as connection:
            row = (await connection.execute(select(claims).where(*mine).with_for_update())).mappings().first()
            if row is not None and row["made_at"] < now - LIFE_MS:
                await connection.execute(delete(claims).where(*mine))
                row = None
            # who asked can tell its release by the key, so that one line cannot be shown for two answers
            new = Claim(uuid7(now, derived_id(key, caller.application)), 1, key)
            claim = _next(dict(row), key, body_hash, now) if row else new
            said = {"attempt": claim.attempt, "state": BUSY, "claimed_at": now}
            if row is None:
                said |= {"request_hash": body_hash, "release_id": claim.release_id, "made_at": now}
                who = {"tenant_id": caller.tenant, "client": _client(caller), "key": key}
                await connection.execute(claims.insert().values({**who, **said}))
            else:
                await connection.execute(update(claims).where(*mine).values(said))
        return claim


def _next(row: Mapping[str, Any], key: str, body_hash: bytes, now: int) -> Claim:
    if not same(bytes(row["request_hash"]), body_hash):
        raise SameKeyOtherBody("Neem voor een andere vraag een nieuwe sleutel.")
    if row["state"] == BUSY and now - row["claimed_at"] < BUSY_MS:
        raise KeyUnderWay("Wacht even en herhaal de vraag.", wachtSeconden=1)
    return Claim(str(row["release_id"]), int(row["attempt"]) + 1, key)


def _client(caller: Caller) -> str:
    return f"{caller.organisation}/{caller.application}"


def _of(caller: Caller, key: str) -> tuple[Any, ...]:
    return claims.c.tenant_id == caller.tenant, claims.c.client == _client(caller), claims.c.key == key
