"""The rules once more, by somebody who read the design and not the code (architecture.md sections 4 and 6, trust.md 2
and 6, stories.md, docs/refusals.md, docs/dpia.md, docs/decisions/0025). Imports nothing of the house: plain words in,
plain words out.

It says which answers the text allows, not which one of several true reasons comes first: no text orders them. Where
the text is silent (marked `silent`) both answers pass, so an agreement says nothing there.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

DAY = 86_400_000  # ms
ABOUT_THE_RESIDENT = frozenset(
    {"geen-toestemming", "toestemming-ingetrokken", "toestemming-verlopen", "gepauzeerd", "bezwaar", "beperking",
     "geheimhouding"}
)  # fmt: skip
WORDS = {"ingetrokken": "toestemming-ingetrokken", "verlopen": "toestemming-verlopen", "gepauzeerd": "gepauzeerd"}
WEIGHED = frozenset({"ingediend", "in-behandeling"})  # an objection that is neither upheld, rejected nor taken back
UNSPOKEN = frozenset({"gevraagd", "vervallen"})  # silence is no word of the resident


@dataclass(frozen=True)
class Use:
    """An element as the activity uses it; basis is the letter of AVG 6(1)."""

    class_: str
    basis: str


@dataclass(frozen=True)
class Purpose:
    """A version of an activity. Times in ms, terms in days, times 0 for no frequency. weighty: it names a ground on
    which the use goes on while an objection is weighed, and the FG agreed. urgent: it is for break-glass."""

    uses: dict[str, Use]
    parties: frozenset[str]
    in_force: bool
    published_at: int
    assessed_until: int
    needs_case: bool
    stated_enough: bool
    notice: int
    period: int
    times: int
    weighty: bool = False
    urgent: bool = False


@dataclass(frozen=True)
class Case:
    """A case of the register."""

    resident: str
    activity: str
    open: bool
    stated: bool
    since: int
    until: int
    told_at: int


@dataclass(frozen=True)
class Yes:
    """A consent request and what became of it, on the version in force. grown_at: a parent said it, and then the child
    turns sixteen; 0 for nobody's parent. activity: of one for another activity of the same recipient."""

    id: str
    status: str
    elements: frozenset[str]
    case: str
    asked_at: int
    until: int
    spent: bool = False
    grown_at: int = 0
    activity: str = ""


@dataclass(frozen=True)
class Lock:
    """A restriction of processing (AVG 18). scope: an activity, "" for all. stands: it is in force."""

    scope: str
    stands: bool


@dataclass(frozen=True)
class World:
    """Everything that is so when one question is put. objection: how one to this use stands, "" for none. unexplained:
    a line of the log locked something, and nobody here knows what. claimed: an employee said that it is an emergency,
    for a reason of the activity. elsewhere: what the resident said to this recipient about its other activities.
    by_number: whoever asks said a BSN, and no name of its own; nobody: what it said names no resident that is known
    here."""

    resident: str
    activity: str
    recipient: str
    at: int
    named_case: str
    purpose: Purpose | None
    admitted: bool
    in_scope: bool
    by_bsn: bool
    case: Case | None
    consents: tuple[Yes, ...]
    objection: str
    locks: tuple[Lock, ...]
    unexplained: bool
    secret: bool
    dead: bool
    counted: int
    claimed: bool = False
    elsewhere: tuple[Yes, ...] = ()
    by_number: bool = False
    nobody: bool = False
    safe: bool = False


@dataclass
class Verdict:
    """What the text allows as an answer. may: None where it is silent. heard: what it was told besides, which may
    become a no; asked: what may become one."""

    may: bool | None
    reasons: frozenset[str]
    told: frozenset[str] = frozenset()
    carriers: frozenset[str] = field(default=frozenset())
    heard: frozenset[str] = field(default=frozenset())
    asked: frozenset[str] = field(default=frozenset())


def judge(world: World, element: str) -> Verdict:
    """The verdict on one element."""
    certain = set(_certain(world, element))
    silent = set(_silent(world, element))
    carriers, codes = _choice(world, element)
    certain.update(codes)
    may = False if certain else None if silent else True
    reasons = frozenset(certain | silent)
    about = [one for one in (*world.consents, *world.elsewhere) if world.claimed and element in one.elements]
    asked = frozenset(one.id for one in about if one.status == "gevraagd")
    return Verdict(may, reasons, _told(world, element, reasons), carriers, frozenset(_heard(world, element)), asked)


