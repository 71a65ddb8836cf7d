"""`/verzoeken`: a resident objects or asks, sees how it stands, withdraws. `/fg/verzoeken`: somebody decides."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final
from urllib.parse import urlencode

from starlette.responses import Response

from consent.contract import NO_REASON, Claim, NotNow, RightsRequest
from kernel.errors import BadInput, NoAccess
from web.claim_views import (
    ALL,
    OBJECTION,
    RESTRICTION,
    Claims,
    FgClaims,
    card,
    grounds,
    kinds,
    purposes,
    scopes,
    uses,
)
from web.frame import FieldError, Option
from web.pages.corrections import doubted
from web.pages.reading import words
from web.prose import draft, prose, text_fault
from web.register_words import RegisterWords
from web.routing import Page
from web.site import Visit, consent_ref
from web.words import WRONG

TEXT_MAX, LETTER_MAX = 1000, 2000
HOME, DESK = "/verzoeken", "/fg/verzoeken"
DECISIONS: Final = ("gegrond", "ongegrond")
FIELDS: Final = {"verlengen": "reden", "aankondigen": "nota"}  # where the text of a step stands, but for the letter


async def show(visit: Visit) -> Response:
    """What the resident asked, and the two forms."""
    visit.resident()
    return await _drawn(visit, {})


async def act(visit: Visit) -> Response:
    """An objection, a lock, another request, or taking one back."""
    person, form = visit.resident(), await visit.form()
    if form.get("actie") == "intrekken":
        request = form.get("verzoek", "")[:100]
        with suppress(NotNow):  # sent twice, or decided in between: the page shows what stands
            await visit.site.registers.rights.step(visit.caller, request, "intrekken", "")
        return visit.to(f"{HOME}?{urlencode({'bewaard': request})}")
    said, act = await words(visit), form.get("actie", "")
    if errors := _wrong(form, act, said):
        return await _drawn(visit, form, errors)
    field, _ = _form_of(act, said)
    text = prose(form.get(field, ""))
    claim = Claim.model_validate({"resident": consent_ref(person), "text": text, **claimed(act, form)})
    try:
        filed = await visit.site.registers.rights.file(visit.caller, claim)
    except NotNow:  # of what can be chosen here: nobody objected to what is to be locked
        return await _drawn(visit, form, {"aanleiding": "aanleiding"})
    if filed.text != text:  # one like it was open: nobody thinks that these words were kept
        return await _drawn(visit, form, {field: "andere-woorden"})
    return visit.to(f"{HOME}?{urlencode({'bewaard': filed.id})}")


def _wrong(form: Mapping[str, str], act: str, said: RegisterWords) -> dict[str, str]:
    """The wrong fields, each with what is wrong."""
    (field, choices), errors = _form_of(act, said), dict[str, str]()
    if act not in (OBJECTION, RESTRICTION) and form.get("waarover", "") not in ("", *said.activities):
        errors["waarover"] = "doel"
    for name, (options, wrong) in choices.items():
        if form.get(name, "") not in {one.value for one in options}:
            errors[name] = wrong
    missing = "" if form.get("soort", "") in NO_REASON else "grond"
    if wrong := text_fault(prose(form.get(field, "")), missing, TEXT_MAX):
        errors[field] = wrong
    return errors


def _form_of(act: str, said: RegisterWords) -> tuple[str, Mapping[str, tuple[Sequence[Option], str]]]:
    """The field with the text of a form; and its choices by field, with the error for what is none of them."""
    if act == OBJECTION:
        return "grond", {"doel": (purposes(said, ""), "doel")}
    if act == RESTRICTION:
        return "waarom", {"bereik": (scopes(said, ""), "doel"), "aanleiding": (grounds(said, ""), "reden")}
    return "tekst", {"soort": (kinds(said, ""), "verzoek")}


def claimed(act: str, form: Mapping[str, str]) -> dict[str, str | None]:
    """What a form asks, as members of a Claim. act: of the form, that was looked at."""
    if act == OBJECTION:
        return {"kind": OBJECTION, "activity": form["doel"]}
    if act == RESTRICTION:
        scope = None if form["bereik"] == ALL else form["bereik"]
        return {"kind": RESTRICTION, "activity": scope, "ground": form["aanleiding"]}
    return {"kind": form["soort"], "activity": form.get("waarover") or None}


async def desk(visit: Visit) -> Response:
    """All requests; who asked is not told."""
    visit.officer()
    return await _listed(visit)


async def decide(visit: Visit) -> Response:
    """One step of one request."""
    visit.officer()
    form = await visit.form()
    request, step = form.get("verzoek", "")[:100], form.get("actie", "")
    text = prose(form.get("tekst", ""))
    if step not in (*DECISIONS, *FIELDS, "in-behandeling", "opheffen"):
        raise BadInput
    if step not in ("in-behandeling", "opheffen") and (wrong := text_fault(text, "antwoord", LETTER_MAX)):
        field = f"{FIELDS.get(step, 'brief')}-{request}"
        return await _listed(visit, (field, wrong), (request, draft(text, LETTER_MAX)))
    try:
        await visit.site.registers.rights.step(visit.caller, request, step, text)  # type: ignore[arg-type]  # checked
    except NotNow:  # sent twice, or somebody else was first: the page shows what stands
        return visit.to(DESK)
    except NoAccess:  # who is FG and owner: the letter stays, for somebody else to send
        field = f"{'nota' if step == 'opheffen' else 'brief'}-{request}"
        return await _listed(visit, (field, "eigen-werk"), (request, draft(text, LETTER_MAX)))
    return visit.to(f"{DESK}?{urlencode({'bewaard': request})}")


def _saved(visit: Visit, found: Sequence[RightsRequest]) -> bool:
    """Whether what was just done is among these: a request that is listed has a line, and a link proves nothing."""
    return any(one.id == visit.request.query_params.get("bewaard", "") for one in found)


async def _drawn(visit: Visit, form: Mapping[str, str], errors: Mapping[str, str] | None = None) -> Response:
    said, now = await words(visit), visit.site.clock()
    found = await visit.site.registers.rights.filed(visit.caller)
    view = Claims(
        frame=visit.frame(),
        cards=tuple(card(one, said, now) for one in found),
        purposes=purposes(said, form.get("doel", visit.request.query_params.get("doel", ""))),
        kinds=kinds(said, form.get("soort", visit.request.query_params.get("soort", ""))),
        scopes=scopes(said, form.get("bereik", "")),
        uses=uses(said, form.get("waarover", "")),
        grounds=grounds(said, form.get("aanleiding", "")),
        objection=draft(form.get("grond", ""), TEXT_MAX),
        restriction=draft(form.get("waarom", ""), TEXT_MAX),
        request=draft(form.get("tekst", ""), TEXT_MAX),
        reports=await doubted(visit, said),
        saved=not errors and _saved(visit, found),
        errors=_errors(said, errors or {}),
    )
    return visit.page("verzoeken.html", view, 400 if errors else 200)


async def _listed(visit: Visit, wrong: tuple[str, str] = ("", ""), kept: tuple[str, str] = ("", "")) -> Response:
    said, now = await words(visit), visit.site.clock()
    found = await visit.site.registers.rights.filed(visit.caller)
    view = FgClaims(
        frame=visit.frame(),
        cards=tuple(card(one, said, now, kept[1] if one.id == kept[0] else "") for one in found),
        saved=not wrong[0] and _saved(visit, found),
        errors=_errors(said, dict((wrong,)) if wrong[0] else {}),
    )
    return visit.page("fg_verzoeken.html", view, 400 if wrong[0] else 200)


def _errors(said: RegisterWords, errors: Mapping[str, str]) -> tuple[FieldError, ...]:
    return tuple(FieldError(id=field, text=said.say(WRONG[code])) for field, code in errors.items())


PAGES: Final = (
    Page(HOME, show),
    Page(HOME, act, "POST"),
    Page(DESK, desk),
    Page(DESK, decide, "POST"),
)
