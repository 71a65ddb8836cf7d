"""The door of what residents ask. Times in ms, 0 = not (yet). Part of `consent.contract`."""

from typing import Annotated, Literal, Protocol

from pydantic import Field

from consent.activity import Element, Slug
from consent.decision import ResidentRef
from kernel.caller import Caller
from kernel.message import Message, Sentence, Short, wire

PREFIX = "/intern/v1/consent/rights"
DEPARTMENT = "afdeling:"  # before the recipient in a role of an owner: whose uses they handle requests about
# AVG 21, 18, and 15, 16, 17, 20 and 22 in their order.
RightKind = Literal["bezwaar", "beperking", "inzage", "rectificatie", "wissing", "overdracht", "menselijke-blik"]
# AVG 18(1)(a) to (d): contested accuracy, unlawful use, needed for a legal claim, an objection that is weighed.
Ground = Literal["juistheid", "onrechtmatig", "rechtsvordering", "bezwaar"]
NO_REASON: frozenset[RightKind] = frozenset({"inzage", "overdracht"})  # AVG 15 and 20 ask for none
Status = Literal["ingediend", "in-behandeling", "gegrond", "ongegrond", "ingetrokken"]
Step = Literal["in-behandeling", "verlengen", "gegrond", "ongegrond", "intrekken", "aankondigen", "opheffen"]


class Claim(Message):
    """What a resident asks. activity: what they object to, or want to stand still: None for all that is not by choice,
    of the other kinds what they are about, where that is one use. text: why, or more of it; may be "" where nobody has
    to say why (NO_REASON). ground: of a restriction. element: which value is wrong, of a correction (AVG 16)."""

    resident: ResidentRef
    kind: RightKind
    activity: Annotated[Slug | None, wire("verwerkingsactiviteit")] = None
    text: Annotated[str, Field(max_length=1_000)]
    ground: Annotated[Ground | None, wire("aanleiding")] = None
    element: Annotated[Element | None, wire("gegevenselement")] = None


class Particulars(Message):
    """Of a restriction. notice: sealed, in hexadecimal digits; told to the resident from announced_at on (ms)."""

    ground: Ground
    announced_at: int = 0
    notice: str = ""


class RightsRequest(Message):
    """One request and how it stands. due_at: when the answer is due by law. extended: why it takes longer, "" when it
    does not. suspends: releases under the activity stand still; of a restriction without activity: all that is not by
    choice. answer: the letter. position: of its last line. ground: of a restriction, "" for the others. notice: the
    letter before it ends, which is at lifts_at at the earliest (AVG 18(3)); "" while it was not announced. element:
    which value is wrong, of a correction. filed_as: as what somebody filed it for the resident, "" where they did so
    themselves."""

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
    ground: Annotated[Short, wire("aanleiding")] = ""
    notice: Annotated[Sentence, wire("aankondiging")] = ""
    lifts_at: Annotated[int, wire("opTeHeffenVanaf")] = 0
    position: Annotated[Short, wire("logregel")] = ""
    element: Annotated[Short, wire("gegevenselement")] = ""
    filed_as: Annotated[Short, wire("namens")] = ""


class Rights(Protocol):
    """What residents ask, and what became of it. Each act has a line first."""

    async def file(self, caller: Caller, claim: Claim) -> RightsRequest:
        """By the resident, or by desk staff in a conversation with them (see FrontDesk); see Mandates.file for who acts
        for them elsewhere. An objection suspends at once, and a restriction where accuracy is contested or an objection
        is weighed; the same one again is the same. Raises NoSuchThing; BadInput; NotNow where there is no such right;
        LogUnavailable, OutcomeUnknown."""
        ...

    async def filed(self, caller: Caller) -> list[RightsRequest]:
        """A resident's own, newest first; for the FG everybody's, first those that wait; for an owner (role
        `proceseigenaar`) those about uses of a department of theirs (`afdeling:<ontvanger>`), but for restrictions.
        At most 200."""
        ...

    async def step(self, caller: Caller, request_id: str, step: Step, text: str) -> RightsRequest:
        """`intrekken` by who filed it, the others by the FG, or the owner who sees it in `filed`. text: the letter of
        a decision, the reason for an extension, or the notice before a restriction ends: without one, and a week, only
        its resident ends it. What lifts a suspension takes effect with its line. Raises NoSuchThing, NotNow, NoAccess,
        Overtaken, LogUnavailable, OutcomeUnknown."""
        ...


class Filed(Message):
    """In order."""

    requests: tuple[RightsRequest, ...]


class Taken(Message):
    """One step of one request."""

    id: Short
    step: Step
    text: Sentence = ""
