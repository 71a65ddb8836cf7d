"""`/balie/{gesprek}/verzoek`: a resident at the desk asks something under the AVG, and takes a letter home."""

from collections.abc import Mapping
from typing import Final

from starlette.responses import Response

from consent.contract import NoSuchThing, NotNow
from consent.frontdesk.contract import DeskRequest
from web.claim_views import OBJECTION, card, purposes, uses
from web.deskrequest_views import ASKED_HERE, DeskAsk, DeskAsked, asked_here
from web.frame import FieldError
from web.line_views import local_day
from web.pages.frontdesk import HOME, at_the_desk
from web.pages.reading import words
from web.prose import draft, prose, text_fault
from web.register_words import RegisterWords
from web.routing import Page
from web.site import Visit
from web.words import WRONG

TEXT_MAX: Final = 1_000


async def show(visit: Visit) -> Response:
    """The form; the same for everybody."""
    visit.attendant()
    await visit.site.registers.frontdesk.conversation(visit.caller, _talk(visit))
    return await _form(visit, {})


async def file(visit: Visit) -> Response:
    """What the resident asks, as the employee writes it down."""
    visit.attendant()
    form, said = await visit.form(), await words(visit)
    if errors := _faults(form, said):
        return await _form(visit, form, errors)
    asked = DeskRequest.model_validate(
        {"kind": form["soort"], "activity": form.get("waarover") or None, "text": prose(form["tekst"])}
    )
    try:
        filed = await visit.site.registers.frontdesk.file(visit.caller, _talk(visit), asked)
    except (NoSuchThing, NotNow):  # no such right, or who is there for a child: it says nothing of whom it is about
        return await _form(visit, form, {"soort": "niet-hier"})
    # shown at once: to send the form again is the same request, and nothing is read back of what was asked earlier
    now = visit.site.clock()
    today = local_day(round(now.timestamp() * 1000))
    view = DeskAsked(frame=visit.frame(), talk=_talk(visit), one=card(filed, said, now), today=today)
    return visit.page("balie_verzoek_brief.html", view)


def _faults(form: Mapping[str, str], said: RegisterWords) -> dict[str, str]:
    """The wrong fields, each with what is wrong."""
    kind, about = form.get("soort", ""), form.get("waarover", "")
    errors = {} if kind in ASKED_HERE else {"soort": "verzoek"}
    known = {one.value for one in purposes(said, "")} if kind == OBJECTION else {"", *said.activities}
    if about not in known:
        errors["waarover"] = "doel"
    if wrong := text_fault(prose(form.get("tekst", "")), "grond", TEXT_MAX):
        errors["tekst"] = wrong
    return errors


async def _form(visit: Visit, form: Mapping[str, str], errors: Mapping[str, str] | None = None) -> Response:
    said = await words(visit)
    view = DeskAsk(
        frame=visit.frame(),
        talk=_talk(visit),
        kinds=asked_here(said, form.get("soort", "")),
        uses=uses(said, form.get("waarover", "")),
        text=draft(form.get("tekst", ""), TEXT_MAX),
        errors=tuple(FieldError(id=field, text=said.say(WRONG[code])) for field, code in (errors or {}).items()),
    )
    return visit.page("balie_verzoek.html", view, 400 if errors else 200)


def _talk(visit: Visit) -> str:
    return str(visit.request.path_params["gesprek"])[:100]


PAGES: Final = (
    Page(f"{HOME}/{{gesprek}}/verzoek", at_the_desk(show)),
    Page(f"{HOME}/{{gesprek}}/verzoek", at_the_desk(file), "POST"),
)
