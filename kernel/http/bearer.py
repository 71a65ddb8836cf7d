"""Who an application is: the access token that our own issuer signed for this root (RFC 9068, RFC 6750).

    header  {"alg": "ES256", "kid", "typ": "at+jwt"}                                            nothing else
    claims  {"iss", "aud": issuer + root, "sub" = "client_id", "scope", "jti", "iat", "exp",    seconds since 1970
             "ontvanger", "oin", "soort", "gemeente", "sleutel", "cnf": {"jkt"} when bound}

A token says who somebody was at most five minutes ago. It is no permit: what ended since is found at the next line.
One that is bound to a key (RFC 9449) is of no use to whoever cannot prove to hold that key.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, Literal

from fastapi import Request
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from pydantic import Field, StrictInt, ValidationError

from kernel.caller import Caller
from kernel.clock import Clock, utc_now
from kernel.dpop import Once, Shown, shown
from kernel.errors import NotLoggedIn
from kernel.http.hosts import Hosts
from kernel.message import Message, Short

LIFETIME_SECONDS = 300
LEEWAY_SECONDS = 5
TOKEN_BYTES = 8 << 10
ALGORITHM, TYPE = "ES256", "at+jwt"
SCHEMES = ("bearer", "dpop")
# One spelling per token, whatever a decoder would forgive; an ES256 signature has 64 bytes.
_SPELLING = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{86}")

# The public JWK of a tenant with this kid, or None. Raises Problem when it cannot be known now.
KeySource = Callable[[str, str], Awaitable[Mapping[str, Any] | None]]


class Bound(Message):
    """The thumbprint of the key that a token is bound to (RFC 9449 section 6)."""

    jkt: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{43}$")]


class AccessClaims(Message):
    """What a token holds. `scope`: activities with spaces between them (RFC 8693 section 4.2). `sleutel`: the kid of
    the application's key under which it was asked for."""

    iss: Short
    aud: Short
    sub: Short
    client_id: Annotated[Short, Field(min_length=1)]
    scope: Annotated[str, Field(max_length=TOKEN_BYTES)] = ""
    jti: Annotated[Short, Field(min_length=1)]
    iat: StrictInt
    exp: StrictInt
    ontvanger: Annotated[Short, Field(min_length=1)]
    oin: Short
    soort: Literal["mens", "burger", "automatisch"]
    gemeente: Short
    sleutel: Short = ""
    cnf: Bound | None = None


class BearerGate:
    """A FastAPI dependency, `Depends(gate)`: the Caller of an application, else NotLoggedIn, which says no why.

    root: the path of the one API behind this gate, such as "/dingen/v1". Tokens for another root do not hold here.
    """

    def __init__(self, issuers: Mapping[str, str], keys: KeySource, root: str, clock: Clock = utc_now) -> None:
        self._hosts, self._keys, self._root, self._clock = Hosts(issuers), keys, root, clock
        self._once = Once()

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
        key = await self._keys(tenant, _kid(token))
        if key is None:
            raise NotLoggedIn()
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
