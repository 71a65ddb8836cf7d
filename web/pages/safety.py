"""`/beheer/veilig-adres`: whose address nobody may learn. One employee sets it, two end it.

The number comes with the form and goes to no page, address or file; nor does the page say who is at a safe address.
"""

from collections.abc import Mapping
from typing import Final, cast, get_args

from starlette.responses import Response

from audit.contract import Overtaken
from consent.contract import NoSuchThing, NotNow, ResidentRef
from consent.safety.contract import Reason, Why
from kernel.caller import room_of
from vault.contract import Bsn
from web.appointing_form import number
from web.done import done_at, was_done
from web.frame import FieldError, Option
from web.pages.reading import words
from web.pages.sheltering import offered
from web.register_words import RegisterWords
from web.routing import Page
from web.safety_views import ENDS, REASONS, Done, SafeForm
from web.site import Visit
from web.words import WRONG

HOME: Final = "/beheer/veilig-adres"
Wrong = Mapping[str, str]


async def show(visit: Visit) -> Response:
    """The empty form, and what was just done."""
    visit.registrar()
    done = cast("Done", await was_done(visit, *get_args(Done)))
    return _drawn(visit, await words(visit), {}, REASONS, done=done)


async def protect(visit: Visit) -> Response:
    """By one person, at once: also for who was never here."""
    visit.registrar()
    form, said = await visit.form(), await words(visit)
    bsn, reason, wrong = _read(form, REASONS)
    if bsn is None or wrong:
        return _drawn(visit, said, form, REASONS, wrong)
    (resident,) = await visit.site.vault.enrol(room_of(visit.tenant.id, "web"), (bsn,))
    whose, door = ResidentRef(**resident.model_dump()), visit.site.registers.safety
    await door.protect(visit.caller, whose, cast("Reason", reason))
    return await offered(visit, bsn, cast("Reason", reason)) or await done_at(visit, HOME, "veilig")


async def ending(visit: Visit) -> Response:
    """The empty form."""
    visit.registrar()
    return _drawn(visit, await words(visit), {}, ENDS)


async def end(visit: Visit) -> Response:
    """By two persons, who each fill in the same."""
    visit.registrar()
    form, said = await visit.form(), await words(visit)
    bsn, why, wrong = _read(form, ENDS)
    if bsn is None or wrong:
        return _drawn(visit, said, form, ENDS, wrong)
    (resident,) = await visit.site.vault.identify(visit.caller, (bsn,))
    whose, door = ResidentRef(**resident.model_dump()), visit.site.registers.safety
    try:
        became = await door.end(visit.caller, whose, cast("Why", why))
    except NoSuchThing:
        return _drawn(visit, said, form, ENDS, {"bsn": "veilig-niet-hier"})
    except (NotNow, Overtaken):
        return _drawn(visit, said, form, ENDS, {"bsn": "veilig-anders"})
    return await done_at(visit, HOME, became)


def _read(form: Mapping[str, str], reasons: Mapping[str, str]) -> tuple[Bsn | None, str, Wrong]:
    """The number, the reason, and what is wrong by field."""
    bsn, reason = number(form.get("bsn", "")), form.get("reden", "")
    wrong = {"bsn": "" if bsn else "bsn", "reden": "" if reason in reasons else "reden"}
    return bsn, reason, {field: code for field, code in wrong.items() if code}


def _drawn(
    visit: Visit,
    said: RegisterWords,
    form: Mapping[str, str],
    reasons: Mapping[str, str],
    wrong: Wrong | None = None,
    done: Done = "",
) -> Response:
    chosen = form.get("reden", "")
    view = SafeForm(
        frame=visit.frame(),
        reasons=tuple(Option(value=key, text=said.say(text), chosen=key == chosen) for key, text in reasons.items()),
        ends=reasons is ENDS,
        done=done,
        errors=tuple(FieldError(id=field, text=said.say(WRONG[code])) for field, code in (wrong or {}).items()),
    )
    return visit.page("beheer_veilig_adres.html", view, 400 if wrong else 200)


PAGES: Final = (
    Page(HOME, show),
    Page(HOME, protect, "POST"),
    Page(f"{HOME}/stoppen", ending),
    Page(f"{HOME}/stoppen", end, "POST"),
)
