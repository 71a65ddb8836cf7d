"""Questions about residents: grouped, decided, written down, answered.

What concerns one resident, activity and case is one question of ours and one line, however many elements it asks.
"""

from collections.abc import Awaitable, Callable, Hashable, Sequence

from consent.authzen.messages import Evaluation, Options, Verdict
from consent.authzen.reading import NotOurs, Wanted, wanted
from consent.bodies import Place
from consent.contract import Question
from consent.explained import EnrolAt, Told
from consent.persons import Persons
from consent.words import refused
from kernel.caller import Caller
from kernel.errors import BadInput

Explain = Callable[[Caller, Sequence[Question], EnrolAt], Awaitable[list[Told]]]
_STOPS = {"deny_on_first_deny": False, "permit_on_first_permit": True}


async def answer(explain: Explain, persons: Persons, caller: Caller, asked: Sequence[Evaluation]) -> list[Verdict]:
    """In order. Raises BadInput, RegisterUnavailable, LogUnavailable."""
    read = [_read(caller, one) for one in asked]
    groups: dict[Caller, dict[Hashable, list[Wanted]]] = {}
    for one in read:
        if isinstance(one, Wanted):
            named = (one.person.bsn, one.person.pseudonym, one.person.consent)
            about = (*named, one.activity, one.case, one.emergency)
            groups.setdefault(one.caller, {}).setdefault(about, []).append(one)
    found: dict[Wanted, Verdict] = {}
    for asking, several in groups.items():
        questions = [await _asked(persons, group) for group in several.values()]
        enrol = persons.enrol_at(asking, [group[0].person for group in several.values()])
        explained = await explain(asking, questions, enrol)
        for group, told in zip(several.values(), explained, strict=True):
            found |= {each: _verdict(each.element, told) for each in group}
    return [one if isinstance(one, Verdict) else found[one] for one in read]


def until_stopped(verdicts: Sequence[Verdict], options: Options) -> list[Verdict]:
    """Up to and with the first that ends it under the semantic asked for. All were decided, and are in the log."""
    stop = _STOPS.get(options.evaluations_semantic)
    last = next((number for number, one in enumerate(verdicts) if one.decision is stop), len(verdicts))
    return list(verdicts[: last + 1])


def _read(caller: Caller, asked: Evaluation) -> Wanted | Verdict:
    try:
        return wanted(caller, asked)
    except NotOurs as wrong:
        if wrong.status:
            return Verdict(decision=False, context={"error": {"status": wrong.status, "message": wrong.sentence}})
        told = refused("", "ontvanger-niet-bevoegd")
        return Verdict(
            decision=False, context={"code": told.code, "reden": wrong.sentence, "volgendeStap": told.next_step}
        )


async def _asked(persons: Persons, group: Sequence[Wanted]) -> Question:
    first = group[0]
    elements = tuple(dict.fromkeys(one.element for one in group))
    return Question(
        resident=await persons.meant(first.caller, first.person),
        activity=first.activity,
        elements=elements,
        case=first.case,
        by_number=first.person.bsn is not None,
        emergency=first.emergency,
    )


def _verdict(element: str, explained: Told) -> Verdict:
    if isinstance(explained, BadInput):
        (wrong,) = explained.members["fouten"]
        return Verdict(decision=False, context={"error": {"status": explained.status, "message": wrong["detail"]}})
    place = Place.of(explained.receipt).model_dump(mode="json")
    told = next((one for one in explained.refused if one.element == element), None)
    if told is None:
        return Verdict(decision=True, context={"logregel": place})
    why = {"code": told.code, "reden": told.reason, "volgendeStap": told.next_step}
    return Verdict(decision=False, context={**why, "logregel": place})
