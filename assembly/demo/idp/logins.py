"""Logins under way: from question to choice to code to token. Each step counts once and not for long."""

import base64
import hashlib
import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from assembly.demo.idp.setup import Persona, Portal
from kernel.crypto import random_bytes, same

T = TypeVar("T")
CHOOSING_SECONDS, CODE_SECONDS = 600, 60
WAITING = 1000  # the oldest goes first
_RANDOM = re.compile(r"[\x21-\x7e]{8,500}")
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")  # RFC 7636 section 4.2: base64url of SHA-256
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")  # section 4.1


class NotOurs(Exception):
    """Client or address are not known: the answer may not go there (RFC 6749 section 4.1.2.1)."""


class Refused(Exception):
    """An OAuth error code, for the client's own address."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Question:
    """What the portal asked."""

    redirect_uri: str
    state: str
    nonce: str
    challenge: str


@dataclass(frozen=True)
class Login:
    """Who was chosen, for which question, when (seconds since 1970)."""

    question: Question
    persona: Persona
    at: int


class Once(Generic[T]):
    """Things that are handed out once, within `seconds`, by an unguessable name."""

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds
        self._kept: OrderedDict[str, tuple[float, T]] = OrderedDict()

    def keep(self, thing: T, now: float) -> str:
        """Its name: 256 random bits."""
        name = base64.urlsafe_b64encode(random_bytes(32)).rstrip(b"=").decode()
        self._kept[name] = (now, thing)
        if len(self._kept) > WAITING:
            self._kept.popitem(last=False)
        return name

    def take(self, name: str, now: float) -> T | None:
        """The thing; from now on nobody gets it any more."""
        at, thing = self._kept.pop(name, (float("-inf"), None))
        return thing if 0 <= now - at < self._seconds else None


def address_of(asked: Mapping[str, str], portal: Portal) -> str:
    """Where answers may go. Raises NotOurs."""
    if asked.get("client_id") != portal.client_id or asked.get("redirect_uri") not in portal.redirect_uris:
        raise NotOurs
    return asked["redirect_uri"]


def read_question(asked: Mapping[str, str]) -> Question:
    """Raises Refused. PKCE, state and nonce are required, S256 only (NL GOV OAuth and OIDC profiles)."""
    if asked.get("response_type") != "code":
        raise Refused("unsupported_response_type")
    if "openid" not in asked.get("scope", "").split():
        raise Refused("invalid_scope")
    if asked.get("prompt") == "none":
        raise Refused("login_required")  # there is no session to rest on
    bound = asked.get("code_challenge_method") == "S256" and _CHALLENGE.fullmatch(asked.get("code_challenge", ""))
    if not bound or not all(_RANDOM.fullmatch(asked.get(name, "")) for name in ("state", "nonce")):
        raise Refused("invalid_request")
    return Question(asked["redirect_uri"], asked["state"], asked["nonce"], asked["code_challenge"])


def fits(login: Login, redirect_uri: str, verifier: str) -> bool:
    """Whether the code comes back from where it went, by who asked (RFC 7636 section 4.6)."""
    if login.question.redirect_uri != redirect_uri or not _VERIFIER.fullmatch(verifier):
        return False
    made = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=")
    return same(made, login.question.challenge.encode())
