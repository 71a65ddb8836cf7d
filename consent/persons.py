"""Whom a recipient means: a number, its own name for somebody, or a consent that was given to it.

A number is for who may use one. Whatever else names nobody, or somebody of another recipient, is a stand-in, looked up
at the same cost as the rest.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from consent.bodies import Person
from consent.contract import NotByNumber, ResidentRef, Residents
from consent.explained import EnrolAt
from kernel.caller import Caller
from kernel.hidden import Hidden

AT_ONCE: Final = 100  # of one question to the vault: some milliseconds, after which others have their turn
Enrol = Callable[[], Awaitable[ResidentRef]]


class Named(Protocol):
    """Somebody of a list: by number, or by the recipient's own name for them."""

    @property
    def bsn(self) -> Hidden | None:
        """One of both is None."""

    @property
    def pseudonym(self) -> str | None:
        """As above."""


class Register(Protocol):
    """What of the register says who may be named how."""

    async def given_by(self, caller: Caller, consent_id: str) -> ResidentRef | None:
        """See Consent.given_by."""

    async def may_name_by_number(self, caller: Caller) -> bool:
        """Whether the caller's organisation may use a BSN."""


@dataclass(frozen=True)
class Persons:
    """Behind the public doors of the register."""

    consent: Register
    residents: Residents

    async def meant(self, who: Caller, person: Person) -> ResidentRef:
        """Never writes."""
        if person.bsn is not None:
            return await self.residents.identify(who, person.bsn)
        if person.consent is None:
            return await self.residents.recognise(who, person.pseudonym or "")
        found = await self.consent.given_by(who, person.consent)
        nobody = await self.residents.recognise(who, person.consent)  # also where somebody was found: at the same cost
        return found or nobody

    async def allowed(self, who: Caller, person: Person) -> ResidentRef:
        """The same, for a door that decides nothing. Raises NotByNumber before anybody is looked up."""
        if person.bsn is not None and not await self.consent.may_name_by_number(who):
            raise NotByNumber(volgendeStap="Gebruik het pseudoniem of de id van de toestemming.")
        return await self.meant(who, person)

    def enrol(self, who: Caller, person: Person) -> Enrol | None:
        """How somebody becomes known who is not; None where there is no number to know them by."""
        number = person.bsn
        if number is None:
            return None

        async def enrolled() -> ResidentRef:
            return await self.residents.enrol(who, number)

        return enrolled

    async def meant_all(self, who: Caller, persons: Sequence[Named]) -> list[ResidentRef]:
        """In order, as `meant`. persons: all by number, or all by the recipient's own name for them."""
        found: list[ResidentRef] = []
        for begin in range(0, len(persons), AT_ONCE):
            part = persons[begin : begin + AT_ONCE]
            numbers = [one.bsn for one in part if one.bsn is not None]
            names = [one.pseudonym for one in part if one.pseudonym is not None]
            found += await self.residents.identify_all(who, numbers) if numbers else ()
            found += await self.residents.recognise_all(who, names) if names else ()
        return found

    def enrol_at(self, who: Caller, persons: Sequence[Named]) -> EnrolAt:
        """How those of a list become known who are not. Asked for places of somebody named by a number only."""

        async def enrolled(places: Sequence[int]) -> Sequence[ResidentRef]:
            numbers = [number for at in places if (number := persons[at].bsn) is not None]
            found: list[ResidentRef] = []
            for begin in range(0, len(numbers), AT_ONCE):
                found += await self.residents.enrol_all(who, numbers[begin : begin + AT_ONCE])
            return found

        return enrolled

    async def pseudonym(self, who: Caller, consent_id: str) -> str:
        """What the recipient calls whoever gave this consent; "" where it may use a number, or nobody gave it."""
        if await self.consent.may_name_by_number(who):
            return ""
        found = await self.consent.given_by(who, consent_id)
        return await self.residents.name(who, found) if found else ""
