"""`/toestemmingen` and the one page on which a resident says yes, says no, stops or starts anew."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Final

from starlette.responses import Response

from consent.contract import Choice, ConsentDetail, NotNow
from kernel.crypto import sha256
from kernel.errors import BadInput
from vault.contract import NoNumber
from web.consent_views import Consents, Tab, also, page, row, tab_of, text_shown, with_error
from web.language import path_in
from web.login import begin, recent
from web.pages.reading import coverage, words
from web.pages.removing import late_of
from web.periods import chosen_end, last_day
from web.register_words import RegisterWords
from web.routing import Page
from web.session import Answer, Kept
from web.site import Visit, consent_ref, vault_ref
from web.words import TABS, WRONG

# By the button that was pressed. Only `kiezen` has a choice to make, and none is made beforehand.
CHOICES: Final[Mapping[str, tuple[Answer, ...]]] = {
    "kiezen": ("ja", "nee"),
    "stoppen": ("stop",),
    "pauzeren": ("pauze",),
    "hervatten": ("hervat",),
    "verkorten": ("korter",),
    "vernieuwen": ("vernieuw",),
}
GIVING: Final[frozenset[Answer]] = frozenset({"ja", "hervat", "vernieuw"})


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
    """What the form sent. What gives asks for a login of at most five minutes ago; what takes back never does."""
    form, consent = await visit.form(), _id(visit)
    act = form.get("actie", "")
    if act == "opnieuw":
        visit.resident()
        try:
            anew = await visit.site.consent.anew(visit.caller, consent)
        except NotNow:
            return await _drawn(visit, await _detail(visit), wrong="opnieuw")
        return visit.to(f"/toestemmingen/{anew.id}")
    if act not in CHOICES:
        raise BadInput
    return await _chosen(visit, act, form)


async def _chosen(visit: Visit, act: str, form: Mapping[str, str]) -> Response:
    chosen = form.get("keuze", "") if act == "kiezen" else CHOICES[act][0]
    sent = form.get("tot", "")
    until = chosen_end(sent)
    # a last day that cannot be read is no wish for the longest
    if chosen not in CHOICES[act] or (not until and (act == "verkorten" or (chosen == "ja" and sent))):
        return await _drawn(visit, await _detail(visit), wrong="tot" if chosen in CHOICES[act] else "keuze")
    answer = chosen
    late = visit.opened.session.person if visit.opened and visit.opened.stale else None
    if late is not None and late.kind == "inwoner":
        return await _kept(visit, (late.user, answer, until), fresh=False)
    person = visit.resident()
    if answer in GIVING and not recent(visit, person):
        return await _kept(visit, (person.user, answer, until), fresh=True)
    return await _carried_out(visit, answer, until if answer in ("ja", "korter") else 0)


async def _carried_out(visit: Visit, answer: Answer, until: int) -> Response:
    detail = await _detail(visit)
    # 1 exactly what this person has read
    told = text_shown(page(detail, _words(visit, detail), visit.frame(), visit.site.clock()))
    shown = {"text": told, "text_hash": sha256(told.encode()).hex(), "language": visit.language}
    # 2 a receipt, or E3: behind an error a line may stand all the same, and the page says that we do not know
    choice = Choice.model_validate({"answer": answer, "until": until, **shown})
    if detail.consent.loose and not await _taken_up(visit, detail.consent.id, answer):
        return await _kept(visit, (visit.resident().user, answer, until), fresh=True)
    with suppress(NotNow):  # sent twice, or chosen in another window: the page shows what stands
        await visit.site.consent.choose(visit.caller, detail.consent.id, choice)
    # 3 the page is drawn from what is stored
    await _forget(visit)
    return visit.to(f"/toestemmingen/{detail.consent.id}")


async def _taken_up(visit: Visit, consent: str, answer: Answer) -> bool:
    """Whoever answers it is whom it was for. Who gives has their number held: whoever asks has none. False where the
    vault does not know it any more."""
    person = visit.resident()
    if answer == "ja":
        try:
            await visit.site.vault.hold_number(visit.caller, vault_ref(person))
        except NoNumber:
            return False
    await visit.site.consent.take_up(visit.caller, consent, consent_ref(person))
    return True


async def _kept(visit: Visit, chosen: tuple[str, Answer, int], *, fresh: bool) -> Response:
    (user, answer, until), back = chosen, path_in(f"/toestemmingen/{_id(visit)}", visit.language)
    kept = Kept(user=user, consent=_id(visit), answer=answer, until=until)
    return await begin(visit, back, fresh=fresh, kept=kept)


async def _forget(visit: Visit) -> None:
    opened = visit.opened
    if opened is not None and opened.session.kept is not None:
        await visit.site.sessions.save(visit.tenant.id, opened, opened.session.model_copy(update={"kept": None}))


async def receipt(visit: Visit) -> Response:
    """The signed receipt, with the line of the last act: a file for `regie verify` and for readers of SD-JWT VC."""
    visit.resident()
    given = await visit.site.consent.receipt(visit.caller, _id(visit))
    line = json.loads(given.bundle.text()) if given.bundle else {}
    told = {**line, "ontvangstbewijs": json.loads(given.document), "sdjwt": given.sd_jwt}
    headers = {**visit.headers, "Content-Disposition": f'attachment; filename="toestemmingsbewijs-{given.id}.json"'}
    return Response(json.dumps(told, ensure_ascii=False), headers=headers, media_type="application/json")


def _id(visit: Visit) -> str:
    return str(visit.request.path_params["id"])[:100]


async def _detail(visit: Visit) -> ConsentDetail:
    visit.resident()
    return await visit.site.consent.choice(visit.caller, _id(visit))


def _words(visit: Visit, detail: ConsentDetail) -> RegisterWords:
    return RegisterWords.of(visit.language, detail.catalogue, (detail.activity,))


async def _drawn(visit: Visit, detail: ConsentDetail, *, wrong: str = "") -> Response:
    kept = visit.opened.session.kept if visit.opened else None
    told = kept if kept and kept.consent == detail.consent.id else None
    said = _words(visit, detail)
    view = page(detail, said, visit.frame(), visit.site.clock())
    if told is not None:
        day = last_day(told.until).isoformat() if told.until else ""
        ends = tuple(replace(end, chosen=bool(day) and end.value == day) for end in view.ends)
        view = replace(view, kept=told.answer, ends=ends)
    every = await visit.site.consent.choices(visit.caller)
    view = replace(view, also=also(every, detail.consent, said))
    if view.choice is not None:  # several questions are answered one by one, each on its own page
        others = [one.id for one in every if one.state == "gevraagd"]
        view = replace(view, following=others[-1] if others else "")
    if detail.consent.ended_at:
        own = (detail.activity.slug, detail.consent.recipient)
        late = [one for one in await late_of(visit, said) if one.stopped and (one.activity, one.recipient) == own]
        view = replace(view, late=tuple(replace(one, department=view.recipient) for one in late))
    if wrong:
        view = with_error(view, wrong, said.say(WRONG[wrong]))
    return visit.page("toestemming.html", view, 400 if wrong else 200)


PAGES: Final = (
    Page("/toestemmingen", show),
    Page("/toestemmingen/{id}", one),
    Page("/toestemmingen/{id}", choose, "POST"),
    Page("/toestemmingen/{id}/bewijs", receipt),
)
