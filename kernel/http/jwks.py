"""The issuer's public keys when it lives in another process: fetched once, kept while it is away (trust.md 6)."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2

from kernel.clock import BootClock, boot_seconds
from kernel.errors import NeighbourUnavailable
from kernel.http.client import limited

AGAIN_SECONDS = 60.0  # between two questions for one tenant, so that invented kids do not flood the issuer
FRESH_SECONDS = 3600.0  # older keys are asked anew: one that was withdrawn goes within the hour
STALE_SECONDS = 86400.0  # an issuer that is away for longer is not believed any more
MOST_BYTES = 64 << 10


@dataclass
class _Known:
    # keys and fetched are written under `lock` only; None means never fetched, or never asked
    keys: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    fetched: float | None = None
    asked: float | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class JwksOverHttp:
    """A `kernel.http.bearer.KeySource`. addresses: tenant -> URL of its JWK set, from settings, never from a token."""

    def __init__(self, http: httpx2.AsyncClient, addresses: Mapping[str, str], clock: BootClock = boot_seconds) -> None:
        self._http, self._addresses, self._clock = http, addresses, clock
        self._known = {tenant: _Known() for tenant in addresses}

    async def __call__(self, tenant: str, kid: str) -> Mapping[str, Any] | None:
        """The key, or None. Raises NeighbourUnavailable when no set of at most a day old is known."""
        known = self._known.get(tenant)
        if known is None:
            return None
        async with known.lock:  # many requests with a new kid ask once
            if self._wants(known, kid):
                await self._refresh(known, self._addresses[tenant])
        if known.fetched is None or self._clock() - known.fetched > STALE_SECONDS:
            raise NeighbourUnavailable("De sleutels van de uitgever zijn nu niet op te halen.")
        return known.keys.get(kid)

    def _wants(self, known: _Known, kid: str) -> bool:
        now = self._clock()
        if known.asked is not None and now - known.asked < AGAIN_SECONDS:
            return False
        return kid not in known.keys or known.fetched is None or now - known.fetched > FRESH_SECONDS

    async def _refresh(self, known: _Known, address: str) -> None:
        known.asked = self._clock()
        try:
            async with self._http.stream("GET", address) as answer:
                answer.raise_for_status()
                content = await limited(answer, MOST_BYTES)
            if content is None:
                return
            known.keys = {str(key["kid"]): key for key in json.loads(content)["keys"]}
            known.fetched = known.asked
        except (httpx2.HTTPError, ValueError, KeyError, TypeError, RecursionError):
            return  # what we knew stays, as long as it may
