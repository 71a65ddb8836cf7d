"""`/beheer/verwerkingsactiviteiten/{slug}/stoppen`: an owner or the FG stops a purpose, alone and at once."""

from contextlib import suppress
from typing import Final

from starlette.responses import Response

from consent.contract import ActivityVersion, NoSuchThing, NotNow
from kernel.errors import NotFound
from web.frame import FieldError
from web.keeping_views import EndPage
from web.pages.keeping import HOME
from web.pages.reading import words
from web.prose import draft, prose, text_fault
from web.register_words import RegisterWords
from web.routing import Page
from web.site import Visit
from web.words import WRONG

REASON_MAX: Final = 500


async def show(visit: Visit) -> Response:
    """What it means, and the form."""
    visit.keeper()
    said = await words(visit)
    return _drawn(visit, said, _active(visit, said))


async def end(visit: Visit) -> Response:
    """Once a reason is there. Who stopped it in another window reads that it stopped."""
    visit.keeper()
    form, said = await visit.form(), await words(visit)
    slug, reason = _slug(visit), prose(form.get("waarom", ""))
    if slug not in said.activities and await _stopped(visit, slug):
        return visit.to(f"/register/{slug}")
    version = _active(visit, said)
    if wrong := text_fault(reason, "stopt", REASON_MAX):
        return _drawn(visit, said, version, draft(reason, REASON_MAX), wrong)
    with suppress(NotNow, NoSuchThing):
        await visit.site.registers.drafts.end(visit.caller, version.slug, reason)
    return visit.to(f"/register/{version.slug}")


def _slug(visit: Visit) -> str:
    return str(visit.request.path_params["slug"])[:60]


async def _stopped(visit: Visit, slug: str) -> bool:
    """Whether it was ever there."""
    try:
        return bool(await visit.site.registers.history(visit.caller, slug))
    except NoSuchThing:
        return False


def _active(visit: Visit, said: RegisterWords) -> ActivityVersion:
    found = said.activities.get(_slug(visit))
    if found is None:
        raise NotFound
    return found


def _drawn(visit: Visit, said: RegisterWords, version: ActivityVersion, typed: str = "", wrong: str = "") -> Response:
    view = EndPage(
        frame=visit.frame(),
        slug=version.slug,
        title=said.chosen(version.title),
        chosen=any(one.class_ == "C" for one in version.elements),
        reason=typed,
        errors=(FieldError(id="waarom", text=said.say(WRONG[wrong])),) if wrong else (),
    )
    return visit.page("beheer_doel_stoppen.html", view, 400 if wrong else 200)


PAGES: Final = (
    Page(f"{HOME}/{{slug}}/stoppen", show),
    Page(f"{HOME}/{{slug}}/stoppen", end, "POST"),
)
