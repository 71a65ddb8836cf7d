"""Whom a recipient means, and the number that sources know them by: after the line, and only where one needs it."""

from dataclasses import dataclass

from audit.contract import Overtaken
from connectors.catalogue import VAULT
from connectors.contract import Person
from connectors.granting import Granted
from connectors.overtaken import concerns
from connectors.sources import sources_of
from consent.contract import Consent
from kernel.caller import Caller
from kernel.errors import Problem
from kernel.logs import logger
from vault.contract import Bsn, ResidentRef, Vault

_log = logger("connectors")


@dataclass(frozen=True)
class Naming:
    """Asks the register and the vault. Neither tells a name that is nobody's from one of another recipient."""

    vault: Vault
    consent: Consent

    async def meant(self, caller: Caller, person: Person) -> ResidentRef:
        """A stand-in for who is not known. Never writes."""
        if person.bsn is not None:
            (resident,) = await self.vault.identify(caller, (person.bsn,))
            return resident
        given = await self.consent.given_by(caller, person.consent) if person.consent else None
        # also where somebody was found: whatever the name is, it costs the same
        (resident,) = await self.vault.recognise(caller, (person.pseudonym or person.consent or "",))
        return ResidentRef.model_validate(given.model_dump()) if given else resident

    async def number(self, caller: Caller, granted: Granted) -> Bsn | None:
        """None where nobody told it and the vault has none, or none of the sources asks for it. Raises Overtaken."""
        told = granted.asked.request.person.bsn
        if told is not None or set(sources_of(granted.ground)) <= {VAULT}:
            return told
        (found,) = await self.vault.numbers(caller, (granted.permit,))
        if isinstance(found, Overtaken) and concerns(granted.ground, found):
            raise found
        if isinstance(found, Problem):
            _log.warning("number_unknown", code=found.code)
            return None
        return found
