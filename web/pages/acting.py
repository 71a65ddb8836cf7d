"""What all pages share on which somebody acts for somebody else: whether it still may, and what is said when not.

On every page it is looked at anew; when it may not, that page is the last one. A yes, a look at uses and a request ask
the BRP there and then. A no, a stop and an objection ask it too, and rest on what it said within the hour when it is
silent: to stop is never harder than to give.
"""

from typing import Final, Literal

from starlette.responses import Response

from connectors.contract import AuthorityUnknown
from consent.contract import NotNow
from consent.mandates.contract import Mandates, NotRepresented
from kernel.clock import millis
from kernel.logs import logger
from web.behalf_views import over
from web.children import known, still
from web.failures import ActingEnded
from web.pages.reading import words
from web.routing import Handler
from web.session import Acting
from web.site import Visit

Asking = Literal["", "liefst", "nu"]
HOME: Final = "/namens"
RATHER: Final[Asking] = "liefst"
NOW: Final[Asking] = "nu"
HOUR_MS: Final = 3_600_000
_log = logger("web")


def mandates_of(visit: Visit) -> Mandates:
    """The register's door."""
    return visit.site.registers.mandates


async def standing(visit: Visit, ask: Asking = "") -> Acting:
    """For whom this visit acts, as far as that is known here; the register looks at the rest. ask: the BRP, rather than
    rest on what it said within the hour, or in any case. Raises ActingEnded; AuthorityUnknown where the BRP must say it
    and does not."""
    visit.somebody()
    acting, now = visit.acting, millis(visit.site.clock())
    if acting is None:
        raise ActingEnded(reden="nakijken")
    if now >= acting.until:
        raise ActingEnded(reden="voorbij")
    old = now - acting.ground.checked_at > HOUR_MS
    if acting.ground.mandate or not (old or ask):
        return acting
    try:
        fresh = await still(visit, acting)
    except AuthorityUnknown:
        if ask != NOW and not old:
            return acting
        if not await known(visit):  # what is needed to ask it is no longer here: log in once more
            raise ActingEnded(reden="nakijken") from None
        raise
    if fresh is None:
        raise ActingEnded(reden="voorbij")
    await become(visit, fresh)
    return fresh


async def become(visit: Visit, acting: Acting | None) -> None:
    """From now on this session acts so. Raises NotNow when something else happened in it at the same moment."""
    opened = visit.opened
    if opened is None:
        return
    session = opened.session.model_copy(update={"acting": acting})
    if not await visit.site.sessions.save(visit.tenant.id, opened, session):
        raise NotNow()
    visit.opened = await visit.site.sessions.open(visit.tenant.id, opened.token)


def while_acting(handler: Handler) -> Handler:
    """A page on which somebody acts: where it may not, it says why; where it never will, the acting ends; where nobody
    knows now, nothing is shown."""

    async def guarded(visit: Visit) -> Response:
        try:
            return await handler(visit)
        except (NotRepresented, ActingEnded) as refused:
            reason = str(refused.members.get("reden", "voorbij"))
        except AuthorityUnknown:
            if visit.acting is None:
                raise
            reason = "stil"
        acting, said = visit.acting, await words(visit)
        if reason in ("voorbij", "nakijken"):
            await become(visit, None)
            _log.info("acting_ended", reason=reason)
        if acting is None:
            return visit.to(HOME)
        view = over(visit.frame(), reason, acting, said, millis(visit.site.clock()))
        if reason != "stil":
            return visit.page("namens_voorbij.html", view, 403)
        answer = visit.page("namens_voorbij.html", view, 503)
        answer.headers["Retry-After"] = "5"
        return answer

    return guarded
