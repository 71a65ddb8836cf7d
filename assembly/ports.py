"""Siblings behind each other's doors: each declares its own port, and this is what they are handed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import audit.contract as log
import audit.reported.ports as reported
import consent.contract as register
from consent.activity import ActivityVersion
from consent.contract import NoSuchThing
from consent.registers import Registers
from consent.safety.contract import MOST as ASKED_AT_ONCE
from consent.terms import covert
from kernel.caller import Caller
from kernel.errors import BadInput, NoAccess
from kernel.hidden import Hidden
from vault.contract import Bsn, ResidentRef, Vault


def _is_number(given: Hidden) -> bool:
    try:
        _number(given)
    except BadInput:
        return False
    return True


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
        (found,) = await self.identify_all(caller, (bsn,))
        return found

    async def identify_all(self, caller: Caller, bsns: Sequence[Hidden]) -> list[register.ResidentRef]:
        """See Residents.identify_all."""
        return [_theirs(one) for one in await self.vault.identify(caller, [_number(bsn) for bsn in bsns])]

    def is_number(self, bsn: Hidden) -> bool:
        """See Residents.is_number."""
        return _is_number(bsn)

    async def enrol(self, caller: Caller, bsn: Hidden) -> register.ResidentRef:
        """See Residents.enrol."""
        (found,) = await self.enrol_all(caller, (bsn,))
        return found

    async def enrol_all(self, caller: Caller, bsns: Sequence[Hidden]) -> list[register.ResidentRef]:
        """See Residents.enrol_all."""
        return [_theirs(one) for one in await self.vault.enrol(caller, [_number(bsn) for bsn in bsns])]

    async def recognise(self, caller: Caller, name: str) -> register.ResidentRef:
        """See Residents.recognise."""
        (found,) = await self.recognise_all(caller, (name,))
        return found

    async def recognise_all(self, caller: Caller, names: Sequence[str]) -> list[register.ResidentRef]:
        """See Residents.recognise_all."""
        return [_theirs(one) for one in await self.vault.recognise(caller, names)]

    async def name(self, caller: Caller, resident: register.ResidentRef) -> str:
        """See Residents.name."""
        (name,) = await self.vault.name(caller, (ResidentRef(**resident.model_dump()),))
        return name


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

    async def identify_all(self, caller: Caller, bsns: Sequence[Hidden]) -> list[log.ResidentRef]:
        """See Numbers.identify_all."""
        found = await self.vault.identify(caller, [_number(bsn) for bsn in bsns]) if bsns else []
        return [
            log.ResidentRef(id=each.id, subject=each.subject, fence=each.fence, stand_in=each.stand_in)
            for each in found
        ]

    def is_number(self, bsn: Hidden) -> bool:
        """See Numbers.is_number."""
        return _is_number(bsn)


@dataclass(frozen=True)
class AuditHiding:
    """Satisfies the breach file's Hiding."""

    vault: Vault
    registers: Registers

    async def hidden(self, caller: Caller, subjects: Sequence[str]) -> list[bool | None]:
        """See Hiding.hidden."""
        found = await self.vault.behind(caller, subjects)
        known = [_theirs(one) for one in found if one is not None]
        told = list[bool]()
        for at in range(0, len(known), ASKED_AT_ONCE):
            told += await self.registers.safety.hidden(caller, known[at : at + ASKED_AT_ONCE])
        said = iter(told)
        return [None if one is None else next(said) for one in found]


@dataclass(frozen=True)
class AuditRegister:
    """Satisfies the intake's Register."""

    registers: Registers

    async def reporter(self, caller: Caller, users: Sequence[str]) -> reported.Reporter:
        """See Register.reporter."""
        try:
            found = await self.registers.reporter(caller, users)
        except NoSuchThing as unknown:
            raise NoAccess(unknown.detail) from None
        recipient, (application,) = found.recipient, found.recipient.applications
        return reported.Reporter(
            recipient=recipient.slug,
            recipient_name=recipient.name.nl,
            oin=recipient.oin,
            system=application.name or application.client_id,
            by_bsn=recipient.by_bsn,
            actors=found.actors,
        )

    async def activities(self, caller: Caller) -> Mapping[str, reported.Registered]:
        """See Register.activities."""
        known = await self.registers.activities(caller)
        # what another system reports stands in the resident's series at once: a covert use cannot come in so
        return {version.slug: _registered(version) for version in known if not covert(version)}


def _registered(version: ActivityVersion) -> reported.Registered:
    return reported.Registered(
        slug=version.slug,
        version=str(version.number),
        title=version.title.nl,
        purpose=version.purpose.nl,
        elements=tuple(
            reported.RegisteredElement(name=one.name, class_=one.class_, basis=one.basis, law=one.law)
            for one in version.elements
        ),
        keep_lines=version.keep_lines,
        kept_days=version.kept_days,
        withheld_until=version.secrecy.until if version.secrecy else 0,
    )
