"""`/namens/gemachtigden`: whom a resident lets look, or choose too. Given with a code that is handed over."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final
from urllib.parse import parse_qsl, urlencode

from starlette.responses import Response

from consent.contract import NotNow
from consent.mandates.contract import Offer
from kernel.errors import BadInput
from kernel.numbers import has_written_number
from web import behalf_views as views
from web.frame import FieldError
from web.language import AMSTERDAM
from web.line_details import acted_for
from web.pages.reading import begin_of, line_views, own_lines, words
from web.periods import end_of_day
from web.prose import draft
from web.register_words import RegisterWords
from web.routing import Page
from web.site import FIELDS_MAX, Visit, consent_ref
from web.views import UseRow
from web.words import WRONG

HOME: Final = "/namens/gemachtigden"
LABEL_MAX = 80
ABOUT_IT: Final = frozenset({"machtiging-vastgelegd", "machtiging-gegeven", "machtiging-beeindigd"})  # no act under it


async def show(visit: Visit) -> Response:
    """Who looks, what for, until when; and the form."""
    visit.resident()
    return await _drawn(visit, {}, ())


async def act(visit: Visit) -> Response:
    """Let somebody look, or stop it. Stopping asks nothing more."""
    person, form = visit.resident(), await visit.form()
    door = visit.site.registers.mandates
    if form.get("actie") == "stop":
        await door.end(visit.caller, form.get("wie", "")[:100])
        return visit.to(HOME)
    if form.get("actie") != "geef":
        raise BadInput
    chosen, label = await _purposes(visit), form.get("naam", "").strip()
    if errors := await _wrong(visit, form, chosen):
        return await _drawn(visit, form, chosen, errors)
    last = visit.site.clock().astimezone(AMSTERDAM).date() + timedelta(days=int(form["hoelang"]))
    terms = {"activities": chosen, "decides": form["mag"] == "kiezen", "until": end_of_day(last)}
    offer = Offer.model_validate({"resident": consent_ref(person), "label": label, "name": person.name, **terms})
    try:
        made = await door.offer(visit.caller, offer)
    except NotNow:
        return await _drawn(visit, form, chosen, {"naam": "namens-veel"})
    code = ""
    if visit.opened is not None:  # told once: for this session, and not for long
        code = await visit.site.sessions.keep(visit.tenant.id, visit.opened, made.code)
    return visit.to(f"{HOME}?{urlencode({'code': code})}")


async def _purposes(visit: Visit) -> tuple[str, ...]:
    """The boxes that were ticked: fields of one name."""
    body = (await visit.request.body()).decode()
    sent = parse_qsl(body, max_num_fields=FIELDS_MAX)
    return tuple(dict.fromkeys(value[:100] for name, value in sent if name == "doel"))


async def _wrong(visit: Visit, form: Mapping[str, str], chosen: tuple[str, ...]) -> dict[str, str]:
    said, label = await words(visit), form.get("naam", "").strip()
    listed = {one.value for one in views.purposes(said, ())}
    wrong = {}
    if not label or len(label) > LABEL_MAX or not label.isprintable():
        wrong["naam"] = "namens-naam"
    elif has_written_number(label):
        wrong["naam"] = "bsn-in-tekst"
    if not chosen or not set(chosen) <= listed:
        wrong["doel"] = "doel"
    if form.get("mag") not in views.LEVELS:
        wrong["mag"] = "namens-mag"
    if form.get("hoelang") not in views.MONTHS:
        wrong["hoelang"] = "namens-hoelang"
    return wrong


async def _drawn(
    visit: Visit, form: Mapping[str, str], chosen: tuple[str, ...], errors: Mapping[str, str] | None = None
) -> Response:
    said, code = await words(visit), ""
    given = await visit.site.registers.mandates.given(visit.caller)
    done, whole = await _last_acts(visit, said) if given else ({}, True)
    token = visit.request.query_params.get("code", "")
    if visit.opened is not None and 0 < len(token) <= 64 and token != visit.opened.session.number:
        code = await visit.site.sessions.kept(visit.tenant.id, visit.opened, token) or ""
    view = views.Helpers(
        frame=visit.frame(),
        helpers=tuple(views.terms(one, said, done.get(one.id)) for one in given),
        purposes=views.purposes(said, chosen),
        levels=views.options(views.LEVELS, said, form.get("mag", "")),
        months=views.options(views.MONTHS, said, form.get("hoelang", "")),
        label=draft(form.get("naam", ""), LABEL_MAX),
        code=views.grouped(code) if len(code) == 16 else "",
        whole=whole,
        errors=tuple(FieldError(id=field, text=said.say(WRONG[wrong])) for field, wrong in (errors or {}).items()),
    )
    return visit.page("namens_helpers.html", view, 400 if errors else 200)


async def _last_acts(visit: Visit, said: RegisterWords) -> tuple[dict[str, UseRow], bool]:
    """What was done last, by mandate, in a year: the newest line that says so; and whether all were looked at."""
    lines, more = await own_lines(visit, begin_of(visit, "jaar"))
    told, found = line_views(visit, said, []), dict[str, UseRow]()
    for line in lines:
        mandate = line.event.details.get("machtiging", "")
        if acted_for(line.event) and line.event.kind not in ABOUT_IT and mandate not in found:
            found[mandate] = told.row(line)
    return found, not more


PAGES: Final = (Page(HOME, show), Page(HOME, act, "POST"))
