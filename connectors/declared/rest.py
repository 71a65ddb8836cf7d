"""A declared register that is asked over HTTP. One source, one question, one answer."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from audit.contract import Permit, Trust
from connectors.contract import NOTHING, Known
from connectors.declared.answering import values_of
from connectors.declared.credentials import Headers
from connectors.declared.declaration import NOT_FOUND, Declaration
from connectors.declared.filling import filled, keys_of
from connectors.outside.asking import Asker
from connectors.outside.data import Unreadable
from connectors.outside.failing import SourceFailed
from kernel.caller import Caller
from kernel.clock import Clock
from vault.contract import Bsn, Values


@dataclass(frozen=True)
class RestSource:
    """Satisfies Source."""

    declared: Declaration
    asker: Asker
    credential: Headers
    trust: Callable[[], Awaitable[Trust]]
    clock: Clock

    async def fetch(self, caller: Caller, permit: Permit, bsn: Bsn, known: Known = NOTHING) -> Values:
        """See Source.fetch."""
        ground = permit.check(caller.tenant, await self.trust(), self.clock())
        declared = self.declared
        wanted = [name for name in ground.inputs_of(declared.name) if name in declared.elements]
        keys = keys_of(declared.keys, known)
        if not wanted or keys is None or declared.question is None:
            return Values()
        ask = filled(declared.question, keys, bsn)
        if ask is None:
            return Values()
        gateway = declared.gateway.headers(ground.activiteit, ground.toepassing, caller.user)
        headers = {**gateway, **ask.headers, **self.credential(caller.user or "regie")}
        try:
            answer = await self.asker.ask(replace(ask, headers=headers))
            return values_of(declared, wanted, answer, bsn, self.clock())
        except Unreadable:
            raise SourceFailed("onleesbaar", 200) from None
        except SourceFailed as failed:
            if failed.answered == NOT_FOUND and declared.asks_for_one:  # the register does not know this one
                return Values()
            raise
