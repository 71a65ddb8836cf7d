"""`/beheer/vertegenwoordiging`: who was appointed by a court or a will. One employee types it, another types it again.

No page shows of whom it is, or what the first one typed: numbers leave this page with the form and come back to none.
"""

from collections.abc import Sequence
from typing import Final, cast, get_args

from starlette.responses import Response

from audit.contract import Overtaken
from consent.appointments.contract import Recorded, Waiting, Why
from consent.contract import NoSuchThing, NotNow, ResidentRef
from kernel.caller import room_of
from kernel.clock import moment
from kernel.errors import BadInput, NoAccess, NotFound
from vault.contract import Bsn
from web.appointing_form import KINDS, PLACES, TEXT_MAX, Typed, faults, number, read, text_of, text_wrong
from web.appointing_views import AppointmentList, Done, EndForm, PapersForm, WaitingRow
from web.done import done_at, was_done
from web.frame import FieldError, Option
from web.language import N_
from web.pages.reading import words
from web.prose import draft
from web.register_words import RegisterWords
from web.routing import Page
from web.site import Visit
from web.words import WRONG

HOME: Final = "/beheer/vertegenwoordiging"
KEPT: Final = ("instantie", "kenmerk", "datum", "tot", "naam", "naam-ander")  # shown again after a mistake
ROLES: Final = {
    "curator": N_("Curator"),
    "bewindvoerder": N_("Bewindvoerder"),
    "mentor": N_("Mentor"),
    "executeur": N_("Executeur"),
}
REASONS: Final[dict[Why, str]] = {
    "beeindigd": N_("De rechter of de wet maakte er een einde aan"),
    "vervangen": N_("Er kwam iemand anders"),
    "overleden": N_("Een van de twee overleed"),
    "fout": N_("Het was niet goed opgeschreven"),
}


async def everything(visit: Visit) -> Response:
    """What waits for a second person."""
    visit.registrar()
    said, told = await words(visit), cast("Done", await was_done(visit, *get_args(Done)))
    rows = tuple(
        WaitingRow(id=one.id, kind=said.say(ROLES[one.relation]), recorded=moment(one.recorded_at), own=one.own)
        for one in await visit.site.registers.appointments.waiting(visit.caller)
    )
    return visit.page("beheer_vertegenwoordiging.html", AppointmentList(frame=visit.frame(), waiting=rows, done=told))


async def new(visit: Visit) -> Response:
    """The empty form."""
    visit.registrar()
    return _form(visit, await words(visit), {})


async def record(visit: Visit) -> Response:
    """By the first one."""
    visit.registrar()
    form, said = await visit.form(), await words(visit)
    typed = read(form)
    if wrong := faults(typed, said, with_names=True):
        return _form(visit, said, form, wrong)
    papers = typed.papers(*await _people(visit, typed, new=True))
    try:
        recorded = Recorded(papers=papers, name=typed.name, label=typed.label)
        await visit.site.registers.appointments.record(visit.caller, recorded)
    except BadInput as refused:
        return _form(visit, said, form, _refused(refused, said))
    except NotNow:
        return _form(visit, said, form, (_error("soort", "stuk-veel", said),))
    return await done_at(visit, HOME, "opgeschreven")


async def again(visit: Visit) -> Response:
    """The form for the second one."""
    visit.registrar()
    return _form(visit, await words(visit), {}, waits=await _waiting(visit))


async def confirm(visit: Visit) -> Response:
    """By the second one."""
    visit.registrar()
    form, said, waits = await visit.form(), await words(visit), await _waiting(visit)
    typed = read(form)
    if wrong := faults(typed, said, with_names=False):
        return _form(visit, said, form, wrong, waits)
    papers = typed.papers(*await _people(visit, typed))
    try:
        await visit.site.registers.appointments.confirm(visit.caller, waits.id, papers)
    except (NotNow, Overtaken):
        return _form(visit, said, form, (_error("soort", "stuk-anders", said),), waits)
    except NoAccess:  # who wrote it down reads why not
        return _form(visit, said, {}, waits=waits)
    except NoSuchThing:
        raise NotFound from None
    return await done_at(visit, HOME, "bevestigd")


async def ending(visit: Visit) -> Response:
    """The empty form."""
    visit.registrar()
    return _end_form(visit, await words(visit), {})


