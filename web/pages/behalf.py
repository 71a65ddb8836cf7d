"""`/namens`: choose for whom one looks; then that person's permissions. `web.pages.acting` says when it still may."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from starlette.responses import Response

from connectors.contract import AuthorityUnknown
from consent.contract import Choice, ConsentDetail, NoSuchThing, NotNow
from consent.mandates.contract import AFTER_DEATH, APPOINTED, Ground, Mandate
from kernel.crypto import sha256
from kernel.errors import BadInput
from web import behalf_views as views
from web.children import children, known
from web.consent_views import page, row, text_shown
from web.frame import FieldError
from web.language import path_in
from web.login import begin, recent
from web.pages.acting import HOME, NOW, RATHER, become, mandates_of, standing, while_acting
from web.pages.reading import words
from web.periods import chosen_end
from web.register_words import RegisterWords
from web.routing import Page
from web.session import Acting, Answer, Kept
from web.site import Visit
from web.words import WRONG

LIST: Final = "/namens/toestemmingen"
CHILD, MANDATE = "kind", "machtiging"
CHOICES: Final[Mapping[str, tuple[Answer, ...]]] = {
    "kiezen": ("ja", "nee"),
    "stoppen": ("stop",),
    "verkorten": ("korter",),
}
GIVING: Final[frozenset[Answer]] = frozenset({"ja"})


async def show(visit: Visit) -> Response:
    """Whom one may look for; none chosen beforehand."""
    visit.somebody()
    return await _drawn(visit)


async def act(visit: Visit) -> Response:
    """Choose a person, ask for one's children, or look what a code is for and accept it."""
    visit.somebody()
    form = await visit.form()
    what, code = form.get("actie", ""), form.get("code", "")[:60]
    if what == "kind":
        return await begin(visit, path_in(HOME, visit.language), for_children=True)
    if what == "stop":
        await become(visit, None)
        return visit.to(HOME)
    if what not in ("kies", "code", "aanvaard"):
        raise BadInput
    if what == "kies":
        return await _chosen(visit, form.get("wie", ""))
    try:
        if what == "code":
            return await _invited(visit, code)
        await mandates_of(visit).accept(visit.caller, code)
    except NoSuchThing:
        return await _drawn(visit, "code", code)
    return visit.to(HOME)


async def _chosen(visit: Visit, key: str) -> Response:
    kind, _, which = key.partition(":")
    if kind == CHILD:
        found = {one.ground.resident.id: one for one in await children(visit)}.get(which)
    else:
        found = {one.id: _acting(visit, one) for one in await mandates_of(visit).held(visit.caller)}.get(which)
    if found is None:
        return await _drawn(visit, "wie")
    await mandates_of(visit).begin(visit.caller, found.ground)  # a line first: nobody looks in silence
    await become(visit, found)
    return visit.to(LIST)


async def _invited(visit: Visit, code: str) -> Response:
    mandate = await mandates_of(visit).offered(visit.caller, code)
    view = views.Invited(frame=visit.frame(), code=code, terms=views.terms(mandate, await words(visit)))
    return visit.page("namens_code.html", view)


async def _drawn(visit: Visit, wrong: str = "", code: str = "") -> Response:
    said, asked, down = await words(visit), await known(visit), False
    found: list[tuple[str, Acting]] = []
    if asked and visit.acting is None:
        try:
            found = [(f"{CHILD}:{one.ground.resident.id}", one) for one in await children(visit)]
        except AuthorityUnknown:
            down = True
    people = [views.person(key, one, said) for key, one in found]
    for held in await mandates_of(visit).held(visit.caller):
        people.append(views.person(f"{MANDATE}:{held.id}", _acting(visit, held), said, held))
    view = views.Behalf(
        frame=visit.frame(),
        people=tuple(people),
        asked=asked,
        down=down,
        shut=visit.request.query_params.get("dicht") == "ja",
        code=code,
        errors=(FieldError(id=wrong, text=said.say(WRONG[f"namens-{wrong}"])),) if wrong else (),
    )
    return visit.page("namens.html", view, 400 if wrong else 200)


async def theirs(visit: Visit) -> Response:
    """The permissions that may be seen."""
    acting = await standing(visit)
    found = await mandates_of(visit).choices(visit.caller, acting.ground)
    said = await words(visit)
    rows = tuple(row(one, said) for one in views.waiting_first(found))
    return visit.page("namens_lijst.html", views.TheirConsents(frame=visit.frame(), who=acting.name, rows=rows))


