"""`/namens`: choose for whom one looks; then that person's permissions, and nothing else of theirs.

On every page it is looked at anew whether it still may; when it may not, that page is the last one. A yes asks the BRP
there and then. A no and a stop ask it too, and rest on what it said within the hour when it is silent: to stop is never
harder than to give.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from starlette.responses import Response

from connectors.contract import AuthorityUnknown
from consent.contract import Choice, ConsentDetail, NoSuchThing, NotNow
from consent.mandates.contract import AFTER_DEATH, APPOINTED, Ground, Mandate, Mandates, NotRepresented
from kernel.clock import millis
from kernel.crypto import sha256
from kernel.errors import BadInput
from kernel.logs import logger
from web import behalf_views as views
from web.children import children, known, still
from web.consent_views import page, row, text_shown
from web.failures import ActingEnded
from web.frame import FieldError
from web.language import path_in
from web.login import begin, recent
from web.pages.reading import words
from web.periods import chosen_end
from web.register_words import RegisterWords
from web.routing import Handler, Page
from web.session import Acting, Answer, Kept
from web.site import Visit
from web.words import WRONG

HOME, LIST = "/namens", "/namens/toestemmingen"
CHILD, MANDATE = "kind", "machtiging"
HOUR_MS: Final = 3_600_000
CHOICES: Final[Mapping[str, tuple[Answer, ...]]] = {
    "kiezen": ("ja", "nee"),
    "stoppen": ("stop",),
    "verkorten": ("korter",),
}
GIVING: Final[frozenset[Answer]] = frozenset({"ja"})
_log = logger("web")


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
        await _become(visit, None)
        return visit.to(HOME)
    if what not in ("kies", "code", "aanvaard"):
        raise BadInput
    if what == "kies":
        return await _chosen(visit, form.get("wie", ""))
    try:
        if what == "code":
            return await _invited(visit, code)
        await _mandates(visit).accept(visit.caller, code)
    except NoSuchThing:
        return await _drawn(visit, "code", code)
    return visit.to(HOME)


async def _chosen(visit: Visit, key: str) -> Response:
    kind, _, which = key.partition(":")
    if kind == CHILD:
        found = {one.ground.resident.id: one for one in await children(visit)}.get(which)
    else:
        found = {one.id: _acting(visit, one) for one in await _mandates(visit).held(visit.caller)}.get(which)
    if found is None:
        return await _drawn(visit, "wie")
    await _mandates(visit).begin(visit.caller, found.ground)  # a line first: nobody looks in silence
    await _become(visit, found)
    return visit.to(LIST)


async def _invited(visit: Visit, code: str) -> Response:
    mandate = await _mandates(visit).offered(visit.caller, code)
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
    for held in await _mandates(visit).held(visit.caller):
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
    acting = await _standing(visit)
    found = await _mandates(visit).choices(visit.caller, acting.ground)
    said = await words(visit)
    rows = tuple(row(one, said) for one in views.waiting_first(found))
    return visit.page("namens_lijst.html", views.TheirConsents(frame=visit.frame(), who=acting.name, rows=rows))


async def one(visit: Visit) -> Response:
    """One of them, in whatever state."""
    acting = await _standing(visit)
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
        acting = await _standing(visit)
        return await _shown(visit, acting, await _detail(visit, acting), "tot" if chosen in CHOICES[what] else "keuze")
    if acting is not None and chosen in GIVING and not recent(visit, visit.somebody()):
        kept = Kept(user=acting.by, consent=_id(visit), answer=chosen, until=until)
        return await begin(visit, path_in(f"{LIST}/{_id(visit)}", visit.language), fresh=True, kept=kept)
    return await _carried_out(visit, chosen, until if chosen in ("ja", "korter") else 0)


async def _carried_out(visit: Visit, answer: Answer, until: int) -> Response:
    acting = await _standing(visit, answer)
    detail = await _detail(visit, acting)
    told = text_shown(page(detail, _words(visit, detail), visit.frame(), visit.site.clock()))
    shown = {"text": told, "text_hash": sha256(told.encode()).hex(), "language": visit.language}
    choice = Choice.model_validate({"answer": answer, "until": until, **shown})
    with suppress(NotNow):  # sent twice, or the other parent was first: the page shows what stands
        await _mandates(visit).choose(visit.caller, acting.ground, detail.consent.id, choice)
    await _forget(visit)
    return visit.to(f"{LIST}/{detail.consent.id}")


async def _standing(visit: Visit, answer: Answer | None = None) -> Acting:
    """For whom this visit acts, as far as that is known here; the register looks at the rest. Raises ActingEnded;
    AuthorityUnknown where the BRP must say it now and does not."""
    visit.somebody()
    acting, now = visit.acting, millis(visit.site.clock())
    if acting is None:
        raise ActingEnded(reden="nakijken")
    if now >= acting.until:
        raise ActingEnded(reden="voorbij")
    old = now - acting.ground.checked_at > HOUR_MS
    if acting.ground.mandate or not (old or answer):
        return acting
    try:
        fresh = await still(visit, acting)
    except AuthorityUnknown:
        if answer not in GIVING and not old:
            return acting
        if not await known(visit):  # what is needed to ask it is no longer here: log in once more
            raise ActingEnded(reden="nakijken") from None
        raise
    if fresh is None:
        raise ActingEnded(reden="voorbij")
    await _become(visit, fresh)
    return fresh


async def _become(visit: Visit, acting: Acting | None) -> None:
    """From now on this session acts so. Raises NotNow when something else happened in it at the same moment."""
    opened = visit.opened
    if opened is None:
        return
    session = opened.session.model_copy(update={"acting": acting})
    if not await visit.site.sessions.save(visit.tenant.id, opened, session):
        raise NotNow()
    visit.opened = await visit.site.sessions.open(visit.tenant.id, opened.token)


def _acting(visit: Visit, mandate: Mandate) -> Acting:
    ground = Ground(relation=mandate.relation, resident=mandate.resident, mandate=mandate.id)
    return Acting(by=visit.somebody().user, ground=ground, name=mandate.name[:100] or "-", until=mandate.until)


def _mandates(visit: Visit) -> Mandates:
    return visit.site.registers.mandates


async def _detail(visit: Visit, acting: Acting) -> ConsentDetail:
    return await _mandates(visit).choice(visit.caller, acting.ground, _id(visit))


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
    held = await _mandates(visit).held(visit.caller)
    return any(one.id == acting.ground.mandate and one.decides for one in held)


async def _forget(visit: Visit) -> None:
    opened = visit.opened
    if opened is not None and opened.session.kept is not None:
        await visit.site.sessions.save(visit.tenant.id, opened, opened.session.model_copy(update={"kept": None}))


def while_acting(handler: Handler) -> Handler:
    """A page on which somebody acts: where it may not, it says why, and where it never will, the acting ends."""

    async def guarded(visit: Visit) -> Response:
        try:
            return await handler(visit)
        except (NotRepresented, ActingEnded) as refused:
            reason = str(refused.members.get("reden", "voorbij"))
        acting = visit.acting
        if reason in ("voorbij", "nakijken"):
            await _become(visit, None)
            _log.info("acting_ended", reason=reason)
        if acting is None:
            return visit.to(HOME)
        view = views.Over(frame=visit.frame(), reason=reason, who=acting.name)  # type: ignore[arg-type]  # one of four
        return visit.page("namens_voorbij.html", view, 403)

    return guarded


PAGES: Final = (
    Page(HOME, show),
    Page(HOME, while_acting(act), "POST"),
    Page(LIST, while_acting(theirs)),
    Page(f"{LIST}/{{id}}", while_acting(one)),
    Page(f"{LIST}/{{id}}", while_acting(choose), "POST"),
)