async def end(visit: Visit) -> Response:
    """By one person: to stop is never harder than to begin."""
    visit.registrar()
    form, said = await visit.form(), await words(visit)
    bsn, reference, why = number(form.get("bsn", "")), text_of(form, "kenmerk"), form.get("reden", "")
    wrong = {"bsn": "" if bsn else "bsn", "kenmerk": text_wrong(reference),
             "reden": "" if why in REASONS else "reden"}  # fmt: skip
    if bsn is None or any(wrong.values()):
        return _end_form(visit, said, form, tuple(_error(at, code, said) for at, code in wrong.items() if code))
    (resident,) = await visit.site.vault.identify(visit.caller, (bsn,))
    try:
        door, whose = visit.site.registers.appointments, ResidentRef(**resident.model_dump())
        await door.end(visit.caller, whose, reference, cast("Why", why))
    except NoSuchThing:
        return _end_form(visit, said, form, (_error("kenmerk", "stuk-niet-gevonden", said),))
    return await done_at(visit, HOME, "gestopt")


async def _people(visit: Visit, typed: Typed, *, new: bool = False) -> tuple[ResidentRef, ResidentRef]:
    """The resident and who was appointed. new: whom the vault does not know yet it learns to know."""
    numbers = [one for one in (typed.bsn, typed.other) if isinstance(one, Bsn)]
    vault = visit.site.vault
    if new:
        found = await vault.enrol(room_of(visit.tenant.id, "web"), numbers)
    else:
        found = await vault.identify(visit.caller, numbers)
    resident, representative = (ResidentRef(**one.model_dump()) for one in found)
    return resident, representative


async def _waiting(visit: Visit) -> Waiting:
    wanted = str(visit.request.path_params["id"])[:100]
    found = await visit.site.registers.appointments.waiting(visit.caller)
    one = next((one for one in found if one.id == wanted), None)
    if one is None:
        raise NotFound
    return one


def _form(
    visit: Visit, said: RegisterWords, form: dict[str, str], wrong: Sequence[FieldError] = (),
    waits: Waiting | None = None,
) -> Response:  # fmt: skip
    chosen = form.get("soort", "")
    view = PapersForm(
        frame=visit.frame(),
        kinds=tuple(Option(value=key, text=said.say(one[2]), chosen=key == chosen) for key, one in KINDS.items()),
        id=waits.id if waits else "",
        kind=said.say(ROLES[waits.relation]) if waits else "",
        recorded=moment(waits.recorded_at) if waits else None,
        barred=bool(waits and waits.own),
        typed={name: draft(form.get(name, ""), TEXT_MAX) for name in KEPT},
        errors=tuple(wrong),
    )
    return visit.page("beheer_vertegenwoordiging_stuk.html", view, 400 if wrong else 200)


def _end_form(
    visit: Visit, said: RegisterWords, form: dict[str, str], wrong: Sequence[FieldError] = ()
) -> Response:  # fmt: skip
    reasons = tuple(Option(value=key, text=said.say(text), chosen=key == form.get("reden"))
                    for key, text in REASONS.items())  # fmt: skip
    view = EndForm(frame=visit.frame(), reasons=reasons, reference=draft(form.get("kenmerk", ""), TEXT_MAX),
                   errors=tuple(wrong))  # fmt: skip
    return visit.page("beheer_vertegenwoordiging_stop.html", view, 400 if wrong else 200)


def _refused(refused: BadInput, said: RegisterWords) -> tuple[FieldError, ...]:
    found = refused.members.get("fouten")
    places = [str(one.get("veld", "")) for one in found] if isinstance(found, list) else []
    return tuple(_error(PLACES.get(place, "soort"), "stuk-past-niet", said) for place in places or [""])


def _error(at: str, code: str, said: RegisterWords) -> FieldError:
    return FieldError(id=at, text=said.say(WRONG[code]))


PAGES: Final = (
    Page(HOME, everything),
    Page(f"{HOME}/nieuw", new),
    Page(f"{HOME}/nieuw", record, "POST"),
    Page(f"{HOME}/stoppen", ending),
    Page(f"{HOME}/stoppen", end, "POST"),
    Page(f"{HOME}/{{id}}", again),
    Page(f"{HOME}/{{id}}", confirm, "POST"),
)
