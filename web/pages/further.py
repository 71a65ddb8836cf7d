"""`/namens/gebruik` and `/namens/verzoeken`: who used the data of whom one acts for, and what is asked for them.

The register decides what may be seen and asked, and each look at uses is a line that the person reads.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Final
from urllib.parse import urlencode

from starlette.responses import Response

from consent.contract import NO_REASON, Claim, NotNow
from kernel.clock import millis
from kernel.errors import BadInput
from web.claim_views import OBJECTION, RESTRICTION, card
from web.frame import FieldError, Option
from web.further_views import TheirClaims, TheirUses, by_day, choices_of, chosen_only, their_uses
from web.pages.acting import NOW, RATHER, mandates_of, standing, while_acting
from web.pages.claims import TEXT_MAX, claimed
from web.pages.reading import FIRST, SPANS, begin_of, coverage, line_views, pager, words
from web.prose import draft, prose, text_fault
from web.register_words import RegisterWords
from web.routing import Page
from web.site import Visit
from web.words import PERIODS, WRONG

USES, CLAIMS = "/namens/gebruik", "/namens/verzoeken"
A_PAGE: Final = 25
FORMS: Final[Mapping[str, tuple[str, Mapping[str, tuple[str, str]]]]] = {
    "bezwaar": ("grond", {"doel": ("purposes", "doel")}),
    "beperking": ("waarom", {"bereik": ("scopes", "doel"), "aanleiding": ("grounds", "reden")}),
    "verzoek": ("tekst", {"soort": ("kinds", "verzoek"), "waarover": ("uses", "doel")}),
}  # by `actie`: the field with the text; by field of a choice, where its options are and what is wrong with another


async def uses(visit: Visit) -> Response:
    """Of a period, 30 days to begin with."""
    acting = await standing(visit, NOW)
    asked = visit.request.query_params.get("periode", FIRST)
    period = asked if asked in SPANS else FIRST
    begin = begin_of(visit, period)
    found = await mandates_of(visit).uses(visit.caller, acting.ground, millis(begin) if begin else 0)
    said = await words(visit)
    listed = their_uses(found.lines, line_views(visit, said, []))
    leaf = pager(visit, USES, {"periode": period}, -(-len(listed) // A_PAGE))
    view = TheirUses(
        frame=visit.frame(),
        who=acting.name,
        periods=tuple(Option(value=key, text=said.say(text), chosen=key == period) for key, text in PERIODS.items()),
        filtered=period != FIRST,
        found=len(found.lines),
        days=by_day(listed[(leaf.page - 1) * A_PAGE : leaf.page * A_PAGE]),
        pager=leaf,
        coverage=await coverage(visit),
        more=found.more,
        chosen_only=chosen_only(acting),
    )
    return visit.page("namens_gebruik.html", view)


async def claims(visit: Visit) -> Response:
    """What was asked for this person by who looks, and the forms."""
    return await _drawn(visit, {})


async def act(visit: Visit) -> Response:
    """An objection, a lock, another request, or taking one back."""
    visit.somebody()
    form = await visit.form()
    what = form.get("actie", "")
    if what == "intrekken":
        acting = await standing(visit, NOW)
        request = form.get("verzoek", "")[:100]
        with suppress(NotNow):  # sent twice, or decided in between: the page shows what stands
            await mandates_of(visit).withdraw(visit.caller, acting.ground, request)
        return visit.to(f"{CLAIMS}?{urlencode({'bewaard': request})}")
    if what not in FORMS:
        raise BadInput
    acting = await standing(visit, RATHER if what in (OBJECTION, RESTRICTION) else NOW)
    if errors := await _wrong(visit, form, what):
        return await _drawn(visit, form, errors)
    text = prose(form.get(FORMS[what][0], ""))
    claim = Claim.model_validate({"resident": acting.ground.resident, "text": text, **claimed(what, form)})
    try:
        filed = await mandates_of(visit).file(visit.caller, acting.ground, claim)
    except NotNow as refused:  # of what can be chosen here
        field, wrong = ("aanleiding", "aanleiding") if what == RESTRICTION else ("doel", "al-gevraagd")
        return await _drawn(visit, form, {field: str(refused.members.get("reden", wrong))})
    if filed.text != text:
        return await _drawn(visit, form, {FORMS[what][0]: "andere-woorden"})
    return visit.to(f"{CLAIMS}?{urlencode({'bewaard': filed.id})}")


async def _wrong(visit: Visit, form: dict[str, str], what: str) -> dict[str, str]:
    acting, said, errors = await standing(visit), await words(visit), dict[str, str]()
    offered = choices_of(await mandates_of(visit).reach(visit.caller, acting.ground), said, form)
    field, choices = FORMS[what]
    for name, (where, wrong) in choices.items():
        if form.get(name, "") not in {one.value for one in offered[where]}:
            errors[name] = wrong
    missing = "" if form.get("soort", "") in NO_REASON else "grond"
    if wrong := text_fault(prose(form.get(field, "")), missing, TEXT_MAX):
        errors[field] = wrong
    return errors


async def _drawn(visit: Visit, form: dict[str, str], errors: Mapping[str, str] | None = None) -> Response:
    acting, said = await standing(visit), await words(visit)
    reach = await mandates_of(visit).reach(visit.caller, acting.ground)
    done = visit.request.query_params.get("bewaard", "")
    view = TheirClaims(
        frame=visit.frame(),
        who=acting.name,
        asks=reach.asks,
        cards=tuple(card(one, said, visit.site.clock()) for one in reach.asked),
        **choices_of(reach, said, form),
        objection=draft(form.get("grond", ""), TEXT_MAX),
        restriction=draft(form.get("waarom", ""), TEXT_MAX),
        request=draft(form.get("tekst", ""), TEXT_MAX),
        saved=not errors and any(one.id == done for one in reach.asked),
        errors=_errors(said, errors or {}),
    )
    return visit.page("namens_verzoeken.html", view, 400 if errors else 200)


def _errors(said: RegisterWords, errors: Mapping[str, str]) -> tuple[FieldError, ...]:
    return tuple(FieldError(id=field, text=said.say(WRONG[code])) for field, code in errors.items())


PAGES: Final = (
    Page(USES, while_acting(uses)),
    Page(CLAIMS, while_acting(claims)),
    Page(CLAIMS, while_acting(act), "POST"),
)
