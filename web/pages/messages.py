"""`/berichten`: whether the receipt of a choice is sent to the resident as well."""

from dataclasses import dataclass
from typing import Final, Literal

from starlette.responses import Response

from web.frame import Frame
from web.language import path_in
from web.login import begin
from web.routing import Page
from web.site import Visit

HOME: Final = "/berichten"


@dataclass(frozen=True, slots=True, kw_only=True)
class Messages:
    """state: see consent.delivery. withheld: none is sent while the resident's data is secret.
    away: it is off because they were not here for long."""

    frame: Frame
    state: Literal["geen", "aan", "wacht", "uit"]
    withheld: bool
    away: bool


async def show(visit: Visit) -> Response:
    """How it stands."""
    visit.resident()
    found = await visit.site.registers.delivery.reached(visit.caller)
    view = Messages(frame=visit.frame(), state=found.state, withheld=found.withheld, away=found.away)
    return visit.page("berichten.html", view)


async def choose(visit: Visit) -> Response:
    """Off at once. On with one more login: their number comes with it, and no session holds it."""
    visit.resident()
    wanted = (await visit.form()).get("actie", "")
    delivery = visit.site.registers.delivery
    if wanted == "uit":
        await delivery.choose(visit.caller, on=False)
    if wanted == "aan" and (await delivery.choose(visit.caller, on=True)).state == "wacht":
        return await begin(visit, path_in(HOME, visit.language))
    return visit.to(HOME)


PAGES: Final = (Page(HOME, show), Page(HOME, choose, "POST"))
