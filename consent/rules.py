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

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from consent.activity import UsedElement
from consent.counting import about_nobody, wanted
from consent.decision import Code, FenceKind, Question
from consent.emergency import last_words, never
from consent.flags import HIDDEN, SAFE, SECRECY
from consent.known import CaseFact, Facts
from consent.masking import PUBLIC, told
from consent.standing import Fenced, Standing, state_of
from consent.terms import DAY

Bar = tuple[Code, Callable[[UsedElement], bool]]  # a code that holds now, and the elements it is about
Stands = tuple[Standing, ...]  # the consents that an element stands on; none: the law


@dataclass
class Weighed:
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
    asker, emergency, table = facts.asker, facts.emergency, question.table
    outline, closed = asker.outline, asker.closed
    if emergency != outline.glass or not asker.by_bsn:
        closed = closed or _closed(question, facts)
    # what counts people gives nothing about one of them
    elements = outline.elements if not (closed or (outline.counts and not table)) else {}
    bars = () if closed else _bars(question, facts, at)
    allowed: list[tuple[UsedElement, Stands]] = []
    refused: list[tuple[str, Code, Code]] = []
    names = wanted(question, asker.activity) if table else question.elements
    for name in names if len(names) == 1 else dict.fromkeys(names):
        used = elements.get(name)
        if used is None:
            public: Code = closed or "buiten-doel"
            refused.append((name, public, public))
            continue
        barred, chosen = _barred(used, bars) if bars else None, name in outline.chosen
        if not (barred or chosen or emergency):
            allowed.append((used, ()))
            continue
        standing, state = _state(question, facts, name, at) if barred not in PUBLIC else (None, None)
        code = barred or (state if chosen and not (table and about_nobody(question)) else None)
        stands: Stands = (standing,) if chosen and standing else ()
        if emergency:
            code = code or never(used, facts.words)
            stands += last_words(facts.words, name)  # a no that is said meanwhile moves one of these
        if code:
            refused.append((name, code, code if asker.grounded else told(code, state, ground=False)))
        else:
            allowed.append((used, stands))
    until = _valid_until(facts, allowed) if allowed else 0
    fences = _fences(facts, allowed) if allowed or facts.case else facts.fences
    return Weighed(tuple(allowed), tuple(refused), until, fences, outline.history)


def _state(question: Question, facts: Facts, name: str, at: int) -> tuple[Standing | None, Code | None]:
    """Rule 14."""
    return state_of(facts.consents, name, question.case, at) if facts.consents else (None, "geen-toestemming")


def with_ground(facts: Facts) -> bool:
    """Whether the caller may know more of a resident than yes or no: trust.md 6."""
    return facts.asker.grounded and not (facts.asker.closed or _misplaced(facts))


def _closed(question: Question, facts: Facts) -> Code | None:
    """The rest of rule 3, and whether an emergency is where it belongs: whatever is asked."""
    if _misplaced(facts):
        return "buiten-doel"
    return "ontvanger-niet-bevoegd" if not facts.asker.by_bsn and question.by_number else None


def _misplaced(facts: Facts) -> bool:
    return facts.emergency != facts.asker.outline.glass


def _barred(used: UsedElement, bars: Iterable[Bar]) -> Code | None:
    """Rules 5 to 13: the first that holds now and is about this element."""
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


def _assessed(used: UsedElement) -> bool:
    return used.class_ != "A"


def _objectable(used: UsedElement) -> bool:
    return used.objectable


def unasked(used: UsedElement) -> bool:
    """Whether it is used without consent; who chose a route only gave none."""
    return used.class_ != "C" or used.choice == "route"


def goes_on(facts: Facts) -> bool:
    """Whether the use goes on while an objection is weighed: the version names the weighty ground for it, about which
    the FG was asked beforehand (AVG 18(2), 21(1)). Not when the resident turned out to be right."""
    return bool(facts.activity and facts.activity.despite_objection) and not facts.upheld


