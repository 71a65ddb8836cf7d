"""Tokens that end before their time: handed back by their client (RFC 7009), or looked at by a resource server of the
municipality (RFC 7662). And whether one still stands, for the gates of every room.

A token that was handed back is refused by this process at once, and by others as `kernel.standing` says. No line of the
log: giving a token has none, it permits nothing by itself, and a stolen one must be stopped while the log is away.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from consent.activity import Application, Recipient
from consent.parties.rules import kids
from consent.tokens.assertion import TYPE, claimed, proven
from consent.tokens.assertion import Proven as Assertion
from consent.tokens.contract import Clients
from consent.tokens.failures import Failures
from consent.tokens.refused import RefusedTokens
from consent.tokens.server import Answer, read_form
from consent.tokens.spending import GRACE_MS, Spending, unavailable
from consent.tokens.tables import revoked
from kernel.access import AccessClaims, KeySource, Proven, is_now
from kernel.clock import Clock
from kernel.errors import NotLoggedIn
from kernel.logs import logger
from kernel.sql import Database
from kernel.standing import Holder, Standing

READER = "introspectie"  # the role of a resource server
Known = tuple[Application, Recipient]
NOTHING = Answer(200, {"active": False})  # RFC 7662 section 2.2, for whatever does not hold and whoever may not know

_log = logger("consent.tokens")


class Refused(Exception):
    """With the answer that says so."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


class Ending:
    """Owns `revoked`. Raises RegisterUnavailable. standing: shared by all gates of this process."""

    def __init__(self, issuers: Mapping[str, str], spending: Spending, keys: KeySource, clients: Clients,
                 clock: Clock) -> None:  # fmt: skip
        self._issuers, self._spending, self._proven = issuers, spending, Proven(keys)
        self._clients, self._clock = clients, clock
        self._failures, self.refused = Failures(), RefusedTokens()
        self.standing = Standing(self.stands)

    @property
    def _database(self) -> Database:
        return self._spending.database

    async def revoke(self, tenant: str, body: bytes, address: str) -> Answer:
        """A client hands its own token back; one that does not hold any more is handed back already."""
        try:
            (application, _), token = await self._asked(tenant, body, address)
        except Refused as refused:
            return refused.answer
        claims = await self._read(tenant, token)
        if claims is None:
            return Answer(200, {})
        if claims.client_id != application.client_id:
            return Answer(400, {"error": "unauthorized_client"})
        await self._end(tenant, claims)
        self.standing.forget()
        _log.info("token_revoked", tenant=tenant)
        return Answer(200, {})

    async def introspect(self, tenant: str, body: bytes, address: str) -> Answer:
        """What a token says, for who has the role; to anybody else, and of any other token, that it does not hold."""
        try:
            (application, _), token = await self._asked(tenant, body, address)
        except Refused as refused:
            return refused.answer
        claims = await self._read(tenant, token) if READER in application.roles else None
        if claims is None or not await self.standing.holds(Holder.of(claims)):
            return NOTHING
        return Answer(200, _told(claims))

    async def stands(self, who: Holder) -> bool:
        """Its client is admitted with this key for this recipient, and it was not handed back; else this is counted.
        Raises RegisterUnavailable."""
        holds = await self._holds(who)
        if not holds:
            self.refused.add(who)
        return holds

    async def _holds(self, who: Holder) -> bool:
        known = await self._clients.client_of(who.tenant, who.application)
        if known is None or known[1].slug != who.organisation:
            return False
        fetched_elsewhere = known[0].jwks_url and not known[0].jwks
        if who.key not in kids(known[0]) and not fetched_elsewhere:
            return False
        with unavailable():
            async with self._database.snapshot(who.tenant) as connection:
                mine = (revoked.c.tenant_id == who.tenant, revoked.c.jti == who.token)
                return (await connection.execute(select(revoked.c.jti).where(*mine))).first() is None

    async def _asked(self, tenant: str, body: bytes, address: str) -> tuple[Known, str]:
        """Who asks, and about which token. Raises Refused."""
        now = self._clock().timestamp()
        try:
            form = read_form(body)
            token, assertion = form["token"], form["client_assertion"]
        except (ValueError, KeyError):
            raise Refused(Answer(400, {"error": "invalid_request"})) from None
        shown = await self.client(tenant, form, now)
        with unavailable():
            first = shown is not None and await self._spending.spend(tenant, shown[1])
        if shown is None or not first:
            raise Refused(self._failed((tenant, address, claimed(assertion)[0]), now))
        return shown[0], token

    def _failed(self, who: tuple[str, str, str], now: float) -> Answer:
        if wait := self._failures.wait(who, now):
            return Answer(429, {"error": "temporarily_unavailable"}, wait)
        self._failures.add(who, now)
        _log.info("application_refused", tenant=who[0], code="invalid_client")
        return Answer(401, {"error": "invalid_client"})

    async def client(self, tenant: str, form: Mapping[str, str], now: float) -> tuple[Known, Assertion] | None:
        """Who shows a key of their own in this form, and with which assertion, which is not spent yet; None for
        anybody else."""
        assertion = form.get("client_assertion", "")
        if form.get("client_assertion_type") != TYPE:
            return None
        client_id, kid = claimed(assertion)
        known = await self._clients.client_of(tenant, client_id, kid) if client_id else None
        if known is None or form.get("client_id", client_id) != client_id:  # RFC 7521 section 4.2
            return None
        try:
            return known, proven(assertion, known[0].jwks, self._issuers[tenant], now)
        except (ValueError, KeyError):
            return None

    async def _end(self, tenant: str, claims: AccessClaims) -> None:
        old = int(self._clock().timestamp() * 1000) - GRACE_MS
        row = {"tenant_id": tenant, "jti": claims.jti, "until": claims.exp * 1000}
        with unavailable(), suppress(IntegrityError):  # twice is once
            async with self._database.writing(tenant) as connection:
                await connection.execute(revoked.insert().values(row))
                await connection.execute(delete(revoked).where(revoked.c.tenant_id == tenant, revoked.c.until < old))

    async def _read(self, tenant: str, token: str) -> AccessClaims | None:
        """A token that was given here and still runs; None for anything else."""
        try:
            claims = await self._proven.read(token, tenant)
        except NotLoggedIn:
            return None
        here = (claims.iss, claims.gemeente) == (self._issuers[tenant], tenant)
        return claims if here and is_now(claims, self._clock().timestamp()) else None


def _told(claims: AccessClaims) -> dict[str, Any]:
    """RFC 7662 section 2.2; members of our own in Dutch, as in the token."""
    said = claims.model_dump(mode="json", exclude={"sleutel", "cnf"})
    bound = {"cnf": claims.cnf.model_dump(exclude_defaults=True)} if claims.cnf else {}
    kind = "DPoP" if claims.cnf and claims.cnf.jkt else "Bearer"
    return {"active": True, "token_type": kind, **said, **bound}
