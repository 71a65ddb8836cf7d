"""How we say who we are to a source. The secret is read from its file at the start, and is in no message."""

import base64
import json
from collections.abc import Callable, Mapping
from datetime import datetime

from connectors.declared.declaration import Credential
from kernel.clock import Clock
from kernel.crypto import hmac_sha256
from kernel.settings import read_secret

Headers = Callable[[str], Mapping[str, str]]


def nobody(_: str) -> Mapping[str, str]:
    """Headers of who need not say who they are."""
    return {}


def headers_of(credential: Credential, clock: Clock) -> Headers:
    """Headers for one question of this user. Raises SettingsWrong."""
    if credential.file is None:
        return nobody
    secret = read_secret(credential.file).decode().strip()
    if credential.kind == "header":
        return lambda _: {credential.header: secret}
    if credential.kind == "zgw":
        return lambda user: {"Authorization": f"Bearer {zgw_token(credential.user, secret, user, clock())}"}
    if credential.kind == "basic":
        pair = base64.b64encode(f"{credential.user}:{secret}".encode()).decode()
        return lambda _: {"Authorization": f"Basic {pair}"}
    scheme = {"bearer": "Bearer", "token": "Token"}[credential.kind]
    return lambda _: {"Authorization": f"{scheme} {secret}"}


def zgw_token(client: str, secret: str, user: str, now: datetime) -> str:
    """A JWT as the ZGW standard asks for (Autorisaties 1.0, "Zaakgericht werken: authenticatie"), of this moment."""
    claims = {
        "iss": client,
        "iat": int(now.timestamp()),
        "client_id": client,
        "user_id": user,
        "user_representation": user,
    }
    signed = ".".join(_part(json.dumps(one).encode()) for one in ({"typ": "JWT", "alg": "HS256"}, claims))
    return f"{signed}.{_part(hmac_sha256(secret.encode(), signed.encode()))}"


def _part(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
