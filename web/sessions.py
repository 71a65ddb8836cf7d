"""Sessions: kept on our side, sealed, found by the hash of what the browser holds.

The browser has 32 random bytes in one cookie and nothing else; a stolen table opens nothing without SK. A session that
stood still too long logs nobody in, but is known for 30 minutes more: a choice that was posted too late is shown after
login, neither lost nor carried out (portal.md F4).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, or_, select, update

from kernel.clock import Clock, millis
from kernel.crypto import CannotOpen, DataKey, KeyProvider, Keyring, Place, seal, sha256, unseal
from kernel.sql import Database
from kernel.sql.key_rows import KeyRows
from web.session import Person, Session, new_token
from web.tables import keys, sessions

LONGEST = timedelta(hours=4)  # whatever is done: log in again
LATE = timedelta(minutes=30)
SEEN = timedelta(seconds=30)  # not every page writes a row
SESSION, SEARCH = "sessie", "zoeking"


@dataclass(frozen=True)
class Opened:
    """A session as it was read. stale: it stood still too long. stored: its bytes, to replace these and no others."""

    token: str
    session: Session
    stale: bool
    stored: bytes

    @property
    def person(self) -> Person | None:
        """Who is logged in now."""
        return None if self.stale else self.session.person


class Sessions:
    """The rows of all tenants. Raises what database and key provider raise: then nobody is logged in."""

    def __init__(self, database: Database, provider: KeyProvider, clock: Clock, idle_minutes: int) -> None:
        self._database, self._clock, self._idle = database, clock, timedelta(minutes=idle_minutes)
        self._keys = KeyRows(database, keys, Keyring(provider))

    async def found(self, tenant: str) -> None:
        """The tenant's SK, once."""
        await self._keys.found(tenant, ("SK",))

    async def key(self, tenant: str) -> bytes:
        """SK. Raises KeyUnavailable."""
        return await self._keys.open(tenant, "SK")

    async def start(self, tenant: str, session: Session) -> str:
        """A new session under a new id: what the browser held before is worth nothing."""
        token = new_token()
        content = await self._sealed(tenant, SESSION, token, token, session.model_dump_json())
        await self._insert(tenant, SESSION, token, content)
        return token

    async def open(self, tenant: str, token: str) -> Opened | None:
        """None for what we never gave, what has ended, and what does not open."""
        row = await self._row(tenant, SESSION, token)
        text = await self._unsealed(tenant, SESSION, token, token, row)
        if row is None or text is None:
            return None
        now = self._clock()
        stale = millis(now) >= min(row["expires_at"], row["seen_at"] + _ms(self._idle))
        if not stale and millis(now) >= row["seen_at"] + _ms(SEEN):
            await self._change(tenant, token, bytes(row["content"]), {"seen_at": millis(now)})
        return Opened(token, Session.model_validate_json(text), stale, bytes(row["content"]))

    async def save(self, tenant: str, opened: Opened, session: Session) -> bool:
        """False when somebody else changed it since it was read: nothing was written."""
        content = await self._sealed(tenant, SESSION, opened.token, opened.token, session.model_dump_json())
        return await self._change(tenant, opened.token, opened.stored, {"content": content})

    async def end(self, tenant: str, token: str) -> None:
        """At once, also for who still holds the cookie."""
        async with self._database.writing(tenant) as connection:
            await connection.execute(delete(sessions).where(*_mine(tenant, token)))

    async def keep(self, tenant: str, opened: Opened, text: str) -> str:
        """Something that only this session may see again; its opaque id. Raises ValueError above 1 MiB."""
        token = new_token()
        await self._insert(tenant, SEARCH, token, await self._sealed(tenant, SEARCH, token, opened.token, text))
        return token

    async def kept(self, tenant: str, opened: Opened, token: str) -> str | None:
        """What was kept, for the session that kept it and not longer than it may stand still."""
        row = await self._row(tenant, SEARCH, token)
        if row is None or millis(self._clock()) >= row["created_at"] + _ms(self._idle):
            return None
        return await self._unsealed(tenant, SEARCH, token, opened.token, row)

    async def sweep(self, tenant: str) -> None:
        """Removes what has ended."""
        now = self._clock()
        still = millis(now - self._idle - LATE)
        ended = or_(sessions.c.expires_at < millis(now), sessions.c.seen_at < still)
        async with self._database.writing(tenant) as connection:
            await connection.execute(delete(sessions).where(sessions.c.tenant_id == tenant, ended))

    async def _insert(self, tenant: str, kind: str, token: str, content: bytes) -> None:
        now = self._clock()
        row = {"tenant_id": tenant, "id_hash": _hash(token), "kind": kind, "content": content}
        times = {"created_at": millis(now), "seen_at": millis(now), "expires_at": millis(now + LONGEST)}
        async with self._database.writing(tenant) as connection:
            await connection.execute(sessions.insert().values(**row, **times))

    async def _row(self, tenant: str, kind: str, token: str) -> Mapping[Any, Any] | None:
        wanted = select(sessions).where(*_mine(tenant, token), sessions.c.kind == kind)
        async with self._database.snapshot(tenant) as connection:
            return (await connection.execute(wanted)).mappings().one_or_none()

    async def _change(self, tenant: str, token: str, stored: bytes, values: Mapping[str, Any]) -> bool:
        change = update(sessions).where(*_mine(tenant, token), sessions.c.content == stored).values(**values)
        async with self._database.writing(tenant) as connection:
            return (await connection.execute(change)).rowcount == 1

    async def _sealed(self, tenant: str, kind: str, token: str, owner: str, text: str) -> bytes:
        return seal(_data_key(await self.key(tenant)), _place(tenant, kind, token, owner), text.encode())

    async def _unsealed(
        self, tenant: str, kind: str, token: str, owner: str, row: Mapping[Any, Any] | None
    ) -> str | None:
        if row is None:
            return None
        try:
            place = _place(tenant, kind, token, owner)
            return unseal(_data_key(await self.key(tenant)), place, bytes(row["content"])).decode()
        except CannotOpen:
            return None


def _data_key(key: bytes) -> DataKey:
    # no salt to shred by: a session goes with its row
    return DataKey(b"regie/web/SK/001", key, bytes(32))


def _place(tenant: str, kind: str, token: str, owner: str) -> Place:
    return Place(tenant, _hash(owner), _hash(token), 0, kind, "1", "")


def _hash(token: str) -> str:
    return sha256(token.encode()).hex()


def _ms(span: timedelta) -> int:
    return int(span.total_seconds() * 1000)


def _mine(tenant: str, token: str) -> tuple[Any, ...]:
    return sessions.c.tenant_id == tenant, sessions.c.id_hash == _hash(token)
