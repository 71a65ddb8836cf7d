"""`/beheer/veilig-adres/kinderen`: whom a safe address that was just set may also be for.

The BRP says over whom that resident has authority, and an employee says who of them lives there: nobody else knows.
Each has a flag and a line of their own. What was offered is kept for this session, under an opaque id, for minutes.
"""

from contextlib import suppress
from datetime import date
from typing import Final

from starlette.responses import Response

from connectors.contract import Child
from consent.contract import ResidentRef
from consent.safety.contract import Reason
from kernel.errors import Problem
from kernel.logs import logger
from vault.contract import Bsn
from web.children import to_shelter
from web.done import done_at
from web.frame import FieldError, Option
from web.language import N_, format_day
from web.pages.reading import words
from web.register_words import RegisterWords
from web.routing import Page
from web.safety_views import Offered, Sheltered
from web.site import Visit
from web.words import WRONG

PLACE: Final = "/beheer/veilig-adres/kinderen"
HOME: Final = "/beheer/veilig-adres"
TOKEN_MAX: Final = 64
_BORN: Final = N_("%(naam)s, geboren op %(dag)s")
_log = logger("web")


async def offered(visit: Visit, parent: Bsn, reason: Reason) -> Response | None:
    """To the page with their children; None where there are none, or nobody can say so now: the address is safe."""
    try:
        children = await to_shelter(visit, parent)
    except Problem as problem:
        _log.warning("children_not_offered", code=problem.code)
        return None
    if not children or visit.opened is None:
        return None
    offer = Offered(reason=reason, children=tuple(children))
    kept = await visit.site.sessions.keep(visit.tenant.id, visit.opened, offer.model_dump_json())
    return visit.to(f"{PLACE}?bij={kept}")


async def show(visit: Visit) -> Response:
    """Who may be chosen; nobody yet."""
    visit.registrar()
    token = visit.request.query_params.get("bij", "")
    offer = await _kept(visit, token)
    return visit.to(HOME) if offer is None else await _drawn(visit, token, offer)


async def protect(visit: Visit) -> Response:
    """Who was chosen. Where one fails, those before it stand, and the same form may be sent again."""
    visit.registrar()
    form = await visit.form()
    token = form.get("bij", "")
    offer = await _kept(visit, token)
    if offer is None:
        return visit.to(HOME)
    chosen = [child for number, child in enumerate(offer.children) if form.get(_field(number)) == "ja"]
    if not chosen:
        return await _drawn(visit, token, offer, "veilig-kind")
    for child in chosen:
        whose = ResidentRef(**child.resident.model_dump())
        await visit.site.registers.safety.protect(visit.caller, whose, offer.reason)
    return await done_at(visit, HOME, "kinderen")


async def _kept(visit: Visit, token: str) -> Offered | None:
    if visit.opened is None or not 0 < len(token) <= TOKEN_MAX:
        return None
    text = await visit.site.sessions.kept(visit.tenant.id, visit.opened, token)
    try:
        return Offered.model_validate_json(text or "")
    except ValueError:  # something else that this session keeps
        return None


async def _drawn(visit: Visit, token: str, offer: Offered, wrong: str = "") -> Response:
    said = await words(visit)
    view = Sheltered(
        frame=visit.frame(),
        token=token,
        children=tuple(
            Option(value=_field(number), text=_named(visit, said, child)) for number, child in enumerate(offer.children)
        ),
        errors=(FieldError(id=_field(0), text=said.say(WRONG[wrong])),) if wrong else (),
    )
    return visit.page("beheer_veilig_kinderen.html", view, 400 if wrong else 200)


def _named(visit: Visit, said: RegisterWords, child: Child) -> str:
    born = child.birth
    with suppress(ValueError):  # of a date that is known in part, that part
        born = format_day(date.fromisoformat(born), visit.language)
    return said.say(_BORN) % {"naam": child.name or "-", "dag": born}


def _field(number: int) -> str:
    return f"kind-{number}"


PAGES: Final = (Page(PLACE, show), Page(PLACE, protect, "POST"))
