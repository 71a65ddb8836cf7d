"""The door for who removes what it was given (architecture.md section 6, `POST vernietigingen`).

Problem
├── BadInput        400  not all of it can be read, or it does not fit what was given: nothing was written down
└── NoSuchRelease   404  none of them is there: unknown, another's, refused and not delivered are one answer
"""

from typing import Annotated, Final, Literal, Protocol

from pydantic import Field, StringConstraints

from connectors.lab.contract import LateSet
from consent.contract import Element
from kernel.caller import Caller
from kernel.errors import Problem
from kernel.message import Body, Message, Short, wire

MOST: Final = 200  # releases in one message, and in one answer
KEPT_MOST: Final = 19  # elements that a line has room to name, at 100 characters each
Place = Annotated[str, Field(pattern=r"^[0-9]{4}h[12]-[0-9]{1,12}$")]
Day = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
After = Annotated[str, Field(pattern=r"^([0-9]{1,16}\.[0-9]{4}h[12]\.[0-9]{1,12}\.[0-9a-f]{0,64})?$", max_length=120)]
Article = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=3, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")
]
Elements = Annotated[tuple[Element, ...], Field(min_length=1, max_length=100)]
Why = Literal["bewaartermijn", "toestemming", "wet"]


class Keeps(Body):
    """What stays for now, under which article of law, and its last day."""

    elements: Annotated[tuple[Element, ...], Field(min_length=1, max_length=KEPT_MOST), wire("gegevenselementen")]
    article: Annotated[Article, wire("artikel")]
    until: Annotated[Day, wire("tot")]


class Removal(Body):
    """A recipient removed what it had. releases: the places of their lines. elements: what was removed; none: all but
    what it keeps."""

    releases: Annotated[tuple[Place, ...], Field(min_length=1, max_length=MOST), wire("verstrekkingen")]
    day: Annotated[Day, wire("verwijderdOp")]
    elements: Annotated[tuple[Element, ...] | None, Field(min_length=1, max_length=100), wire("gegevenselementen")] = (
        None
    )
    keeps: Annotated[Keeps | None, wire("bewaart")] = None


class Written(Message):
    """One release of which it is written down. line: the place of the newest line that says so. left: what its
    recipient still has, as far as it said."""

    release: Annotated[Place, wire("verstrekking")]
    line: Annotated[Place, wire("logregel")]
    left: Annotated[tuple[Short, ...], wire("nogAanwezig")]


class Confirmed(Message):
    """In the order asked. unknown: those that are not there."""

    written: Annotated[tuple[Written, ...], wire("vastgelegd")]
    unknown: Annotated[tuple[Place, ...], wire("nietGevonden")]


class Due(Message):
    """What a recipient must remove of one release: before the end of which day, and why then. `wet`: it said itself
    that it keeps it until then."""

    release: Annotated[Place, wire("verstrekking")]
    recipient: Annotated[Short, wire("ontvanger")]
    activity: Annotated[Short, wire("verwerkingsactiviteit")]
    elements: Annotated[tuple[Short, ...], wire("gegevenselementen")]
    day: Annotated[Day, wire("uiterlijk")]
    why: Annotated[Why, wire("reden")]
    late: Annotated[bool, wire("teLaat")]


class Dues(Message):
    """The first that must go come first. more: there are others. next: asks for them; absent on the last page."""

    found: Annotated[tuple[Due, ...], wire("vernietigingen")]
    more: Annotated[bool, wire("meer")] = False
    next: Annotated[Short | None, wire("volgende")] = None


class Late(Message):
    """How many releases of one activity a recipient has not removed in time, and the day of the oldest."""

    recipient: Short
    activity: Short
    count: int
    oldest: Day


class Overdue(Message):
    """For the FG; for an owner, of their own departments. Oldest first."""

    releases: tuple[Late, ...]
    sets: tuple[LateSet, ...]


class NoSuchRelease(Problem):
    """One answer for all that is not there."""

    code, status, title = "verstrekking-onbekend", 404, "Deze verstrekking is er niet"


class Removals(Protocol):
    """What the door offers recipients. All raise LogUnavailable, NeighbourUnavailable."""

    async def confirm(self, caller: Caller, said: Removal) -> Confirmed:
        """Durable when it returns: a line for each release of the caller's own organisation, in the series of its
        resident. Said again it is the same line. Raises BadInput, NoSuchRelease, OutcomeUnknown."""
        ...

    async def due(self, caller: Caller, since: str, until: str, after: str = "") -> Dues:
        """What the caller's organisation must remove between two days ("": no bound; from today on at most a month,
        unless a later day is named), for the activities of its token; at most MOST, after an earlier answer's `next`.
        Raises BadInput."""
        ...


class PortalRemovals(Protocol):
    """What pages ask, for whoever may read them. All raise NeighbourUnavailable."""

    async def open_of(self, caller: Caller, subject: str) -> Dues:
        """What of one resident is still to be removed and late, at most MOST; without what is withheld from them.
        NOT checked: that the caller is this resident."""
        ...

    async def overdue(self, caller: Caller) -> Overdue:
        """Of everybody, counted. Raises NoAccess for anybody but the FG."""
        ...

    async def settle(self, caller: Caller, set_id: str, reason: str) -> None:
        """The FG says that a set of a data lab is gone, and how they know: a line, once. Raises NoAccess, NoSuchSet,
        BadInput, LogUnavailable, OutcomeUnknown."""
        ...
