"""Over whom somebody has authority, asked of the BRP: ask, log, act, as every use of it (trust.md 2.3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from audit.contract import Audit, NotPermitted, Outcome, Overtaken, Permit
from connectors.around import AUTHORITY
from connectors.authority.relations import Minor
from connectors.claim import Claim
from connectors.contract import (
    AuthorityUnknown,
    AuthorityUse,
    Child,
    Halted,
    NotReleased,
    Person,
    ReleaseRequest,
    SourceDown,
)
from connectors.granting import Asked, Granted, Granting
from connectors.lines import Lines
from connectors.reweighing import standing
from kernel.caller import Caller
from kernel.clock import Clock, millis
from kernel.ids import uuid7
from kernel.logs import logger
from vault.contract import Bsn, Vault

_log = logger("connectors")


class Brp(Protocol):
    """Who knows, within its time. Checks the permit itself."""

    async def minors(self, caller: Caller, permit: Permit, bsn: Bsn) -> tuple[Minor, ...]:
        """Raises SourceDown, TimeoutError, NotPermitted."""
        ...


@dataclass(frozen=True)
class AuthorityDesk:
    """Satisfies Authority. registers: the BRP, by tenant."""

    vault: Vault
    audit: Audit
    clock: Clock
    granting: Granting
    lines: Lines
    registers: Mapping[str, Brp]

    async def over(self, caller: Caller, bsn: Bsn, activity: AuthorityUse = "regie-namens") -> list[Child]:
        """See Authority.over."""
        if caller.tenant not in self.registers:
            raise AuthorityUnknown()
        request = ReleaseRequest(person=Person(bsn=bsn), activity=activity, elements=(AUTHORITY,))
        (resident,) = await self.vault.identify(caller, (bsn,))
        claim = Claim(uuid7(millis(self.clock())), 1)
        try:
            granted = await self.granting.grant(Asked(caller, request, claim, resident, request.elements))
        except (NotReleased, Halted):
            raise AuthorityUnknown() from None  # not registered, or shut: its line says which
        minors = await self._asked(caller, granted, bsn)
        refs = await self.vault.enrol(caller, tuple(Bsn(one.number) for one in minors)) if minors else []
        return [
            Child(resident=ref, relation=one.relation, name=one.name, birth=one.birth)
            for ref, one in zip(refs, minors, strict=True)
        ]

    async def _asked(self, caller: Caller, granted: Granted, bsn: Bsn) -> tuple[Minor, ...]:
        how: Outcome = "mislukt"
        try:
            found = await self.registers[caller.tenant].minors(caller, granted.permit, bsn)
            await self.audit.holds(caller, standing(granted.ground))
            how = "geleverd"
            return tuple(one for one in found if _is_number(one.number))
        except (SourceDown, TimeoutError, NotPermitted, Overtaken) as silent:
            _log.warning("authority_unknown", kind=type(silent).__name__)
            raise AuthorityUnknown() from None
        finally:
            await self.lines.close(caller, granted.entry, granted.receipt, how)


def _is_number(number: str) -> bool:
    try:
        Bsn(number)
    except ValueError:
        return False
    return True
