"""The BRP as a source: Haal Centraal BRP Personen 2.7, `POST /personen`. The number goes in the body and nowhere else.

Asked for are the fields of the permitted inputs only.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from audit.contract import Permit, Trust
from connectors.catalogue import BRP, fields_of
from connectors.contract import NOTHING, Known
from connectors.gateway import Gateway
from connectors.outside.asking import Ask, Asker
from connectors.outside.data import Unreadable
from connectors.outside.failing import SourceFailed
from connectors.person import read_answer
from kernel.caller import Caller
from kernel.clock import Clock, millis
from vault.contract import Bsn, Values

ANSWER_BYTES = 256 << 10
CONTENT = "application/json; charset=utf-8"


@dataclass(frozen=True)
class BrpSource:
    """Satisfies Source. key: of the gateway, if any."""

    asker: Asker
    gateway: Gateway
    trust: Callable[[], Awaitable[Trust]]
    clock: Clock
    key: str = field(default="", repr=False)

    async def fetch(self, caller: Caller, permit: Permit, bsn: Bsn, known: Known = NOTHING) -> Values:
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
        headers = self.gateway.headers(ground, caller.user) | {"content-type": CONTENT}
        if self.key and self.gateway.key_name:
            headers[self.gateway.key_name] = self.key
        # the register keeps a note of each provision: a question that may have arrived is not asked again
        answer = await self.asker.ask(Ask("POST", "/personen", headers, json.dumps(question).encode()))
        try:
            return read_answer(answer, fields, millis(self.clock()))
        except Unreadable:
            raise SourceFailed("onleesbaar", 200) from None
