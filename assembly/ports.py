"""The vault behind the doors of its siblings: each declares its own port, and this is what they are handed."""

from dataclasses import dataclass, field

import audit.contract as log
import consent.contract as register
from kernel.caller import Caller
from kernel.errors import BadInput
from kernel.hidden import Hidden
from vault.contract import Bsn, ResidentRef, Vault


def _number(given: Hidden) -> Bsn:
    try:
        return Bsn(given.reveal())
    except ValueError as error:
        wrong = {"veld": "/inwoner/bsn", "code": "bsn", "detail": str(error)}
        raise BadInput("Het burgerservicenummer klopt niet.", fouten=[wrong]) from None


@dataclass
class ConsentResidents:
    """Satisfies consent's Residents. `vault` is set once it is built: the register is built before it."""

    vault: Vault = field(init=False)

    async def identify(self, caller: Caller, bsn: Hidden) -> register.ResidentRef:
        """See Residents.identify."""
        return _theirs(*await self.vault.identify(caller, (_number(bsn),)))

    async def enrol(self, caller: Caller, bsn: Hidden) -> register.ResidentRef:
        """See Residents.enrol."""
        return _theirs(*await self.vault.enrol(caller, (_number(bsn),)))


def _theirs(found: ResidentRef) -> register.ResidentRef:
    return register.ResidentRef(id=found.id, subject=found.subject, fence=found.fence, stand_in=found.stand_in)


@dataclass(frozen=True)
class AuditResidents:
    """Satisfies audit's Residents."""

    vault: Vault

    async def identify(self, caller: Caller, bsn: Hidden) -> log.ResidentRef:
        """See Residents.identify."""
        (found,) = await self.vault.identify(caller, (_number(bsn),))
        return log.ResidentRef(id=found.id, subject=found.subject, fence=found.fence, stand_in=found.stand_in)
