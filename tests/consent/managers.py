"""A Manager of FSC, as far as tokens go: its key, and tokens that hold, with changes."""

import base64
import hashlib
import json
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

US, THEM, HELPER, STRANGER = ("0" * 19 + number for number in "1234")
GRANT = "$1$4$" + "gh" * 40
SIGNED_BY = "managerCertificaat_" + "m" * 24  # a thumbprint: any name of 43 signs does
KEY = ECKey.generate_key("P-256")
INWAY = "https://inway.gm9901.example:443"
SERVICES = {"regie-verstrekking": "verstrekking", "regie-toestemming": "toestemming"}


def jwks(key: ECKey | RSAKey = KEY, **more: Any) -> str:
    return json.dumps({"keys": [{**key.as_dict(private=False), "x5t#S256": SIGNED_BY, **more}]})


def certificate(name: str = "outway") -> tuple[str, str]:
    """The header in which a gateway hands it on, and its thumbprint."""
    der = name.encode()
    thumbprint = base64.urlsafe_b64encode(hashlib.sha256(der).digest()).rstrip(b"=").decode()
    return f":{base64.b64encode(der).decode()}:", thumbprint


def group(**changes: Any) -> dict[str, Any]:
    """What the municipality is told of its group."""
    return {"group": "fsc.proef", "peer": US, "inway": INWAY, "services": SERVICES, "jwks": jwks(), **changes}


def token(now: int, header: dict[str, Any] | None = None, key: ECKey | RSAKey = KEY, alg: str = "ES256",
          **changes: Any) -> str:  # fmt: skip
    """One that holds, with changes; None leaves a claim out."""
    claims = {
        "gth": GRANT, "gid": "fsc.proef", "sub": THEM, "iss": US, "svc": "regie-verstrekking", "aud": INWAY,
        "exp": now + 300, "nbf": now, "cnf": {"x5t#S256": certificate()[1]}, "add": {}, **changes,
    }  # fmt: skip
    given = {name: value for name, value in claims.items() if value is not None}
    said = {"alg": alg, "x5t#S256": SIGNED_BY, **(header or {})}
    return jwt.encode({name: value for name, value in said.items() if value is not None}, given, key, algorithms=[alg])
