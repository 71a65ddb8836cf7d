"""Authlib's server core for one request: client credentials, proven with private_key_jwt, for one root.

Authlib is synchronous and hands neither request nor clock to what makes tokens and checks assertions; a server that
lives for one request holds both. What it would do by itself and must not: accept any algorithm the key allows, an `aud`
among others, an assertion of years, sign with RS256 for ten days with the client as audience, log the token.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from authlib.oauth2.rfc6749 import (  # type: ignore[import-untyped]  # Authlib has no types
    AuthorizationServer,
    ClientMixin,
    InvalidClientError,
    InvalidRequestError,
    OAuth2Error,
    OAuth2Request,
)
from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant  # type: ignore[import-untyped]  # as above
from authlib.oauth2.rfc6750 import BearerTokenGenerator  # type: ignore[import-untyped]  # as above
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion  # type: ignore[import-untyped]  # as above
from joserfc import jwt

from consent.activity import Application, Recipient
from consent.tokens.assertion import Proven, proven, unproven
from consent.tokens.signing import ALGORITHM, SigningKey
from kernel.ids import random_id

METHOD = "private_key_jwt"
LIFETIME_SECONDS = 300
FORM_BYTES, FIELDS = 16 << 10, 20
SCOPE_CHARACTERS = 4_000  # so that a token stays below 8 KiB
# Roles that are a narrower way into a root: (root, the scope that a token has there in place of activities). With a
# colon: no activity can be called so.
NARROW = {
    "melden": ("logboek", "logboek:melden"),
    "beheer": ("toestemming", "toestemming:beheer"),
    "bronhouder": ("verstrekking", "verstrekking:bronhouder"),
}
# Of a role, where not its own name alone; a resource server looks at tokens and has none for it.
ROOTS: Mapping[str, tuple[str, ...]] = {"toestemming": ("toestemming", "access"), "introspectie": ()}


@dataclass(frozen=True)
class Answer:
    """What goes back: JSON as RFC 6749 sections 5.1 and 5.2 have it. wait: seconds, with status 429."""

    status: int
    body: Mapping[str, Any]
    wait: int = 0


@dataclass(frozen=True)
class Here:
    """What a server needs for one request. now: seconds since 1970. holder: what was shown beside it and the token is
    bound to: {"jkt": thumbprint} of a key (RFC 9449), {"x5t#S256": thumbprint} of a certificate (RFC 8705), or nothing.
    known: whom the assertion names, None for nobody; activities: those that they may ask for."""

    tenant: str
    issuer: str
    key: SigningKey
    now: float
    holder: Mapping[str, str]
    known: tuple[Application, Recipient] | None
    activities: frozenset[str]


class InvalidTarget(OAuth2Error):  # type: ignore[misc]  # Authlib has no types
    """The resource is missing, unknown, or not this client's (RFC 8707 section 2)."""

    error = "invalid_target"


class InvalidProof(OAuth2Error):  # type: ignore[misc]  # as above
    """No proof, from a client that registered to show one each time (RFC 9449 section 5.2)."""

    error = "invalid_dpop_proof"


def read_form(body: bytes) -> dict[str, str]:
    """Each parameter once (RFC 6749 section 3.2). Raises ValueError."""
    if len(body) > FORM_BYTES:
        raise ValueError("too large")
    given = parse_qsl(body.decode("ascii"), strict_parsing=True, errors="strict", max_num_fields=FIELDS)
    form = dict(given)
    if len(form) < len(given) or "client_secret" in form:
        raise ValueError("a parameter twice, or a secret that no client has")
    return form


def roots_of(issuer: str, application: Application) -> dict[str, frozenset[str]]:
    """The roots that an application may have tokens for, and by which of its roles."""
    found: dict[str, frozenset[str]] = {}
    for role in application.roles:
        for name in (NARROW[role][0],) if role in NARROW else ROOTS.get(role, (role,)):
            root = f"{issuer}/{name}/v1"
            found[root] = found.get(root, frozenset()) | {role}
    return found


def narrow_of(roles: frozenset[str]) -> frozenset[str]:
    """The scopes that these roles give at their root in place of activities."""
    return frozenset(NARROW[role][1] for role in roles & NARROW.keys())


def is_broad(roles: frozenset[str]) -> bool:
    """Whether one of these roles is the whole way in, for activities. Who may only report or write there has no
    activity in its token: one may be to search the log."""
    return bool(roles - NARROW.keys())


class _Request(OAuth2Request):  # type: ignore[misc]  # as above
    def __init__(self, uri: str, form: dict[str, str]) -> None:
        super().__init__("POST", uri)
        self.payload = self
        self._form = form

    @property
    def form(self) -> dict[str, str]:
        return self._form

    @property
    def data(self) -> dict[str, str]:
        return self._form

    grant_type = property(lambda self: self._form.get("grant_type"))
    scope = property(lambda self: self._form.get("scope"))
    client_id = property(lambda self: self._form.get("client_id"))


