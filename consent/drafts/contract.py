"""The door of what is being prepared. Times in ms. Part of `consent.contract`.

Roles: `proceseigenaar` writes, proposes and publishes; `fg` agrees where the FG must. An application with the role
`beheer` may write a draft and nothing more: an application cannot be two persons.
"""

from typing import Annotated, Literal, Protocol

from pydantic import Field

from audit.contract import Receipt
from consent.activity import ActivityVersion, Slug
from consent.difference import Change, Effect
from kernel.caller import Caller
from kernel.message import Hex32, Message, Sentence, Short, wire

OWNER, OFFICER, KEEPER = "proceseigenaar", "fg", "beheer"
PREFIX = "/intern/v1/consent/drafts"
TEXT_MAX = 50_000
Stage = Literal["concept", "voorgesteld"]
Reason = Annotated[str, Field(pattern=r"\S", max_length=500)]
Step = Literal["voorstellen", "akkoord", "publiceren", "weggooien"]


class Wrong(Message):
    """One thing that is wrong with a draft. place: JSON pointer."""

    place: Annotated[Sentence, wire("veld")]
    code: Short
    detail: Sentence


class Changed(Message):
    """One field that differs from the version in force. Of a longer text the beginning."""

    field: Annotated[Sentence, wire("veld")]
    effect: Annotated[Effect, wire("gevolg")]
    old: Annotated[str, Field(max_length=TEXT_MAX), wire("oud")] = ""
    new: Annotated[str, Field(max_length=TEXT_MAX), wire("nieuw")] = ""

    @classmethod
    def of(cls, one: Change) -> "Changed":
        """As it crosses the door: a hundred elements of which the law changed must not be too long to show."""
        return cls(field=one.field, effect=one.effect, old=one.old[:TEXT_MAX], new=one.new[:TEXT_MAX])


class Draft(Message):
    """A version to come. own: proposed by whoever reads this, who cannot publish it. for_officer: why an FG has to
    agree; agreed: one did. against: the number of the version in force, 0 for none. asks_anew: whether consents to
    that one end."""

    version: Annotated[ActivityVersion, wire("inhoud")]
    digest: Annotated[Hex32, wire("vingerafdruk")]
    stage: Annotated[Stage, wire("status")]
    changed_at: Annotated[int, wire("gewijzigdOp")]
    own: Annotated[bool, wire("eigenVoorstel")] = False
    for_officer: Annotated[tuple[Short, ...], wire("akkoordNodigVoor")] = ()
    agreed: Annotated[bool, wire("fgAkkoord")] = False
    wrong: Annotated[tuple[Wrong, ...], wire("fouten")] = ()
    changes: Annotated[tuple[Changed, ...], wire("verschillen")] = ()
    against: Annotated[int, wire("huidigeVersie")] = 0
    asks_anew: Annotated[bool, wire("opnieuwVragen")] = False


class Drafts(Protocol):
    """What is being prepared. Everything raises NoAccess for who may not, and LogUnavailable: nothing happened."""

    async def all(self, caller: Caller) -> list[Draft]:
        """By slug."""
        ...

    async def one(self, caller: Caller, slug: str) -> Draft:
        """Raises NoSuchThing."""
        ...

    async def save(self, caller: Caller, version: ActivityVersion) -> Draft:
        """In place of an earlier draft; what was proposed or agreed about that one no longer counts. Raises NotNow for
        more drafts than a municipality may have at once, BadInput."""
        ...

    async def step(self, caller: Caller, slug: str, step: Step, digest: str) -> Draft:
        """One step of the draft with this digest; what it was before it went, when it was published or thrown away.
        Raises NoSuchThing, NotNow (another digest, or not its turn), CannotPublish; NoAccess for who proposed it."""
        ...

    async def end(self, caller: Caller, slug: str, reason: str) -> Receipt:
        """An activity, with no version in its place: one owner, FG or application that keeps the register is enough,
        for it only takes away. Effective at the next line; a version that waits for its line goes too. A draft
        stays, proposed and agreed to by nobody. Whoever starts it again asks consent anew. Raises NoSuchThing,
        NotNow (it ended already), BadInput."""
        ...


class All(Message):
    """By slug."""

    drafts: tuple[Draft, ...]


class Named(Message):
    """One draft."""

    slug: Slug


class Ending(Message):
    """The end of an activity, and why: for the log, about nobody."""

    slug: Slug
    reason: Reason


class Taken(Message):
    """One step of one draft."""

    slug: Slug
    step: Step
    digest: Hex32
