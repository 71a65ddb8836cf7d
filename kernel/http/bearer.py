"""Who an application is: the access token that our own issuer signed for this root (RFC 9068, RFC 6750).

    header  {"alg": "ES256", "kid", "typ": "at+jwt"}                                            nothing else
    claims  {"iss", "aud": issuer + root, "sub" = "client_id", "scope", "jti", "iat", "exp",    seconds since 1970
             "ontvanger", "oin", "soort", "gemeente", "sleutel", "cnf": {"jkt"} when bound}

A token says who somebody was at most five minutes ago. It is no permit: what ended since is found at the next line.
One that is bound to a key (RFC 9449) is of no use to whoever cannot prove to hold that key.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

from fastapi import Request
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from pydantic import ValidationError

from kernel.caller import Caller
from kernel.clock import Clock, boot_seconds, utc_now
from kernel.crypto import KeyMemory, sha256
from kernel.dpop import Once, Shown, shown
from kernel.errors import NotLoggedIn
from kernel.http.claims import TOKEN_BYTES, AccessClaims
from kernel.http.hosts import Hosts

LIFETIME_SECONDS = 300
LEEWAY_SECONDS = 5
PROVEN = 1_024  # tokens that are remembered; some 3 kB each
ALGORITHM, TYPE = "ES256", "at+jwt"
SCHEMES = ("bearer", "dpop")
# One spelling per token, whatever a decoder would forgive; an ES256 signature has 64 bytes.
_SPELLING = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{86}")

# The public JWK of a tenant with this kid, or None. Raises Problem when it cannot be known now.
KeySource = Callable[[str, str], Awaitable[Mapping[str, Any] | None]]
Key = Mapping[str, Any]


class BearerGate:
    """A FastAPI dependency, `Depends(gate)`: the Caller of an application, else NotLoggedIn, which says no why.

    root: the path of the one API behind this gate, such as "/dingen/v1". Tokens for another root do not hold here.
    """

    def __init__(self, issuers: Mapping[str, str], keys: KeySource, root: str, clock: Clock = utc_now) -> None:
        self._hosts, self._keys, self._root, self._clock = Hosts(issuers), keys, root, clock
        self._once = Once()
        # by the hash of a token: the kid and key under which its signature held, and what it says. That alone is not
        # worked out again; key, host and clock are looked at each time
        life = timedelta(seconds=LIFETIME_SECONDS)
        self._proven: KeyMemory[bytes, tuple[str, Key, AccessClaims]] = KeyMemory(boot_seconds, life, PROVEN)

    async def __call__(self, request: Request) -> Caller:
        """From the headers and nowhere else: what stands in an address ends up in logs."""
        given, proofs = request.headers.getlist("authorization"), request.headers.getlist("dpop")
        place = self._hosts.at(request)
        if len(given) != 1 or len(proofs) > 1 or place is None or "access_token" in request.query_params:
            raise NotLoggedIn()
        scheme, _, token = given[0].partition(" ")
        if scheme.lower() not in SCHEMES:
            raise NotLoggedIn()
        if scheme.lower() == "bearer":  # beside a proof too (RFC 9449 section 7.1): then a bound token does not hold
            return await self.check(token, *place)
        found = self._shown("".join(proofs), request.method, place[0] + request.scope["path"], token)
        caller = await self.check(token, *place, found.key)
        # remembered only of a token that holds: proofs alone anybody can make, as many as they like
        if not self._once.spend(found, self._clock().timestamp()):
            raise NotLoggedIn()
        return caller

    async def check(self, token: str, issuer: str, tenant: str, holder: str = "") -> Caller:
        """The Caller in a token that came in at this issuer's host. holder: the thumbprint of the key that was proven
        to be held. Raises NotLoggedIn, and what `keys` raises."""
        # 1 small, spelled in one way, signed by the tenant's key that the header names
        claims = await self._read(token, tenant)
        # 2 issued here, for here, to the application itself
        here = claims.iss == issuer and claims.gemeente == tenant and claims.aud == issuer + self._root
        if not here or claims.sub != claims.client_id:
            raise NotLoggedIn()
        # 3 now, and not for longer than five minutes
        now = self._clock().timestamp()
        if not (0 < claims.exp - claims.iat <= LIFETIME_SECONDS and claims.iat - LEEWAY_SECONDS <= now < claims.exp):
            raise NotLoggedIn()
        # 4 shown by who holds the key that it is bound to: a bound one is no bearer token, nor the other way round
        if holder != (claims.cnf.jkt if claims.cnf else ""):
            raise NotLoggedIn()
        return Caller(
            tenant=tenant,
            organisation=claims.ontvanger,
            application=claims.client_id,
            kind=claims.soort,
            scope=tuple(claims.scope.split()),
            key=claims.sleutel,
        )

    def _shown(self, proof: str, method: str, address: str, token: str) -> Shown:
        try:
            return shown(proof, method, address, self._clock().timestamp(), token)
        except ValueError:
            raise NotLoggedIn() from None

    async def _read(self, token: str, tenant: str) -> AccessClaims:
        if len(token) > TOKEN_BYTES or not _SPELLING.fullmatch(token):
            raise NotLoggedIn()
        name = sha256(token.encode())
        proven = self._proven.get(name)
        kid = proven[0] if proven else _kid(token)
        key = await self._keys(tenant, kid)
        if key is None:
            raise NotLoggedIn()
        if proven and proven[1] == key:
            return proven[2]
        claims = _claims(token, key)
        self._proven.put(name, (kid, key, claims))
        return claims


def _claims(token: str, key: Key) -> AccessClaims:
    try:
        claims = jwt.decode(token, ECKey.import_key(dict(key)), algorithms=[ALGORITHM]).claims
        return AccessClaims.model_validate(claims)
    except (JoseError, ValidationError, ValueError, TypeError):
        raise NotLoggedIn() from None


def _kid(token: str) -> str:
    try:
        header = jws.extract_compact(token.encode()).headers()
    except (JoseError, ValueError, TypeError):
        raise NotLoggedIn() from None
    kid = header.get("kid")
    if header != {"alg": ALGORITHM, "kid": kid, "typ": TYPE} or not isinstance(kid, str):
        raise NotLoggedIn()
    return kid
