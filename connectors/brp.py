"""The BRP as a source: Haal Centraal BRP Personen 2.7, `POST /personen`. The number goes in the body and nowhere else.

Asked for are the fields of the permitted inputs only. No redirects, no proxies, one address from the settings.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import httpx2

from audit.contract import Permit, Trust
from connectors.catalogue import BRP, fields_of
from connectors.contract import SourceDown
from connectors.gateway import Gateway
from connectors.person import Unreadable, read_answer
from kernel.caller import Caller
from kernel.clock import Clock, millis
from kernel.http.client import limited
from vault.contract import Bsn, Values

ANSWER_BYTES = 256 << 10
CONTENT = "application/json; charset=utf-8"


@dataclass(frozen=True)
class BrpSource:
    """Satisfies Source. url: whole address of the interface, without `/personen`. key: of the gateway, if any."""

    http: httpx2.AsyncClient
    url: str
    gateway: Gateway
    trust: Callable[[], Awaitable[Trust]]
    clock: Clock
    key: str = field(default="", repr=False)

    async def fetch(self, caller: Caller, permit: Permit, bsn: Bsn) -> Values:
        """See Source.fetch."""
        # the source believes nobody: without a line of this very decision nothing is asked
        ground = permit.check(caller.tenant, await self.trust(), self.clock())
        fields = fields_of(ground.inputs_of(BRP))
        if not fields:
            return Values()
        question = {
            "type": "RaadpleegMetBurgerservicenummer",
            "burgerservicenummer": [bsn.reveal()],
            "fields": sorted({path for paths in fields.values() for path in paths}),
        }
        headers = self.gateway.headers(ground, caller.user) | {"content-type": CONTENT, "accept": "application/json"}
        if self.key and self.gateway.key_name:
            headers[self.gateway.key_name] = self.key
        answer = await self._ask(json.dumps(question).encode(), headers)
        try:
            return read_answer(json.loads(answer), fields, millis(self.clock()))
        except (Unreadable, ValueError, RecursionError):
            pass  # said below: what it sent is not repeated
        raise SourceDown("Het antwoord van de BRP is niet te lezen.")

    async def _ask(self, body: bytes, headers: dict[str, str]) -> bytes:
        try:
            async with self.http.stream("POST", f"{self.url}/personen", content=body, headers=headers) as answer:
                kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
                if answer.status_code == 200 and kind == "application/json":
                    content = await limited(answer, ANSWER_BYTES)
                    if content is None:
                        raise SourceDown("Het antwoord van de BRP is te groot.")
                    return content
        except httpx2.HTTPError:
            pass  # its text may quote what was sent
        raise SourceDown("De BRP geeft nu geen antwoord.")
