"""That whoever shows a token holds the key that it was given to (RFC 9449, DPoP): a stolen one is of no use."""

import secrets
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey

TYPE, ALGORITHM = "dpop+jwt", "ES256"
PUBLIC = ("crv", "kty", "x", "y")  # RFC 7518 section 6.2.1


class Holder:
    """A key that this program makes for itself when it starts, and that ends with it: nobody has to keep it."""

    def __init__(self) -> None:
        self._key = ECKey.generate_key("P-256")
        said = self._key.as_dict(private=False)
        self._header: dict[str, Any] = {"typ": TYPE, "alg": ALGORITHM, "jwk": {name: said[name] for name in PUBLIC}}

    def proof(self, method: str, url: str, now: float, token: str = "") -> str:
        """For one question, at this moment. url: without a query. token: that goes beside it, if any."""
        claims = {"jti": secrets.token_urlsafe(16), "htm": method, "htu": url, "iat": int(now)}
        if token:
            claims["ath"] = urlsafe_b64encode(sha256(token.encode()).digest()).rstrip(b"=").decode()
        return jwt.encode(self._header, claims, self._key, algorithms=[ALGORITHM])
