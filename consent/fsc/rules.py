"""Whether an access token of FSC holds, for here and for whom (FSC Core 1.1, Access token and Inway). Pure.

header  {"alg": RS256 … ES512, "x5t#S256": of the Manager's certificate}       other members are not looked at
claims  {"gth", "gid", "sub", "iss", "svc", "aud", "exp", "nbf", "cnf": {"x5t#S256"}, "act"?: {"sub"}, "pdi"?}
"""

import json
import re
from collections.abc import Mapping
from hmac import compare_digest
from typing import Annotated, Any

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey
from pydantic import BaseModel, ConfigDict, Field, StrictInt, ValidationError

from consent.activity import GRANT
from consent.fsc.settings import Group, Peer
from consent.jwks import RSA_BITS
from kernel.fsc import EXPIRED, INVALID, WRONG_GROUP, Code
from kernel.message import Short

LONGEST_SECONDS, LEEWAY_SECONDS, KEYS_MAX = 3_600, 5, 10
_SPELLING = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_CURVES = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}
_RSA = ("RS256", "RS384", "RS512")
_ELSEWHERE = {
    "jwk",
    "jku",
    "x5u",
    "x5c",
    "crit",
    "b64",
}  # a key of the token's own, or what we would have to understand
_PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}  # RFC 7518 section 6
Keys = dict[str, tuple[ECKey | RSAKey, tuple[str, ...]]]


class Refused(Exception):
    """code: as FSC has it."""

    def __init__(self, code: Code = INVALID) -> None:
        super().__init__(code)
        self.code = code


class _Bound(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)
    x5t: Annotated[Short, Field(validation_alias="x5t#S256")]


class _Actor(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)
    sub: Peer


class Claims(BaseModel):
    """What is read of a token; `add` and the rest say nothing here."""

    model_config = ConfigDict(extra="ignore", strict=True, hide_input_in_errors=True)

    gth: Annotated[str, Field(pattern=GRANT)]
    gid: Short
    sub: Peer
    iss: Peer
    svc: Short
    aud: Annotated[str, Field(max_length=500)]
    exp: StrictInt
    nbf: StrictInt
    cnf: _Bound
    act: _Actor | None = None
    pdi: Peer | None = None

    @property
    def peers(self) -> frozenset[str]:
        """Who connects, and for whom where that is another; the standard's text and its example disagree on which is
        which, so it is the pair that must fit."""
        return frozenset({self.sub, self.act.sub if self.act else self.sub})


def held(token: str, keys: Keys, group: Group, certificate: str, now: float) -> Claims:
    """certificate: the thumbprint of the one that was shown. now: seconds since 1970. Raises Refused."""
    # 1 one spelling, signed by our own Manager with an algorithm of the key's: FSC Core, Access token
    claims = _signed(token, keys)
    # 2 shown by who holds the certificate that it is bound to: RFC 8705 section 3.1
    if not certificate or not compare_digest(plain(claims.cnf.x5t), certificate):
        raise Refused
    # 3 given out by who offers the services, for its municipality, at this Inway
    here = (group.peer, group.publishes_for or None, group.inway.rstrip("/"))
    if (claims.iss, claims.pdi, claims.aud.rstrip("/")) != here:
        raise Refused
    # 4 now, and not for longer than an hour
    if not 0 < claims.exp - claims.nbf <= LONGEST_SECONDS or now < claims.nbf - LEEWAY_SECONDS:
        raise Refused
    if now >= claims.exp:
        raise Refused(EXPIRED)
    # 5 in this group
    if claims.gid != group.group:
        raise Refused(WRONG_GROUP)
    return claims


def _signed(token: str, keys: Keys) -> Claims:
    if not _SPELLING.fullmatch(token):
        raise Refused
    try:
        header = jws.extract_compact(token.encode()).headers()
        key, algorithms = keys[plain(str(header["x5t#S256"]))]
        if _ELSEWHERE & set(header) or header["alg"] not in algorithms:
            raise Refused
        return Claims.model_validate(jwt.decode(token, key, algorithms=list(algorithms)).claims)
    except (JoseError, ValidationError, ValueError, TypeError, KeyError, RecursionError):
        raise Refused from None


def plain(thumbprint: str) -> str:
    """In base64url, as RFC 7515 has it; the example of FSC Core has plain base64."""
    return thumbprint.rstrip("=").replace("+", "-").replace("/", "_")


def keys_of(jwks: str) -> Keys:
    """The public keys of a Manager by the thumbprint of their certificate: their own `x5t#S256`, else their `kid`.
    Raises ValueError with a sentence."""
    try:
        listed = json.loads(jwks)["keys"]
        found = [(_name(key), _usable(key)) for key in listed]
    except (JoseError, KeyError, TypeError, AttributeError, RecursionError):
        raise ValueError("Dit is geen JWK-set van een Manager.") from None
    if not 1 <= len(found) <= KEYS_MAX or len(dict(found)) < len(found):
        raise ValueError(f"Een tot {KEYS_MAX} sleutels, elk met een eigen x5t#S256.")
    return dict(found)


def fault_of(jwks: str) -> str:
    """Why this set of a Manager is not taken; "" when it is."""
    try:
        keys_of(jwks)
    except ValueError as wrong:
        return str(wrong)
    return ""


def names_of(jwks: str) -> tuple[str, ...]:
    """Of a set that was looked at before, as tokens name them."""
    return tuple(keys_of(jwks)) if jwks else ()


def named(token: str) -> str:
    """The key that a token names, "" for none that can be read."""
    try:
        return plain(str(jws.extract_compact(token.encode()).headers().get("x5t#S256", "")))
    except (JoseError, ValueError, TypeError, AttributeError):  # a header may be a list, or a text
        return ""


def _name(key: Mapping[str, Any]) -> str:
    return plain(str(key.get("x5t#S256") or key["kid"]))


def _usable(key: Mapping[str, Any]) -> tuple[ECKey | RSAKey, tuple[str, ...]]:
    if _PRIVATE & set(key) or key.get("use", "sig") != "sig":
        raise ValueError("Alleen publieke sleutels, voor handtekeningen.")
    said = key.get("alg")
    if key.get("kty") == "RSA" and len(str(key.get("n", ""))) * 6 >= RSA_BITS[0] and said in (None, *_RSA):
        read = RSAKey.import_key(dict(key))
        if read.public_key.key_size in RSA_BITS:
            return read, (said,) if said else _RSA
    own = _CURVES.get(str(key.get("crv")))
    if key.get("kty") == "EC" and own and said in (None, own):
        return ECKey.import_key(dict(key)), (own,)
    raise ValueError("Alleen RSA vanaf 2048 bits of EC P-256, P-384 of P-521.")
