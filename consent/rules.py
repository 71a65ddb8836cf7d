"""Weighing: no I/O, no clock, no randomness. What is not allowed by a rule below is refused.

Order of precedence; the first that applies is the code of the element:

     1  onbekende-activiteit     nothing registered under that name
     2  activiteit-niet-actief   ended, or not yet published
     3  ontvanger-niet-bevoegd   recipient or application unknown or suspended, no party, outside the token's scope, or
                                named the resident by a number that it may not use
     4  buiten-doel              the element is not in the activity, or it only counts and no table of it is asked for
     5  ontvanger-niet-bevoegd   class A or B without a right to the BSN
     6  beoordeling-verlopen     classes B and C only: class A goes on
     7  beperking, bezwaar       a lock stops all, a restriction all but what the resident chose (AVG 18(2)), an
                                objection what rests on 6(1)(e) or (f), unless the version goes on while it is weighed
     8  geheimhouding            without a ground, or at a safe address by choice; of the deceased nothing by choice
     9  zaak-vereist             no case, or not of this resident, recipient and activity, or not open
    10  vooraf-informeren        the days of notice run from the line that told the resident
    11  buiten-periode           classes A and B: the case is older than the activity's period
    12  te-vaak                  counted are releases, not refusals
    13  geen-toestemming         nobody whom this recipient calls so: any name but the number comes with a yes
    14  class C: the state of the consent (consent.standing)

An emergency lifts 9, 10 and 12, and then `consent.emergency.never` refuses what it does not reach. Where one does not
go with its activity everything is `buiten-doel`.

Rules 1 to 6 know nothing of the resident, so their codes may be told to everybody; the others are masked for a caller
without a ground (trust.md 6, "existence oracle").
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from consent.activity import ActivityVersion, UsedElement
from consent.counting import about_nobody, wanted
from consent.decision import Code, FenceKind, Flag, Question
from consent.emergency import last_words, never
from consent.flags import HIDDEN, SAFE, SECRECY
from consent.masking import PUBLIC, told
from consent.outline import outline_of
from consent.standing import Fenced, Standing, state_of
from consent.terms import DAY

Bar = tuple[Code, Callable[[UsedElement], bool]]  # a code that holds now, and the elements it is about
Stands = tuple[Standing, ...]  # the consents that an element stands on; none: the law


@dataclass(frozen=True)
class CaseFact:
    """A case of this recipient under the reference asked. told_at: when the line about it was written, ms.
    opened_by: pseudonym of who wrote it down; only for a covert activity."""

    resident: str
    activity: str
    open: bool
    origin: str
    since: int
    until: int
    told_at: int
    fence: Fenced
    opened_by: str = ""


@dataclass(frozen=True)
class Facts:
    """What the register knew at one moment. published_at: ms. fences: those that everything stands on.
    admitted: recipient and application are known and not suspended. in_scope: of the caller's token. counted: releases
    in the running term of the activity's frequency. actor: pseudonym of who asks. restricted: all about this resident
    is locked; held: within the scope of a restriction. upheld: an objection that was weighed, and is right. emergency:
    it is asked in one, and that goes with the activity. words: then, whatever this resident said to this recipient
    about the elements, in any activity."""

    activity: ActivityVersion | None
    in_force: bool = False
    published_at: int = 0
    admitted: bool = False
    in_scope: bool = True
    recipient: str = ""
    by_bsn: bool = False
    case: CaseFact | None = None
    consents: tuple[Standing, ...] = ()
    objected: bool = False
    upheld: bool = False
    restricted: bool = False
    held: bool = False
    flags: frozenset[Flag] = frozenset()
    counted: int = 0
    actor: str = ""
    emergency: bool = False
    words: tuple[Standing, ...] = ()
    fences: tuple[tuple[Fenced, FenceKind], ...] = ()


class Weighed(NamedTuple):
    """allowed: the element with the consents it stands on. refused: (element, true code, told code).
    valid_until: the earliest expiry among the facts used, ms, 0 is none. fences: of the whole decision. history: days
    that the activity may look back, 0 is the value in force only."""

    allowed: tuple[tuple[UsedElement, Stands], ...] = ()
    refused: tuple[tuple[str, Code, Code], ...] = ()
    valid_until: int = 0
    fences: tuple[tuple[Fenced, FenceKind], ...] = ()
    history: int = 0

    def stands_on(self, consents: Stands) -> tuple[int, ...]:
        """The indices of their own fences."""
        if not consents:
            return ()
        own = {one.fence.fence for one in consents}
        return tuple(at for at, (one, kind) in enumerate(self.fences) if kind == "toestemming" and one.fence in own)


def weigh(question: Question, facts: Facts, at: int) -> Weighed:
    """Every element by itself, at a moment in ms."""
    allowed: list[tuple[UsedElement, Stands]] = []
    refused: list[tuple[str, Code, Code]] = []
    closed = _closed(facts)
    if not closed and question.by_number and not facts.by_bsn:
        closed = "ontvanger-niet-bevoegd"
    ground = not closed and _has_ground(facts)
    bars = () if closed else (*_bars_of_asking(facts, at), *_bars_of_now(question, facts, at, ground))
    for name in dict.fromkeys(wanted(question, facts.activity)):
        used = _used(question, facts.activity, name)
        code = closed or _barred(used, bars)
        standing, state = (None, None) if code in PUBLIC else state_of(facts.consents, name, question.case, at)
        if not code and used is not None and used.class_ == "C" and not about_nobody(question):
            code = state
        if facts.emergency and not code and used is not None:
            code = never(used, facts.words)
        if code or used is None:
            code = code or "buiten-doel"
            refused.append((name, code, told(code, state, ground)))
        else:
            chosen = (standing,) if standing and used.class_ == "C" else ()
            # a no that is said meanwhile moves one of these
            allowed.append((used, chosen + last_words(facts.words, name) if facts.emergency else chosen))
    ends = [end for end in _ends(facts, allowed) if end] if allowed else ()
    history = facts.activity.history if facts.activity else 0
    return Weighed(tuple(allowed), tuple(refused), min(ends, default=0), _fences(facts, allowed), history)


def _used(question: Question, activity: ActivityVersion | None, name: str) -> UsedElement | None:
    """What counts people gives nothing about one of them."""
    if activity is None or (activity.statistics and not question.table):
        return None
    return outline_of(activity).elements.get(name)


def with_ground(facts: Facts) -> bool:
    """Whether the caller may know more of a resident than yes or no: trust.md 6."""
    return not _closed(facts) and _has_ground(facts)


def _has_ground(facts: Facts) -> bool:
    """Of a recipient that may ask at all."""
    activity = facts.activity
    return activity is not None and facts.by_bsn and outline_of(activity).unasked


def _closed(facts: Facts) -> Code | None:
    """Rules 1 to 3, and whether an emergency is where it belongs: whatever is asked."""
    if facts.activity is None:
        return "onbekende-activiteit"
    if not facts.in_force:
        return "activiteit-niet-actief"
    if not (facts.admitted and facts.in_scope and facts.recipient in outline_of(facts.activity).parties):
        return "ontvanger-niet-bevoegd"
    if facts.emergency != (facts.activity.break_glass is not None):
        return "buiten-doel"
    return None


def _barred(used: UsedElement | None, bars: tuple[Bar, ...]) -> Code | None:
    """Rules 4 to 12: the first that holds now and is about this element."""
    if used is None:
        return "buiten-doel"
    for code, about in bars:
        if about(used):
            return code
    return None


def _any(used: UsedElement) -> bool:
    return True


def _by_law(used: UsedElement) -> bool:
    return used.class_ != "C"


def _by_choice(used: UsedElement) -> bool:
    return used.class_ == "C"


def unasked(used: UsedElement) -> bool:
    """Whether it is used without consent; who chose a route only gave none."""
    return used.class_ != "C" or used.choice == "route"


def goes_on(facts: Facts) -> bool:
    """Whether the use goes on while an objection is weighed: the version names the weighty ground for it, about which
    the FG was asked beforehand (AVG 18(2), 21(1)). Not when the resident turned out to be right."""
    return bool(facts.activity and facts.activity.despite_objection) and not facts.upheld


def _bars_of_asking(facts: Facts, at: int) -> Iterator[Bar]:
    """Rules 5 and 6: of the activity and the recipient only."""
    if not facts.by_bsn:
        yield "ontvanger-niet-bevoegd", _by_law
    if facts.activity and at > facts.activity.assessment.until:
        yield "beoordeling-verlopen", lambda used: used.class_ != "A"


def _bars_of_now(question: Question, facts: Facts, at: int, ground: bool) -> Iterator[Bar]:
    """Rules 7 to 12: of this resident, at this moment."""
    if facts.restricted:
        yield "beperking", _any
    if facts.held:
        yield "beperking", unasked
    if facts.objected and not goes_on(facts):
        yield "bezwaar", lambda used: used.objectable
    if not ground and HIDDEN & facts.flags:
        yield SECRECY, _any  # a yes would tell that the resident is known here
    if SAFE in facts.flags:
        yield SECRECY, _by_choice  # a choice may have been made under pressure, and a no to it costs no right
    if facts.flags and "overleden" in facts.flags:
        yield "geen-toestemming", _by_choice
    yield from _bars_of_terms(question, facts, at)


def _bars_of_terms(question: Question, facts: Facts, at: int) -> Iterator[Bar]:
    activity = facts.activity
    if activity is None:
        return
    if activity.case == "verplicht" and not facts.emergency and not _case_holds(question, facts, at):
        yield "zaak-vereist", _any
    # without a notice term a clock that lags behind the log must not refuse
    if activity.notice and not facts.emergency and at < told_at(facts) + activity.notice * DAY:
        yield "vooraf-informeren", _any
    if 0 < _period_end(facts) < at:
        yield "buiten-periode", _by_law
    if activity.frequency and not facts.emergency and facts.counted >= activity.frequency.times:
        yield "te-vaak", _any
    if question.nobody:
        yield "geen-toestemming", _any


def _case_holds(question: Question, facts: Facts, at: int) -> bool:
    case, activity = facts.case, facts.activity
    if case is None or activity is None:
        return False
    fits = case.resident == question.resident.id and case.activity == activity.slug and case.open
    vouched = case.origin == "bron" or activity.stated_case
    return fits and vouched and _two_persons(case, facts) and case.since <= at and (not case.until or at <= case.until)


def _two_persons(case: CaseFact, facts: Facts) -> bool:
    """A covert use takes two: who wrote the case down, and somebody else who asks under it."""
    secret = facts.activity.secrecy if facts.activity else None
    if secret is None or secret.class_ != "heimelijk":
        return True
    return bool(case.opened_by and facts.actor) and case.opened_by != facts.actor


def told_at(facts: Facts) -> int:
    """Since when the resident could know, ms: the line about the case, or the publication."""
    needed = facts.activity is not None and facts.activity.case == "verplicht"
    return facts.case.told_at if needed and facts.case else facts.published_at


def _period_end(facts: Facts) -> int:
    """By what the case says, ms; 0 is never. An emergency needs no case, so none is too old for one."""
    required = facts.activity and facts.activity.case == "verplicht" and not facts.emergency
    if not facts.activity or not required or not facts.case or not facts.case.since:
        return 0
    return facts.case.since + facts.activity.period * DAY if facts.activity.period else 0


def _ends(facts: Facts, allowed: list[tuple[UsedElement, Stands]]) -> Iterator[int]:
    for used, stands in allowed:
        if used.class_ == "C" and stands:
            yield stands[0].valid_until
            yield stands[0].pauses_at - 1 if stands[0].pauses_at else 0
        else:
            yield _period_end(facts)
        if used.class_ != "A" and facts.activity:
            yield facts.activity.assessment.until
    if allowed and facts.case and not facts.emergency:
        yield facts.case.until


def _fences(facts: Facts, allowed: list[tuple[UsedElement, Stands]]) -> tuple[tuple[Fenced, FenceKind], ...]:
    more: dict[str, tuple[Fenced, FenceKind]] = {}
    if facts.case and facts.activity and facts.activity.case == "verplicht" and not facts.emergency:
        more[facts.case.fence.fence] = (facts.case.fence, "zaak")
    for _, stands in allowed:
        for consent in stands:
            more.setdefault(consent.fence.fence, (consent.fence, "toestemming"))
    return (*facts.fences, *more.values())