class _Client(ClientMixin):  # type: ignore[misc]  # as above
    def __init__(self, here: Here, application: Application, recipient: Recipient, resource: str) -> None:
        self._here, self.application, self.recipient = here, application, recipient
        self.resource, self.roots = resource, roots_of(here.issuer, application)

    def get_client_id(self) -> str:
        return self.application.client_id

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return (method, endpoint) == (METHOD, "token")

    def check_grant_type(self, grant_type: str) -> bool:
        return bool(grant_type == ClientCredentialsGrant.GRANT_TYPE)

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """What was asked, or everything; None is refused: never a token that is narrowed to nothing."""
        may = self._may()
        wanted = set((scope or "").split()) or may
        allowed = " ".join(sorted(wanted))
        return allowed if wanted and wanted <= may and len(allowed) <= SCOPE_CHARACTERS else None

    def _may(self) -> frozenset[str]:
        """At this root."""
        roles = self.roots.get(self.resource, frozenset())
        return narrow_of(roles) | (self._here.activities if is_broad(roles) else frozenset())


class _Assertion(JWTBearerClientAssertion):  # type: ignore[misc]  # as above
    CLIENT_AUTH_METHOD = METHOD

    def __init__(self, here: Here) -> None:
        super().__init__()
        self._here = here
        self.proof: Proven | None = None

    def extract_assertion(self, assertion: str) -> tuple[dict[str, Any], dict[str, Any]]:
        try:
            return unproven(assertion)
        except ValueError:
            raise InvalidClientError from None

    def get_audiences(self) -> list[str]:
        return [self._here.issuer]

    def resolve_client_public_key(self, client: _Client) -> Application:
        return client.application  # which of its keys, the header's kid says; see process_assertion_claims

    def process_assertion_claims(self, assertion: str, resolve_key: Application) -> None:
        """In place of Authlib's, which takes every algorithm that fits the key and knows no clock but the machine's."""
        [issuer] = self.get_audiences()
        try:
            proof = proven(assertion, resolve_key.jwks, issuer, self._here.now)
        except (ValueError, KeyError):
            raise InvalidClientError from None
        self.proof = proof


class _Grant(ClientCredentialsGrant):  # type: ignore[misc]  # as above
    TOKEN_ENDPOINT_AUTH_METHODS = (METHOD,)

    def validate_token_request(self) -> None:
        super().validate_token_request()
        if self.request.client_id not in (None, self.client.get_client_id()):  # RFC 7521 section 4.2
            raise InvalidClientError
        if self.client.resource not in self.client.roots:
            raise InvalidTarget
        if self.client.application.bound and not self.server.here.holder:
            raise InvalidProof

    def create_token_response(self) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        """In place of Authlib's, which logs the token."""
        self.server.audience = self.client.resource
        token = self.generate_token(scope=self.request.scope, include_refresh_token=False)
        if "jkt" in self.server.here.holder:
            token |= {"token_type": "DPoP"}
        return 200, token, self.TOKEN_RESPONSE_HEADER


class TokenServer(AuthorizationServer):  # type: ignore[misc]  # as above
    """Answers one request; asks nobody. Never shared."""

    audience = ""

    def __init__(self, here: Here) -> None:
        super().__init__()
        self.here, self._resource, self._assertion = here, "", _Assertion(here)
        self.register_grant(_Grant)
        self.register_client_auth_method(METHOD, self._assertion)
        self.register_token_generator("default", BearerTokenGenerator(self._token, expires_generator=LIFETIME_SECONDS))

    @property
    def proof(self) -> Proven | None:
        """What the client proved itself with, whatever the answer. It has to be spent before the answer goes out."""
        return self._assertion.proof

    def answer(self, form: dict[str, str]) -> Answer:
        """A token, or a refusal with its standard code alone. NOT promised: that the proof was not used before."""
        self._resource = form.get("resource", "")
        if "grant_type" not in form:
            return self.handle_error_response(None, InvalidRequestError())
        answered: Answer = self.create_token_response(form)
        return answered

    def create_oauth2_request(self, request: dict[str, str]) -> _Request:
        """Of a form that was read by `read_form`."""
        return _Request(f"{self.here.issuer}/oauth/token", request)

    def query_client(self, client_id: str) -> _Client | None:
        """By the name in the assertion, which is not proven yet."""
        known = self.here.known
        return _Client(self.here, *known, self._resource) if known and known[0].client_id == client_id else None

    def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
        """Nobody listens."""

    def save_token(self, token: object, request: object) -> None:
        """Tokens are kept nowhere."""

    def handle_response(self, status: int, body: Mapping[str, Any], headers: object) -> Answer:
        """As it is."""
        return Answer(status, body)

    def handle_error_response(self, request: object, error: OAuth2Error) -> Answer:
        """The code, and no word about which check failed."""
        return Answer(400, {"error": error.error})

    def _token(self, client: _Client, grant_type: str, user: None, scope: str) -> str:
        now = int(self.here.now)
        claims = {
            "iss": self.here.issuer,
            "aud": self.audience,
            "sub": client.get_client_id(),
            "client_id": client.get_client_id(),
            "scope": scope,
            "jti": random_id(),
            "iat": now,
            "exp": now + LIFETIME_SECONDS,
            "ontvanger": client.recipient.slug,
            "oin": client.recipient.oin,
            "soort": client.application.kind,
            "gemeente": self.here.tenant,
            "sleutel": self.proof.kid if self.proof else "",
        } | ({"cnf": dict(self.here.holder)} if self.here.holder else {})
        header = {"alg": ALGORITHM, "kid": self.here.key.kid, "typ": "at+jwt"}
        return jwt.encode(header, claims, self.here.key.private, algorithms=[ALGORITHM])
