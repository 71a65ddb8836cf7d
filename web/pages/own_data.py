"""`/gegevens`: which data of a resident goes through us, where it stands, and who may read it. `/gegevens/{soort}`: one
of these; what they keep of it in their vault they see, type, replace and remove there.

A value stands on the answer to its own form and nowhere else: whoever opens the address finds it hidden again.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Final

from starlette.responses import Response

from audit.contract import Line, LogUnavailable, Overtaken
from kernel.clock import moment
from kernel.errors import BadInput, NeighbourUnavailable, NotFound
from vault.contract import LOOK_MOST, AlreadyKept, Deposit, Kept, NotKept, NoVault, Value, VaultUnavailable
from web.frame import FieldError
from web.line_views import shown as is_shown
from web.own_data_views import Field, Known, OneDatum, OwnData, Shown, State, field_of, shown_of, typed
from web.pages.reading import all_lines, begin_of, line_views, words
from web.prose import draft, prose
from web.routing import Page
from web.site import Visit, vault_ref
from web.words import WRONG

HOME: Final = "/gegevens"
TAKE: Final = f"{HOME}/ophalen"
FIELD: Final = "waarde"


@dataclass(frozen=True)
class Found:
    """What could be read of it. vault: whether it is there; seen: whether the log answered; whole: with every use."""

    known: Known
    vault: State
    seen: bool
    whole: bool


@dataclass(frozen=True)
class Done:
    """What a form led to, for the page that answers it. value: what was typed; wrong: a key in `words.WRONG`."""

    shown: Shown | None = None
    changed: bool = False
    value: str = ""
    wrong: str = ""


async def show(visit: Visit) -> Response:
    """All of it, by kind, without a value."""
    return await _listed(visit)


async def one(visit: Visit) -> Response:
    """One of it, its value hidden."""
    found = await _found(visit)
    return _drawn(visit, found, _asked(visit, found.known))


async def act(visit: Visit) -> Response:
    """See, keep, replace or remove: a line first."""
    visit.resident()
    form = await visit.form()
    step = STEPS.get(form.get("actie", ""))
    if step is None:
        raise BadInput
    found = await _found(visit)
    name = _asked(visit, found.known)
    if found.vault == "weg":
        raise VaultUnavailable
    try:
        return await step(visit, found, name, form)
    except (NotKept, NoVault):  # in another tab: the page shows what stands
        return _drawn(visit, await _found(visit), name, Done(changed=True))


async def take(visit: Visit) -> Response:
    """All that they keep, as a file: a line first."""
    person, form = visit.resident(), await visit.form()
    if form.get("actie") != "ophalen":
        raise BadInput
    vault, ref, values = visit.site.vault, vault_ref(person), list[Value]()
    names = [one.element for one in await vault.kept(visit.caller, ref)]
    try:
        for at in range(0, len(names), LOOK_MOST):
            values += await vault.look(visit.caller, ref, names[at : at + LOOK_MOST], whole=True)
    except (NotKept, NoVault):
        return await _listed(visit, changed=True)
    if not values:
        return visit.to(HOME)
    said = await words(visit)
    told = {one.element: {"omschrijving": said.label(one.element), **_told(one)} for one in values}
    text = json.dumps({"gemeente": visit.tenant.name, "gegevens": told}, ensure_ascii=False, indent=1)
    return visit.file("kluis.json", text, "application/json")


async def back(visit: Visit) -> Response:
    """Who comes here without a form, such as after login, goes to the list."""
    visit.resident()
    return visit.to(HOME)


async def _see(visit: Visit, found: Found, name: str, _: Mapping[str, str]) -> Response:
    (value,) = await visit.site.vault.look(visit.caller, vault_ref(visit.resident()), (name,))
    return _drawn(visit, found, name, Done(shown=shown_of(value, found.known.said)))


async def _keep(visit: Visit, found: Found, name: str, form: Mapping[str, str]) -> Response:
    text, field = _typed(found, name, form)
    value, wrong = typed(text, found.known.shapes[name], field)
    if wrong:
        return _drawn(visit, found, name, Done(value=draft(text, field.most), wrong=wrong))
    here, deposit = form.get("was", ""), Deposit(element=name, value=value)
    if here != found.known.datum(name).id:  # meanwhile another value stands here, or none
        return _drawn(visit, found, name, Done(value=draft(text, field.most), changed=True))
    vault, ref = visit.site.vault, vault_ref(visit.resident())
    try:
        if here:
            await vault.replace(visit.caller, ref, deposit, was=here)
        else:
            await vault.keep(visit.caller, ref, (deposit,))
    except (NotKept, Overtaken):  # in another tab, in this very moment
        return _drawn(visit, await _found(visit), name, Done(value=text, changed=True))
    except AlreadyKept:  # other words wait for this place, which may still take it
        return _drawn(visit, found, name, Done(value=text, wrong="loopt-nog"))
    return visit.to(f"{HOME}/{name}")


async def _remove(visit: Visit, found: Found, name: str, form: Mapping[str, str]) -> Response:
    if form.get("was", "") != found.known.datum(name).id:
        return _drawn(visit, found, name, Done(changed=True))
    await visit.site.vault.remove(visit.caller, vault_ref(visit.resident()), name, was=form.get("was", ""))
    return visit.to(f"{HOME}/{name}")


STEPS: Final[Mapping[str, Callable[[Visit, Found, str, Mapping[str, str]], Awaitable[Response]]]] = {
    "toon": _see,
    "bewaar": _keep,
    "verwijder": _remove,
}


async def _listed(visit: Visit, *, changed: bool = False) -> Response:
    found = await _found(visit)
    groups, kept = found.known.groups(), bool(found.known.kept)
    view = OwnData(frame=visit.frame(), groups=groups, vault=found.vault, kept=kept, seen=found.seen, changed=changed)
    return visit.page("gegevens.html", view, 409 if changed else 200)


async def _found(visit: Visit) -> Found:
    state, kept = await _kept(visit)
    lines, seen, whole = await _lines(visit)
    said, consents = await words(visit), await visit.site.consent.choices(visit.caller)
    views = line_views(visit, said, consents)
    return Found(Known(said, visit.site.shapes, kept, consents, lines, views), state, seen, whole)


async def _kept(visit: Visit) -> tuple[State, list[Kept]]:
    """What else is known of their data is shown without the vault too."""
    ref = vault_ref(visit.resident())
    try:
        if not await visit.site.vault.opened(visit.caller, ref):
            return "dicht", []
        return "open", await visit.site.vault.kept(visit.caller, ref)
    except (VaultUnavailable, NeighbourUnavailable):
        return "weg", []


async def _lines(visit: Visit) -> tuple[list[Line], bool, bool]:
    """With whether the log answered, and whether that was all: not what is withheld, nor more than a page reads."""
    try:
        lines, more = await all_lines(visit, begin_of(visit, "maand"))
    except (LogUnavailable, NeighbourUnavailable):
        return [], False, False
    return [line for line in lines if is_shown(line)], True, not more and not any(line.withheld for line in lines)


def _asked(visit: Visit, known: Known) -> str:
    """Raises NotFound."""
    name = str(visit.request.path_params["soort"])[:100]
    if name not in known.names():
        raise NotFound
    return name


def _typed(found: Found, name: str, form: Mapping[str, str]) -> tuple[str, Field]:
    """Raises BadInput for what nobody can type here."""
    field = field_of(found.known.shapes.get(name))
    if field is None or not found.known.datum(name).own:
        raise BadInput
    return prose(form.get(FIELD, "")), field


def _drawn(visit: Visit, found: Found, name: str, done: Done | None = None) -> Response:
    done = done or Done()
    datum, said = found.known.datum(name), found.known.said
    view = OneDatum(
        frame=visit.frame(),
        datum=datum,
        vault=found.vault,
        seen=found.seen,
        whole=found.whole,
        field=field_of(found.known.shapes.get(name)) if datum.own else None,
        doubt=found.known.doubt(name),
        shown=done.shown,
        changed=done.changed,
        value=done.value,
        errors=(FieldError(id=FIELD, text=said.say(WRONG[done.wrong])),) if done.wrong else (),
    )
    return visit.page("gegeven.html", view, status=400 if done.wrong else 409 if done.changed else 200)


def _told(value: Value) -> dict[str, object]:
    at = moment(value.as_of).astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return {"waarde": value.value, "bron": value.source, "peilmoment": at, "herkomst": value.origin}


PAGES: Final = (
    Page(HOME, show),
    Page(TAKE, back),
    Page(TAKE, take, "POST"),
    Page(f"{HOME}/{{soort}}", one),
    Page(f"{HOME}/{{soort}}", act, "POST"),
)