def _certain(world: World, element: str) -> Iterator[str]:
    """Every reason that the text gives beyond doubt."""
    purpose = world.purpose
    if not world.admitted or not world.in_scope or (world.by_number and not world.by_bsn):
        yield "ontvanger-niet-bevoegd"  # stories.md, truth 4: a private recipient never handles a number
    if purpose is None:
        yield "onbekende-activiteit"
        return
    if world.recipient not in purpose.parties:
        yield "ontvanger-niet-bevoegd"
    if not purpose.in_force:
        yield "activiteit-niet-actief"
    use = purpose.uses.get(element)
    if use is None:
        yield "buiten-doel"
        return
    yield from _urgent(world, purpose, element)
    if world.nobody and not world.by_number:  # architecture.md 6: a name that is no number comes with a consent
        yield "geen-toestemming"
    lifted = {"zaak-vereist", "vooraf-informeren", "te-vaak"} if purpose.urgent and world.claimed else set()
    yield from (code for code in _conditions(world, purpose, use) if code not in lifted)
    yield from _said(world, purpose, use)
    if _hides(world, element, use):
        yield "geheimhouding"


def _hides(world: World, element: str, use: Use) -> bool:
    """Story 9: secrecy goes with what the law gives; and "nothing lifts a safe address", so no yes does."""
    without = _ground(world, element) is False
    return (world.secret and without) or (world.safe and (without or use.class_ == "C"))


def _urgent(world: World, purpose: Purpose, element: str) -> Iterator[str]:
    """Break-glass "reaches no `kluis.*` and no element under a refused or withdrawn consent". A consent is to one
    recipient for one activity; the last word about each of these counts."""
    if purpose.urgent != world.claimed:
        yield "buiten-doel"  # "required by a break-glass activity and 400 in any other": no answer about anybody
    if not purpose.urgent:
        return
    if element.startswith("kluis."):
        yield "buiten-doel"
    for one in _heard(world, element).values():
        yield from {"geweigerd": ["geen-toestemming"], "ingetrokken": ["toestemming-ingetrokken"]}.get(one.status, [])


def _heard(world: World, element: str) -> dict[str, Yes]:
    """What the resident said last about the element, by consent; nothing where it is no emergency."""
    newest: dict[str, Yes] = {}
    for one in sorted((*world.consents, *world.elsewhere), key=lambda one: (one.asked_at, one.id)):
        if world.claimed and element in one.elements and one.status not in UNSPOKEN:
            newest[one.activity] = one
    return {one.id: one for one in newest.values()}


def _conditions(world: World, purpose: Purpose, use: Use) -> Iterator[str]:
    if use.class_ in "BC" and world.at > purpose.assessed_until:
        yield "beoordeling-verlopen"
    if use.class_ in "AB" and not world.by_bsn:
        yield from ("ontvanger-niet-bevoegd", "geen-toestemming")
    if purpose.times and world.counted >= purpose.times:
        yield "te-vaak"
    if purpose.needs_case:
        if not _fits(world, purpose):
            yield "zaak-vereist"
        case, ended = world.case, world.case is not None and 0 < world.case.until < world.at
        over = case and (ended or (use.class_ != "C" and world.at > case.since + purpose.period * DAY))
        if over and not (purpose.urgent and world.claimed):  # no case at all would do
            yield "buiten-periode"
    told = world.case.told_at if purpose.needs_case and world.case else purpose.published_at
    if purpose.notice and world.at < told + purpose.notice * DAY:  # no days of notice: no notice
        yield "vooraf-informeren"


def _fits(world: World, purpose: Purpose) -> bool:
    case = world.case
    return (
        case is not None
        and (case.resident, case.activity) == (world.resident, world.activity)
        and case.open
        and (purpose.stated_enough or not case.stated)
        and case.since <= world.at
        and (case.until == 0 or world.at <= case.until)
    )


def _said(world: World, purpose: Purpose, use: Use) -> Iterator[str]:
    # a weighty ground lets a use go on while an objection is weighed; once it is upheld, nothing does
    stands = world.objection == "gegrond" or (world.objection in WEIGHED and not purpose.weighty)
    if stands and use.basis in "ef":  # AVG 21(1): by the basis, never by the class
        yield "bezwaar"
    if world.unexplained or (_locked(world) and use.class_ != "C"):
        yield "beperking"
    if world.dead and use.class_ == "C":  # the dead choose nothing
        yield from ("geen-toestemming", "vertegenwoordiging-ongeldig")


