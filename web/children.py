"""For which children somebody may act: asked of the BRP anew each time, for nothing of it is kept here.

For that their own BSN is needed after the login too. It is kept only for who asked to act for a child, or to report a
wrong value (`web.pages.corrections`), sealed to their session, for as long as that may stand still and no longer; then
they log in once more.
"""

from typing import Final

from connectors.contract import AuthorityUnknown, AuthorityUse, Child
from consent.contract import ResidentRef
from consent.mandates.contract import Ground, grown_at
from kernel.clock import millis
from vault.contract import Bsn
from web.session import Acting
from web.site import Visit

ACTIVITY: Final[AuthorityUse] = "regie-namens"
SHELTER: Final[AuthorityUse] = "regie-veilig-adres"


async def keep_number(visit: Visit, token: str, number: Bsn) -> None:
    """For the session of this token, which has just begun."""
    sessions, tenant = visit.site.sessions, visit.tenant.id
    opened = await sessions.open(tenant, token)
    if opened is not None:
        kept = await sessions.keep(tenant, opened, number.reveal())
        await sessions.save(tenant, opened, opened.session.model_copy(update={"number": kept}))


async def known(visit: Visit) -> bool:
    """Whether the BRP can be asked about this person without another login."""
    return await own_number(visit) is not None


async def children(visit: Visit) -> list[Acting]:
    """Those under 16, with since when that is known: now. A line first. Raises AuthorityUnknown: not now, not here, or
    not without another login."""
    person, number = visit.somebody(), await own_number(visit)
    if number is None:
        raise AuthorityUnknown()
    asked = millis(visit.site.clock())
    return [_acting(person.user, one, asked) for one in await _under(visit, number) if grown_at(one.birth) > asked]


async def at_the_desk(visit: Visit, parent: Bsn, child: ResidentRef) -> Child | None:
    """Who stands before an employee with this number, for this child; None where the BRP does not say so, or it may not
    be told. The number is kept nowhere. Raises AuthorityUnknown."""
    return next((one for one in await _under(visit, parent) if one.resident.id == child.id), None)


async def to_shelter(visit: Visit, parent: Bsn) -> list[Child]:
    """Of whom Burgerzaken may want a safe address too, now that this one has it. The number is kept nowhere. Raises
    AuthorityUnknown."""
    return await _under(visit, parent, SHELTER)


async def _under(visit: Visit, number: Bsn, activity: AuthorityUse = ACTIVITY) -> list[Child]:
    site = visit.site
    if site.authority is None:
        raise AuthorityUnknown()
    versions = await site.registers.activities(visit.caller)
    us = next((one.parties[0].recipient for one in versions if one.slug == activity), "")
    if not us:  # not published, or stopped: who would be asked about reads no refusal of what nobody does here
        raise AuthorityUnknown()
    caller = visit.caller.model_copy(update={"organisation": us, "application": "regie-portaal"})
    return list(await site.authority.over(caller, number, activity))


async def still(visit: Visit, acting: Acting) -> Acting | None:
    """The same, as the BRP says it now; None when it does not any more. Raises AuthorityUnknown."""
    same = (one for one in await children(visit) if one.ground.resident.id == acting.ground.resident.id)
    return next(same, None)


def _acting(by: str, child: Child, at: int) -> Acting:
    resident = ResidentRef(**child.resident.model_dump())
    ground = Ground(relation=child.relation, resident=resident, birth=child.birth, checked_at=at)
    return Acting(by=by, ground=ground, name=child.name[:100] or "-", until=grown_at(child.birth))


async def own_number(visit: Visit) -> Bsn | None:
    """The number of who is logged in; None when their session does not hold it."""
    opened = visit.opened
    if opened is None or not opened.session.number:
        return None
    kept = await visit.site.sessions.kept(visit.tenant.id, opened, opened.session.number)
    return Bsn(kept) if kept else None
