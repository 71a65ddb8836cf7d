"""Individuals: whom an application means. A number comes in once, in a body, and only the vault knows it again."""

from collections.abc import Awaitable, Callable

from consent.contract import NotByNumber, NotNow, ResidentRef, Residents
from consent.govstack.contract import NotBound
from consent.govstack.messages import Answer, Individual, IndividualIn
from consent.govstack.stored import New, Objects, Page
from consent.requesting import Enrol
from consent.rows import Row
from consent.words import fault, no_numbers
from kernel.caller import Caller
from kernel.hidden import Hidden
from kernel.ids import random_id

MayUseNumbers = Callable[[Caller], Awaitable[bool]]


class Individuals:
    """Each recipient has its own, and reads those that were imported for everybody."""

    def __init__(self, objects: Objects, residents: Residents, by_number: MayUseNumbers) -> None:
        self._objects, self._residents, self._by_number = objects, residents, by_number

    async def listed(self, caller: Caller, page: Page) -> Answer:
        """By id."""
        found = await self._objects.listed(caller.tenant, "Individual", page, caller.organisation)
        return Answer(individuals=tuple(map(seen, found)))

    async def one(self, caller: Caller, name: str) -> Answer:
        """Raises NoSuchThing."""
        return Answer(individual=seen(await self._objects.one(caller.tenant, "Individual", name, caller.organisation)))

    async def create(self, caller: Caller, given: IndividualIn) -> Answer:
        """Raises NotNow when this id is taken by another content, BadInput."""
        no_numbers({"/individual/id": given.id})
        name = given.id or random_id()
        there = await self._objects.perhaps(caller.tenant, "Individual", name, caller.organisation)
        if there is not None and there["owner"] != caller.organisation:
            raise NotNow("Deze id is al in gebruik.")  # whoever it is: a number is not held against what others brought
        new, enrol = await self._new(caller, name, given)
        if there is not None and not new.same_as(there):
            raise NotNow("Deze id is al in gebruik.")
        return Answer(individual=seen(there or await self._objects.keep(caller, new, enrol)))

    async def update(self, caller: Caller, name: str, given: IndividualIn) -> Answer:
        """Its own only; never to another resident. Raises NoSuchThing, BadInput."""
        there = await self._objects.one(caller.tenant, "Individual", name, caller.organisation)
        if given.id not in ("", name):
            raise fault("/individual/id", "past-niet", "De id in het pad en die in de inhoud zijn niet gelijk.")
        if there["owner"] != caller.organisation:
            raise NotNow("Deze verwijzing is voor iedereen ingelezen en verandert alleen met een nieuw bestand.")
        return Answer(individual=seen(await self._objects.keep(caller, *await self._new(caller, name, given))))

    async def resident(self, caller: Caller, name: str) -> tuple[Individual, ResidentRef]:
        """Whom it refers to. Raises NoSuchThing, NotBound."""
        row = await self._objects.one(caller.tenant, "Individual", name, caller.organisation)
        if not row["resident"]:
            raise NotBound("Geef één keer het burgerservicenummer als externalId, in een body.")
        return seen(row), ResidentRef(id=row["resident"], subject=row["subject"], fence=row["resident_fence"])

    async def of(self, caller: Caller, residents: set[str]) -> dict[str, Individual]:
        """By resident; who is no individual of this recipient is left out."""
        found = await self._objects.individuals_of(caller.tenant, caller.organisation, residents)
        return {resident: seen(row) for resident, row in found.items()}

    async def _new(self, caller: Caller, name: str, given: IndividualIn) -> tuple[New, Enrol | None]:
        if isinstance(given.external_id, Hidden) and not await self._by_number(caller):
            raise NotByNumber("U mag geen burgerservicenummer gebruiken.")
        kept = given.kept().model_copy(update={"id": name})
        resident, enrol = await named(self._residents, caller, given.external_id)
        return New("Individual", name, kept, caller.organisation, resident), enrol


async def named(
    residents: Residents, caller: Caller, number: Hidden | str | None
) -> tuple[ResidentRef | None, Enrol | None]:
    """Who has this number, looked up and not written, and how they come to be known once the line is there."""
    if not isinstance(number, Hidden):
        return None, None
    resident = await residents.identify(caller, number)

    async def enrol() -> ResidentRef:
        return await residents.enrol(caller, number)

    return resident, enrol if resident.stand_in else None


def seen(row: Row) -> Individual:
    """As it is answered."""
    return Individual.model_validate_json(row["document"])
