"""The assessment of an activity to come: the DPIA, the four steps and the seven public values, all of them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Final

from starlette.responses import Response

from consent.contract import Assessment, Draft
from kernel.clock import millis
from kernel.errors import NotFound
from web.frame import FieldError
from web.keeping_views import AssessmentPage, TextField
from web.language import AMSTERDAM, N_
from web.line_views import local_day
from web.pages.keeping import CHANGED, HOME, TEXT_MAX, found
from web.pages.reading import words
from web.register_facts import STEPS, VALUES
from web.register_words import RegisterWords
from web.routing import Page
from web.site import Visit

YEARS: Final = 3  # an assessment is looked at again within three years (DPIA model of the state)
MISSING: Final = N_("Vul dit in, hoogstens 2000 tekens.")
DAY: Final = N_("Kies een dag na vandaag en binnen drie jaar.")


async def form(visit: Visit) -> Response:
    """As it stands in the draft."""
    _owner(visit)
    draft = await found(visit)
    return await _page(visit, draft, _known(draft.version.assessment))


async def save(visit: Visit) -> Response:
    """All of it, or nothing: what is missing is told at its field, and nothing that was typed is lost."""
    _owner(visit)
    typed, draft, said = await visit.form(), await found(visit), await words(visit)
    kept = {name: typed.get(name, "").strip()[: TEXT_MAX + 1] for name in _names()}
    today = visit.site.clock().astimezone(AMSTERDAM).date()
    until = _day(kept["tot"])
    wrong = [
        FieldError(id=name, text=said.say(MISSING))
        for name, text in kept.items()
        if name != "tot" and not 0 < len(text) <= TEXT_MAX
    ]
    if until is None or not today < until <= today.replace(year=today.year + YEARS, day=min(today.day, 28)):
        wrong.append(FieldError(id="tot", text=said.say(DAY)))
    if typed.get("vingerafdruk") != draft.digest:
        wrong.append(FieldError(id="dpia", text=said.say(CHANGED)))
    if wrong or until is None:
        return await _page(visit, draft, kept, wrong)
    assessment = Assessment.model_validate(
        {
            "dpia": kept["dpia"],
            "door": kept["door"],
            "totEnMet": millis(datetime.combine(until, time(23, 59, 59), AMSTERDAM)),
            "stappen": {name: kept[f"stap-{name}"] for name in STEPS},
            "waarden": {name: kept[f"waarde-{number}"] for number, name in enumerate(VALUES)},
        }
    )
    await visit.site.registers.drafts.save(visit.caller, draft.version.model_copy(update={"assessment": assessment}))
    return visit.to(f"{HOME}/{draft.version.slug}")


def _owner(visit: Visit) -> None:
    if visit.keeper().kind != "eigenaar":
        raise NotFound


def _names() -> list[str]:
    return ["dpia", "door", "tot", *(f"stap-{name}" for name in STEPS), *(f"waarde-{n}" for n in range(len(VALUES)))]


def _known(one: Assessment) -> dict[str, str]:
    steps = {f"stap-{name}": one.steps.get(name, "") for name in STEPS}  # type: ignore[call-overload]  # a Literal
    values = {f"waarde-{number}": one.values.get(name, "") for number, name in enumerate(VALUES)}
    return {"dpia": one.dpia, "door": one.by, "tot": local_day(one.until).isoformat(), **steps, **values}


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


async def _page(visit: Visit, draft: Draft, typed: Mapping[str, str], errors: Sequence[FieldError] = ()) -> Response:
    said = await words(visit)
    view = AssessmentPage(
        frame=visit.frame(),
        slug=draft.version.slug,
        title=said.chosen(draft.version.title),
        digest=draft.digest,
        dpia=typed["dpia"],
        by=typed["door"],
        until=typed["tot"],
        steps=tuple(_field(f"stap-{name}", label, typed, said) for name, label in STEPS.items()),
        values=tuple(_field(f"waarde-{n}", label, typed, said) for n, label in enumerate(VALUES.values())),
        errors=tuple(errors),
    )
    return visit.page("beheer_beoordeling.html", view, 400 if errors else 200)


def _field(name: str, label: str, typed: Mapping[str, str], said: RegisterWords) -> TextField:
    return TextField(id=name, label=said.say(label), value=typed[name])


PAGES: Final = (
    Page(f"{HOME}/{{slug}}/beoordeling", form),
    Page(f"{HOME}/{{slug}}/beoordeling", save, "POST"),
)
