"""The door of acting for somebody else. Times in ms, 0 = not (yet). Part of `consent.contract`."""

from typing import TYPE_CHECKING, Annotated, Literal, Protocol

from pydantic import Field

from audit.contract import Line
from consent.activity import Matter, Slug
from consent.decision import ResidentRef
from consent.mandates.rules import AFTER_DEATH, APPOINTED, BY_AUTHORITY, Relation, grown_at
from consent.rights.contract import Claim, RightsRequest
from kernel.caller import Caller
from kernel.errors import Problem
from kernel.message import Message, Millis, Sentence, Short

if TYPE_CHECKING:
    from consent.contract import Choice, Chosen, ConsentDetail, ConsentView

__all__ = ["AFTER_DEATH", "APPOINTED", "BY_AUTHORITY", "Relation", "grown_at"]

PREFIX = "/intern/v1/consent/mandates"
MandateStatus = Literal["aangeboden", "geldig", "beeindigd", "verlopen"]
Name = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]*$")]
Code = Annotated[str, Field(min_length=1, max_length=40)]


class Ground(Message):
    """On what somebody acts for a resident. ouder, voogd: birth of the child, and when the BRP said that the caller has
    authority over it; the room that asked the BRP vouches for both. The others: its id, and the row says the rest."""

    relation: Relation
    resident: ResidentRef
    birth: Short = ""
    checked_at: Millis = 0
    mandate: Short = ""


class Offer(Message):
    """A resident lets somebody see, or decide too, about these activities. label: what the resident calls that person;
    name: what that person reads of whom it comes. until: the last moment."""

    resident: ResidentRef
    label: Name
    name: Annotated[str, Field(max_length=200)] = ""
    activities: Annotated[tuple[Slug, ...], Field(min_length=1, max_length=100)]
    decides: bool
    until: Millis


class Mandate(Message):
    """One of them, as whoever gave it and whoever holds it read it. resident: whose choices. label is for the giver,
    name for the holder; of the other each gets "". ended_at: when it was ended, not when it ran out. Of who was
    appointed: matters in place of activities, and source, the document that says so."""

    id: Short
    resident: ResidentRef
    status: MandateStatus
    activities: tuple[Short, ...]
    decides: bool
    label: Short = ""
    name: Short = ""
    offered_at: int
    accepted_at: int = 0
    until: int
    ended_at: int = 0
    relation: Relation = "machtiging"
    matters: tuple[Matter, ...] = ()
    source: Sentence = ""


class Offered(Message):
    """code: told once, to be handed over; whoever logs in and has it may accept."""

    mandate: Mandate
    code: Code


class Uses(Message):
    """Of a period, newest first: lines that say no more than who used which data, for what and when. more: older ones
    were not looked at."""

    lines: tuple[Line, ...]
    more: bool = False


class Reach(Message):
    """What may be asked for somebody, and what was. activities: those about which something may be asked. asked: by the
    caller, newest first, each with its answer. asks: whether the caller may ask at all, or only look."""

    activities: tuple[Short, ...]
    asked: tuple[RightsRequest, ...]
    asks: bool


class NotRepresented(Problem):
    """Members: `reden`: voorbij | nakijken (ask the source again) | buiten | alleen-zien."""

    code, status, title = "niet-namens", 403, "U mag dit niet voor iemand anders doen"


class Mandates(Protocol):
    """Every act has a line first, in the series of whom it is for; each verb looks anew whether it may."""

    async def offer(self, caller: Caller, offer: Offer) -> Offered:
        """By the resident. It permits nothing before somebody accepts, within 7 days. Raises NoSuchThing, BadInput;
        NotNow above 20 that are open; LogUnavailable, OutcomeUnknown."""
        ...

    async def offered(self, caller: Caller, code: str) -> Mandate:
        """What this code would let the caller do. Raises NoSuchThing: unknown, used, ended, too late, or one's own."""
        ...

    async def accept(self, caller: Caller, code: str) -> Mandate:
        """Effective with its line. Raises NoSuchThing, Overtaken (it was ended meanwhile), LogUnavailable,
        OutcomeUnknown."""
        ...

    async def given(self, caller: Caller) -> list[Mandate]:
        """By the caller, and who was appointed for them, newest first, at most 200."""
        ...

    async def held(self, caller: Caller) -> list[Mandate]:
        """Those that the caller may use now, newest first, at most 200."""
        ...

    async def end(self, caller: Caller, mandate_id: str) -> Mandate:
        """By who gave it or who holds it; at once, and for good. Raises NoSuchThing; NotNow for what a court or a will
        said; LogUnavailable, OutcomeUnknown."""
        ...

    async def begin(self, caller: Caller, ground: Ground) -> None:
        """A line in the resident's series that somebody looks. Raises NotRepresented, LogUnavailable."""
        ...

    async def choices(self, caller: Caller, ground: Ground) -> "list[ConsentView]":
        """Those that the caller may see. Raises NotRepresented."""
        ...

    async def choice(self, caller: Caller, ground: Ground, consent_id: str) -> "ConsentDetail":
        """One of those. Raises NotRepresented, NoSuchThing."""
        ...

    async def choose(self, caller: Caller, ground: Ground, consent_id: str, choice: "Choice") -> "Chosen":
        """As Consent.choose, for the resident; the line says on whose behalf. Raises NotRepresented too."""
        ...

    async def uses(self, caller: Caller, ground: Ground, since: int) -> Uses:
        """Who used their data since a moment in ms, as far as the caller may know; a line first. Where the resident's
        data is secret nobody may. Raises NotRepresented, LogUnavailable."""
        ...

    async def reach(self, caller: Caller, ground: Ground) -> Reach:
        """About what the caller may ask something for them, and what they asked. Raises NotRepresented."""
        ...

    async def file(self, caller: Caller, ground: Ground, claim: Claim) -> RightsRequest:
        """As Rights.file, for the resident, about one activity; the line says on whose behalf. Raises NotRepresented
        too; NotNow where somebody else asked the same: what they wrote is not told."""
        ...

    async def withdraw(self, caller: Caller, ground: Ground, request_id: str) -> RightsRequest:
        """A request that the caller filed. What stops something only the resident takes back, or staff decides: so of
        two who may act, who stops wins. Raises NotRepresented, NoSuchThing, NotNow."""
        ...
