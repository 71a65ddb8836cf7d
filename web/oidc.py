"""What a login provider says, believed only after every check (OIDC NL GOV; trust.md 6).

Discovery and public keys come from the issuer in the settings and from nowhere else; a key in a token is never looked
at. Authlib checks the claims that OpenID Connect names; `acr`, `auth_time`, the sector of the BSN and the algorithm are
checked here, for it checks none of them.
"""

import asyncio
import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

import httpx2
from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]  # Authlib has no types
from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]  # Authlib has no types
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import GuestProtocol, JWKRegistry, Key, KeySet

from kernel.address import plain_address
from kernel.clock import Clock
from kernel.errors import NeighbourUnavailable, Problem
from kernel.http.client import limited
from kernel.ids import random_id
from web.session import Attempt
from web.settings import LoginSettings

ALGORITHMS: Final = ("ES256", "RS256")
FRESH = 300  # seconds since the person logged in, for what needs them now
SKEW = 5  # seconds between clocks
KEYS_AGAIN, KEYS_LIFE = 60, 24 * 3600  # seconds: one refresh for an unknown key id; longest use without one
BYTES = 64 << 10  # of each answer: metadata, keys, tokens
TOKEN_BYTES = 8 << 10
SILENT = "Inloggen lukt nu niet."
ENOUGH: Final = ("substantieel", "hoog")


class LoginRefused(Problem):
    """`detail` is one word for our own log; whoever logs in reads only that it did not work."""

    code, status, title = "inloggen-mislukt", 403, "Inloggen is niet gelukt"


