"""The door of what residents ask. Times in ms, 0 = not (yet). Part of `consent.contract`."""

from typing import Annotated, Literal, Protocol

from pydantic import Field

from consent.activity import Slug
from consent.decision import ResidentRef
from kernel.caller import Caller
from kernel.message import Message, Sentence, Short, wire

PREFIX = "/intern/v1/consent/rights"
# AVG 21, and 15, 16, 17, 20 and 22 in their order.
RightKind = Literal["bezwaar", "inzage", "rectificatie", "wissing", "overdracht", "menselijke-blik"]
Status = Literal["ingediend", "in-behandeling", "gegrond", "ongegrond", "ingetrokken"]
Step = Literal["in-behandeling", "verlengen", "gegrond", "ongegrond", "intrekken"]


class Claim(Message):
    """What a resident asks. activity: what they object to; "" for the other kinds."""

    resident: ResidentRef
    kind: RightKind
    activity: Annotated[Slug | None, wire("verwerkingsactiviteit")] = None
    text: Annotated[str, Field(min_length=1, max_length=1_000)]


class RightsRequest(Message):
    """One request and how it stands. due_at: when the answer is due by law. extended: why it takes longer, "" when it
    does not. suspends: releases under the activity stand still. answer: the letter. position: of its last line."""

    id: Short
    kind: Annotated[RightKind, wire("soort")]
    activity: Annotated[Short, wire("verwerkingsactiviteit")] = ""
    status: Status
    text: Annotated[Sentence, wire("grond")]
    filed_at: Annotated[int, wire("ingediendOp")]
    due_at: Annotated[int, wire("uiterlijk")]
    extended: Annotated[Sentence, wire("verlenging")] = ""
    decided_at: Annotated[int, wire("besluitOp")] = 0
    answer: Annotated[Sentence, wire("brief")] = ""
    suspends: Annotated[bool, wire("staatStil")] = False
    pending: Annotated[bool, wire("wordtVerwerkt")] = False
    position: Annotated[Short, wire("logregel")] = ""


class Rights(Protocol):
    """What residents ask, and what became of it. Each act has a line first."""

    async def file(self, caller: Caller, claim: Claim) -> RightsRequest:
        """By the resident, or by desk staff (role `balie`, `acting_for` them). An objection suspends at once; the same
        one again is the same. Raises NoSuchThing; NotNow where there is no right to object; LogUnavailable,
        OutcomeUnknown."""
        ...

    async def filed(self, caller: Caller) -> list[RightsRequest]:
        """A resident's own, newest first; for the FG everybody's, first those that wait. At most 200."""
        ...

    async def step(self, caller: Caller, request_id: str, step: Step, text: str) -> RightsRequest:
        """`intrekken` by who filed it, the others by the FG. text: the letter of a decision, or the reason for an
        extension. What lifts a suspension takes effect with its line. Raises NoSuchThing, NotNow, NoAccess, Overtaken,
        LogUnavailable, OutcomeUnknown."""
        ...


class Filed(Message):
    """In order."""

    requests: tuple[RightsRequest, ...]


class Taken(Message):
    """One step of one request."""

    id: Short
    step: Step
    text: Sentence = ""
