"""Events that Regie sends to an application: from this house, now, and once (Standard Webhooks 1.0, Ed25519).

webhook-id, webhook-timestamp (seconds), webhook-signature: "v1a," base64(Ed25519 of "<id>.<timestamp>.<body>")

An event tells that something happened, never what somebody may have: look it up, with your own rights.
"""

import base64
import binascii
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Protocol

from nacl.exceptions import CryptoError
from nacl.signing import VerifyKey
from pydantic import ValidationError

from regie_client.errors import NotConfigured, NotGenuine, Repeated
from regie_client.messages import Event
from regie_client.tokens import Clock

PUBLIC, SIGNED, DOMAIN = "whpk_", "v1a,", "nl.regie."
SECONDS = 300  # how old a sending may be, and how far ahead
BODY_MOST, SIGNATURES_MOST, IDS_MOST = 16 << 10, 8, 100_000


class Seen(Protocol):
    """Which events were handled. With several processes: a table of your own, shared by all."""

    def has(self, event_id: str) -> bool:
        """Whether it was handled before."""
        ...

    def add(self, event_id: str) -> None:
        """From now on it was."""
        ...


class SeenHere:
    """In this process: forgotten when it ends, and the oldest after a hundred thousand. An event that comes again after
    that is handled again."""

    def __init__(self) -> None:
        self._ids: dict[str, None] = {}

    def has(self, event_id: str) -> bool:
        """See Seen.has."""
        return event_id in self._ids

    def add(self, event_id: str) -> None:
        """See Seen.add."""
        self._ids[event_id] = None
        if len(self._ids) > IDS_MOST:
            del self._ids[next(iter(self._ids))]


class Webhooks:
    """Receives events. keys: as GET /toestemming/v1/gebeurtenissen/sleutel gives them, pinned; two while one follows
    the other."""

    def __init__(self, keys: Sequence[str], seen: Seen | None = None, clock: Clock = time.time) -> None:
        """Raises NotConfigured."""
        self._keys = [_key(one) for one in keys]
        if not self._keys:
            raise NotConfigured("webhooks need the key that signs them")
        self._seen, self._clock = seen or SeenHere(), clock

    @contextmanager
    def receiving(self, headers: Mapping[str, str], body: bytes) -> Iterator[Event]:
        """The event, to be handled inside `with`; it counts as handled when that ends well. body: as it came, not yet
        read. Raises NotGenuine, Repeated."""
        event = self._genuine(headers, body)
        if self._seen.has(event.id):
            raise Repeated(event.id)
        yield event
        self._seen.add(event.id)

    def _genuine(self, headers: Mapping[str, str], body: bytes) -> Event:
        told = {name.lower(): value for name, value in headers.items()}
        event_id, at = told.get("webhook-id", ""), told.get("webhook-timestamp", "")
        if len(body) > BODY_MOST:
            raise NotGenuine("the body is too large")
        # 1 it was signed by this house, with id and time
        if not event_id.isascii() or not _signed(self._keys, told.get("webhook-signature", ""), event_id, at, body):
            raise NotGenuine("no signature of a known key")
        # 2 it was sent now: a recorded one is no use tomorrow
        if not at.isdigit() or abs(self._clock() - int(at)) > SECONDS:
            raise NotGenuine("the sending is too old, or a clock is wrong")
        # 3 it says what it was signed as
        event = _event(body)
        if event.id != event_id:
            raise NotGenuine("the event is not the one that was signed")
        return event


def _signed(keys: Sequence[VerifyKey], said: str, event_id: str, at: str, body: bytes) -> bool:
    """Signatures of other kinds (v1) are passed over, as the standard says."""
    if not at.isascii() or len(at) > 12:
        return False
    message = f"{event_id}.{at}.".encode() + body
    for one in said.split(" ")[:SIGNATURES_MOST]:
        if one.startswith(SIGNED) and any(_holds(key, message, one.removeprefix(SIGNED)) for key in keys):
            return True
    return False


def _holds(key: VerifyKey, message: bytes, encoded: str) -> bool:
    try:
        key.verify(message, base64.b64decode(encoded, validate=True))
    except (CryptoError, ValueError):  # ValueError: no base64, or of another length
        return False
    return True


def _key(text: str) -> VerifyKey:
    try:
        if not text.startswith(PUBLIC):
            raise ValueError
        return VerifyKey(base64.b64decode(text.removeprefix(PUBLIC), validate=True))
    except (CryptoError, ValueError, TypeError, binascii.Error):
        raise NotConfigured(f"a key of webhooks looks like {PUBLIC}…") from None


def _event(body: bytes) -> Event:
    try:
        event = Event.model_validate_json(body)
    except ValidationError:
        raise NotGenuine("the body is no event") from None
    if not event.type.startswith(DOMAIN):
        raise NotGenuine("the body is no event of Regie")
    return event.model_copy(update={"type": event.type.removeprefix(DOMAIN)})
