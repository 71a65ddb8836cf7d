"""How rooms know each other: a signed word of at most a minute (architecture.md section 2).

    header  {"alg": "Ed25519", "kid": room}                      RFC 9864 section 2.2: EdDSA, with its curve said
    claims  {"iss": room, "aud": callee, "tenant", "caller", "iat", "exp", "jti"}      seconds since 1970

Keys come from settings files and are found by the name of the room; a key in a token is never looked at.
If stolen, a key of a room can ask its neighbours anything on behalf of anybody, until its file is replaced.
"""

import base64
from collections.abc import Mapping

from fastapi import Request
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import GuestProtocol, OKPKey
from pydantic import StrictInt, ValidationError

from kernel.caller import Caller
from kernel.clock import Clock, utc_now
from kernel.errors import NotLoggedIn
from kernel.ids import random_id
from kernel.message import Hex16, Message, Short

LIFETIME_SECONDS = 60
LEEWAY_SECONDS = 5  # rooms may run on machines whose clocks differ a little
TOKEN_BYTES = 8 << 10
_ALGORITHM = "Ed25519"
_PKCS8 = bytes.fromhex("302e020100300506032b657004220420")  # RFC 8410 section 7, before the 32 bytes of the seed


class RoomClaims(Message):
    """What a room says when it calls."""

    iss: Short
    aud: Short
    tenant: Short
    caller: Caller
    iat: StrictInt
    exp: StrictInt
    jti: Hex16


class RoomKey:
    """The private key of one room. `seed`: 32 bytes, from a file."""

    def __init__(self, room: str, seed: bytes, clock: Clock = utc_now) -> None:
        if len(seed) != 32:
            raise ValueError(f"the seed of room {room} must be 32 bytes")
        self.room, self._clock = room, clock
        self._key = OKPKey.import_key(_PKCS8 + seed)

    @property
    def public(self) -> bytes:
        """The 32 bytes that neighbours trust."""
        return base64.urlsafe_b64decode(str(self._key.as_dict(private=False)["x"]) + "=")

    def mint(self, audience: str, caller: Caller) -> str:
        """A token for one call to `audience` on behalf of `caller`."""
        now = int(self._clock().timestamp())
        claims = {
            "iss": self.room,
            "aud": audience,
            "tenant": caller.tenant,
            "caller": caller.model_dump(mode="json", exclude_defaults=True),
            "iat": now,
            "exp": now + LIFETIME_SECONDS,
            "jti": random_id(),
        }
        return jwt.encode({"alg": _ALGORITHM, "kid": self.room}, claims, self._key, algorithms=[_ALGORITHM])


class RoomGate:
    """A FastAPI dependency, `Depends(gate)`: the Caller for whom a trusted room calls us, else NotLoggedIn."""

    def __init__(self, room: str, trusted: Mapping[str, bytes], clock: Clock = utc_now) -> None:
        self._room, self._clock = room, clock
        self._keys = {name: _public_key(raw) for name, raw in trusted.items()}

    async def __call__(self, request: Request) -> Caller:
        """From the Authorization header."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise NotLoggedIn()
        claims = self.claims(token)
        request.state.room = claims.iss  # for doors that give rooms different rights
        return claims.caller

    def check(self, token: str) -> Caller:
        """The Caller in a token. Raises NotLoggedIn, which does not say what was wrong."""
        return self.claims(token).caller

    def claims(self, token: str) -> RoomClaims:
        """Who says what in a token. Raises NotLoggedIn."""
        # 1 small, signed with the one algorithm by the room that it names, with a key that we already had
        if len(token) > TOKEN_BYTES:
            raise NotLoggedIn()
        try:
            read = jwt.decode(token, self._key_of, algorithms=[_ALGORITHM])
            claims = RoomClaims.model_validate(read.claims)
        except (JoseError, ValidationError, ValueError, TypeError, KeyError):
            raise NotLoggedIn() from None
        # 2 that room says it, to us, for one tenant
        if claims.iss != read.header["kid"] or claims.aud != self._room or claims.tenant != claims.caller.tenant:
            raise NotLoggedIn()
        # 3 now, and not for longer than a minute
        now = self._clock().timestamp()
        if not (0 < claims.exp - claims.iat <= LIFETIME_SECONDS and claims.iat - LEEWAY_SECONDS <= now < claims.exp):
            raise NotLoggedIn()
        return claims

    def _key_of(self, token: GuestProtocol) -> OKPKey:
        headers = token.headers()
        if not set(headers) <= {"alg", "kid", "typ"}:
            raise ValueError("a header we do not use")
        return self._keys[headers["kid"]]


def _public_key(raw: bytes) -> OKPKey:
    if len(raw) != 32:
        raise ValueError("the public key of a room must be 32 bytes")
    x = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    return OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": x})