def _bars(question: Question, facts: Facts, at: int) -> list[Bar]:
    """What holds now of rules 5 to 13, in that order."""
    bars: list[Bar] = []
    asker, outline = facts.asker, facts.asker.outline
    if not asker.by_bsn:
        bars.append(("ontvanger-niet-bevoegd", _by_law))
    if at > outline.assessed_until:
        bars.append(("beoordeling-verlopen", _assessed))
    if facts.restricted or facts.held or facts.objected:
        bars += _bars_of_rights(facts)
    if facts.flags:
        bars += _bars_of_flags(facts)
    if outline.conditional:
        bars += _bars_of_terms(question, facts, at)
    if facts.nobody:
        bars.append(("geen-toestemming", _any))
    return bars


def _bars_of_rights(facts: Facts) -> Iterable[Bar]:
    """Rule 7."""
    if facts.restricted:
        yield "beperking", _any
    if facts.held:
        yield "beperking", unasked
    if facts.objected and not goes_on(facts):
        yield "bezwaar", _objectable


def _bars_of_flags(facts: Facts) -> Iterable[Bar]:
    """Rule 8."""
    if not facts.asker.grounded and HIDDEN & facts.flags:
        yield SECRECY, _any  # a yes would tell that the resident is known here
    if SAFE in facts.flags:
        yield SECRECY, _by_choice  # a choice may have been made under pressure, and a no to it costs no right
    if "overleden" in facts.flags:
        yield "geen-toestemming", _by_choice


def _bars_of_terms(question: Question, facts: Facts, at: int) -> Iterable[Bar]:
    """Rules 9 to 12. An emergency lifts 9, 10 and 12, and needs no case, so none is too old for one."""
    activity = facts.activity
    if activity is None or facts.emergency:
        return
    if activity.case == "verplicht" and not _case_holds(question, facts, at):
        yield "zaak-vereist", _any
    # without a notice term a clock that lags behind the log must not refuse
    if activity.notice and at < told_at(facts) + activity.notice * DAY:
        yield "vooraf-informeren", _any
    if 0 < _period_end(facts) < at:
        yield "buiten-periode", _by_law
    if activity.frequency and facts.counted >= activity.frequency.times:
        yield "te-vaak", _any


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


def _required_case(facts: Facts) -> CaseFact | None:
    """Without which nothing is given; none in an emergency."""
    needed = facts.activity is not None and facts.activity.case == "verplicht" and not facts.emergency
    return facts.case if needed else None


def told_at(facts: Facts) -> int:
    """Since when the resident could know, ms: the line about the case, or the publication."""
    needed = facts.activity is not None and facts.activity.case == "verplicht"
    return facts.case.told_at if needed and facts.case else facts.asker.published_at


def _period_end(facts: Facts) -> int:
    """By what the case says, ms; 0 is never."""
    case, activity = _required_case(facts), facts.activity
    return case.since + activity.period * DAY if case and case.since and activity and activity.period else 0


def _valid_until(facts: Facts, allowed: Iterable[tuple[UsedElement, Stands]]) -> int:
    """The earliest end among what the elements stand on, ms; 0 is none."""
    case = facts.case
    by_law = _period_end(facts) if case else 0
    ends = [case.until] if case and not facts.emergency else []
    for used, stands in allowed:
        if stands and used.class_ == "C":
            pauses = stands[0].pauses_at
            ends += (stands[0].valid_until, pauses - 1 if pauses else 0)
        else:
            ends.append(by_law)
        if used.class_ != "A":
            ends.append(facts.asker.outline.assessed_until)
    return min([end for end in ends if end], default=0)


def _fences(facts: Facts, allowed: Iterable[tuple[UsedElement, Stands]]) -> tuple[tuple[Fenced, FenceKind], ...]:
    case = facts.case and _required_case(facts)
    more: dict[str, tuple[Fenced, FenceKind]] = {case.fence.fence: (case.fence, "zaak")} if case else {}
    for _, stands in allowed:
        for consent in stands:
            more.setdefault(consent.fence.fence, (consent.fence, "toestemming"))
    return (*facts.fences, *more.values()) if more else facts.fences
