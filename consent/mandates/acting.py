"""Acting for somebody else: whether it may is looked at anew for each verb, and a yes also requires it in the log."""

from dataclasses import dataclass

from audit.contract import Audit, Entry, FenceAt, Overtaken, record_one
from consent.activity import ActivityVersion
from consent.acts import PAUSES
from consent.choosing import Behalf, Choosing
from consent.contract import Choice, Chosen, ConsentDetail, ConsentView, NoSuchThing
from consent.deciding import newest_versions
from consent.flags import DEAD, HIDDEN, SAFE, known, standing
from consent.lines import event, names, version_of
from consent.locks import LOCKED
from consent.mandates.appointed import COLUMN, Source, appointed_of, source_from
from consent.mandates.contract import Ground, NotRepresented
from consent.mandates.instead import PARENT
from consent.mandates.rules import (
    AFTER_DEATH,
    BY_AUTHORITY,
    DEEDS,
    Authority,
    Deed,
    Further,
    Reason,
    Relation,
    barred,
    grown_at,
    sees,
    stands,
)
from consent.mandates.tables import mandates
from consent.permits import IN_FORCE
from consent.rows import Register, Row, Rows
from consent.tables import activities, subject_state
from kernel.caller import Caller
from kernel.clock import Clock, millis
from kernel.ids import random_id

SENTENCES: dict[Reason, str] = {
    "voorbij": "Dit mag niet meer.",
    "nakijken": "Wij moeten eerst opnieuw nakijken of dit mag.",
    "buiten": "Dit valt er niet onder.",
    "alleen-zien": "U mag dit wel zien, en niet kiezen.",
}
UNTOLD = {"position": "", "ended_at": 0, "channel": "", "by": ""}  # of the resident, or of who else acts for them


@dataclass(frozen=True)
class Stood:
    """What was looked at: the authority, as whom the register is asked, and what a line says of it."""

    authority: Authority
    resident: Caller
    behalf: Behalf


class Acting:
    """Owns nothing."""

    def __init__(self, register: Register, audit: Audit, choosing: Choosing, clock: Clock) -> None:
        self._register, self._audit, self._choosing, self._clock = register, audit, choosing, clock

    async def begin(self, caller: Caller, ground: Ground) -> None:
        """See Mandates.begin."""
        stood = await self._stood(caller, ground, "zien")
        said = event("namens-gekeken", random_id(), ground.resident.subject, on_behalf=ground.relation,
                     actor=stood.behalf.actor, details=stood.behalf.told)  # fmt: skip
        await record_one(self._audit, caller, Entry(event=said))

    async def choices(self, caller: Caller, ground: Ground) -> list[ConsentView]:
        """See Mandates.choices."""
        stood = await self._stood(caller, ground, "zien")
        found = await self._choosing.choices(stood.resident)
        about = {one.activity for one in found}
        async with self._register.reading(caller.tenant) as rows:
            newest = await newest_versions(rows, about)
            versions = await rows.find(activities, activities.c.slug.in_(about))
        seen = {slug for slug, row in newest.items() if sees(stood.authority, version_of(row))}
        own = {(row["slug"], str(row["number"])) for row in versions if sees(stood.authority, version_of(row))}
        both = [one for one in found if one.activity in seen and (one.activity, one.version) in own]
        return [one.model_copy(update=UNTOLD) for one in both]

    async def choice(self, caller: Caller, ground: Ground, consent_id: str) -> ConsentDetail:
        """See Mandates.choice."""
        detail = await self._seen(await self._stood(caller, ground, "zien"), consent_id)
        mine = {"shown": "", "back": ""}  # what the resident read, and where they were
        return detail.model_copy(update={"consent": detail.consent.model_copy(update=UNTOLD), **mine})

    async def choose(self, caller: Caller, ground: Ground, consent_id: str, choice: Choice) -> Chosen:
        """See Mandates.choose."""
        if choice.answer not in DEEDS:
            raise refused("buiten")
        deed: Deed = choice.answer  # type: ignore[assignment]  # one of them, by the line above
        stood = await self._stood(caller, ground, deed)
        detail = await self._seen(stood, consent_id)
        if reason := barred(stood.authority, deed, detail.activity, millis(self._clock())):
            raise refused(reason)
        chosen = await self._choosing.choose(stood.resident, consent_id, choice, stood.behalf)
        return chosen.model_copy(update={"consent": chosen.consent.model_copy(update=UNTOLD)})

    async def _seen(self, stood: Stood, consent_id: str) -> ConsentDetail:
        """What is not shown is not there. An activity is judged by its newest version: what became sensitive is."""
        detail = await self._choosing.choice(stood.resident, consent_id)
        if stood.authority.relation in BY_AUTHORITY and detail.instead == PARENT:  # it is theirs to say
            detail = detail.model_copy(update={"instead": ""})
        async with self._register.reading(stood.resident.tenant) as rows:
            newest = await newest_versions(rows, {detail.activity.slug})
        versions: list[ActivityVersion] = [detail.activity, *(version_of(row) for row in newest.values())]
        if not all(sees(stood.authority, one) for one in versions):
            raise NoSuchThing()
        return detail

    async def _stood(self, caller: Caller, ground: Ground, deed: Deed | Further) -> Stood:
        """Raises NotRepresented: it does not hold, was never so, or cannot be known now."""
        who = ground.resident
        if caller.kind != "inwoner" or not caller.user or caller.user == who.id or who.stand_in:
            raise refused("buiten")
        at = millis(self._clock())
        async with self._register.reading(caller.tenant) as rows:
            state = await rows.one(subject_state, resident=who.id)
            row = await rows.one(mandates, id=ground.mandate) if ground.mandate else None
            actor = rows.keys.representative(caller.user)
            authority = _authority(caller, ground, row)
            source = source_of(rows, row) if row else None
        if reason := stands(authority, deed, at) or flagged(ground.relation, state):
            raise refused(reason)
        fences = [FenceAt(fence=who.fence, epoch=state["epoch"] if state else 0)]
        fences += [FenceAt(fence=row["fence"], epoch=row["epoch"])] if row else []
        try:  # rows may have been set back, or lag behind: the log knows whether it ended
            await self._audit.holds(caller, fences)
        except Overtaken:
            raise refused("voorbij") from None
        told = {"machtiging": ground.mandate} if ground.mandate else {}
        told |= {"grond": source.said} if source else {}
        more = {PAUSES: str(authority.until)} if ground.relation in BY_AUTHORITY else {}
        resident = Caller(tenant=caller.tenant, kind="inwoner", user=who.id, acr=caller.acr, auth_time=caller.auth_time)
        return Stood(authority, resident, Behalf(ground.relation, actor, {**told, **more}, tuple(fences[1:])))


