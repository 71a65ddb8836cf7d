"""`/beheer/verwerkingsactiviteiten`: owners prepare and publish, two by two; the FG reads along and agrees."""

import json
from collections.abc import Sequence
from typing import Final, cast

from pydantic import ValidationError
from starlette.responses import Response

from consent.contract import (
    ActivityVersion,
    CannotPublish,
    Draft,
    NoSuchThing,
    NotNow,
    Step,
    Words,
    assessment_over,
    expiring,
    stop_by,
)
from kernel.clock import millis, moment
from kernel.errors import BadInput, NoAccess, NotFound
from web.frame import FieldError
from web.keeping_views import ActiveRow, Difference, DraftPage, DraftRow, Keeping, StoppedRow, TextField
from web.language import N_
from web.line_views import local_day
from web.pages.reading import words
from web.pages.removing import overdue
from web.register_facts import EFFECTS, OTHER, assessed, data, facts
from web.register_words import RegisterWords
from web.removal_views import late_row, late_set
from web.routing import Page
from web.site import Visit

HOME: Final = "/beheer/verwerkingsactiviteiten"
PASTE_MAX: Final = 60_000
TEXT_MAX: Final = 2_000
# The texts that residents read, by the field of a version.
TEXTS: Final = {
    "title": N_("Naam"),
    "purpose": N_("Doel"),
    "retention": N_("Hoe lang de ontvanger het bewaart"),
    "consequence": N_("Wat er gebeurt als iemand nee zegt"),
    "after_withdrawal": N_("Wat er gebeurt als iemand stopt"),
}
LANGUAGES: Final = {"nl": N_("Nederlands"), "en": N_("Engels")}
STEPS: Final = {
    "voorstellen": N_("Stel voor aan een collega"),
    "akkoord": N_("Ik ben akkoord als privacy-toezichthouder"),
    "publiceren": N_("Publiceer deze versie"),
    "weggooien": N_("Gooi dit concept weg"),
}
FOR_OFFICER: Final = {
    "/slug": N_("wie hierin ontvanger is, mag het hele logboek doorzoeken"),
    "/machtsverschil": N_("iemand kan zich onder druk voelen om ja te zeggen"),
    "/maximalePeriode": N_("een ja kan langer dan een jaar gelden"),
    "/doorBijBezwaar": N_("het gebruik gaat door als iemand het er niet mee eens is"),
}
UNREADABLE: Final = N_("Dit is geen goede beschrijving van een doel.")
EMPTY: Final = N_("Vul deze tekst in, hoogstens 2000 tekens.")
CHANGED: Final = N_("Dit concept is intussen veranderd. Lees het opnieuw.")
ANOTHER: Final = N_("Dit moet een ander doen dan wie het voorstelde of akkoord gaf.")
NOT_RIGHT: Final = N_("Er klopt nog iets niet. Kijk bij de fouten.")


async def home(visit: Visit) -> Response:
    """`/beheer`."""
    visit.keeper()
    return visit.to(HOME)


async def everything(visit: Visit) -> Response:
    """The list."""
    visit.keeper()
    return await _list(visit)


async def begin(visit: Visit) -> Response:
    """A new draft: of the version in force, of the last one of what was stopped, or of a description that was pasted.
    Who begins again while somebody prepares that, goes on with their draft."""
    person, form = visit.keeper(), await visit.form()
    if person.kind != "eigenaar":
        raise NotFound
    if form.get("actie") == "nieuw":
        said = await words(visit)
        active = said.activities.get(form.get("doel", "")[:60])
        if active is None:
            raise NotFound
        version = active
    elif form.get("actie") == "opnieuw":
        slug = form.get("doel", "")[:60]
        stopped = {one.version.slug: one.version for one in await visit.site.registers.drafts.stopped(visit.caller)}
        there = any(one.version.slug == slug for one in await visit.site.registers.drafts.all(visit.caller))
        if there:
            return visit.to(f"{HOME}/{slug}")
        if slug not in stopped:
            raise NotFound
        version = stopped[slug]
    else:
        text = form.get("beschrijving", "")
        try:
            version = ActivityVersion.model_validate_json(text[:PASTE_MAX], by_alias=True, by_name=False)
        except ValidationError:
            said = await words(visit)
            wrong = (FieldError(id="beschrijving", text=said.say(UNREADABLE)),)
            return await _list(visit, text[:PASTE_MAX], wrong)
    await visit.site.registers.drafts.save(visit.caller, version)
    return visit.to(f"{HOME}/{version.slug}")


async def one(visit: Visit) -> Response:
    """One draft."""
    visit.keeper()
    return await _draft(visit, await found(visit))


async def act(visit: Visit) -> Response:
    """A step of the draft that was read, or new texts for it."""
    person, form, draft = visit.keeper(), await visit.form(), await found(visit)
    said = await words(visit)
    if form.get("actie") == "woorden" and person.kind == "eigenaar":
        return await _reworded(visit, draft, form, said)
    if form.get("actie") not in STEPS:
        raise BadInput
    step, slug = cast("Step", form["actie"]), draft.version.slug
    try:
        await visit.site.registers.drafts.step(visit.caller, slug, step, form.get("vingerafdruk", "")[:64])
    except (NotNow, NoAccess, CannotPublish) as refused:
        why = {NotNow: CHANGED, NoAccess: ANOTHER}.get(type(refused), NOT_RIGHT)
        return await _draft(visit, draft, (FieldError(id="stappen", text=said.say(why)),))
    return visit.to(f"/register/{slug}" if step == "publiceren" else HOME if step == "weggooien" else f"{HOME}/{slug}")


