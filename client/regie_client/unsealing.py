"""Results of bulk, opened: a key for each part, sealed to the application (JWE, RFC 7516), and an answer for each
resident under it. Nothing is unpacked: a header that asks for it is refused."""

import json
from collections.abc import Mapping
from typing import Any

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OctKey, RSAKey, import_key

from regie_client.errors import NotConfigured, Unusable

CONTENT = "A256GCM"
TO_US = {"EC": "ECDH-ES+A256KW", "RSA": "RSA-OAEP-256"}
_WRONG = (JoseError, ValueError, TypeError, KeyError)


class Opener:
    """Of one application. key: `ontsleutelJwk` of the entry that `regie client add` printed. Raises NotConfigured."""

    def __init__(self, key: Mapping[str, Any]) -> None:
        try:
            self._algorithms = [TO_US[str(key.get("kty"))], CONTENT]
            opened = import_key(dict(key))
        except _WRONG:
            raise NotConfigured("the key for results is no private JWK for encryption") from None
        if not isinstance(opened, ECKey | RSAKey) or not opened.is_private:
            raise NotConfigured("the key for results is no private JWK for encryption")
        self._key = opened

    def part(self, sealed: str) -> OctKey:
        """The key of a part. Raises Unusable."""
        try:
            opened = jwe.decrypt_compact(sealed, self._key, algorithms=self._algorithms)
            return OctKey.import_key(json.loads(opened.plaintext or b""))
        except _WRONG:
            raise Unusable("a part cannot be opened with this key", 200) from None


def answer(sealed: str, key: OctKey) -> bytes:
    """Of one resident. Raises Unusable."""
    try:
        return jwe.decrypt_compact(sealed, key, algorithms=["dir", CONTENT]).plaintext or b""
    except _WRONG:
        raise Unusable("an answer cannot be opened with the key of its part", 200) from None
