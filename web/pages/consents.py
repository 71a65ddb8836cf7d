"""`/toestemmingen` and the one page on which a resident says yes, says no, stops or starts anew."""

from contextlib import suppress
from typing import Final, cast

from starlette.responses import Response

from consent.contract import Choice, ConsentDetail, NotNow
from kernel.errors import BadInput
from web.consent_views import page, row, tab_of, text_hash, with_error
from web.language import path_in
from web.login import begin, recent
from web.pages.reading import coverage, words
from web.register_words import RegisterWords
from web.routing import Page
from web.session import Answer, Kept
from web.site import Visit
from web.views import Consents, Tab
from web.words import TABS, WRONG

CHOICES: Final = {"kiezen": ("ja", "nee"), "stoppen": ("stop",)}  # by the button that was pressed


async def show(visit: Visit) -> Response:
    """The lists, as tabs."""
    visit.resident()
    said, consents = await words(visit), await visit.site.consent.choices(visit.caller)
    count = {tab: sum(tab_of(one.state) == tab for one in consents) for tab in TABS}
    first = next((tab for tab in TABS if count[tab]), "actief")
    asked = visit.request.query_params.get("soort", "")
    here, place = asked if asked in TABS else first, path_in("/toestemmingen", visit.language)
    view = Consents(
        frame=visit.frame(),
        tabs=tuple(
            Tab(place=f"{place}?soort={tab}", text=said.say(text), count=count[tab], current=tab == here)
            for tab, text in TABS.items()
        ),
        rows=tuple(row(one, said) for one in consents if tab_of(one.state) == here),
        coverage=await coverage(visit),
    )
    return visit.page("toestemmingen.html", view)


async def one(visit: Visit) -> Response:
    """One permission, in whatever state."""
    return await _drawn(visit, await _detail(visit))


async def choose(visit: Visit) -> Response:
    """What the form sent. A yes asks for a login of at most five minutes ago; a no or a stop never does."""
    form, consent = await visit.form(), _id(visit)
    act = form.get("actie", "")
    if act == "opnieuw":
        visit.resident()
        anew = await visit.site.consent.anew(visit.caller, consent)
        return visit.to(f"/toestemmingen/{anew.id}")
    if act not in CHOICES:
        raise BadInput
    chosen = "stop" if act == "stoppen" else form.get("keuze", "")
    late = visit.opened.session.person if visit.opened and visit.opened.stale else None
    if chosen not in CHOICES[act]:
        return await _drawn(visit, await _detail(visit), wrong=True)
    answer = cast("Answer", chosen)
    if late is not None and late.kind == "inwoner":
        return await _kept(visit, late.user, answer, fresh=False)
    person = visit.resident()
    if answer == "ja" and not recent(visit, person):
        return await _kept(visit, person.user, answer, fresh=True)
    return await _carried_out(visit, answer)


async def _carried_out(visit: Visit, answer: Answer) -> Response:
    detail = await _detail(visit)
    # 1 exactly what this person has read
    told = text_hash(page(detail, _words(visit, detail), visit.frame()))
    # 2 a receipt, or E3: behind an error a line may stand all the same, and the page says that we do not know
    choice = Choice(answer=answer, text_hash=told, language=visit.language)
    with suppress(NotNow):  # sent twice, or chosen in another window: the page shows what stands
        await visit.site.consent.choose(visit.caller, detail.consent.id, choice)
    # 3 the page is drawn from what is stored
    await _forget(visit)
    return visit.to(f"/toestemmingen/{detail.consent.id}")


async def _kept(visit: Visit, user: str, answer: Answer, *, fresh: bool) -> Response:
    back = path_in(f"/toestemmingen/{_id(visit)}", visit.language)
    return await begin(visit, back, fresh=fresh, kept=Kept(user=user, consent=_id(visit), answer=answer))


async def _forget(visit: Visit) -> None:
    opened = visit.opened
    if opened is not None and opened.session.kept is not None:
        await visit.site.sessions.save(visit.tenant.id, opened, opened.session.model_copy(update={"kept": None}))


def _id(visit: Visit) -> str:
    return str(visit.request.path_params["id"])[:100]


async def _detail(visit: Visit) -> ConsentDetail:
    visit.resident()
    return await visit.site.consent.choice(visit.caller, _id(visit))


def _words(visit: Visit, detail: ConsentDetail) -> RegisterWords:
    return RegisterWords.of(visit.language, detail.catalogue, (detail.activity,))


async def _drawn(visit: Visit, detail: ConsentDetail, *, wrong: bool = False) -> Response:
    kept = visit.opened.session.kept if visit.opened else None
    told = kept.answer if kept and kept.consent == detail.consent.id else None
    said = _words(visit, detail)
    view = page(detail, said, visit.frame(), told)
    if wrong:
        view = with_error(view, said.say(WRONG["keuze"]))
    return visit.page("toestemming.html", view, 400 if wrong else 200)


PAGES: Final = (
    Page("/toestemmingen", show),
    Page("/toestemmingen/{id}", one),
    Page("/toestemmingen/{id}", choose, "POST"),
)
