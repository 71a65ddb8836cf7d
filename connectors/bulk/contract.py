"""The door of bulk, and its words.

Problem
├── NoSuchJob      404  unknown and another's are one answer
├── NoSealingKey   409  the application registered no key to encrypt to
├── NotReady       409  the result is not there yet; Retry-After
├── JobEnded       410  cancelled, or its term is over
└── TooManyJobs    429  so many of this application stand open already
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Annotated, Literal, Protocol

from pydantic import Field

from connectors.contract import Person, Plain, Repeatable
from connectors.lab.rowing import Lab
from consent.contract import Element
from kernel.caller import Caller
from kernel.errors import Problem
from kernel.message import Message, Short, wire
from vault.contract import Bsn

MOST = 100_000  # residents of one job
JOBS_OPEN = 10  # of one application, results that wait included: what they take on disk has an end
State = Literal["wacht", "loopt", "klaar", "geannuleerd", "verlopen"]


class Order(Message):
    """What is asked about each resident. user: the recipient's own id of the employee."""

    activity: Annotated[Annotated[Plain, Field(min_length=1, max_length=60)], wire("verwerkingsactiviteit")]
    elements: Annotated[Annotated[tuple[Element, ...], Field(min_length=1, max_length=100)], wire("gegevenselementen")]
    user: Annotated[Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")] | None, wire("gebruiker")] = None


@dataclass(frozen=True)
class Listed:
    """One resident of the list, by number or else by the recipient's own name for them, and the case in which they are
    asked about; "" for none."""

    bsn: Bsn | None
    case: str = ""
    pseudonym: str = ""

    @property
    def person(self) -> Person:
        """As one release would name them. Checked when the order came in."""
        return Person.model_construct(bsn=self.bsn, pseudonym=self.pseudonym or None)


@dataclass(frozen=True)
class BulkRequest:
    """An order and its list, read and checked: at most MOST residents, each once. lab: for rows that name nobody, until
    their recipient has destroyed them (ms)."""

    order: Order
    listed: tuple[Listed, ...] = field(repr=False)
    lab: Lab | None = None
    until: int = 0


class JobView(Message):
    """How far a job is. Times in RFC 3339; absent while they are not known. handled: residents with an answer."""

    id: Short
    state: Annotated[State, wire("status")]
    count: Annotated[int, wire("aantal")]
    handled: Annotated[int, wire("behandeld")]
    released: Annotated[int, wire("verstrekt")]
    refused: Annotated[int, wire("geweigerd")]
    missing: Annotated[int, wire("nietGeleverd")]
    created: Annotated[Short, wire("aangemaaktOp")]
    ended: Annotated[Short | None, wire("klaarOp")] = None
    until: Annotated[Short | None, wire("beschikbaarTot")] = None


class NoSuchJob(Problem):
    """Another application's job and an unknown id get the same answer."""

    code, status, title = "opdracht-onbekend", 404, "Deze opdracht is er niet"


class NoSealingKey(Problem):
    """Register a key with `use` `enc` first."""

    code, status, title = "geen-sleutel", 409, "Wij kunnen niet aan u versleutelen"


class NotReady(Problem):
    """Members: `wachtSeconden`."""

    code, status, title = "nog-niet-klaar", 409, "Deze opdracht is nog niet klaar"


class JobEnded(Problem):
    """Give a new order."""

    code, status, title = "opdracht-voorbij", 410, "Deze opdracht is voorbij"


class TooManyJobs(Problem):
    """Fetch or delete one first."""

    code, status, title = "te-veel-opdrachten", 429, "Er staan te veel opdrachten open"


Write = Callable[[bytes, float], Awaitable[None]]
"""Hands over some lines of a result. The number: the boot clock before the last positive check was asked, in seconds.
Raises when that check got too old, or nobody reads any more."""


class Bulk(Protocol):
    """What the door offers. All raise NoSuchJob, LogUnavailable, RegisterUnavailable, NeighbourUnavailable."""

    async def place(self, caller: Caller, request: BulkRequest, repeatable: Repeatable) -> JobView:
        """Durable when it returns; the same request again gives the same job. Raises NoSealingKey, TooManyJobs,
        SameKeyOtherBody."""
        ...

    async def view(self, caller: Caller, job: str) -> JobView:
        """One of the caller's own."""
        ...

    async def hand(self, caller: Caller, job: str, write: Write) -> None:
        """The result, part by part, without those whose ground fell away since. Raises NotReady, JobEnded, Halted
        before the first line; after it whatever happens ends the answer half."""
        ...

    async def cancel(self, caller: Caller, job: str) -> None:
        """What is not done is not begun any more, and what was not fetched is deleted. Again changes nothing."""
        ...
