"""Whether who shows a token also holds the key that it was given to (RFC 9449, DPoP).

    header  {"typ": "dpop+jwt", "alg": "ES256", "jwk": a public P-256 key}                        nothing else
    claims  {"jti", "htm": method, "htu": address without query, "iat": seconds since 1970, "ath": of the token, base64}

Every refusal is ValueError: who sent it learns nothing more than that.
"""

import hashlib
import re
from base64 import urlsafe_b64encode
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from pydantic import BaseModel, ConfigDict, Field, StrictInt

TYPE, ALGORITHM = "dpop+jwt", "ES256"
MOST_BYTES = 4 << 10
OLDEST_SECONDS, LEEWAY_SECONDS = 60, 5
REMEMBERED = 300_000  # proofs of one instance in a minute; then no more are believed until the oldest are too old
_SPELLING = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{86}")
_KEY = {"kty", "crv", "x", "y"}  # RFC 7518 section 6.2.1; whatever else would be a private half or a second meaning
_SAID = {"kid", "alg", "use", "key_ops"}  # of a key, and of no consequence here


class Claims(BaseModel):
    """What is read of a proof. jti: 96 random bits at least (RFC 9449 section 4.2)."""

    model_config = ConfigDict(extra="ignore", strict=True, hide_input_in_errors=True)

    jti: Annotated[str, Field(min_length=16, max_length=128)]
    htm: Annotated[str, Field(max_length=20)]
    htu: Annotated[str, Field(max_length=2_000)]
    iat: StrictInt
    ath: Annotated[str, Field(max_length=50)] = ""


@dataclass(frozen=True)
class Shown:
    """Who holds which key: its thumbprint (RFC 7638). mark: of this proof alone, so that it counts once."""

    key: str
    mark: bytes


def shown(proof: str, method: str, address: str, now: float, token: str = "") -> Shown:
    """The holder of the key in this proof makes this request now. address: scheme, host and path; token: that stands
    beside it, "" at the token endpoint. Raises ValueError."""
    # 1 small, spelled in one way, with a public key and nothing else in its header
    key = _key(proof)
    # 2 signed by that key
    try:
        claims = Claims.model_validate(jwt.decode(proof, key, algorithms=[ALGORITHM]).claims)
    except (JoseError, TypeError, RecursionError):
        raise ValueError from None
    # 3 made for this request and this token
    ath = urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).rstrip(b"=").decode() if token else ""
    if (claims.htm, claims.htu.partition("?")[0].partition("#")[0], claims.ath) != (method, address, ath):
        raise ValueError
    # 4 now
    if not now - OLDEST_SECONDS <= claims.iat <= now + LEEWAY_SECONDS:
        raise ValueError
    thumbprint = key.thumbprint()
    mark = hashlib.sha256(f"{thumbprint}\0{claims.jti}".encode()).digest()[:16]
    return Shown(thumbprint, mark)


def _key(proof: str) -> ECKey:
    if len(proof) > MOST_BYTES or not _SPELLING.fullmatch(proof):
        raise ValueError
    try:
        header = jws.extract_compact(proof.encode()).headers()
        given = header.get("jwk")
        if not isinstance(given, dict) or {**header, "jwk": 0} != {"typ": TYPE, "alg": ALGORITHM, "jwk": 0}:
            raise ValueError
        if not _KEY <= set(given) <= _KEY | _SAID or (given["kty"], given["crv"]) != ("EC", "P-256"):
            raise ValueError
        return _imported(given["x"], given["y"])
    except (JoseError, TypeError, KeyError, AttributeError, RecursionError):  # a header may be a list, or a text
        raise ValueError from None


@lru_cache(maxsize=1_024)
def _imported(x: str, y: str) -> ECKey:
    """Who asks all day holds one key: read once, with its point put on the curve. What a proof says is looked at each
    time. Raises what ECKey raises."""
    return ECKey.import_key({"kty": "EC", "crv": "P-256", "x": x, "y": y})


class Once:
    """Proofs that this instance has seen. Another instance may believe one again, within its minute: whoever holds a
    proof and a token both sees at most one use more, decided and logged like any other (trust.md 5)."""

    def __init__(self) -> None:
        self._seen: OrderedDict[bytes, int] = OrderedDict()

    def spend(self, one: Shown, now: float) -> bool:
        """Whether this is its first use. With too many at once nothing is believed any more."""
        while self._seen and next(iter(self._seen.values())) < now:
            self._seen.popitem(last=False)
        if one.mark in self._seen or len(self._seen) >= REMEMBERED:
            return False
        self._seen[one.mark] = int(now) + OLDEST_SECONDS + LEEWAY_SECONDS + 1  # older than any that is believed then
        return True
