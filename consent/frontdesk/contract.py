"""The door of the desk of the town hall. Times in ms. Part of `consent.contract`.

TooManyConversations  429  this employee had as many as one may have on a day
ConversationOver      410  it ended, or its time was up: a new look needs a new reason
"""

from typing import TYPE_CHECKING, Annotated, Literal, Protocol

from pydantic import Field

from consent.activity import Slug
from consent.decision import ResidentRef
from consent.frontdesk.rules import Channel, Check, Reason, checked_so
from kernel.caller import Caller
from kernel.errors import Problem
from kernel.message import Message, Millis, Short

if TYPE_CHECKING:
    from consent.contract import Choice, Chosen, ConsentDetail, ConsentReceipt, ConsentView
    from consent.rights.contract import RightsRequest

__all__ = ["checked_so"]

PREFIX = "/intern/v1/consent/frontdesk"


class Opening(Message):
    """Why an employee helps somebody, and how they know who it is: the kind of document, never its number."""

    reason: Reason
    check: Check
    channel: Channel


class Meeting(Message):
    """Who is helped. stands: as what somebody is there, `niemand` for who says to be a parent or guardian and of whom
    the BRP does not say so, or of whom it may not be told, or says nothing now; birth: of the child, "2011-05-17" or
    less of it."""

    resident: ResidentRef
    stands: Literal["zelf", "ouder", "voogd", "niemand"] = "zelf"
    birth: Short = ""


class DeskRequest(Message):
    """What a resident asks under the AVG, as an employee writes it down; to lock data is asked at the portal."""

    kind: Literal["bezwaar", "inzage", "rectificatie", "wissing", "overdracht", "menselijke-blik"]
    activity: Slug | None = None
    text: Annotated[str, Field(min_length=1, max_length=1_000)]


class Conversation(Message):
    """One that is open. until: its last moment. child: who is there chooses for a child."""

    id: Short
    reason: Reason
    channel: Channel
    until: Millis
    child: bool = False


class Tally(Message):
    """One employee on one Dutch day, "2026-11-22". employee: a pseudonym, as lines have it in `actor`. residents: how
    many different ones, those that nobody is known by too; idle: conversations in which nothing was chosen. full: as
    many as one may have."""

    employee: Short
    day: Annotated[str, Field(max_length=10)]
    conversations: int
    residents: int
    idle: int
    full: bool


class TooManyConversations(Problem):
    """Nothing was opened. A colleague can help."""

    code, status, title = "te-veel-gesprekken", 429, "U had vandaag te veel gesprekken"


class ConversationOver(Problem):
    """Nothing was shown or done."""

    code, status, title = "gesprek-voorbij", 410, "Dit gesprek is voorbij"


class FrontDesk(Protocol):
    """For staff with role `balie`, in a conversation of their own that is open. Each verb but `begin`, where nobody is
    known yet, and `conversation` has a line in the resident's series first. All raise LogUnavailable, OutcomeUnknown;
    with an id also NoSuchThing (unknown, or of a colleague: one answer) and ConversationOver."""

    async def begin(self, caller: Caller, opening: Opening) -> Conversation:
        """Counts it, before anybody is looked up anywhere, and ends an earlier one of the same employee: one resident
        at a time. Nothing is open before `meet`. Raises NoAccess, BadInput, TooManyConversations."""
        ...

    async def meet(self, caller: Caller, conversation_id: str, met: Meeting) -> Conversation:
        """Whom it is with: said once, the same again is the same. Costs and answers the same for everybody, known or
        not. Raises ConversationOver for another one."""
        ...

    async def conversation(self, caller: Caller, conversation_id: str) -> Conversation:
        """As it stands."""
        ...

    async def end(self, caller: Caller, conversation_id: str) -> None:
        """At once; the same again is the same."""
        ...

    async def choices(self, caller: Caller, conversation_id: str) -> "list[ConsentView]":
        """What can be chosen or stopped; nothing for somebody unknown, dead, or not served this way, nor for who stands
        there for a child and may not be told. Of a sensitive purpose neither what it is nor for whom: `activity`,
        `elements` and the recipient's names are empty; a parent or guardian is not told that it is there."""
        ...

    async def choice(self, caller: Caller, conversation_id: str, consent_id: str) -> "ConsentDetail":
        """One of the resident's. What was chosen earlier, and what was read then, is left out."""
        ...

    async def choose(self, caller: Caller, conversation_id: str, consent_id: str, choice: "Choice") -> "Chosen":
        """As Consent.choose, along the way of the conversation. Raises BadInput for another one."""
        ...

    async def receipt(self, caller: Caller, conversation_id: str, consent_id: str) -> "ConsentReceipt":
        """To hand over on paper; without the content of the line."""
        ...

    async def file(self, caller: Caller, conversation_id: str, asked: "DeskRequest") -> "RightsRequest":
        """What the resident asks, as Rights.file, with a line that a letter was made. The answer is what was asked
        now, also where the same was asked earlier, and where nothing is shown: it tells nothing of whom it is about.
        Raises NoSuchThing for who is there for a child; BadInput, NotNow where there is no such right."""
        ...

    async def tallies(self, caller: Caller) -> list[Tally]:
        """For the FG: of 31 days, the busiest first. Raises NoAccess."""
        ...
