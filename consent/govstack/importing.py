"""Loading a file of the standard. Everything is looked at before anything is written; the same file again changes
nothing. A crash leaves what was written before it: load the file again."""

from collections.abc import Sequence

from consent.contract import Residents
from consent.govstack.file import Bundle, Unreadable, read
from consent.govstack.individuals import named
from consent.govstack.mapping import bare
from consent.govstack.messages import IndividualIn
from consent.govstack.stored import New, Objects
from kernel.caller import Caller
from kernel.errors import BadInput
from kernel.hidden import Hidden


class Importer:
    """By a room, when setting up: what it brings is everybody's."""

    def __init__(self, objects: Objects, residents: Residents) -> None:
        self._objects, self._residents = objects, residents

    async def load(self, caller: Caller, text: str) -> Bundle:
        """Raises Unreadable with every fault, LogUnavailable, RegisterUnavailable."""
        bundle = read(text)
        if wrong := await self._strangers(caller, bundle.individuals):
            raise Unreadable(wrong)
        for policy in bundle.all_policies():
            await self._objects.keep(caller, New("Policy", policy.id, policy))
        for agreement in bundle.data_agreements:
            await self._objects.keep(caller, New("DataAgreement", agreement.id, bare(agreement)))
        for given in bundle.individuals:
            resident, enrol = await named(self._residents, caller, given.external_id)
            await self._objects.keep(caller, New("Individual", given.id, given.kept(), "", resident), enrol)
        return bundle

    async def _strangers(self, caller: Caller, given: Sequence[IndividualIn]) -> list[str]:
        """Numbers that are nobody's, and ids that are somebody else's already. Never writes."""
        wrong = []
        for place, one in enumerate(given):
            if not isinstance(one.external_id, Hidden):
                continue
            try:
                resident = await self._residents.identify(caller, one.external_id)
            except BadInput:
                wrong.append(f"/individuals/{place}/externalId: geen geldig burgerservicenummer")
                continue
            there = await self._objects.perhaps(caller.tenant, "Individual", one.id)
            if there and there["resident"] not in ("", resident.id):
                wrong.append(f"/individuals/{place}/id: is al de verwijzing naar iemand anders")
        return wrong
