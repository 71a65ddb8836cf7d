"""`/fg/noodtoegang`: the FG opens a use in an emergency, and says what they think of it. A line each."""

from datetime import date
from typing import Final, get_args
from urllib.parse import urlencode

from starlette.responses import Response

from audit.contract import NoSuchLine, Position
from consent.contract import NotNow
from consent.emergencies.contract import WHY_MAX, EmergencyDetail, Judged, Verdict
from kernel.errors import NotFound
from web.emergency_views import EmergencyCard, FgEmergency, card_of
from web.frame import FieldError
from web.language import AMSTERDAM
from web.pages.reading import words
from web.prose import draft, prose, text_fault
from web.routing import Page
from web.site import Visit
from web.words import WRONG

HOME: Final = "/fg/noodtoegang"
PLACE_MAX: Final = 40


async def open_use(visit: Visit) -> Response:
    """Its line first; what was opened is kept for this session and shown under an opaque id."""
    visit.officer()
    place = _place((await visit.form()).get("regel", ""))
    if place is None or visit.opened is None:
        raise NotFound
    detail = await visit.site.registers.emergencies.opened(visit.caller, place)
    kept = await visit.site.sessions.keep(visit.tenant.id, visit.opened, detail.model_dump_json())
    return visit.to(f"{HOME}?{urlencode({'gezien': kept})}")


async def show(visit: Visit) -> Response:
    """What this session opened."""
    visit.officer()
    token = visit.request.query_params.get("gezien", "")[:64]
    return await _drawn(visit, token, await _kept(visit, token))


async def judge(visit: Visit) -> Response:
    """In order or not, and why. Somebody else may have been first: then theirs stands."""
    visit.officer()
    form = await visit.form()
    token, verdict, why = form.get("gezien", "")[:64], form.get("oordeel", ""), prose(form.get("waarom", ""))
    detail = await _kept(visit, token)
    wrong = {
        "oordeel": "" if verdict in get_args(Verdict) else "oordeel",
        "waarom": text_fault(why, "waarom", WHY_MAX),
    }
    if any(wrong.values()):
        return await _drawn(visit, token, detail, {"oordeel": verdict, "waarom": draft(why, WHY_MAX)}, wrong)
    judged = Judged.model_validate({"line": detail.use.line, "verdict": verdict, "why": why})
    try:
        place = await visit.site.registers.emergencies.review(visit.caller, judged)
    except NotNow:
        return visit.to(f"/fg?{urlencode({'nagekeken': 'ander'})}")
    return visit.to(f"/fg?{urlencode({'nagekeken': str(place)})}")


async def waiting(visit: Visit) -> tuple[EmergencyCard, ...]:
    """For the FG's first page: oldest first."""
    said, found = await words(visit), await visit.site.registers.emergencies.waiting(visit.caller)
    return tuple(card_of(one, said, _today(visit)) for one in found)


async def was_judged(visit: Visit) -> bool:
    """Whether the address names a review that stands in the log: a link alone proves nothing."""
    place = _place(visit.request.query_params.get("nagekeken", ""))
    if place is None:
        return False
    try:
        return (await visit.site.audit.line(visit.caller, place)).event.kind == "nood-nagekeken"
    except NoSuchLine:
        return False


def _today(visit: Visit) -> date:
    return visit.site.clock().astimezone(AMSTERDAM).date()


def _place(text: str) -> Position | None:
    try:
        return Position.parse(text[:PLACE_MAX])
    except ValueError:
        return None


async def _kept(visit: Visit, token: str) -> EmergencyDetail:
    text = await visit.site.sessions.kept(visit.tenant.id, visit.opened, token) if visit.opened and token else None
    if text is None:
        raise NotFound
    try:
        return EmergencyDetail.model_validate_json(text)
    except ValueError:  # something else that this session keeps, such as a search
        raise NotFound from None


async def _drawn(
    visit: Visit,
    token: str,
    detail: EmergencyDetail,
    form: dict[str, str] | None = None,
    wrong: dict[str, str] | None = None,
) -> Response:
    said, typed = await words(visit), form or {}
    errors = tuple(FieldError(id=field, text=said.say(WRONG[code])) for field, code in (wrong or {}).items() if code)
    chosen: Verdict | None = next((one for one in get_args(Verdict) if one == typed.get("oordeel")), None)
    view = FgEmergency(
        frame=visit.frame(),
        token=token,
        card=card_of(detail.use, said, _today(visit)),
        labels=said.labels(detail.elements),
        refused=tuple((said.label(name), code) for name, code in detail.refused),
        case=detail.case,
        note=detail.note,
        chosen=chosen,
        draft=typed.get("waarom", ""),
        errors=errors,
    )
    return visit.page("fg_nood.html", view, 400 if errors else 200)


PAGES: Final = (
    Page(HOME, open_use, "POST"),
    Page(HOME, show),
    Page(f"{HOME}/oordeel", judge, "POST"),
)
