"""What an access token of our own issuer holds, and whether that issuer signed it (RFC 9068).

header  {"alg": "ES256", "kid", "typ": "at+jwt"}                                            nothing else
claims  {"iss", "aud": issuer + root, "sub" = "client_id", "scope", "jti", "iat", "exp",    seconds since 1970
         "ontvanger", "oin", "soort", "gemeente", "sleutel", "cnf": {"jkt" or "x5t#S256"} when bound}
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from pydantic import Field, StrictInt, ValidationError, model_validator

from kernel.clock import boot_seconds
from kernel.crypto import KeyMemory, sha256
from kernel.errors import NotLoggedIn
from kernel.message import Message, Short, wire

LIFETIME_SECONDS = 300
LEEWAY_SECONDS = 5
TOKEN_BYTES = 8 << 10
KEPT = 1_024  # tokens that are remembered; some 3 kB each
ALGORITHM, TYPE = "ES256", "at+jwt"
# One spelling per token, whatever a decoder would forgive; an ES256 signature has 64 bytes.
_SPELLING = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{86}")

# The public JWK of a tenant with this kid, or None. Raises Problem when it cannot be known now.
KeySource = Callable[[str, str], Awaitable[Mapping[str, Any] | None]]
Key = Mapping[str, Any]


Thumbprint = Annotated[str, Field(pattern=r"^([A-Za-z0-9_-]{43})?$")]


class Bound(Message):
    """What a token is bound to: the thumbprint of a key (RFC 9449 section 6) or of a certificate (RFC 8705 section
    3.1); one of the two."""

    jkt: Thumbprint = ""
    x5t: Annotated[Thumbprint, wire("x5t#S256")] = ""

    @model_validator(mode="after")
    def _one(self) -> Self:
        if bool(self.jkt) == bool(self.x5t):
            raise ValueError("bound to one thing")
        return self


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


class Proven:
    """What tokens say that the tenant's issuer signed; nothing is said yet about place, time or bearer. By the hash of
    a token it is remembered under which kid and key its signature held: that alone is not worked out again, the key is
    asked for each time."""

    def __init__(self, keys: KeySource) -> None:
        self._keys = keys
        life = timedelta(seconds=LIFETIME_SECONDS)
        self._kept: KeyMemory[bytes, tuple[str, Key, AccessClaims]] = KeyMemory(boot_seconds, life, KEPT)

    async def read(self, token: str, tenant: str) -> AccessClaims:
        """Raises NotLoggedIn, and what `keys` raises."""
        if len(token) > TOKEN_BYTES or not _SPELLING.fullmatch(token):
            raise NotLoggedIn()
        name = sha256(token.encode())
        proven = self._kept.get(name)
        kid = proven[0] if proven else _kid(token)
        key = await self._keys(tenant, kid)
        if key is None:
            raise NotLoggedIn()
        if proven and proven[1] == key:
            return proven[2]
        claims = _claims(token, key)
        self._kept.put(name, (kid, key, claims))
        return claims


def is_now(claims: AccessClaims, now: float) -> bool:
    """Whether it counts at this moment (seconds since 1970), and for no longer than five minutes."""
    begun = claims.iat - LEEWAY_SECONDS <= now < claims.exp
    return begun and 0 < claims.exp - claims.iat <= LIFETIME_SECONDS


def _claims(token: str, key: Key) -> AccessClaims:
    try:
        claims = jwt.decode(token, ECKey.import_key(dict(key)), algorithms=[ALGORITHM]).claims
        return AccessClaims.model_validate(claims)
    except (JoseError, ValidationError, ValueError, TypeError):
        raise NotLoggedIn() from None


def _kid(token: str) -> str:
    try:
        header = jws.extract_compact(token.encode()).headers()
        kid = header.get("kid")
    except (JoseError, ValueError, TypeError, AttributeError):  # a header may be a list, or a text
        raise NotLoggedIn() from None
    if header != {"alg": ALGORITHM, "kid": kid, "typ": TYPE} or not isinstance(kid, str):
        raise NotLoggedIn()
    return kid