async def found(visit: Visit) -> Draft:
    """The draft in the address. Raises NotFound."""
    try:
        return await visit.site.registers.drafts.one(visit.caller, str(visit.request.path_params["slug"])[:60])
    except NoSuchThing:
        raise NotFound from None


async def _reworded(visit: Visit, draft: Draft, form: dict[str, str], said: RegisterWords) -> Response:
    texts = {
        f"{name}-{language}": form.get(f"{name}-{language}", "").strip() for name in TEXTS for language in LANGUAGES
    }
    wrong = [FieldError(id=key, text=said.say(EMPTY)) for key, text in texts.items() if not 0 < len(text) <= TEXT_MAX]
    if form.get("vingerafdruk") != draft.digest:
        wrong.append(FieldError(id="stappen", text=said.say(CHANGED)))
    if wrong:
        return await _draft(visit, draft, wrong, texts)
    pairs = {name: Words(nl=texts[f"{name}-nl"], en=texts[f"{name}-en"]) for name in TEXTS}
    only = {"only_wording": form.get("alleen-bewoording") == "ja"}
    await visit.site.registers.drafts.save(visit.caller, draft.version.model_copy(update={**pairs, **only}))
    return visit.to(f"{HOME}/{draft.version.slug}")


async def _list(visit: Visit, pasted: str = "", errors: Sequence[FieldError] = ()) -> Response:
    said, at = await words(visit), millis(visit.site.clock())
    drafts = await visit.site.registers.drafts.all(visit.caller)
    soon = {one.slug for one in expiring(tuple(said.activities.values()), at)}
    drafted = {one.version.slug for one in drafts}
    person = visit.keeper()
    late = await overdue(visit) if person.departments and person.kind == "eigenaar" else None
    view = Keeping(
        frame=visit.frame(),
        drafts=tuple(
            DraftRow(slug=one.version.slug, title=said.chosen(one.version.title), proposed=one.stage == "voorgesteld",
                     faults=len(one.wrong), changed=moment(one.changed_at)) for one in drafts
        ),
        active=tuple(
            ActiveRow(slug=one.slug, title=said.chosen(one.title), number=one.number,
                      until=local_day(one.assessment.until), soon=one.slug in soon, expired=assessment_over(one, at),
                      drafted=one.slug in drafted, may_stop=stop_by(visit.caller, one) == "zelf")
            for one in sorted(said.activities.values(), key=lambda one: (one.assessment.until, one.slug))
        ),
        stopped=tuple(
            StoppedRow(slug=one.version.slug, title=said.chosen(one.version.title), number=one.version.number)
            for one in await visit.site.registers.drafts.stopped(visit.caller)
        ),
        may_write=person.kind == "eigenaar",
        late=tuple(late_row(one, said) for one in late.releases) if late else None,
        late_sets=tuple(late_set(one, said, "") for one in late.sets) if late else (),
        known=late is not None or not person.departments or person.kind != "eigenaar",
        pasted=pasted,
        errors=tuple(errors),
    )  # fmt: skip
    return visit.page("beheer_doelen.html", view, 400 if errors else 200)


async def _draft(
    visit: Visit, draft: Draft, errors: Sequence[FieldError] = (), typed: dict[str, str] | None = None
) -> Response:
    said, owner = await words(visit), visit.keeper().kind == "eigenaar"
    view = DraftPage(
        frame=visit.frame(),
        slug=draft.version.slug,
        title=said.chosen(draft.version.title),
        digest=draft.digest,
        proposed=draft.stage == "voorgesteld",
        own=draft.own,
        against=draft.against,
        asks_anew=draft.asks_anew,
        again=draft.again,
        for_officer=tuple(f"{place}: {said.say(FOR_OFFICER.get(place, OTHER))}" for place in draft.for_officer),
        agreed=draft.agreed,
        faults=tuple((one.place, one.detail) for one in draft.wrong),
        differences=tuple(
            Difference(field=one.field, effect=said.say(EFFECTS[one.effect]), old=one.old, new=one.new)
            for one in draft.changes
        ),
        texts=tuple(_texts(draft.version, said, typed or {})),
        may_write=owner,
        steps=tuple((step, said.say(STEPS[step])) for step in _steps(draft, owner)),
        purpose=said.chosen(draft.version.purpose),
        data=data(draft.version, said),
        facts=facts(draft.version, said),
        values=assessed(draft.version, said),
        document=_document(draft.version),
        errors=tuple(errors),
    )
    return visit.page("beheer_concept.html", view, 400 if errors else 200)


def _document(version: ActivityVersion) -> str:
    """Everything that is published, also what has no words of its own on the page; as it came in."""
    whole = version.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return json.dumps(whole, ensure_ascii=False, indent=2)


def _texts(version: ActivityVersion, said: RegisterWords, typed: dict[str, str]) -> list[TextField]:
    return [
        TextField(
            id=f"{name}-{language}",
            label=f"{said.say(label)} ({said.say(LANGUAGES[language])})",
            value=typed.get(f"{name}-{language}", getattr(getattr(version, name), language)),
        )
        for name, label in TEXTS.items()
        for language in LANGUAGES
    ]


def _steps(draft: Draft, owner: bool) -> list[str]:
    """What may be done with it now, by whoever reads it."""
    if not owner:
        return ["akkoord"] if draft.for_officer and not draft.agreed and not draft.own else []
    if draft.stage == "concept":
        return ["voorstellen", "weggooien"]
    return ["weggooien"] if draft.own or draft.wrong else ["publiceren", "weggooien"]


PAGES: Final = (
    Page("/beheer", home),
    Page(HOME, everything),
    Page(HOME, begin, "POST"),
    Page(f"{HOME}/{{slug}}", one),
    Page(f"{HOME}/{{slug}}", act, "POST"),
)
