"""What is told about many: an outcome each, and what is the same for all said once. Pure."""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Literal

from consent.bodies import Place
from consent.contract import Code, Refused
from consent.explained import Explained
from consent.words import refused
from kernel.clock import instant
from kernel.message import Message, Sentence, Short, wire

Outcome = Literal["mag", "deels", "magNiet"]


class Asked(Message):
    """One element of the question. class_: as its activity says."""

    element: Annotated[Short, wire("gegevenselement")]
    class_: Annotated[Short | None, wire("klasse")] = None


class Why(Message):
    """A code of refusal, said once. residents: about how many."""

    code: Code
    residents: Annotated[int, wire("inwoners")]
    reason: Annotated[Sentence, wire("reden")]
    next_step: Annotated[Sentence, wire("volgendeStap")]


class No(Message):
    """One element of one resident. next_step: only where it says a day of their own."""

    element: Annotated[Short, wire("gegevenselement")]
    code: Code
    next_step: Annotated[Sentence | None, wire("volgendeStap")] = None


class One(Message):
    """One resident. number: their place in the list, from 0. outcome: of all that was asked."""

    number: Annotated[int, wire("nr")]
    id: Short
    outcome: Annotated[Outcome, wire("uitkomst")]
    refused: Annotated[tuple[No, ...] | None, wire("geweigerd")] = None
    line: Annotated[Place, wire("logregel")]


class AnswerMany(Message):
    """What would be decided now about each; a release later is decided anew: this is no permit. count: residents; of
    them all that was asked is allowed, part of it, or nothing."""

    activity: Annotated[Short, wire("verwerkingsactiviteit")]
    version: Annotated[Short | None, wire("versie")] = None
    decided_at: Annotated[Short, wire("getoetstOp")]
    elements: Annotated[tuple[Asked, ...], wire("gegevenselementen")]
    count: Annotated[int, wire("aantal")]
    allowed: Annotated[int, wire("mag")]
    partly: Annotated[int, wire("deels")]
    refused: Annotated[int, wire("magNiet")]
    why: Annotated[tuple[Why, ...], wire("redenen")]
    answers: Annotated[tuple[One, ...], wire("antwoorden")]


def answer(asked: Sequence[str], explained: Sequence[Explained]) -> bytes:
    """As JSON. explained: over one snapshot, at least one."""
    first, elements = explained[0], tuple(dict.fromkeys(asked))
    classes, ones = dict(first.classes), [_one(number, one) for number, one in enumerate(explained)]
    outcomes = Counter(one.outcome for one in ones)
    codes = Counter(code for one in explained for code in {told.code for told in one.refused})
    told = AnswerMany(
        activity=first.decision.activiteit,
        version=first.decision.versie or None,
        decided_at=instant(first.decision.beslist),
        elements=tuple(Asked(element=name, class_=classes.get(name)) for name in elements),
        count=len(ones),
        allowed=outcomes["mag"],
        partly=outcomes["deels"],
        refused=outcomes["magNiet"],
        why=tuple(_why(code, residents) for code, residents in sorted(codes.items())),
        answers=tuple(ones),
    )
    return told.model_dump_json(exclude_none=True).encode()


def _why(code: Code, residents: int) -> Why:
    usual = refused("", code)
    return Why(code=code, residents=residents, reason=usual.reason, next_step=usual.next_step)


def _one(number: int, explained: Explained) -> One:
    outcome: Outcome = "mag" if not explained.refused else "deels" if explained.allowed else "magNiet"
    return One(
        number=number,
        id=explained.decision.nonce,
        outcome=outcome,
        refused=tuple(_no(told) for told in explained.refused) or None,
        line=Place.of(explained.receipt),
    )


def _no(told: Refused) -> No:
    usual = refused("", told.code).next_step
    return No(element=told.element, code=told.code, next_step=told.next_step if told.next_step != usual else None)
