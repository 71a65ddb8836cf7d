"""`/fg/datalek/{id}/besluit`: the FG decides whether residents read of a breach, and keeps whether the AP was told."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from starlette.responses import Response

from audit.breaches.contract import Leak, Version
from audit.contract import JustDecided, LogUnavailable, Reason
from kernel.errors import BadInput
from web.breach_form import BREACH
from web.frame import Coverage, FieldError
from web.language import N_
from web.leak_views import FgLeak, LeakTyped, again, decision_of, faults, read, told_of, typed_of
from web.pages.breaches import HOME, versions_of
from web.pages.reading import words
from web.register_words import RegisterWords
from web.routing import Page
from web.site import Visit
from web.words import WRONG

LIST: Final = N_("de lijst van datalekken")
PLACE: Final = f"{HOME}/{{id}}/besluit"


async def show(visit: Visit) -> Response:
    """The form, about the newest version."""
    visit.officer()
    found = await versions_of(visit, str(visit.request.path_params["id"]))
    return await _drawn(visit, found, typed_of(told_of(found)))


async def decide(visit: Visit) -> Response:
    """A line, and then it is so. Only about what was read: another version may be about others."""
    visit.officer()
    form, file_id = await visit.form(), str(visit.request.path_params["id"])
    found, typed = await versions_of(visit, file_id), read(form)
    wrong, number = faults(typed, visit.site.clock()), _read_of(found, form.get("versie", ""))
    if number == 0 or (wrong and number != found[-1].version):
        wrong |= {"besluit": "lek-nieuwer"}
    if wrong:
        return await _drawn(visit, found, again(typed), wrong)
    said, reason = decision_of(typed, number), Reason(code=BREACH, case=typed.case)
    try:
        await visit.site.breaches.decide(visit.caller, file_id, reason, said)
    except BadInput:  # somebody counted, or decided, in the same moment
        return await _drawn(visit, await versions_of(visit, file_id), again(typed), {"besluit": "lek-nieuwer"})
    except JustDecided:
        return await _drawn(visit, await versions_of(visit, file_id), again(typed), {"besluit": "lek-net"}, 409)
    return visit.to(f"{HOME}/{file_id}")


def _read_of(found: Sequence[Version], number: str) -> int:
    """The version that was read; 0 for none."""
    return next((one.version for one in found if str(one.version) == number), 0)


async def own_leaks(visit: Visit) -> tuple[Leak, ...] | None:
    """For a resident in person, never for who acts for them. None while nobody can say: their page then says so, and
    never that all is well."""
    subject = visit.resident().subject
    try:
        return await visit.site.breaches.leaks(visit.caller, subject)
    except LogUnavailable:
        return None


def missing(known: Coverage, said: RegisterWords, leaks: tuple[Leak, ...] | None) -> Coverage:
    """With what is not shown now."""
    return known if leaks is not None else replace(known, down=(*known.down, said.say(LIST)))


async def _drawn(
    visit: Visit, found: Sequence[Version], typed: LeakTyped, wrong: Mapping[str, str] | None = None, status: int = 400
) -> Response:
    said, newest = await words(visit), found[-1]
    view = FgLeak(
        frame=visit.frame(),
        id=newest.id,
        number=newest.version,
        at_most=newest.at_most,
        told=told_of(found),
        typed=typed,
        errors=tuple(FieldError(id=field, text=said.say(WRONG[code])) for field, code in (wrong or {}).items()),
    )
    return visit.page("fg_datalek_besluit.html", view, status if wrong else 200)


PAGES: Final = (Page(PLACE, show), Page(PLACE, decide, "POST"))