def _locked(world: World) -> bool:
    """A restriction refuses within its scope only."""
    return any(lock.stands and lock.scope in ("", world.activity) for lock in world.locks)


def _silent(world: World, element: str) -> Iterator[str]:
    """What the text leaves open."""
    purpose = world.purpose
    use = purpose.uses.get(element) if purpose else None
    if purpose is None or use is None:
        return
    if world.named_case and not purpose.needs_case and not _fits(world, purpose):
        yield "zaak-vereist"  # a case that nobody required, and is not this resident's
    if purpose.needs_case and world.case and world.at >= world.case.since + purpose.period * DAY:
        yield "buiten-periode"  # by choice the consent itself carries the period (story 1, step 6)
    if purpose.needs_case and world.case and world.at == world.case.until and not purpose.urgent:
        yield from ("zaak-vereist", "buiten-periode")  # "tot": with or without the last millisecond
    if world.dead:
        yield "geen-toestemming"
    if _locked(world) and use.class_ == "C" and use.basis != "a":
        yield "beperking"  # they chose a route, and "what they chose goes on"; AVG 18(2) speaks of consent only
    if (world.secret or world.safe) and _ground(world, element) is None:
        yield "geheimhouding"


def _choice(world: World, element: str) -> tuple[frozenset[str], frozenset[str]]:
    """Class C: ids of consents that may carry it, or codes of a refusal. Each consent has a life of its own (section
    6: "one thing with one id"), so a no to one question ends no yes to another."""
    use = world.purpose.uses.get(element) if world.purpose else None
    if use is None or use.class_ != "C":
        return frozenset(), frozenset()
    spoken = [
        one for one in world.consents
        if element in one.elements and one.case in ("", world.named_case) and one.status not in UNSPOKEN
    ]  # fmt: skip
    carries = frozenset(one.id for one in spoken if not _words(one, world.at))
    if carries:
        return carries, frozenset()
    newest = max((one.asked_at for one in spoken), default=0)
    latest = frozenset(word for one in spoken if one.asked_at == newest for word in _words(one, world.at))
    used_up = frozenset(word for one in spoken for word in _words(one, world.at) if word == "te-vaak")
    return carries, latest | used_up or frozenset({"geen-toestemming"})


def _words(one: Yes, at: int) -> frozenset[str]:
    """What it says now; nothing for a yes. One that is over cannot be resumed either."""
    if one.status not in ("gegeven", "vernieuwd", "gepauzeerd"):
        return frozenset({WORDS.get(one.status, "geen-toestemming")})
    if one.until and at > one.until:
        return frozenset({"toestemming-verlopen"})
    still = one.status == "gepauzeerd" or (one.grown_at and at >= one.grown_at)
    return frozenset({word for word, so in (("gepauzeerd", still), ("te-vaak", one.spent)) if so})


def _ground(world: World, element: str) -> bool | None:
    """trust.md 6: activity of class A or B, recipient entitled to the BSN, element in the activity. None: an activity
    of both, and an element of class C; docs/refusals.md says "for that element", trust.md does not."""
    purpose = world.purpose
    use = purpose.uses.get(element) if purpose else None
    if purpose is None or use is None or not world.by_bsn:
        return False
    if use.class_ in "AB":
        return True
    return None if any(other.class_ in "AB" for other in purpose.uses.values()) else False


def _told(world: World, element: str, reasons: frozenset[str]) -> frozenset[str]:
    """What this caller may read. With a ground the true code; without, of a resident only what it knew by itself."""
    ground = _ground(world, element)
    if ground is True:
        return reasons
    had = {
        code
        for one in world.consents
        if element in one.elements
        for code in _words(one, world.at)
        if code.startswith(("toestemming-", "gepauzeerd"))
    }
    hidden = frozenset({"geen-toestemming"} | had)
    openly = reasons - ABOUT_THE_RESIDENT
    if not reasons & ABOUT_THE_RESIDENT:
        hidden = frozenset({"geen-toestemming"})  # refusals.md masks these too, trust.md does not
    return openly | hidden | (reasons if ground is None else frozenset())
