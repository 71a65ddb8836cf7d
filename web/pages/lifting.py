"""`/fg/opheffen`: a line that its resident may not see yet, shown before its day. By two people, a login each."""

from typing import Final, cast, get_args

from starlette.responses import Response

from audit.contract import NoSuchLine, Position, Reason
from kernel.errors import BadInput
from web.done import done_at, was_done
from web.fg_views import FgLift, LiftDone
from web.frame import FieldError, Option
from web.language import translations
from web.routing import Page
from web.search_form import case_fault
from web.site import Visit
from web.words import LIFT_REASONS, WRONG

HOME: Final = "/fg/opheffen"
PLACE_MAX = 40


async def show(visit: Visit) -> Response:
    """The form, or what came of it."""
    visit.officer()
    place = visit.request.query_params.get("regel", "")[:PLACE_MAX]
    return _drawn(visit, {"regel": place}, done=cast("LiftDone", await was_done(visit, *get_args(LiftDone))))


async def lift(visit: Visit) -> Response:
    """The first word, or the second."""
    visit.officer()
    form = await visit.form()
    place, case, code = form.get("regel", "").strip(), form.get("zaak", "").strip(), form.get("reden", "")
    wrong = {"regel": "" if _place(place) else "regel", "reden": "" if code in LIFT_REASONS else "reden",
             "zaak": case_fault(case)}  # fmt: skip
    at = _place(place)
    if at is None or any(wrong.values()):
        return _drawn(visit, form, wrong)
    try:
        done = (await visit.site.audit.lift(visit.caller, at, Reason(code=code, case=case))).done
    except (NoSuchLine, BadInput):
        return _drawn(visit, form, {"regel": "regel"})
    return await done_at(visit, HOME, "klaar" if done else "eerste")


def _place(text: str) -> Position | None:
    try:
        return Position.parse(text[:PLACE_MAX])
    except ValueError:
        return None


def _drawn(visit: Visit, form: dict[str, str], wrong: dict[str, str] | None = None, done: LiftDone = "") -> Response:
    frame = visit.frame()
    say = translations(visit.language).gettext
    view = FgLift(
        frame=frame,
        reasons=tuple(
            Option(value=code, text=say(text), chosen=code == form.get("reden")) for code, text in LIFT_REASONS.items()
        ),
        place=form.get("regel", "")[:PLACE_MAX],
        case="" if wrong and wrong.get("zaak") else form.get("zaak", ""),
        done=done,
        errors=tuple(FieldError(id=field, text=say(WRONG[code])) for field, code in (wrong or {}).items() if code),
    )
    return visit.page("fg_opheffen.html", view, 400 if wrong else 200)


PAGES: Final = (
    Page(HOME, show),
    Page(HOME, lift, "POST"),
)
