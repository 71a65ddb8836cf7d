"""`/balie`: an employee helps a resident in a conversation.

The number goes from the form to the vault and is kept nowhere: that a message service reaches somebody begins with a
login of their own, with which they can also end it. What is opened is a line first; the register sees to it.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from starlette.responses import Response

from connectors.contract import AuthorityUnknown
from consent.contract import Choice, ConsentDetail, NotNow, ResidentRef
from consent.frontdesk.contract import (
    Conversation,
    ConversationOver,
    FrontDesk,
    Meeting,
    Opening,
    TooManyConversations,
    checked_so,
)
from kernel.caller import room_of
from kernel.clock import moment
from kernel.crypto import sha256
from kernel.errors import BadInput, Problem
from kernel.logs import logger
from vault.contract import Bsn
from web.children import at_the_desk as at_the_desk_for
from web.consent_views import page, text_shown
from web.failures import done
from web.frame import FieldError
from web.frontdesk_views import (
    CHANNELS,
    CHECKS,
    REASONS,
    WHO,
    DeskConsent,
    DeskLetter,
    DeskPlain,
    DeskStart,
    options,
    talk_view,
)
from web.line_views import local_day
from web.pages.reading import words
from web.periods import chosen_end
from web.register_words import RegisterWords
from web.routing import Handler, Page
from web.session import Answer
from web.site import Visit
from web.views import Consent
from web.words import WRONG

HOME, PAPER = "/balie", "/balie/papier"
CHOICES: Final[Mapping[str, tuple[Answer, ...]]] = {
    "kiezen": ("ja", "nee"),
    "weigeren": ("nee",),
    "stoppen": ("stop",),
    "pauzeren": ("pauze",),
    "hervatten": ("hervat",),
    "verkorten": ("korter",),
    "vernieuwen": ("vernieuw",),
}
_log = logger("web")


async def show(visit: Visit) -> Response:
    """A new conversation; nothing is filled in."""
    visit.attendant()
    return await _form(visit, {})


async def begin(visit: Visit) -> Response:
    """Reason, way, check and number; then the conversation."""
    visit.attendant()
    form = await visit.form()
    number, errors = _number(form.get("bsn", "")), _faults(form)
    if errors or number is None:
        return await _form(visit, form, errors | ({} if number else {"bsn": "bsn"}))
    said = {"reason": form["reden"], "check": form["controle"], "channel": form["weg"]}
    try:  # it counts before anybody is looked up, here or at the BRP
        talk = await _desk(visit).begin(visit.caller, Opening.model_validate(said))
        # whoever stands here is somebody: what they ask is theirs, and they read who looked when they log in later
        (found,) = await visit.site.vault.enrol(room_of(visit.tenant.id, "web"), (number,))
        who = ResidentRef(**found.model_dump())
        met = Meeting.model_validate({"resident": who} | await _stands(visit, form, who))
        await _desk(visit).meet(visit.caller, talk.id, met)
    except TooManyConversations:
        return await _form(visit, form, {"reden": "gesprekken"}, 429)
    return visit.to(f"{HOME}/{talk.id}")


async def _stands(visit: Visit, form: Mapping[str, str], who: ResidentRef) -> dict[str, str]:
    """As what somebody is there; for a child only as the BRP says it of them now. One answer for who has no authority,
    whose data is locked or secret, and a BRP that is silent: an employee could tell them apart."""
    parent = _number(form.get("ouder", ""))
    if form.get("wie") != "kind" or parent is None:
        return {}
    try:
        child = await at_the_desk_for(visit, parent, who)
    except AuthorityUnknown:
        child = None
    return {"stands": child.relation, "birth": child.birth} if child else {"stands": "niemand"}


def _faults(form: Mapping[str, str]) -> dict[str, str]:
    """The wrong fields, each with what is wrong."""
    reason, channel, check = form.get("reden", ""), form.get("weg", ""), form.get("controle", "")
    errors = {} if reason in REASONS else {"reden": "reden"}
    if channel not in CHANNELS:
        errors["weg"] = "weg"
    fits = channel in CHANNELS and check in CHECKS and checked_so(channel, check)  # type: ignore[arg-type]  # both of theirs
    if not fits and (channel in CHANNELS or check not in CHECKS):
        errors["controle"] = "controle"
    if form.get("wie", "") not in WHO:
        errors["wie"] = "wie"
    elif form["wie"] == "kind" and _number(form.get("ouder", "")) is None:
        errors["ouder"] = "bsn"
    return errors


def _number(typed: str) -> Bsn | None:
    try:
        return Bsn(typed.strip())
    except ValueError:
        return None


async def _form(
    visit: Visit, form: Mapping[str, str], errors: Mapping[str, str] | None = None, status: int = 400
) -> Response:
    said = await words(visit)
    view = DeskStart(
        frame=visit.frame(),
        reasons=options(REASONS, said, form.get("reden", "")),
        channels=options(CHANNELS, said, form.get("weg", "")),
        checks=options(CHECKS, said, form.get("controle", "")),
        who=options(WHO, said, form.get("wie", "")),
        over=not errors and visit.request.query_params.get("voorbij") == "ja",
        errors=_errors(said, errors or {}),
    )
    return visit.page("balie.html", view, status if errors else 200)


async def talk(visit: Visit) -> Response:
    """What can be chosen or stopped; for somebody unknown, dead or without anything: the same page."""
    visit.attendant()
    found, open_ = await _desk(visit).choices(visit.caller, _talk(visit)), await _open(visit)
    return visit.page("balie_gesprek.html", talk_view(open_, found, await words(visit), visit.frame()))


async def end(visit: Visit) -> Response:
    """Ready: the next one needs a new reason."""
    visit.attendant()
    if (await visit.form()).get("actie") != "klaar":
        raise BadInput
    await _desk(visit).end(visit.caller, _talk(visit))
    return visit.to(HOME)


async def one(visit: Visit) -> Response:
    """One permission, to be read aloud."""
    visit.attendant()
    open_ = await _open(visit)
    return _shown(visit, open_, await _detail(visit))


async def choose(visit: Visit) -> Response:
    """What the resident chose, as the employee writes it down."""
    visit.attendant()
    form = await visit.form()
    act, open_ = form.get("actie", ""), await _open(visit)
    if act not in CHOICES:
        raise BadInput
    chosen = form.get("keuze", "") if act == "kiezen" else CHOICES[act][0]
    until, detail = chosen_end(form.get("tot", "")), await _detail(visit)
    if chosen not in CHOICES[act] or (not until and (act == "verkorten" or (chosen == "ja" and form.get("tot")))):
        return _shown(visit, open_, detail, "tot" if chosen in CHOICES[act] else "keuze")
    told = text_shown(_page(visit, detail))
    shown = {"text": told, "text_hash": sha256(told.encode()).hex(), "language": visit.language}
    ends = until if chosen in ("ja", "korter") else 0
    choice = Choice.model_validate({"answer": chosen, "until": ends, "channel": open_.channel, **shown})
    try:
        await _desk(visit).choose(visit.caller, open_.id, detail.consent.id, choice)
    except NotNow:  # sent twice, or the resident was first at the portal: the page shows what stands
        if open_.child:  # or it is not a parent's to choose, which nothing on the page would say
            return _shown(visit, open_, await _detail(visit), "keuze", "niet-ouder")
    return visit.to(f"{HOME}/{quote(open_.id)}/toestemmingen/{quote(detail.consent.id)}")


async def letter(visit: Visit) -> Response:
    """What was chosen, with its receipt: on paper, for who has no portal."""
    visit.attendant()
    open_, detail = await _open(visit), await _detail(visit)
    given = await _desk(visit).receipt(visit.caller, open_.id, detail.consent.id)
    said = _words(visit, detail)
    view = DeskLetter(
        frame=visit.frame(),
        talk=open_.id,
        channel=said.say(CHANNELS[open_.channel]),
        one=_page(visit, detail),
        today=local_day(round(visit.site.clock().timestamp() * 1000)),
        child=open_.child,
        receipt=given.id,
        signed=given.sd_jwt,
    )
    return visit.page("balie_brief.html", view)


async def paper(visit: Visit) -> Response:
    """The form for when nothing works: it asks no room anything."""
    visit.attendant()
    return visit.page("balie_papier.html", DeskPlain(frame=visit.frame()))


def _desk(visit: Visit) -> FrontDesk:
    return visit.site.registers.frontdesk


def _talk(visit: Visit) -> str:
    return str(visit.request.path_params["gesprek"])[:100]


async def _open(visit: Visit) -> Conversation:
    return await _desk(visit).conversation(visit.caller, _talk(visit))


async def _detail(visit: Visit) -> ConsentDetail:
    return await _desk(visit).choice(visit.caller, _talk(visit), str(visit.request.path_params["id"])[:100])


def _words(visit: Visit, detail: ConsentDetail) -> RegisterWords:
    return RegisterWords.of(visit.language, detail.catalogue, (detail.activity,))


def _page(visit: Visit, detail: ConsentDetail) -> Consent:
    return page(detail, _words(visit, detail), visit.frame(), visit.site.clock())


def _shown(visit: Visit, open_: Conversation, detail: ConsentDetail, wrong: str = "", why: str = "") -> Response:
    """wrong: the field; why: what is wrong with it, where that has another name."""
    said = _words(visit, detail)
    view = DeskConsent(
        frame=visit.frame(),
        talk=open_.id,
        channel=said.say(CHANNELS[open_.channel]),
        until=moment(open_.until),
        one=_page(visit, detail),
        phone=open_.channel == "telefoon",
        child=open_.child,
        errors=_errors(said, {wrong: why or wrong} if wrong else {}),
    )
    return visit.page("balie_toestemming.html", view, 400 if wrong else 200)


def _errors(said: RegisterWords, errors: Mapping[str, str]) -> tuple[FieldError, ...]:
    return tuple(FieldError(id=field, text=said.say(WRONG[code])) for field, code in errors.items())


def at_the_desk(handler: Handler) -> Handler:
    """A conversation that is over leads to a new one; what is away leads to paper."""

    async def guarded(visit: Visit) -> Response:
        try:
            return await handler(visit)
        except ConversationOver:
            return visit.to(f"{HOME}?voorbij=ja")
        except Problem as problem:
            if problem.status != 503:
                raise
            _log.info("desk_down", code=problem.code)
        view = DeskPlain(frame=visit.frame(), done=done(visit.request.method, 503))
        answer = visit.page("balie_dicht.html", view, 503)
        answer.headers["Retry-After"] = "5"
        return answer

    return guarded


_ONE: Final = f"{HOME}/{{gesprek}}/toestemmingen/{{id}}"
PAGES: Final = (
    Page(HOME, at_the_desk(show)),
    Page(HOME, at_the_desk(begin), "POST"),
    Page(PAPER, paper),
    Page(f"{HOME}/{{gesprek}}", at_the_desk(talk)),
    Page(f"{HOME}/{{gesprek}}", at_the_desk(end), "POST"),
    Page(_ONE, at_the_desk(one)),
    Page(_ONE, at_the_desk(choose), "POST"),
    Page(f"{_ONE}/brief", at_the_desk(letter)),
)
