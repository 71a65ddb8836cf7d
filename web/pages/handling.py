"""`/beheer/verzoeken`: an owner answers what residents ask about uses of their department; the FG sees all of it."""

from dataclasses import replace
from typing import Final
from urllib.parse import quote

from starlette.responses import Response

from consent.contract import NotNow, RightsRequest
from kernel.errors import BadInput, NotFound
from web.claim_views import RESTRICTION, card
from web.done import done_at, was_done
from web.frame import FieldError
from web.handling_views import FILTERS, HOME, OwnerClaim, OwnerClaims, listed, tabs
from web.language import path_in
from web.pages.reading import words
from web.prose import draft, prose, text_fault
from web.routing import Page
from web.site import Visit
from web.words import WRONG

MOST = 200  # as many as the register gives in one answer
LETTER_MAX: Final = 2000
OBJECTION: Final = "bezwaar"  # to their own work: an owner gives in, and rejects nothing
STEPS: Final = {"in-behandeling": "", "gegrond": "brief", "ongegrond": "brief", "verlengen": "reden"}  # its field


async def show(visit: Visit) -> Response:
    """The list, by term."""
    everything = visit.keeper().kind == "fg"
    said, now = await words(visit), visit.site.clock()
    asked = visit.request.query_params.get("soort", "")
    chosen = asked if asked in FILTERS else "open"
    found = await _found(visit)
    links = (replace(one, place=path_in(one.place, visit.language)) for one in tabs(found, said, now, chosen))
    view = OwnerClaims(
        frame=visit.frame(),
        tabs=tuple(links),
        rows=listed(found, said, now, chosen),
        everything=everything,
        many=len(found) >= MOST,
    )
    return visit.page("beheer_verzoeken.html", view)


async def one(visit: Visit) -> Response:
    """One request."""
    visit.keeper()
    return await _drawn(visit)


async def step(visit: Visit) -> Response:
    """One step of it: take it on, ask for more time, decide with a letter."""
    visit.keeper()
    form = await visit.form()
    what, text = form.get("actie", ""), prose(form.get("tekst", ""))
    if what not in STEPS:
        raise BadInput
    field = STEPS[what]
    if field and (wrong := text_fault(text, "antwoord", LETTER_MAX)):
        return await _drawn(visit, (field, wrong), draft(text, LETTER_MAX))
    request = await _one(visit)
    if request.kind == RESTRICTION:
        raise BadInput
    place = f"{HOME}/{quote(request.id)}"
    try:
        await visit.site.registers.rights.step(visit.caller, request.id, what, text)  # type: ignore[arg-type]  # checked
    except NotNow:  # sent twice, or a colleague was first: the page shows what stands
        return visit.to(place)
    return await done_at(visit, place, what)


async def _found(visit: Visit) -> list[RightsRequest]:
    return await visit.site.registers.rights.filed(visit.caller)


async def _one(visit: Visit) -> RightsRequest:
    """Raises NotFound for one that is not there, and for one that is not theirs: one answer."""
    request = str(visit.request.path_params["id"])
    found = next((each for each in await _found(visit) if each.id == request), None)
    if found is None:
        raise NotFound
    return found


async def _drawn(visit: Visit, wrong: tuple[str, str] = ("", ""), kept: str = "") -> Response:
    said, request = await words(visit), await _one(visit)
    view = OwnerClaim(
        frame=visit.frame(),
        one=card(request, said, visit.site.clock(), kept),
        elsewhere=request.kind == RESTRICTION,
        rejects=request.kind != OBJECTION or visit.keeper().kind == "fg",
        saved=not wrong[0] and bool(await was_done(visit, *STEPS)),
        errors=(FieldError(id=wrong[0], text=said.say(WRONG[wrong[1]])),) if wrong[0] else (),
    )
    return visit.page("beheer_verzoek.html", view, 400 if wrong[0] else 200)


PAGES: Final = (
    Page(HOME, show),
    Page(f"{HOME}/{{id}}", one),
    Page(f"{HOME}/{{id}}", step, "POST"),
)