def _authority(caller: Caller, ground: Ground, row: Row | None) -> Authority:
    """Raises NotRepresented for what this caller never had."""
    if ground.relation in BY_AUTHORITY:
        return Authority(ground.relation, grown_at(ground.birth), ground.checked_at)
    who = ground.resident
    mine = row is not None and (row["representative"], row["resident"]) == (caller.user, who.id)
    if row is None or not mine or (who.fence, who.subject) != (row["resident_fence"], row["subject"]):
        raise refused("buiten")
    if row["status"] != IN_FORCE["mandates"]:
        raise refused("voorbij")
    known = appointed_of(row)
    if ground.relation != (known.relation if known else "machtiging"):
        raise refused("buiten")
    decides = bool(row["decides"])
    if known:
        return Authority(known.relation, row["valid_until"], decides=decides, matters=known.matters)
    return Authority("machtiging", row["valid_until"], activities=names(row["scope"]), decides=decides)


def source_of(rows: Rows, row: Row) -> Source | None:
    """Of who was appointed; None for whom the resident chose."""
    known = appointed_of(row)
    if known is None:
        return None
    return source_from(known.relation, rows.keys.open_text(row["resident"], row["id"], COLUMN, known.sealed))


def flagged(relation: Relation, state: Row | None) -> Reason:
    """Of the dead nobody decides by choice, and an executor acts for nobody else. Where somebody may not know where a
    resident lives, they are not told who asks for the data either: that is somewhere. Whom the resident chose is, but
    for somebody at a safe address: the choice may be from before they had to flee."""
    closed = {DEAD, SAFE} if relation == "machtiging" else {DEAD, *HIDDEN}
    if relation in AFTER_DEATH:
        if DEAD not in standing(state):
            return "voorbij"
        closed.remove(DEAD)
    locked = state is not None and state["status"] == LOCKED
    return "voorbij" if locked or closed & known(state) else ""


def secret(state: Row | None) -> bool:
    """Whether a resident's data is secret, or about to be."""
    return bool(HIDDEN & known(state))


def refused(reason: Reason) -> NotRepresented:
    """With why, in one word."""
    return NotRepresented(SENTENCES[reason], reden=reason)
