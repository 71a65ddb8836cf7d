"""From consents of the register to what a resident reads and chooses. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from typing import Final, Literal
from urllib.parse import urlsplit

from audit.contract import Position
from consent.contract import ConsentDetail, ConsentView, State, UsedElement
from kernel.canonical import canonical, read_canonical
from kernel.clock import millis, moment
from web.frame import Coverage, FieldError, Frame, Option
from web.language import N_
from web.line_views import local_day
from web.periods import earlier, longest
from web.register_words import NEWEST, TIMES, RegisterWords
from web.views import Choice, Consent, ConsentRow, Facts, Group, Waiting
from web.words import ACTIVE, ClassLetter

CHOICES: Final[Mapping[str, Literal["ja", "nee", "stop", "pauze"]]] = {
    "gegeven": "ja",
    "vernieuwd": "ja",
    "geweigerd": "nee",
    "ingetrokken": "stop",
    "gepauzeerd": "pauze",
}
TAB_OF: Final[Mapping[str, str]] = {
    "gevraagd": "wacht",
    "gegeven": "actief",
    "vernieuwd": "actief",
    "gepauzeerd": "actief",
    "geweigerd": "nee",
}
# What a choice is about. The words around it (menus, buttons) may change without changing what was agreed to.
NEVER: Final[frozenset[State]] = frozenset({"geweigerd", "vervallen"})
DAY_MS: Final = 86_400_000
ON_THE_WAY: Final = timedelta(hours=1)
TOLD: Final = (
    "recipient", "may", "may_not", "frequency", "limits", "source", "if_yes", "if_no", "after_stop", "consequence",
)  # fmt: skip
READ_AGAIN: Final = ("frequency", "limits", "source", "if_yes", "if_no", "after_stop")
ONCE: Final = N_("Hoogstens 1 keer")
IN_ALL: Final = N_("Hoogstens %(keer)s keer")
BACK: Final = N_("Alleen van de laatste %(dagen)s dagen")
KEPT: Final = N_("Bewaren: hoogstens %(dagen)s dagen")

JUST_THIS: Final[Mapping[bool, str]] = {
    True: N_("Dan krijgt %(wie)s alleen ja of nee, en alleen hiervoor."),
    False: N_("Dan krijgt %(wie)s alleen deze gegevens, en alleen hiervoor."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """One of the lists of permissions, as a link."""

    place: str
    text: str
    count: int
    current: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Consents:
    """`/toestemmingen`."""

    frame: Frame
    tabs: tuple[Tab, ...]
    rows: tuple[ConsentRow, ...]
    coverage: Coverage


def tab_of(state: State) -> str:
    """On which list a consent stands."""
    return TAB_OF.get(state, "voorbij")


def row(view: ConsentView, words: RegisterWords) -> ConsentRow:
    """A consent in a list."""
    changed = view.ended_at or (0 if view.state == "ongeldig" else view.decided_at)
    return ConsentRow(
        id=view.id,
        recipient=words.chosen(view.recipient_name),
        may=words.may(view.elements),
        state=view.state,
        until=local_day(view.valid_until) if view.valid_until and view.state in ACTIVE else None,
        changed=local_day(changed) if changed else None,
    )


def also(views: Iterable[ConsentView], one: ConsentView, words: RegisterWords) -> tuple[ConsentRow, ...]:
    """Other yeses to the same recipient for the same use, with what they share: they stand whatever is chosen here."""
    found = []
    for other in views:
        same = (other.recipient, other.activity) == (one.recipient, one.activity) and other.id != one.id
        shared = tuple(name for name in other.elements if name in one.elements)
        if same and shared and other.state in ACTIVE:
            found.append(row(other.model_copy(update={"elements": shared}), words))
    return tuple(found)


def waiting(views: Iterable[ConsentView], words: RegisterWords) -> tuple[Waiting, ...]:
    """Requests that wait for the resident."""
    return tuple(
        Waiting(id=one.id, recipient=words.chosen(one.recipient_name), may=words.may(one.elements))
        for one in views
        if one.state == "gevraagd"
    )


def page(detail: ConsentDetail, words: RegisterWords, frame: Frame, now: datetime) -> Consent:
    """The one page of a consent, in every state."""
    view, activity = detail.consent, detail.activity
    changed = view.ended_at or (0 if view.state == "ongeldig" else view.decided_at)
    recipient, back = words.chosen(view.recipient_name), back_to(detail, now)
    return Consent(
        frame=frame,
        id=view.id,
        state=view.state,
        recipient=recipient,
        may=words.may(view.elements),
        may_not=words.may_not(view.elements),
        facts=facts(detail, words, frame.municipality),
        frequency=words.frequency(activity),
        source=source(detail, words),
        if_yes=words.say(JUST_THIS[words.answers_only(view.elements)]) % {"wie": recipient},
        if_no=words.chosen(activity.consequence),
        after_stop=words.chosen(activity.after_withdrawal),
        consequence=words.chosen(activity.consequence),
        text_version=words.say(N_("versie %(nummer)s, Nederlands")) % {"nummer": view.version},
        changed=local_day(changed) if changed else None,
        choice=None if view.by and view.state in {*ACTIVE, "gepauzeerd"} else choice(view),
        by=view.by,
        grown=view.grown,
        loose=view.loose,
        instead=detail.instead,
        safe=detail.safe,
        back=back,
        site=urlsplit(back).netloc,
        limits=limits(view, words),
        ends=ends(detail, words, now),
        longer=longer(detail, now),
        shown=read_again(detail.shown, words),
    )


def source(detail: ConsentDetail, words: RegisterWords) -> str:
    """Where the data comes from, and of how long ago it may be; a yes for less is told by `limits`."""
    days = detail.activity.history
    back = words.say(BACK) % {"dagen": days} if days else words.say(NEWEST)
    told = (words.sources(detail.consent.elements), "" if detail.consent.limits.history else back)
    return ". ".join(one for one in told if one)


def limits(view: ConsentView, words: RegisterWords) -> tuple[str, ...]:
    """What this yes is limited to beyond its end: how often, how far back, how long it is kept."""
    said = view.limits
    often = TIMES[said.per] if said.per else ONCE if said.times == 1 else IN_ALL
    told = ((often, {"keer": said.times}), (BACK, {"dagen": said.history}), (KEPT, {"dagen": said.kept}))
    return tuple(words.say(text) % numbers for text, numbers in told if any(numbers.values()))


def back_to(detail: ConsentDetail, now: datetime) -> str:
    """Where the question came from, for who just answered it: a month later nobody is on their way back."""
    made = choice(detail.consent)
    fresh = made is not None and made.kind in ("ja", "nee") and now - made.moment < ON_THE_WAY
    return detail.back if fresh else ""


def ends(detail: ConsentDetail, words: RegisterWords, now: datetime) -> tuple[Option, ...]:
    """Last days to choose from: at a question with the longest one first, afterwards only earlier ones."""
    view = detail.consent
    if view.state == "gevraagd":
        until = _longest(detail, now)
        return (longest(until, words.language), *earlier(now, until, words.language))
    return earlier(now, view.valid_until, words.language) if view.state in ACTIVE else ()


def longer(detail: ConsentDetail, now: datetime) -> date | None:
    """The last day of a yes that is said again now; None where it would not be a later one."""
    view, until = detail.consent, _longest(detail, now)
    if view.state not in ACTIVE or not view.valid_until or not until:
        return None
    return local_day(until) if local_day(until) > local_day(view.valid_until) else None


def _longest(detail: ConsentDetail, now: datetime) -> int:
    allowed = millis(now) + detail.longest * DAY_MS if detail.longest else 0
    return min((end for end in (detail.consent.latest, allowed) if end), default=0)


def read_again(shown: str, words: RegisterWords) -> tuple[str, ...]:
    """The sentences that were read at the last choice, from the text as it was kept; none where it is not known."""
    try:
        said = read_canonical(shown)
    except ValueError:  # read from paper, or out loud: no page of ours
        return tuple(line for line in shown.splitlines() if line)
    if not said.keys() >= {"recipient", "may"}:
        return ()
    asked = words.say(N_("Mag %(wie)s %(wat)s?")) % {"wie": said["recipient"], "wat": said["may"]}
    plain = [said.get(name, "") for name in READ_AGAIN]
    more = [text for one in plain for text in (one if isinstance(one, list) else [one])]
    told = said.get("facts", {})
    return tuple(str(text) for text in (asked, told.get("purpose"), *more, told.get("retention")) if text)


def facts(detail: ConsentDetail, words: RegisterWords, municipality: str) -> Facts:
    """The six facts of a consent: what it may be used for, not one use."""
    view, activity = detail.consent, detail.activity
    used = [found for name in view.elements if (found := activity.element(name)) is not None]
    return Facts(
        organisation=municipality,
        department=words.chosen(view.recipient_name),
        groups=_groups(used, words),
        purpose=words.chosen(activity.purpose),
        until=_until(view, activity.period),
        retention=words.chosen(activity.retention),
    )


def _until(view: ConsentView, period: int) -> date | None:
    """The last day, or the day it ended; none where it never began."""
    if view.state in NEVER or (view.state == "ongeldig" and not view.ended_at):
        return None
    ended = 0 if view.state in {*ACTIVE, "gepauzeerd"} else view.ended_at
    return local_day(ended or view.valid_until or view.requested_at + period * DAY_MS)


def _groups(used: Sequence[UsedElement], words: RegisterWords) -> tuple[Group, ...]:
    found: dict[tuple[ClassLetter, str], list[str]] = {}
    for one in used:
        found.setdefault((one.class_, words.article(one.basis, one.law)), []).append(one.name)
    return tuple(
        Group(letter=letter, labels=words.labels(names), article=article, exact=words.exact(names))
        for (letter, article), names in sorted(found.items())
    )


def choice(view: ConsentView) -> Choice | None:
    """The last choice with its number in the log; none while there is no line, or it is not effective yet."""
    kind = CHOICES.get(view.state)
    at = view.decided_at if kind == "ja" else view.ended_at
    if kind is None or not view.position or view.pending or not at:
        return None
    return Choice(kind=kind, moment=moment(at), number=Position.parse(view.position).index)


def text_shown(view: Consent) -> str:
    """What the resident was told: the sentences and the six facts, as canonical text."""
    told: dict[str, object] = {name: _plain(getattr(view, name)) for name in TOLD}
    told["facts"] = {one.name: _plain(getattr(view.facts, one.name)) for one in fields(Facts)}
    return canonical(told)


def with_error(view: Consent, field: str, text: str) -> Consent:
    """Nothing was chosen."""
    return replace(view, errors=(FieldError(id=field, text=text),))


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, Group):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(Group)}
    if isinstance(value, date):
        return value.isoformat()
    return "" if value is None else str(value)
