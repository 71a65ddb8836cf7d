"""The door of what is being prepared. Times in ms. Part of `consent.contract`.

Roles: `proceseigenaar` writes, proposes and publishes; `fg` agrees where the FG must. An application with the role
`beheer` may write a draft, and stop a purpose; it publishes nothing, for it cannot be two persons.
"""

from typing import Annotated, Literal, Protocol

from pydantic import Field

from audit.contract import Receipt
from consent.activity import ActivityVersion, Slug
from consent.published import Changed, Published
from kernel.caller import Caller
from kernel.errors import Problem
from kernel.message import Hex32, Message, Sentence, Short, wire

OWNER, OFFICER, KEEPER = "proceseigenaar", "fg", "beheer"
PREFIX = "/intern/v1/consent/drafts"
Stage = Literal["concept", "voorgesteld"]
Reason = Annotated[str, Field(pattern=r"\S", max_length=500)]
Step = Literal["voorstellen", "akkoord", "publiceren", "weggooien"]


class NeverStops(Problem):
    """What residents see and keep here, and who watches over it: it ends with the house, and not before."""

    code, status, title = "doel-blijft", 409, "Dit doel kan niet stoppen"
    usual = (
        "Hiermee zien inwoners wie hun gegevens gebruikte, bewaren zij hun eigen gegevens, en kijkt de FG mee. Dat "
        "moet blijven werken. Wilt u een toepassing stoppen? Schors dan die toepassing."
    )


class Wrong(Message):
    """One thing that is wrong with a draft. place: JSON pointer."""

    place: Annotated[Sentence, wire("veld")]
    code: Short
    detail: Sentence


class Draft(Message):
    """A version to come. own: proposed by whoever reads this, who cannot publish it. for_officer: why an FG has to
    agree; agreed: one did. against: the number of the version in force, 0 for none. asks_anew: whether consents to
    that one end. again: the purpose was stopped, and begins again with this one, which asks everybody anew."""

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
    again: Annotated[bool, wire("opnieuwBegonnen")] = False


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
        """An activity, with no version in its place: one owner of a department that it is for, FG or application that
        keeps the register is enough, for it only takes away. Effective at the next line; a version that waits for its
        line goes too. A draft stays, proposed and agreed to by nobody. Whoever starts it again asks consent anew.
        Raises NoSuchThing, NeverStops, NotNow (it ended already), BadInput; NoAccess says who may."""
        ...

    async def stopped(self, caller: Caller) -> list[Published]:
        """For everybody: what was stopped and did not begin again, each with its last version; by slug."""
        ...

    async def promised(self, caller: Caller) -> list[Published]:
        """For everybody: versions that ever took effect and name the day from which their tables are public; by slug,
        the oldest first."""
        ...


class All(Message):
    """By slug."""

    drafts: tuple[Draft, ...]


class Ended(Message):
    """What was stopped, or was promised to be public; by slug."""

    versions: tuple[Published, ...]


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
