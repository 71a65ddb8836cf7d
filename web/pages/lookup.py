"""`/beheer/vertegenwoordiging/zoeken`: who was appointed for one resident, for who must know. With a reason and a line.

The number comes with the form and goes to no page, address or file.
"""

from typing import Final, cast

from starlette.responses import Response

from consent.appointments.contract import Appointed, Reason
from consent.contract import ResidentRef
from kernel.clock import moment
from web.appointing_form import KINDS, LOOK_UP, number
from web.appointing_views import AppointedRow, LookUp
from web.frame import FieldError, Option
from web.line_views import local_day
from web.pages.reading import words
from web.register_words import RegisterWords
from web.routing import Page
from web.site import Visit
from web.words import WRONG

HOME: Final = "/beheer/vertegenwoordiging/zoeken"


async def show(visit: Visit) -> Response:
    """The empty form."""
    visit.registrar()
    return _drawn(visit, await words(visit), {})


async def search(visit: Visit) -> Response:
    """What counts now."""
    visit.registrar()
    form, said = await visit.form(), await words(visit)
    bsn, reason = number(form.get("bsn", "")), form.get("reden", "")
    wrong = {"bsn": "" if bsn else "bsn", "reden": "" if reason in LOOK_UP else "reden"}
    if bsn is None or any(wrong.values()):
        errors = tuple(FieldError(id=at, text=said.say(WRONG[code])) for at, code in wrong.items() if code)
        return _drawn(visit, said, form, errors=errors)
    (resident,) = await visit.site.vault.identify(visit.caller, (bsn,))
    whose, door = ResidentRef(**resident.model_dump()), visit.site.registers.appointments
    found = await door.search(visit.caller, whose, cast("Reason", reason))
    return _drawn(visit, said, {}, tuple(_row(one, said) for one in found))


def _row(one: Appointed, said: RegisterWords) -> AppointedRow:
    kinds = {(relation, frozenset(matters)): text for relation, matters, text in KINDS.values()}
    return AppointedRow(
        kind=said.say(kinds[one.relation, frozenset(one.matters)]),
        name=one.label,
        source=one.source,
        since=moment(one.confirmed_at),
        until=local_day(one.until),
    )


def _drawn(
    visit: Visit,
    said: RegisterWords,
    form: dict[str, str],
    found: tuple[AppointedRow, ...] | None = None,
    errors: tuple[FieldError, ...] = (),
) -> Response:
    chosen = form.get("reden", "")
    reasons = tuple(Option(value=key, text=said.say(text), chosen=key == chosen) for key, text in LOOK_UP.items())
    view = LookUp(frame=visit.frame(), reasons=reasons, found=found, errors=errors)
    return visit.page("beheer_vertegenwoordiging_zoeken.html", view, 400 if errors else 200)


PAGES: Final = (Page(HOME, show), Page(HOME, search, "POST"))
