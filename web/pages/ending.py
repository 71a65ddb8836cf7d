"""`/beheer/verwerkingsactiviteiten/{slug}/stoppen`: an owner of the department, or the FG, stops a purpose, alone and
at once. Once it is stopped: why, and the button to begin again."""

from contextlib import suppress
from typing import Final

from starlette.responses import Response

from consent.contract import ActivityVersion, NoSuchThing, NotNow, Published, stop_by
from kernel.clock import moment
from kernel.errors import NoAccess, NotFound
from web.children import ACTIVITY as FOR_PARENTS
from web.frame import FieldError
from web.keeping_views import EndPage, StoppedPage
from web.pages.keeping import HOME
from web.pages.reading import ended_by, words
from web.prose import draft, prose, text_fault
from web.register_words import RegisterWords
from web.routing import Page
from web.site import Visit
from web.words import WRONG

REASON_MAX: Final = 500


async def show(visit: Visit) -> Response:
    """What it means and the form; of a purpose that was stopped, when and why."""
    visit.keeper()
    said = await words(visit)
    version = said.activities.get(_slug(visit))
    if version is not None:
        return _drawn(visit, said, version)
    return await _over(visit, said, await _stopped(visit))


async def end(visit: Visit) -> Response:
    """Once a reason is there. Who stopped it in another window reads that it stopped."""
    visit.keeper()
    form, said = await visit.form(), await words(visit)
    slug, reason = _slug(visit), prose(form.get("waarom", ""))
    version = said.activities.get(slug)
    if version is None:
        await _stopped(visit)
        return visit.to(f"{HOME}/{slug}/stoppen")
    if stop_by(visit.caller, version) != "zelf":
        return _drawn(visit, said, version)
    if wrong := text_fault(reason, "stopt", REASON_MAX):
        return _drawn(visit, said, version, draft(reason, REASON_MAX), wrong)
    with suppress(NotNow, NoSuchThing):
        await visit.site.registers.drafts.end(visit.caller, slug, reason)
    return visit.to(f"{HOME}/{slug}/stoppen")


def _slug(visit: Visit) -> str:
    return str(visit.request.path_params["slug"])[:60]


async def _stopped(visit: Visit) -> Published:
    """The last version of what is not in force. Raises NotFound for what never was."""
    try:
        return (await visit.site.registers.history(visit.caller, _slug(visit)))[-1]
    except NoSuchThing:
        raise NotFound from None


def _drawn(visit: Visit, said: RegisterWords, version: ActivityVersion, typed: str = "", wrong: str = "") -> Response:
    who = stop_by(visit.caller, version)
    view = EndPage(
        frame=visit.frame(),
        slug=version.slug,
        title=said.chosen(version.title),
        who=who,
        owners=tuple(
            said.recipient(one.recipient, one.recipient) for one in version.parties if one.role != "verwerker"
        ),
        chosen=any(one.class_ == "C" for one in version.elements),
        parents=version.slug == FOR_PARENTS,
        reason=typed,
        errors=(FieldError(id="waarom", text=said.say(WRONG[wrong])),) if wrong else (),
    )
    status = NoAccess.status if who != "zelf" and visit.request.method == "POST" else 400 if wrong else 200
    return visit.page("beheer_doel_stoppen.html", view, status)


async def _over(visit: Visit, said: RegisterWords, last: Published) -> Response:
    slug, line = last.version.slug, await ended_by(visit, last)
    drafts = await visit.site.registers.drafts.all(visit.caller)
    view = StoppedPage(
        frame=visit.frame(),
        slug=slug,
        title=said.chosen(last.version.title),
        ended=moment(line.at) if line else None,
        why=line.event.details.get("reden", "") if line else "",
        drafted=any(one.version.slug == slug for one in drafts),
        may_write=visit.keeper().kind == "eigenaar",
    )
    return visit.page("beheer_doel_gestopt.html", view)


PAGES: Final = (
    Page(f"{HOME}/{{slug}}/stoppen", show),
    Page(f"{HOME}/{{slug}}/stoppen", end, "POST"),
)
