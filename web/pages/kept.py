"""`/kluis`: what a resident keeps, by name. `/kluis/{id}`: one value of it, to replace or to remove; what stands there
is not opened for it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from starlette.responses import Response

from kernel.clock import moment
from kernel.errors import BadInput, NotFound
from vault.contract import AlreadyKept, Deposit, Kept, NotKept
from web.frame import FieldError, Frame
from web.pages.reading import words
from web.prose import draft, prose, text_fault
from web.register_words import RegisterWords
from web.routing import Page
from web.site import Visit, vault_ref
from web.words import WRONG

HOME: Final = "/kluis"
FIELD: Final = "waarde"
VALUE_MAX: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One value, as it is called."""

    id: str
    label: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Items:
    """there: whether there is a vault."""

    frame: Frame
    there: bool
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OneItem:
    """value: what was typed, when something is wrong with it."""

    frame: Frame
    item: Item
    value: str = ""
    errors: tuple[FieldError, ...] = ()


async def show(visit: Visit) -> Response:
    """What there is."""
    there = await visit.site.vault.opened(visit.caller, vault_ref(visit.resident()))
    said, kept = await words(visit), await _kept(visit)
    items = tuple(_item(one, said) for one in kept)
    return visit.page("kluis.html", Items(frame=visit.frame(), there=there, items=items))


async def one(visit: Visit) -> Response:
    """What it means to replace or to remove it."""
    return await _drawn(visit, await _asked(visit))


async def change(visit: Visit) -> Response:
    """A line first, then it is replaced, or gone; the list shows it, and since what hour each stands there."""
    person, form = visit.resident(), await visit.form()
    if form.get("actie") not in ("vervang", "verwijder"):
        raise BadInput
    try:
        kept = await _asked(visit)
        if form["actie"] == "verwijder":
            await visit.site.vault.remove(visit.caller, vault_ref(person), kept.element)
            return visit.to(HOME)
        text = prose(form.get(FIELD, ""))
        if wrong := text_fault(text, FIELD, VALUE_MAX):
            return await _drawn(visit, kept, draft(text, VALUE_MAX), wrong)
        try:
            await visit.site.vault.replace(visit.caller, vault_ref(person), Deposit(element=kept.element, value=text))
        except AlreadyKept:  # other words wait for this place, which may still take it
            return await _drawn(visit, kept, text, "loopt-nog")
    except (NotFound, NotKept):  # in another tab: the list shows what stands
        pass
    return visit.to(HOME)


async def _kept(visit: Visit) -> list[Kept]:
    return await visit.site.vault.kept(visit.caller, vault_ref(visit.resident()))


async def _asked(visit: Visit) -> Kept:
    """Raises NotFound."""
    named = str(visit.request.path_params["id"])[:100]
    found = next((one for one in await _kept(visit) if one.id == named), None)
    if found is None:
        raise NotFound
    return found


async def _drawn(visit: Visit, kept: Kept, value: str = "", wrong: str = "") -> Response:
    said = await words(visit)
    errors = (FieldError(id=FIELD, text=said.say(WRONG[wrong])),) if wrong else ()
    view = OneItem(frame=visit.frame(), item=_item(kept, said), value=value, errors=errors)
    return visit.page("kluis_gegeven.html", view, status=400 if errors else 200)


def _item(kept: Kept, said: RegisterWords) -> Item:
    return Item(id=kept.id, label=said.label(kept.element), since=moment(kept.since))


PAGES: Final = (Page(HOME, show), Page(f"{HOME}/{{id}}", one), Page(f"{HOME}/{{id}}", change, "POST"))
