"""The door for who asks for a set of rows.

Problem
├── NotReleased    403  connectors.contract; `ontvanger-niet-bevoegd` also while an earlier set was not destroyed
├── CannotCount    503  connectors.counting.contract: no source says who there is
├── CountFailed    502  connectors.counting.contract: that source was silent
├── NoSealingKey   409  connectors.bulk.contract
└── NoSuchSet      404  unknown and another's are one answer
"""

from collections.abc import Collection
from typing import Annotated, Protocol

from pydantic import Field

from connectors.contract import Plain
from kernel.caller import Caller
from kernel.errors import Problem
from kernel.message import Body, Message, Short, wire

User = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")]


class SetRequest(Body):
    """One of the sets of an activity, whole. purpose: the DPV purpose for which it is used."""

    activity: Annotated[Annotated[Plain, Field(min_length=1, max_length=60)], wire("verwerkingsactiviteit")]
    name: Annotated[Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)], wire("gegevensset")]
    purpose: Annotated[Annotated[str, Field(pattern=r"^https://w3id\.org/dpv#[A-Za-z]{1,100}$")], wire("dpvDoel")]
    user: Annotated[User | None, wire("gebruiker")] = None


class SetView(Message):
    """A set that was ordered. Its rows come as a result of bulk, under the same id. Days in RFC 3339; destroyed_at:
    absent until its recipient said so."""

    id: Short
    activity: Annotated[Short, wire("verwerkingsactiviteit")]
    name: Annotated[Short, wire("gegevensset")]
    made_at: Annotated[Short, wire("aangemaaktOp")]
    destroy_by: Annotated[Short, wire("vernietigenVoor")]
    destroyed_at: Annotated[Short | None, wire("vernietigdOp")] = None


class LateSet(SetView):
    """For the FG: one whose recipient did not say in time that it was destroyed."""

    recipient: Annotated[Short, wire("ontvanger")]


class NoSuchSet(Problem):
    """Another recipient's set and an unknown id get the same answer."""

    code, status, title = "gegevensset-onbekend", 404, "Deze gegevensset is er niet"


class Labs(Protocol):
    """What the door offers. All raise LogUnavailable, OutcomeUnknown, NeighbourUnavailable."""

    async def order(self, caller: Caller, wanted: SetRequest, key: str = "") -> SetView:
        """Durable when it returns; with the same Idempotency-Key (key, "" for none) it is the same set. Raises
        NotReleased, CannotCount, CountFailed, NoSealingKey, TooManyJobs, SameKeyOtherBody, RegisterUnavailable."""
        ...

    async def ordered(self, caller: Caller) -> list[SetView]:
        """The application's own, and those of its organisation for activities of its token, newest first, at most
        200."""
        ...

    async def destroyed(self, caller: Caller, id_: str) -> SetView:
        """The recipient says that nothing is left of it: a line, and what was not fetched goes too. Any application of
        it that may ask for such sets says so, for the one that asked may be gone. Again changes nothing. Raises
        NoSuchSet."""
        ...

    async def overdue(self, caller: Caller, recipients: Collection[str] | None = None) -> list[LateSet]:
        """Of everybody, for the FG, or of these alone; oldest first, at most 200. NOT checked: whose the caller may
        see."""
        ...

    async def settle(self, caller: Caller, id_: str, reason: str) -> None:
        """The FG says in the recipient's place that nothing is left of it, and how they know; as `destroyed`. NOT
        checked: that the caller is the FG. Raises NoSuchSet, BadInput."""
        ...
