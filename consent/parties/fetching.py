"""Public keys that an application publishes itself: fetched, kept, and asked for again with measure.

The address comes from the register, where two persons put it, and is called only where the settings list its host: over
https, resolved once and pinned, no redirects, at a public place or one that is listed, in little time and few bytes.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx2
from pydantic import ValidationError

from consent.events.address import Webhook
from consent.events.sending import Refused, authority, resolved
from consent.jwks import fault_of
from consent.parties.rules import kids_of
from kernel.clock import BootClock, boot_seconds
from kernel.http.client import limited, open_client
from kernel.logs import logger

SECONDS = 3.0  # for all of one question
MOST_BYTES = 64 << 10
FRESH_SECONDS = 600.0  # older keys are asked anew: one that was taken away goes within this time
AGAIN_SECONDS = 60.0  # between two questions to one address, so that invented kids flood nobody
STALE_SECONDS = 4 * 3600.0  # who is away for longer is not believed any more
REMEMBERED = 1_000

_FAILED = (TimeoutError, httpx2.HTTPError, httpx2.InvalidURL, OSError, UnicodeError, ValidationError, Refused)
_log = logger("consent")


@dataclass(frozen=True)
class Reading:
    """fault: why a set is not taken, "" when it is. names: of the keys in a good one, as tokens name them."""

    fault: Callable[[str], str]
    names: Callable[[str], tuple[str, ...]]


APPLICATIONS = Reading(fault_of, kids_of)


@dataclass
class _Known:
    # written under `lock` only; None: never fetched, never asked
    jwks: str = ""
    fetched: float | None = None
    asked: float | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class KeySets:
    """Satisfies consent.clients.Fetched. hosts: that may be asked, each with the private addresses that are meant."""

    def __init__(self, hosts: Mapping[str, tuple[str, ...]], clock: BootClock = boot_seconds,
                 reading: Reading = APPLICATIONS) -> None:  # fmt: skip
        self._hosts, self._clock, self._reading = hosts, clock, reading
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._http = open_client("", timeout_seconds=SECONDS)

    async def close(self) -> None:
        """Give the connections back."""
        await self._http.aclose()

    def may_ask(self, url: str) -> bool:
        """Whether its host is listed."""
        return (urlsplit(url).hostname or "") in self._hosts

    def known(self, url: str) -> str:
        """The set as it was fetched last, "" when it is too old or none; asks nobody."""
        known = self._known.get(url)
        if known is None or known.fetched is None or self._clock() - known.fetched > STALE_SECONDS:
            return ""
        return known.jwks

    async def of(self, url: str, kid: str) -> str:
        """The set, asked for anew when it is old or lacks this kid ("" is any)."""
        known = self._known.setdefault(url, _Known())
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        async with known.lock:  # many requests with a new kid ask once
            if self._wants(known, kid):
                known.asked = self._clock()
                if found := await self._fetched(url):
                    known.jwks, known.fetched = found, known.asked
        return self.known(url)

    def _wants(self, known: _Known, kid: str) -> bool:
        now = self._clock()
        if known.asked is not None and now - known.asked < AGAIN_SECONDS:
            return False
        return (
            known.fetched is None
            or now - known.fetched > FRESH_SECONDS
            or (bool(kid) and kid not in self._reading.names(known.jwks))
        )

    async def _fetched(self, url: str) -> str:
        """ "" for whatever is no good set of keys: what we knew stays, as long as it may."""
        try:
            if not self.may_ask(url):
                raise Refused("adres-mag-niet")
            place = Webhook(url=url, private=self._hosts[urlsplit(url).hostname or ""])
            async with asyncio.timeout(SECONDS):
                found = await self._asked(place)
            if why := self._reading.fault(found):
                raise Refused(why)
        except _FAILED as why:
            _log.warning("keys_not_fetched", host=urlsplit(url).hostname, kind=type(why).__name__)
            return ""
        return found

    async def _asked(self, place: Webhook) -> str:
        headers = {"host": authority(place), "accept": "application/jwk-set+json, application/json"}
        pinned, sni = place.pinned(await resolved(place)), {"sni_hostname": place.host}
        async with self._http.stream("GET", pinned, headers=headers, extensions=sni) as answer:
            content = await limited(answer, MOST_BYTES) if answer.status_code == 200 else None
        if content is None:
            raise Refused("geen-sleutels")
        return content.decode()