class LoginProvider:
    """One issuer, over one HTTP client (no redirects, limits on time)."""

    def __init__(self, http: httpx2.AsyncClient, settings: LoginSettings, clock: Clock) -> None:
        self.settings, self._http, self._clock = settings, http, clock
        self._metadata: dict[str, Any] = {}
        self._keys = KeySet([])
        self._read_at = 0.0

    async def authorize(self, attempt: Attempt, redirect_uri: str) -> str:
        """Where to send the browser. Raises NeighbourUnavailable."""
        asked = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": redirect_uri,
            "scope": "openid profile",
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": create_s256_code_challenge(attempt.verifier),
            "code_challenge_method": "S256",
            "acr_values": next(value for value, level in self.settings.acr.items() if level in ENOUGH),
            **({"prompt": "login", "max_age": "0"} if attempt.fresh else {}),
        }
        return f"{(await self._known())['authorization_endpoint']}?{urlencode(asked)}"

    async def farewell(self, back: str) -> str | None:
        """Where the provider ends its own session, if it can."""
        place = (await self._known()).get("end_session_endpoint")
        asked = {"client_id": self.settings.client_id, "post_logout_redirect_uri": back}
        return f"{place}?{urlencode(asked)}" if place else None

    async def claims(self, code: str, attempt: Attempt, redirect_uri: str) -> Mapping[str, Any]:
        """The person behind a code. Raises LoginRefused, NeighbourUnavailable."""
        # 1 the code, with our proof that we asked for it
        token = await self._exchanged(code, attempt, redirect_uri)
        # 2 signed by this issuer, with an algorithm and a key that we expected
        text = token.get("id_token")
        if not isinstance(text, str) or len(text) > TOKEN_BYTES:
            raise LoginRefused("vorm")
        read = await self._signed(text)
        # 3 for us, for this attempt, now
        params = {"nonce": attempt.nonce, "client_id": self.settings.client_id, "access_token": token["access_token"]}
        expected = {"iss": self._exactly(self.settings.issuer), "aud": self._exactly(self.settings.client_id)}
        now = self._clock().timestamp()
        try:
            CodeIDToken(read.claims, read.header, expected, params).validate(int(now), SKEW)
        except (JoseError, ValueError, TypeError):
            raise LoginRefused("inhoud") from None
        # 4 sure enough who it is, and when that was
        self._sure(read.claims, attempt, now)
        return read.claims

    async def answers_for_us(self, said: str | None) -> bool:
        """RFC 9207: an answer that names another issuer is a mix-up. One that names none is believed only from a
        provider that never does: its metadata says so, and this process may not have read it yet. Raises
        NeighbourUnavailable."""
        if said is not None:
            return said == self.settings.issuer
        return not (await self._known()).get("authorization_response_iss_parameter_supported")

    def _sure(self, claims: Mapping[str, Any], attempt: Attempt, now: float) -> None:
        if self.settings.acr.get(str(claims.get("acr"))) not in ENOUGH:
            raise LoginRefused("acr")
        at = claims.get("auth_time")
        if not isinstance(at, int) or isinstance(at, bool) or at > now + SKEW:
            raise LoginRefused("auth_time")
        if attempt.fresh and at < now - FRESH:
            raise LoginRefused("auth_time")

    async def _exchanged(self, code: str, attempt: Attempt, redirect_uri: str) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "client_id": self.settings.client_id,
            "code_verifier": attempt.verifier,
            **self._assertion(),
        }
        token = await self._read("POST", (await self._known())["token_endpoint"], form)
        if not isinstance(token.get("access_token"), str):
            raise LoginRefused("vorm")
        return token

    def _assertion(self) -> dict[str, str]:
        if self.settings.client_key is None:
            return {}
        key = JWKRegistry.import_key(json.loads(self.settings.client_key.get_secret_value()))
        now, who = int(self._clock().timestamp()), self.settings.client_id
        claims = {"iss": who, "sub": who, "aud": self.settings.issuer, "iat": now, "exp": now + 60, "jti": random_id()}
        algorithm = "RS256" if key.key_type == "RSA" else "ES256"
        header = {"alg": algorithm, **({"kid": key.kid} if key.kid else {})}
        kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        signed = jwt.encode(header, claims, key, algorithms=[algorithm])
        return {"client_assertion_type": kind, "client_assertion": signed}

    async def _signed(self, text: str) -> jwt.Token:
        await self._learn_keys(KEYS_LIFE)
        try:
            return self._decoded(text)
        except LookupError:  # a key that is newer than what we know
            await self._learn_keys(KEYS_AGAIN)
        try:
            return self._decoded(text)
        except LookupError:
            raise LoginRefused("sleutel") from None

    def _decoded(self, text: str) -> jwt.Token:
        try:
            return jwt.decode(text, self._key_of, algorithms=list(ALGORITHMS))
        except (JoseError, ValueError, TypeError):
            raise LoginRefused("handtekening") from None

    def _key_of(self, token: GuestProtocol) -> Key:
        wanted = token.headers().get("kid")
        for key in self._keys.keys:
            if key.kid == wanted and key.kid is not None:
                return key
        raise LookupError("kid")

    async def _learn_keys(self, age: int) -> None:
        now = self._clock().timestamp()
        if self._read_at and now - self._read_at < age:
            return
        found = await self._read("GET", (await self._known())["jwks_uri"])
        listed = found.get("keys")
        keys = [key for one in (listed if isinstance(listed, list) else []) if (key := _readable(one))]
        if not keys:
            raise NeighbourUnavailable(SILENT)
        self._keys, self._read_at = KeySet(keys), now

    async def _known(self) -> dict[str, Any]:
        if not self._metadata:
            found = await self._read("GET", f"{self.settings.issuer.rstrip('/')}/.well-known/openid-configuration")
            if found.get("issuer") != self.settings.issuer or not self._leads_there(found):
                raise NeighbourUnavailable(SILENT)
            self._metadata = found
        return self._metadata

    def _leads_there(self, metadata: Mapping[str, Any]) -> bool:
        """Every place is an address, and none is in the clear when the issuer's is not."""
        needed = [metadata.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")]
        try:
            places = [plain_address(str(place)) for place in [*needed, metadata.get("end_session_endpoint")] if place]
        except ValueError:
            return False
        secure = self.settings.issuer.startswith("https://")
        return all(needed) and (not secure or all(place.startswith("https://") for place in places))

    async def _read(self, method: str, place: str, form: Mapping[str, str] | None = None) -> dict[str, Any]:
        found: Any = None
        try:
            # all of it, for the client's own limit is on each wait: a drop at a time would hold a login for ever
            async with (
                asyncio.timeout(self.settings.timeout_seconds),
                self._http.stream(method, place, data=form) as answer,
            ):
                if 400 <= answer.status_code < 500 and form is not None:
                    raise LoginRefused("code")
                content = await limited(answer, BYTES) if answer.is_success else None
            found = json.loads(content) if content is not None else None
        except (httpx2.HTTPError, TimeoutError, ValueError, RecursionError):
            pass  # said below, without what was sent
        if not isinstance(found, dict):
            raise NeighbourUnavailable(SILENT)
        return found

    @staticmethod
    def _exactly(value: str) -> dict[str, Any]:
        return {"essential": True, "value": value}


def _readable(said: object) -> Key | None:
    """RFC 7517 section 5: a key of a kind that we do not know is passed over, and says nothing about the others."""
    try:
        return JWKRegistry.import_key(said)  # type: ignore[arg-type]  # what is no object raises
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        return None
