"""The work of the token endpoint: rows, keys, assertions that count once, and counting failures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from consent.tokens.assertion import Unproven, named, unproven
from consent.tokens.ending import Ending
from consent.tokens.failures import Failures
from consent.tokens.server import Answer, read_form
from consent.tokens.settling import Asked, Lookups, Settling
from consent.tokens.signing import SigningKey
from consent.tokens.spending import Spending, unavailable
from kernel import dpop
from kernel.clock import Clock
from kernel.logs import logger
from kernel.sql import Database
from kernel.sql.key_rows import KeyRows
from kernel.standing import Standing

PURPOSE = "TK"
PUBLISHED = 2  # versions: tokens of the one before live five minutes more
KNOWN_SECONDS = 60.0  # a version added by another instance is used, and an old one left, within this time
LOOK_AGAIN_SECONDS = 5.0  # for a kid that nobody knows

# What is only ever said to a client that showed its key (consent.tokens.server): its own doing.
PROVEN = frozenset({"invalid_scope", "invalid_target", "unauthorized_client", "invalid_dpop_proof"})

_log = logger("consent.tokens")


@dataclass(frozen=True)
class _Known:
    at: float
    keys: tuple[SigningKey, ...]  # newest first


class TokenService:
    """Gives access tokens to applications and public keys to who reads them. Raises RegisterUnavailable.

    issuers: tenant -> public address, no path. ending: what makes a token end before its time.
    """

    def __init__(self, issuers: Mapping[str, str], database: Database, keys: KeyRows, clients: Lookups,
                 clock: Clock) -> None:  # fmt: skip
        self._issuers, self._rows, self._clock = issuers, keys, clock
        self._spending = Spending(database, clock)
        self._settling = Settling(issuers, self._spending, self._key, clients)
        self.ending = Ending(issuers, self._spending, self.public_key, clients, clock)
        self._known: dict[str, _Known] = {}
        self._failures = Failures()

    @property
    def standing(self) -> Standing:
        """Whose tokens may still come in; of this process."""
        return self.ending.standing

    async def token(self, tenant: str, body: bytes, address: str, proofs: Sequence[str] = (),
                    certificate: str = "") -> Answer:  # fmt: skip
        """The answer to a form. address: of the sender, for counting failures only. proofs: DPoP headers, one at most;
        not remembered, for without an assertion of its own it does nothing twice. certificate: the thumbprint of the
        one that was shown; a proof goes before it."""
        now = self._clock().timestamp()
        try:
            form = read_form(body)
        except ValueError:
            return Answer(400, {"error": "invalid_request"})
        try:
            holder = self._holder(tenant, proofs, now) or ({"x5t#S256": certificate} if certificate else {})
        except ValueError:
            return Answer(400, {"error": "invalid_dpop_proof"})
        shown = _read(form)
        name, kid = named(shown) if shown else ("", "")
        wait = await self._wait((tenant, address, name), form, now)
        if wait:
            return Answer(429, {"error": "temporarily_unavailable"}, wait)
        with unavailable():
            answer = await self._settling.answer(tenant, Asked(form, shown, name, kid, now, holder))
        if answer.status != 200:
            self._failures.add((tenant, name) if answer.body["error"] in PROVEN else (tenant, address, name), now)
            _log.info("application_refused", tenant=tenant, code=answer.body["error"])
        return answer

    async def _wait(self, who: tuple[str, str, str], form: dict[str, str], now: float) -> int:
        """Seconds; 0 for who shows a key of its own, whatever others did in its name from this address."""
        tenant, _, name = who
        by_others = self._failures.wait(who, now)
        if by_others and await self.ending.client(tenant, form, now) is not None:
            by_others = 0
        return by_others or self._failures.wait((tenant, name), now)

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
        return (await self._key(tenant)).kid

    def _holder(self, tenant: str, proofs: Sequence[str], now: float) -> dict[str, str]:
        if len(proofs) > 1:
            raise ValueError
        address = f"{self._issuers[tenant]}/oauth/token"
        return {"jkt": dpop.shown(proofs[0], "POST", address, now).key} if proofs else {}

    async def _key(self, tenant: str) -> SigningKey:
        """That signs now."""
        return (await self._keys(tenant, KNOWN_SECONDS))[0]

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


def _read(form: Mapping[str, str]) -> Unproven | None:
    try:
        return unproven(form.get("client_assertion", ""))
    except ValueError:
        return None