async def one(visit: Visit) -> Response:
    """One of them, in whatever state."""
    acting = await standing(visit)
    return await _shown(visit, acting, await _detail(visit, acting))


async def choose(visit: Visit) -> Response:
    """What the form sent, for somebody else."""
    visit.somebody()
    form = await visit.form()
    what, acting = form.get("actie", ""), visit.acting
    if what not in CHOICES:
        raise BadInput
    chosen = form.get("keuze", "") if what == "kiezen" else CHOICES[what][0]
    until = chosen_end(form.get("tot", ""))
    if chosen not in CHOICES[what] or (not until and (what == "verkorten" or (chosen == "ja" and form.get("tot")))):
        acting = await standing(visit)
        return await _shown(visit, acting, await _detail(visit, acting), "tot" if chosen in CHOICES[what] else "keuze")
    if acting is not None and chosen in GIVING and not recent(visit, visit.somebody()):
        kept = Kept(user=acting.by, consent=_id(visit), answer=chosen, until=until)
        return await begin(visit, path_in(f"{LIST}/{_id(visit)}", visit.language), fresh=True, kept=kept)
    return await _carried_out(visit, chosen, until if chosen in ("ja", "korter") else 0)


async def _carried_out(visit: Visit, answer: Answer, until: int) -> Response:
    acting = await standing(visit, NOW if answer in GIVING else RATHER)
    detail = await _detail(visit, acting)
    told = text_shown(page(detail, _words(visit, detail), visit.frame(), visit.site.clock()))
    shown = {"text": told, "text_hash": sha256(told.encode()).hex(), "language": visit.language}
    choice = Choice.model_validate({"answer": answer, "until": until, **shown})
    with suppress(NotNow):  # sent twice, or the other parent was first: the page shows what stands
        await mandates_of(visit).choose(visit.caller, acting.ground, detail.consent.id, choice)
    await _forget(visit)
    return visit.to(f"{LIST}/{detail.consent.id}")


def _acting(visit: Visit, mandate: Mandate) -> Acting:
    ground = Ground(relation=mandate.relation, resident=mandate.resident, mandate=mandate.id)
    return Acting(by=visit.somebody().user, ground=ground, name=mandate.name[:100] or "-", until=mandate.until)


async def _detail(visit: Visit, acting: Acting) -> ConsentDetail:
    return await mandates_of(visit).choice(visit.caller, acting.ground, _id(visit))


def _id(visit: Visit) -> str:
    return str(visit.request.path_params["id"])[:100]


def _words(visit: Visit, detail: ConsentDetail) -> RegisterWords:
    return RegisterWords.of(visit.language, detail.catalogue, (detail.activity,))


async def _shown(visit: Visit, acting: Acting, detail: ConsentDetail, wrong: str = "") -> Response:
    said = _words(visit, detail)
    whole = page(detail, said, visit.frame(), visit.site.clock())
    kept = visit.opened.session.kept if visit.opened else None
    same = ("id", "state", "recipient", "facts", "limits", "ends", "after_stop", "consequence", "frame")
    may = not acting.ground.mandate or await _decides(visit, acting)
    theirs_to_say = not detail.instead or acting.ground.relation != "machtiging"
    view = views.TheirConsent(
        who=acting.name,
        decides=may and theirs_to_say,
        stops=may or acting.ground.relation in AFTER_DEATH,
        yields=bool(detail.instead) and acting.ground.relation not in APPOINTED,
        kept=kept.answer if kept and kept.consent == whole.id else None,
        errors=(FieldError(id=wrong, text=said.say(WRONG[wrong])),) if wrong else (),
        **{name: getattr(whole, name) for name in same},
    )
    return visit.page("namens_toestemming.html", view, 400 if wrong else 200)


async def _decides(visit: Visit, acting: Acting) -> bool:
    held = await mandates_of(visit).held(visit.caller)
    return any(one.id == acting.ground.mandate and one.decides for one in held)


async def _forget(visit: Visit) -> None:
    opened = visit.opened
    if opened is not None and opened.session.kept is not None:
        await visit.site.sessions.save(visit.tenant.id, opened, opened.session.model_copy(update={"kept": None}))


PAGES: Final = (
    Page(HOME, show),
    Page(HOME, while_acting(act), "POST"),
    Page(LIST, while_acting(theirs)),
    Page(f"{LIST}/{{id}}", while_acting(one)),
    Page(f"{LIST}/{{id}}", while_acting(choose), "POST"),
)
