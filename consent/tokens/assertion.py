"""Whether a client assertion proves its client, now and for the first time (RFC 7523 section 3; trust.md 6).

The key is the one registered for the client and decides the algorithm; what the token's header says may only agree.
Every refusal is ValueError: who sent it learns nothing more than that.
"""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Annotated, Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey
from pydantic import BaseModel, ConfigDict, Field, StrictInt

from consent.jwks import KINDS, usable

MOST_BYTES, HEADER_BYTES = 8 << 10, 512
LIFETIME_SECONDS = 60
LEEWAY_SECONDS = 5
TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"  # RFC 7523 section 2.2
TYPES = (None, "JWT", "client-authentication+jwt")
_SPELLING = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_HEADER = {"alg", "kid", "typ"}
_BY = {name: jws.JWSRegistry(algorithms=[name]).get_alg(name) for _, name in KINDS.values()}

ClientId = Annotated[str, Field(min_length=1, max_length=200)]


class Claims(BaseModel):
    """What is read of an assertion. jti: 128 random bits at least, which are 22 characters (NL GOV OAuth profile)."""

    model_config = ConfigDict(extra="ignore", strict=True, hide_input_in_errors=True)

    iss: ClientId
    sub: ClientId
    aud: str
    iat: StrictInt
    exp: StrictInt
    nbf: StrictInt = 0
    jti: Annotated[str, Field(min_length=22, max_length=128, pattern=r"^[\x20-\x7e]+$")]  # it is kept in a row


@dataclass(frozen=True)
class Proven:
    """To be remembered until `until` (seconds since 1970), so that it counts once. kid: of the key that signed it."""

    client_id: str
    jti: str
    until: int
    kid: str


@dataclass(frozen=True)
class Unproven:
    """As somebody wrote it. told: what the signature is about."""

    header: Mapping[str, Any]
    payload: bytes
    told: bytes
    signature: bytes


def unproven(assertion: str) -> Unproven:
    """Taken apart (RFC 7515 section 3.1). Raises ValueError."""
    if len(assertion) > MOST_BYTES or not _SPELLING.fullmatch(assertion):
        raise ValueError
    told, _, signature = assertion.encode().rpartition(b".")
    header, _, payload = told.partition(b".")
    if len(header) > HEADER_BYTES:
        raise ValueError
    return Unproven(_header(header), _bytes(payload), told, _bytes(signature))


@lru_cache(maxsize=512)
def _header(segment: bytes) -> Mapping[str, Any]:
    """A client writes the same one each time. Raises ValueError, and does so anew each time."""
    try:
        found = json.loads(_bytes(segment).decode())
    except RecursionError:
        raise ValueError from None
    if not isinstance(found, dict):  # a list or a text may hold the word that is looked for
        raise ValueError
    return MappingProxyType(found)


def _bytes(segment: bytes) -> bytes:
    return base64.urlsafe_b64decode(segment + b"=" * (-len(segment) % 4))


def claimed(assertion: str) -> tuple[str, str]:
    """Of whom it says it is, and with which key; "" for what cannot be read, and for a name that nobody can have: rows
    are looked up by it, and a database does not take every text."""
    try:
        return named(unproven(assertion))
    except ValueError:
        return "", ""


def named(read: Unproven) -> tuple[str, str]:
    """See `claimed`."""
    try:
        claims = json.loads(read.payload)
    except (ValueError, RecursionError):
        return "", ""
    name = claims.get("sub") if isinstance(claims, dict) else None
    kid = str(read.header.get("kid", ""))[:200]
    return name[:200] if isinstance(name, str) and name.isascii() and name.isprintable() else "", kid


def proven(assertion: str | Unproven, jwks: str, issuer: str, now: float) -> Proven:
    """The client proved itself with one of its registered keys. assertion: as text, or as `unproven` read it. Raises
    ValueError."""
    # 1 nothing in the header but a name for a key that we have
    read = unproven(assertion) if isinstance(assertion, str) else assertion
    header = read.header
    if not set(header) <= _HEADER or header.get("typ") not in TYPES:
        raise ValueError
    named = header.get("kid")
    if not (named is None or isinstance(named, str)):
        raise ValueError
    kid, key, algorithm = _registered(jwks, named)
    # 2 that key signed it, in the one way in which it does
    try:
        signed = header.get("alg") == algorithm and _BY[algorithm].verify(read.told, read.signature, key)
    except (JoseError, TypeError, KeyError):
        raise ValueError from None
    if not signed:
        raise ValueError
    claims = Claims.model_validate_json(read.payload)
    # 3 the client speaks of itself, to us and to nobody else
    if claims.iss != claims.sub or claims.aud != issuer:
        raise ValueError
    # 4 now, and for no longer than a minute
    begun = max(claims.iat, claims.nbf) - LEEWAY_SECONDS <= now < claims.exp + LEEWAY_SECONDS
    if not begun or not 0 < claims.exp - claims.iat <= LIFETIME_SECONDS:
        raise ValueError
    return Proven(claims.sub, claims.jti, claims.exp + LEEWAY_SECONDS, kid)


@lru_cache(maxsize=512)
def _registered(jwks: str, kid: str | None) -> tuple[str, ECKey | RSAKey, str]:
    """The client's key with this kid, and its kid; without a kid its only one that signs. Read once for each text that
    is registered. Raises ValueError, and does so anew each time."""
    signing = [one for one in json.loads(jwks)["keys"] if one.get("use") != "enc"]
    keys = [one for one in signing if kid is None or one.get("kid") == kid]
    if len(keys) != 1:
        raise ValueError
    return str(keys[0]["kid"]), *usable(keys[0])
