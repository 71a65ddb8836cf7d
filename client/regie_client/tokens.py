"""Access tokens: each for one root and one activity, for a signed word of who asks (RFC 7523), used until just before
its end. They stay in memory; a process that starts asks for new ones."""

import asyncio
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx2
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import import_key
from pydantic import ValidationError

from regie_client.asking import Ask, expected, read, send
from regie_client.errors import NotConfigured, TokenRefused
from regie_client.holding import Holder
from regie_client.messages import TokenBody, TokenProblem

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHMS = ("ES256", "RS256")
LIFE = 50  # seconds of a signed word; Regie takes 60 at most
MARGIN = 30.0  # seconds before its end: a release that begins with a token ends with it
LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})

Clock = Callable[[], float]
"""Seconds since 1970."""


@dataclass(frozen=True)
class Credentials:
    """Who asks, and whom. issuer: the municipality's address of Regie, without a path. client_id, key: `clientId` and
    `privateJwk` of the entry that `regie client add` printed. Raises NotConfigured."""

    issuer: str
    client_id: str
    key: Mapping[str, Any] = field(repr=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self.issuer)
        secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOCAL)
        if (
            not secure
            or not parts.hostname
            or parts.geturl() != f"{parts.scheme}://{parts.netloc}"
            or "@" in parts.netloc
        ):
            raise NotConfigured("issuer is an https address without a path, such as https://regie.gemeente.example")
        if not self.client_id:
            raise NotConfigured("client_id is missing")
        if self.key.get("alg") not in ALGORITHMS or not self.key.get("kid"):
            raise NotConfigured(f"the key names no kid, or an alg other than {' and '.join(ALGORITHMS)}")
        try:
            self.word(0.0)
        except (JoseError, ValueError, TypeError, KeyError):
            raise NotConfigured("the key is no private JWK") from None

    def root(self, name: str) -> str:
        """The address of one interface, as tokens name it."""
        return f"{self.issuer}/{name}/v1"

    def word(self, now: float) -> str:
        """A client assertion, good for one use."""
        seconds, algorithm = int(now), str(self.key["alg"])
        claims = {"iss": self.client_id, "sub": self.client_id, "aud": self.issuer, "iat": seconds}
        claims |= {"exp": seconds + LIFE, "jti": secrets.token_hex(16)}
        header = {"alg": algorithm, "kid": str(self.key["kid"])}
        return jwt.encode(header, claims, import_key(dict(self.key)), algorithms=[algorithm])


@dataclass(frozen=True)
class _Token:
    text: str = field(repr=False)
    until: float


class Tokens:
    """Hands out the narrowest token for a call, bound to the key of `holder`. Owns those that it got; asks for one at a
    time."""

    def __init__(self, credentials: Credentials, http: httpx2.AsyncClient, clock: Clock) -> None:
        self._credentials, self._http, self._clock = credentials, http, clock
        self.holder = Holder()
        self._known: dict[tuple[str, str], _Token] = {}
        self._asking = asyncio.Lock()

    async def get(self, root: str, activity: str) -> str:
        """activity: "" for a call that belongs to none. Raises TokenRefused, CannotReach, Unusable."""
        async with self._asking:
            known = self._known.get((root, activity))
            if known is None or self._clock() >= known.until:
                known = self._known[root, activity] = await self._new(root, activity)
            return known.text

    def forget(self, token: str) -> None:
        """A token that Regie no longer takes."""
        self._known = {place: one for place, one in self._known.items() if one.text != token}

    async def _new(self, root: str, activity: str) -> _Token:
        now = self._clock()
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION,
            "client_assertion": self._credentials.word(now),
            "resource": self._credentials.root(root),  # RFC 8707
        }
        content = urlencode(form | ({"scope": activity} if activity else {})).encode()
        url = f"{self._credentials.issuer}/oauth/token"
        headers = {"content-type": "application/x-www-form-urlencoded", "dpop": self.holder.proof("POST", url, now)}
        ask = Ask("POST", url, headers, content)
        answer = await send(self._http, ask)
        if answer.status in (400, 401):
            raise TokenRefused(_code(answer.content), root)
        said = read(expected(answer, ask), TokenBody)
        # counted from before the question: on the way it only gets older
        return _Token(said.access_token, now + said.expires_in - min(MARGIN, said.expires_in / 2))


def _code(content: bytes) -> str:
    try:
        return TokenProblem.model_validate_json(content).error
    except ValidationError:
        return "unknown"
