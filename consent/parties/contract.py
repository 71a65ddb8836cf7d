"""The door of who may receive, and with which systems. Times in ms. Part of `consent.contract`.

Roles: `proceseigenaar` writes, proposes and admits, never what they proposed themselves. An application with the role
`beheer` may write a change, and stop what is there; an application cannot be two persons.
"""

from typing import Annotated, Literal, Protocol, Self

from pydantic import Field, model_validator

from audit.contract import Receipt
from consent.activity import Application, Recipient, Slug
from kernel.caller import Caller
from kernel.message import Hex32, Message, Millis, Short, wire

PREFIX = "/intern/v1/consent/parties"
Stage = Literal["concept", "voorgesteld"]
Step = Literal["voorstellen", "toelaten", "weggooien"]
Name = Annotated[str, Field(pattern=r"^(ontvanger|toepassing)/[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]


class Change(Message):
    """What is to be so: a recipient by itself, or an application with the recipient that it is of. Whatever is there
    already under that name is replaced, or admitted anew."""

    recipient: Annotated[Recipient | None, wire("ontvanger")] = None
    application: Annotated[Application | None, wire("toepassing")] = None
    of: Annotated[Slug | None, wire("van")] = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.recipient is None) == (self.application is None) or (self.application is None) != (self.of is None):
            raise ValueError("a recipient, or an application with its recipient")
        if self.recipient and self.recipient.applications:
            raise ValueError("applications come by themselves")
        return self

    @property
    def name(self) -> str:
        """Of what it is about."""
        slug = self.application.client_id if self.application else self.recipient.slug if self.recipient else ""
        return f"{'toepassing' if self.application else 'ontvanger'}/{slug}"


class Proposal(Message):
    """A change that waits. own: proposed by whoever reads this, who cannot admit it. replaces: something of that name
    is there."""

    name: Annotated[Name, wire("naam")]
    change: Annotated[Change, wire("inhoud")]
    digest: Annotated[Hex32, wire("vingerafdruk")]
    stage: Annotated[Stage, wire("status")]
    changed_at: Annotated[int, wire("gewijzigdOp")]
    own: Annotated[bool, wire("eigenVoorstel")] = False
    replaces: Annotated[bool, wire("vervangt")] = False


class SystemKey(Message):
    """One registered key. ends: from when it does not count, 0 when no end is set. seen: when a token was last asked
    with it, to the hour; 0 never."""

    kid: Short
    ends: Annotated[Millis, wire("eindigtOp")] = 0
    seen: Annotated[Millis, wire("laatstGebruikt")] = 0


class System(Message):
    """An application as it is registered. status: `toegelaten`, `geschorst` or `wacht`; `opnieuw` when its recipient
    or its processor was suspended since, so that it must be admitted anew."""

    application: Annotated[Application, wire("toepassing")]
    status: Short
    keys: Annotated[tuple[SystemKey, ...], wire("sleutels")] = ()


class PartyState(Message):
    """A recipient as it is registered, with its applications."""

    recipient: Annotated[Recipient, wire("ontvanger")]
    status: Short
    systems: Annotated[tuple[System, ...], wire("toepassingen")] = ()


class Parties(Protocol):
    """Everything raises NoAccess for who may not, and LogUnavailable: nothing happened."""

    async def all(self, caller: Caller) -> list[Proposal]:
        """What waits, by name."""
        ...

    async def registered(self, caller: Caller) -> list[PartyState]:
        """All recipients that were ever admitted, by slug."""
        ...

    async def save(self, caller: Caller, change: Change) -> Proposal:
        """In place of an earlier one of that name, whose proposal no longer counts. Raises NotNow for more than a
        municipality may have at once, BadInput, NoSuchThing for a recipient that is not admitted."""
        ...

    async def step(self, caller: Caller, name: str, step: Step, digest: str) -> Proposal:
        """One step of the change with this digest. Raises NoSuchThing, NotNow (another digest, not its turn, stopped
        meanwhile); NoAccess for who proposed it."""
        ...

    async def suspend(self, caller: Caller, client_id: str) -> Receipt:
        """One application: effective at the next line, and at the next request of who has a token. By an owner at its
        recipient or at a department for which that takes part in a purpose, by the FG, by who keeps the register.
        Raises NoSuchThing."""
        ...

    async def end_key(self, caller: Caller, client_id: str, kid: str, at: int) -> Receipt:
        """From that moment (ms; 0 is now) the key counts no more, nor what was asked with it. Never later than was said
        before. By whoever may suspend it. Raises NoSuchThing, NotNow."""
        ...


class All(Message):
    """What waits."""

    proposals: Annotated[tuple[Proposal, ...], wire("wijzigingen")]


class Listed(Message):
    """By slug."""

    parties: Annotated[tuple[PartyState, ...], wire("ontvangers")]


class Taken(Message):
    """One step of one change."""

    name: Name
    step: Step
    digest: Hex32


class One(Message):
    """An application."""

    client_id: Slug


class Ending(Message):
    """The end of a key."""

    client_id: Slug
    kid: Short
    at: Millis = 0
