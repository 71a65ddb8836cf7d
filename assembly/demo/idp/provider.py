"""What the provider signs and what it checks, apart from HTTP."""

import json
from collections.abc import Mapping
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey

from assembly.demo.idp.logins import CHOOSING_SECONDS, CODE_SECONDS, Login, Once, Question, Refused, fits
from assembly.demo.idp.setup import Setup
from consent.tokens.assertion import proven
from kernel.clock import Clock
from kernel.crypto import hmac_sha256, random_bytes
from kernel.ids import random_id

ALGORITHM = "ES256"
ID_TOKEN_SECONDS = 300
ACR = "http://eidas.europa.eu/LoA/substantial"
BSN_CLAIM = "urn:nl-eid-gdi:1.0:id:BSN"  # holds the number; `sub` stays opaque and differs per portal
PSEUDONYM = "urn:nl-eid-gdi:1.0:id:pseudonym"
METHOD, ASSERTION = "private_key_jwt", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Provider:
    """State of one process: its signing key, logins under way, assertions used. pairwise: 32 bytes that make `sub`."""

    def __init__(self, setup: Setup, clock: Clock, pairwise: bytes) -> None:
        self.setup, self._clock, self._pairwise = setup, clock, pairwise
        self._people = {persona.key: persona for persona in setup.personas}
        self._key = ECKey.generate_key("P-256")
        self._questions: Once[Question] = Once(CHOOSING_SECONDS)
        self._codes: Once[Login] = Once(CODE_SECONDS)
        self._used: dict[str, int] = {}

    def ask(self, question: Question) -> str:
        """The name under which the question waits for a choice."""
        return self._questions.keep(question, self._now())

    def choose(self, pending: str, key: str) -> tuple[Question, str] | None:
        """The question and a code; None when the question is over, or for somebody who is not on the list."""
        now = self._now()
        persona, question = self._people.get(key), self._questions.take(pending, now)
        if persona is None or question is None:
            return None
        return question, self._codes.keep(Login(question, persona, int(now)), now)

    def redeem(self, form: Mapping[str, str]) -> dict[str, Any]:
        """A code for an ID token. Raises Refused; a code that was shown once is spent, whatever came of it."""
        if form.get("grant_type") != "authorization_code":
            raise Refused("unsupported_grant_type")
        self._authenticate(form)
        login = self._codes.take(form.get("code", ""), self._now())
        if login is None or not fits(login, form.get("redirect_uri", ""), form.get("code_verifier", "")):
            raise Refused("invalid_grant")
        return {
            "token_type": "Bearer",
            "access_token": random_id(),  # opens nothing: all there is to know is in the ID token
            "expires_in": CODE_SECONDS,
            "id_token": self._id_token(login),
        }

    def jwks(self) -> dict[str, Any]:
        """The public key of this process."""
        public = self._key.as_dict(private=False)
        return {"keys": [{**public, "kid": self._key.thumbprint(), "use": "sig", "alg": ALGORITHM}]}

    def metadata(self) -> dict[str, Any]:
        """OpenID Connect Discovery 1.0 section 3."""
        issuer = self.setup.issuer
        return {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/authorize",
            "token_endpoint": f"{issuer}/token",
            "jwks_uri": f"{issuer}/jwks",
            "end_session_endpoint": f"{issuer}/end_session",
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": [METHOD if self.setup.portal.jwks else "none"],
            "token_endpoint_auth_signing_alg_values_supported": ["ES256", "RS256"],
            "acr_values_supported": [ACR],
            "scopes_supported": ["openid"],
            "claims_supported": ["sub", "acr", "auth_time", "nonce", "name", "sub_id_type", BSN_CLAIM, "roles"],
            "authorization_response_iss_parameter_supported": True,
            "ui_locales_supported": ["nl"],
        }

    def _authenticate(self, form: Mapping[str, str]) -> None:
        portal = self.setup.portal
        if form.get("client_id", portal.client_id) != portal.client_id or "client_secret" in form:
            raise Refused("invalid_client")
        if not portal.jwks:
            if "client_id" not in form or "client_assertion" in form:
                raise Refused("invalid_client")
            return
        now = self._now()
        try:
            proof = proven(form.get("client_assertion", ""), portal.jwks, self.setup.issuer, now)
        except (ValueError, KeyError):
            raise Refused("invalid_client") from None
        self._used = {jti: until for jti, until in self._used.items() if until > now}
        known = proof.client_id == portal.client_id and form.get("client_assertion_type") == ASSERTION
        if not known or proof.jti in self._used:
            raise Refused("invalid_client")
        self._used[proof.jti] = proof.until

    def _id_token(self, login: Login) -> str:
        now, persona, portal = int(self._now()), login.persona, self.setup.portal
        sector = json.dumps([portal.client_id, persona.key]).encode()
        claims: dict[str, Any] = {
            "iss": self.setup.issuer,
            "aud": portal.client_id,
            "sub": hmac_sha256(self._pairwise, b"regie-demo/sub/1\0", sector).hex(),
            "iat": now,
            "exp": now + ID_TOKEN_SECONDS,
            "auth_time": login.at,
            "nonce": login.question.nonce,
            "acr": ACR,
            "name": persona.name,
        }
        if persona.bsn:
            claims |= {"sub_id_type": BSN_CLAIM, BSN_CLAIM: persona.bsn}
        else:
            claims |= {"sub_id_type": PSEUDONYM, "roles": list(persona.roles)}
        header = {"alg": ALGORITHM, "kid": self._key.thumbprint(), "typ": "JWT"}
        return jwt.encode(header, claims, self._key, algorithms=[ALGORITHM])

    def _now(self) -> float:
        return self._clock().timestamp()


def found_provider(setup: Setup, clock: Clock) -> Provider:
    """With a `sub` of this process: the portal knows residents by their number, staff by a name of its own choice."""
    return Provider(setup, clock, random_bytes(32))
