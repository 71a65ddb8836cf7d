"""The key that signs access tokens, made from 32 random bytes that are wrapped like every key of the register."""

import base64
import json
from collections.abc import Mapping
from itertools import count
from typing import Any

from joserfc import jws
from joserfc.jwk import ECKey

from kernel.crypto import hmac_sha256

ALGORITHM, TYPE = "ES256", "at+jwt"  # RFC 9068 section 2.1
_ES256 = jws.JWSRegistry(algorithms=[ALGORITHM]).get_alg(ALGORITHM)
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256: SP 800-186 section 3.2.1.3
_json = json.JSONEncoder(separators=(",", ":")).encode
# RFC 5958 and RFC 5915 around the 32 bytes of a scalar; the public half is left out and computed when it is read
_PKCS8 = bytes.fromhex("3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420")


class SigningKey:
    """One version. `secret`: 32 bytes from the key table; the same bytes are the same key on every instance."""

    def __init__(self, secret: bytes) -> None:
        self.private = ECKey.import_key(_PKCS8 + _scalar(secret))
        self.kid = self.private.thumbprint()  # RFC 7638
        self._header = _base64url(json.dumps({"alg": ALGORITHM, "kid": self.kid, "typ": TYPE}).encode())

    def signed(self, claims: Mapping[str, Any]) -> str:
        """An access token (RFC 7515 section 3.1); its header is the same each time."""
        told = self._header + b"." + _base64url(_json(claims).encode())
        return (told + b"." + _base64url(_ES256.sign(told, self.private))).decode()

    @property
    def public(self) -> Mapping[str, Any]:
        """As resource servers read it."""
        half = self.private.as_dict(private=False)
        return {**half, "use": "sig", "alg": ALGORITHM, "kid": self.kid}


def _base64url(value: bytes) -> bytes:
    return base64.urlsafe_b64encode(value).rstrip(b"=")


def _scalar(secret: bytes) -> bytes:
    # FIPS 186-5 appendix A.2.2: what is no scalar is drawn again (one in 2^32)
    for number in count():
        drawn = hmac_sha256(secret, b"regie/token/1\0", bytes([number]))
        if 0 < int.from_bytes(drawn, "big") < _ORDER:
            return drawn
    raise AssertionError  # count() does not end
