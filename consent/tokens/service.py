"""The work of the token endpoint around Authlib: rows, keys, threads, and counting failures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from anyio import CapacityLimiter, from_thread, to_thread

from consent.activity import Application, Recipient
from consent.tokens.assertion import Proven, claimed
from consent.tokens.contract import Clients
from consent.tokens.ending import Ending
from consent.tokens.failures import Failures
from consent.tokens.server import Answer, Here, TokenServer, read_form
from consent.tokens.signing import SigningKey
from consent.tokens.spending import Spending, unavailable
from kernel.clock import Clock
from kernel.dpop import shown
from kernel.logs import logger
from kernel.sql import Database
from kernel.sql.key_rows import KeyRows
from kernel.standing import Standing

PURPOSE = "TK"
PUBLISHED = 2  # versions: tokens of the one before live five minutes more
KNOWN_SECONDS = 60.0  # a version added by another instance is used, and an old one left, within this time
LOOK_AGAIN_SECONDS = 5.0  # for a kid that nobody knows
THREADS = 8  # each waits for rows; their own, so that no other work waits behind them

_log = logger("consent.tokens")


@dataclass(frozen=True)
class _Known:
    at: float
    keys: tuple[SigningKey, ...]  # newest first


class TokenService:
    """Gives access tokens to applications and public keys to who reads them. Raises RegisterUnavailable.

    issuers: tenant -> public address, no path. ending: what makes a token end before its time.
    """

    def __init__(self, issuers: Mapping[str, str], database: Database, keys: KeyRows, clients: Clients,
                 clock: Clock) -> None:  # fmt: skip
        self._issuers, self._rows, self._clients, self._clock = issuers, keys, clients, clock
        self._spending = Spending(database, clock)
        self.ending = Ending(issuers, self._spending, self.public_key, clients, clock)
        self._known: dict[str, _Known] = {}
        self._failures, self._limiter = Failures(), CapacityLimiter(THREADS)

    @property
    def standing(self) -> Standing:
        """Whose tokens may still come in; of this process."""
        return self.ending.standing

    async def token(self, tenant: str, body: bytes, address: str, proofs: Sequence[str] = ()) -> Answer:
        """The answer to a form. address: of the sender, for counting failures only. proofs: DPoP headers, one at most;
        not remembered, for without an assertion of its own it does nothing twice."""
        now = self._clock().timestamp()
        try:
            form = read_form(body)
        except ValueError:
            return Answer(400, {"error": "invalid_request"})
        try:
            holder = self._holder(tenant, proofs, now)
        except ValueError:
            return Answer(400, {"error": "invalid_dpop_proof"})
        who = (tenant, address, claimed(form.get("client_assertion", ""))[0])
        wait = self._failures.wait(who, now)
        if wait:
            return Answer(429, {"error": "temporarily_unavailable"}, wait)
        with unavailable():
            answer = await self._answered(tenant, form, now, holder)
        if answer.status != 200:
            self._failures.add(who, now)
            _log.info("application_refused", tenant=tenant, code=answer.body["error"])
        return answer

    async def jwks(self, tenant: str) -> dict[str, Any]:
        """Public keys as a JWK set (RFC 7517 section 5), newest first."""
        return {"keys": [key.public for key in await self._keys(tenant, KNOWN_SECONDS)]}

    async def public_key(self, tenant: str, kid: str) -> Mapping[str, Any] | None:
        """A `kernel.http.bearer.KeySource` for the process in which this service lives."""
        for patience in (KNOWN_SECONDS, LOOK_AGAIN_SECONDS):
            for key in await self._keys(tenant, patience):
                if key.kid == kid:
                    return key.public
        return None

    async def rotate(self, tenant: str) -> str:
        """A new signing key; its kid. The one before stays readable until the next rotation."""
        with unavailable():
            await self._rows.add(tenant, PURPOSE)
            self._known.pop(tenant, None)
        return (await self._keys(tenant, KNOWN_SECONDS))[0].kid

    def _holder(self, tenant: str, proofs: Sequence[str], now: float) -> str:
        if len(proofs) > 1:
            raise ValueError
        return shown(proofs[0], "POST", f"{self._issuers[tenant]}/oauth/token", now).key if proofs else ""

    async def _answered(self, tenant: str, form: dict[str, str], now: float, holder: str) -> Answer:
        # before a thread is taken: keys that a client publishes itself may be slow, and the others need not wait for it
        name, kid = claimed(form.get("client_assertion", ""))
        known = await self._clients.client_of(tenant, name, kid) if name else None

        def find(client_id: str) -> tuple[Application, Recipient] | None:
            return known if client_id == name else None

        def activities(recipient: str) -> frozenset[str]:
            return from_thread.run(self._clients.activities_of, tenant, recipient)

        def spend(proof: Proven) -> bool:
            return from_thread.run(self._spending.spend, tenant, proof)

        key = (await self._keys(tenant, KNOWN_SECONDS))[0]
        here = Here(tenant, self._issuers[tenant], key, now, holder, find, activities, spend)
        return await to_thread.run_sync(TokenServer(here).answer, form, limiter=self._limiter)

    async def _keys(self, tenant: str, patience: float) -> tuple[SigningKey, ...]:
        now = self._clock().timestamp()
        known = self._known.get(tenant)
        if known is None or not 0 <= now - known.at < patience:
            with unavailable():
                versions = (await self._rows.versions(tenant, PURPOSE))[-PUBLISHED:]
                secrets = [await self._rows.open(tenant, PURPOSE, version) for version in reversed(versions)]
            known = _Known(now, tuple(SigningKey(secret) for secret in secrets))
            self._known[tenant] = known
        return known.keys
