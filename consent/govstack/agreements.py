"""Policies and agreements: what is in force comes from the register, what is not yet an activity is kept here."""

from collections.abc import Mapping
from dataclasses import dataclass

from consent.activity import ActivityVersion
from consent.contract import NoSuchThing, NotNow
from consent.govstack.contract import NoActivity, NotErased, NotThisWay
from consent.govstack.mapping import (
    REGISTER,
    agreement_of,
    asks_consent,
    bare,
    digest,
    draft_of,
    own_policy,
    revision_of,
    written,
)
from consent.govstack.messages import Agreement, Answer, Policy, Revision
from consent.govstack.stored import DEEP_MAX, GONE, New, Objects, Page
from consent.published import Published
from consent.rows import Row
from consent.service import ConsentService
from consent.words import fault, no_numbers
from kernel.caller import Caller
from kernel.clock import instant
from kernel.ids import random_id

OWNER = "Leg het voor aan de eigenaar van het doel, in het portaal onder /beheer."
EVERY = Page(0, DEEP_MAX)  # more than there are purposes by far


@dataclass(frozen=True)
class Known:
    """A version of an agreement with its revision. version: None while it is no activity."""

    agreement: Agreement
    revision: Revision
    version: ActivityVersion | None


class Agreements:
    """houses: name and public address by tenant."""

    def __init__(self, consent: ConsentService, objects: Objects, houses: Mapping[str, tuple[str, str]]) -> None:
        self._consent, self._objects, self._houses = consent, objects, houses

    async def policies(self, caller: Caller, page: Page) -> Answer:
        """The register itself first."""
        found = await self._objects.listed(caller.tenant, "Policy", Page(0, page.offset + page.limit))
        listed = [own_policy(self._houses[caller.tenant]), *map(_policy, found)]
        return Answer(policies=tuple(page.of(listed)))

    async def policy(self, caller: Caller, name: str, revision: str = "") -> Answer:
        """Raises NoSuchThing."""
        if name == REGISTER:
            return Answer(policy=own_policy(self._houses[caller.tenant]), revision=self._standing(caller.tenant))
        row = await self._objects.one(caller.tenant, "Policy", name)
        then, told = await self._objects.revision(caller.tenant, row, revision)
        return Answer(policy=_policy(then), revision=told)

    async def keep_policy(self, caller: Caller, policy: Policy, name: str = "") -> Answer:
        """A new one, or with `name` a new revision of an old one. Raises NotNow, NotThisWay, BadInput, NoSuchThing."""
        no_numbers({"/policy/id": policy.id})
        chosen = name or policy.id or random_id()
        if chosen == REGISTER:
            raise NotThisWay("Dit is het register zelf; het verandert met de doelen die erin staan.")
        if policy.id not in ("", chosen):
            raise fault("/policy/id", "past-niet", "De id in het pad en die in de inhoud zijn niet gelijk.")
        there = await self._objects.perhaps(caller.tenant, "Policy", chosen)
        if name and (there is None or there["status"] == GONE):
            raise NoSuchThing()
        if not name and there is not None:
            raise NotNow("Dit bestaat al, of was er al eens. Kies een andere id.")
        row = await self._objects.keep(caller, New("Policy", chosen, policy.model_copy(update={"id": chosen})))
        _, revision = await self._objects.revision(caller.tenant, row)
        return Answer(policy=_policy(row), revision=revision)

    async def end_policy(self, caller: Caller, name: str) -> Answer:
        """Raises NotErased while an agreement refers to it."""
        if name == REGISTER:
            raise NotThisWay("Dit is het register zelf; het verandert met de doelen die erin staan.")
        await self._objects.one(caller.tenant, "Policy", name)
        for row in await self._objects.listed(caller.tenant, "DataAgreement", EVERY):
            policy = _agreement(row).policy
            if policy is not None and policy.id == name:
                raise NotErased(f"De overeenkomst {row['id']} verwijst ernaar.")
        row = await self._objects.end(caller, "Policy", name)
        return Answer(revision=(await self._objects.revision(caller.tenant, row))[1])

    async def listed(self, caller: Caller) -> list[Agreement]:
        """Activities in force that ask consent, then agreements that are no activity yet; by id."""
        rows = await self._objects.listed(caller.tenant, "DataAgreement", EVERY)
        kept = {row["id"]: row for row in rows}
        found: dict[str, Agreement] = {}
        for one in await self._consent.registering.all_in_force(caller):
            if asks_consent(one.version):
                found[one.version.slug] = self._seen(caller.tenant, one, kept.get(one.version.slug))
        known = await self._consent.registering.known(
            caller.tenant, kept.keys() - found.keys()
        )  # stopped, or it asks no consent
        left = kept.keys() - found.keys() - known
        drafts = {name: draft_of(_agreement(kept[name])) for name in left}
        return [(drafts | found)[name] for name in sorted(drafts | found)]

    async def one(self, caller: Caller, name: str, number: int = 0) -> Known:
        """A version, 0 for the newest. Raises NoSuchThing."""
        row = await self._objects.perhaps(caller.tenant, "DataAgreement", name)
        try:
            history = await self._consent.history(caller, name)
        except NoSuchThing:
            return await self._draft(caller.tenant, row)
        wanted = number or history[-1].version.number
        revision = revision_of(history, wanted)
        found = next((one for one in history if one.version.number == wanted), None)
        if found is None or revision is None or not asks_consent(found.version):
            raise NoSuchThing()
        return Known(self._seen(caller.tenant, found, row), revision, found.version)

    async def in_force(self, caller: Caller, name: str, revision: str = "") -> Known:
        """What a resident can be asked now. Raises NoSuchThing, NoActivity, NotNow (another revision)."""
        known = await self.one(caller, name)
        if known.version is None:
            raise NoActivity(f"Een overeenkomst noemt geen gegevens, ontvanger en termijn. {OWNER}")
        if revision not in ("", known.revision.id):
            raise NotNow("Wij vragen alleen om toestemming voor de versie die nu geldt.")
        if not known.agreement.active:
            raise NotNow("Dit doel is gestopt.")
        return known

    async def keep(self, caller: Caller, agreement: Agreement, name: str = "") -> Answer:
        """A new one, or with `name` a new revision of one that is no activity. Raises NotThisWay, NotNow, BadInput."""
        no_numbers({"/dataAgreement/id": agreement.id})
        chosen = name or agreement.id
        if agreement.id != chosen:
            raise fault("/dataAgreement/id", "past-niet", "De id in het pad en die in de inhoud zijn niet gelijk.")
        there = await self._objects.perhaps(caller.tenant, "DataAgreement", chosen)
        if await self.is_activity(caller, chosen):
            raise NotThisWay(f"Dit doel staat in het register: twee personen veranderen het. {OWNER}")
        if name and (there is None or there["status"] == GONE):
            raise NoSuchThing()
        if not name and there is not None:
            raise NotNow("Dit bestaat al, of was er al eens. Kies een andere id.")
        await self._known_policy(caller, agreement)
        row = await self._objects.keep(caller, New("DataAgreement", chosen, bare(agreement)))
        known = await self._draft(caller.tenant, row)
        return Answer(data_agreement=known.agreement, revision=known.revision)

    async def _known_policy(self, caller: Caller, agreement: Agreement) -> None:
        named = agreement.policy.id if agreement.policy else REGISTER
        there = named and (named == REGISTER or await self._objects.perhaps(caller.tenant, "Policy", named))
        if not there:
            raise fault("/dataAgreement/policy/id", "onbekend", "Deze beleidstekst is er niet.")

    async def end(self, caller: Caller, name: str) -> Answer:
        """Raises NotErased for an activity, NoSuchThing."""
        if await self.is_activity(caller, name):
            raise NotErased(f"Op dit doel kunnen toestemmingen rusten: het blijft leesbaar en kan stoppen. {OWNER}")
        row = await self._objects.end(caller, "DataAgreement", name)
        return Answer(revision=(await self._objects.revision(caller.tenant, row))[1])

    async def is_activity(self, caller: Caller, name: str) -> bool:
        """Whether the register has it, in force or stopped."""
        return name in await self._consent.registering.known(caller.tenant, {name})

    async def _draft(self, tenant: str, row: Row | None) -> Known:
        if row is None or row["status"] == GONE:
            raise NoSuchThing()
        _, revision = await self._objects.revision(tenant, row)
        return Known(draft_of(_agreement(row)), revision, None)

    def _seen(self, tenant: str, one: Published, row: Row | None) -> Agreement:
        """With the policy that its agreement named, if there was one."""
        house = self._houses[tenant]
        named = _agreement(row).policy if row else None
        return agreement_of(one, named or own_policy(house), house)

    def _standing(self, tenant: str) -> Revision:
        policy = own_policy(self._houses[tenant])
        text = written("Policy", REGISTER, policy.model_dump(mode="json", exclude_none=True), 0)
        return Revision(id=f"{REGISTER}.1", schema_name="Policy", object_id=REGISTER, serialized_snapshot=text,
                        serialized_hash=digest(text), timestamp=instant(0))  # fmt: skip


def _policy(row: Row) -> Policy:
    return Policy.model_validate_json(row["document"])


def _agreement(row: Row) -> Agreement:
    return Agreement.model_validate_json(row["document"])
