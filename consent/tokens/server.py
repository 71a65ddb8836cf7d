"""What the token endpoint answers to a form: client credentials, proven with private_key_jwt, for one root (RFC 6749
section 4.4, RFC 7523, RFC 8707, RFC 9068). Pure: no rows, no clock, and nothing is remembered.

One grant and one way to prove a client, so there is no table of either: what is not named here is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from consent.activity import Application, Recipient
from consent.tokens.assertion import TYPE, Proven, Unproven, proven
from consent.tokens.signing import SigningKey
from kernel.ids import random_id

METHOD, GRANT = "private_key_jwt", "client_credentials"
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
    shown: the assertion, None for one that cannot be read. known: whom it names, None for nobody; activities: those
    that they may ask for."""

    tenant: str
    issuer: str
    key: SigningKey
    now: float
    holder: Mapping[str, str]
    shown: Unproven | None
    known: tuple[Application, Recipient] | None
    activities: frozenset[str]


def read_form(body: bytes) -> dict[str, str]:
    """Each parameter once (RFC 6749 section 3.2). Raises ValueError."""
    if len(body) > FORM_BYTES:
        raise ValueError("too large")
    given = parse_qsl(body.decode("ascii"), strict_parsing=True, errors="strict", max_num_fields=FIELDS)
    form = dict(given)
    if len(form) < len(given) or "client_secret" in form:
        raise ValueError("a parameter twice, or a secret that no client has")
    return form


def roots_of(issuer: str, application: Application) -> Mapping[str, frozenset[str]]:
    """The roots that an application may have tokens for, and by which of its roles."""
    found: Mapping[str, frozenset[str]] = _roots(issuer, application.roles)
    return found


@lru_cache(maxsize=512)
def _roots(issuer: str, given: tuple[str, ...]) -> Mapping[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for role in given:
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


def answer_to(form: Mapping[str, str], here: Here) -> tuple[Answer, Proven | None]:
    """A token, or a refusal with its standard code and no word about which check failed. Beside it what the client
    proved itself with, whatever the answer: it has to be spent before the answer goes out. NOT promised: that it was
    not used before."""
    if "grant_type" not in form:
        return _refused("invalid_request"), None
    if form["grant_type"] != GRANT:
        return _refused("unsupported_grant_type"), None
    proof = _proof(form, here)
    if here.known is None or proof is None:
        return _refused("invalid_client"), None
    return _answered(form, here, here.known, proof), proof


def _refused(code: str) -> Answer:
    return Answer(400, {"error": code})


def _proof(form: Mapping[str, str], here: Here) -> Proven | None:
    if here.known is None or here.shown is None or form.get("client_assertion_type") != TYPE:
        return None
    application = here.known[0]
    try:
        found = proven(here.shown, application.jwks, here.issuer, here.now)
    except (ValueError, KeyError):
        return None
    return found if found.client_id == application.client_id else None


def _answered(form: Mapping[str, str], here: Here, known: tuple[Application, Recipient], proof: Proven) -> Answer:
    """To a client that is proven."""
    application, _ = known
    if form.get("client_id", proof.client_id) != proof.client_id:  # RFC 7521 section 4.2
        return _refused("invalid_client")
    root = form.get("resource", "")
    roles = roots_of(here.issuer, application).get(root)
    if roles is None:
        return _refused("invalid_target")
    if application.bound and not here.holder:
        return _refused("invalid_dpop_proof")
    scope = _scope(form.get("scope", ""), narrow_of(roles) | (here.activities if is_broad(roles) else frozenset()))
    if scope is None:
        return _refused("invalid_scope")
    token = here.key.signed(_claims(here, known, proof.kid, {"aud": root, "scope": scope}))
    kind = "DPoP" if "jkt" in here.holder else "Bearer"
    return Answer(200, {"token_type": kind, "access_token": token, "expires_in": LIFETIME_SECONDS, "scope": scope})


def _scope(asked: str, may: frozenset[str]) -> str | None:
    """What was asked, or everything; None is refused: never a token that is narrowed to nothing."""
    wanted = set(asked.split()) or may
    allowed = " ".join(sorted(wanted))
    return allowed if wanted and wanted <= may and len(allowed) <= SCOPE_CHARACTERS else None


def _claims(here: Here, known: tuple[Application, Recipient], kid: str, given: Mapping[str, str]) -> dict[str, Any]:
    """kid: of the key that the client showed. given: for which root, and what for."""
    (application, recipient), now = known, int(here.now)
    claims = {
        "iss": here.issuer,
        "aud": given["aud"],
        "sub": application.client_id,
        "client_id": application.client_id,
        "scope": given["scope"],
        "jti": random_id(),
        "iat": now,
        "exp": now + LIFETIME_SECONDS,
        "ontvanger": recipient.slug,
        "oin": recipient.oin,
        "soort": application.kind,
        "gemeente": here.tenant,
        "sleutel": kid,
    }
    return claims | ({"cnf": dict(here.holder)} if here.holder else {})
