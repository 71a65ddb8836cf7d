"""The door of the vault.

Problem
├── NoVault            409  the resident has not opened a vault; nothing is kept
├── AlreadyKept        409  another value is kept under this name: replace it, or remove it first
├── NotKept            404  nothing is kept under this name
├── NoNumber           409  nobody said that it may be held, or not within the hour after a login
└── VaultUnavailable   503  keys or database away; nothing was opened
NotPermitted (audit)   403
"""

import re
from collections.abc import Sequence
from typing import Annotated, Literal, Protocol

from pydantic import Field, JsonValue

from audit.contract import NotPermitted, Permit, Receipt
from kernel.caller import Caller
from kernel.errors import Problem
from kernel.hidden import Hidden
from kernel.message import Hex16, Message, Millis, Sentence, Short, wire

__all__ = ["NotPermitted"]

NINE = re.compile(r"[0-9]{9}")
WEIGHTS = (9, 8, 7, 6, 5, 4, 3, 2, -1)  # elfproef: the weighted sum is a multiple of eleven


class Bsn(Hidden):
    """A citizen service number: nine digits that pass the elfproef. Only ever in a body; prints as ***."""

    __slots__ = ()

    @classmethod
    def checked(cls, text: str) -> str:
        """Raises ValueError, whose text does not hold the number."""
        if not NINE.fullmatch(text) or text == "000000000":
            raise ValueError("een BSN heeft negen cijfers")
        if sum(weight * int(digit) for weight, digit in zip(WEIGHTS, text, strict=True)) % 11:
            raise ValueError("dit BSN bestaat niet (elfproef)")
        return text


class ResidentRef(Message):
    """A resident without their number. id: opaque, this room's. subject: the pseudonym in the log's lines.
    fence: the resident fence (flags, death, erasure). stand_in: nobody is enrolled under this number."""

    id: Short
    subject: Short
    fence: Hex16
    stand_in: bool = False


class Value(Message):
    """One opened value. origin: bron | kopie | eigen-opgave. as_of: ms. source: where it came from."""

    element: Annotated[Short, wire("gegevenselement")]
    value: Annotated[JsonValue, wire("waarde")]
    source: Annotated[Short, wire("bron")]
    as_of: Annotated[int, wire("peilmoment")]
    origin: Annotated[Literal["bron", "kopie", "eigen-opgave"], wire("herkomst")]
    under_investigation: Annotated[bool, wire("inOnderzoek")] = False


class Values(Message):
    """What a source had of what the permit allows; flags it alone knew: `geheimhouding`,
    `veilig-adres`, `overleden`. unreadable: elements that it gave, and not as was agreed."""

    values: Annotated[tuple[Value, ...], wire("waarden")] = ()
    flags: Annotated[tuple[Literal["geheimhouding", "veilig-adres", "overleden"], ...], wire("vlaggen")] = ()
    unreadable: Annotated[tuple[Short, ...], wire("onleesbaar")] = ()


Pseudonym = Annotated[str, Field(pattern=r"^[a-z2-7]{32}$")]
ElementName = Annotated[str, Field(pattern=r"^[a-z]+(\.[a-zA-Z0-9]+)+$", max_length=100)]


BEHIND_MOST = 5_000  # pseudonyms of the log in one question
LOOK_MOST = 100  # values in one look
LOOKS_MOST = 60  # looks of one resident in an hour: each is a line among those that they read


class Deposit(Message):
    """A value that a resident keeps in the vault. value: any JSON, at most 64 KiB as text."""

    element: Annotated[ElementName, wire("gegevenselement")]
    value: Annotated[JsonValue, wire("waarde")]
    source: Annotated[Sentence, wire("bron")] = "inwoner"
    origin: Annotated[Literal["kopie", "eigen-opgave"], wire("herkomst")] = "eigen-opgave"
    as_of: Annotated[Millis, wire("peilmoment")] = 0


class Kept(Message):
    """That there is a value, without opening it. id: of this value, another one when it is replaced. since: ms."""

    id: Short
    element: Annotated[Short, wire("gegevenselement")]
    since: Annotated[int, wire("bewaardOp")]


class NoVault(Problem):
    """Open the vault first (activity regie-kluis)."""

    code, status, title = "geen-kluis", 409, "Deze kluis is nog niet open"


class AlreadyKept(Problem):
    """Nothing was changed. Members: `gegevenselementen`."""

    code, status, title = "al-bewaard", 409, "Hier staat al een andere waarde"


class NotKept(Problem):
    """Nothing was changed."""

    code, status, title = "niet-bewaard", 404, "Dit staat niet in deze kluis"


class NoNumber(Problem):
    """Whoever it is logs in again."""

    code, status, title = "geen-nummer", 409, "Het nummer is hier niet bekend"


class VaultUnavailable(Problem):
    """Nothing was opened."""

    code, status, title = "kluis-niet-beschikbaar", 503, "De kluis is nu niet bereikbaar"


class Vault(Protocol):
    """Identify first, fetch last."""

    async def identify(self, caller: Caller, bsns: Sequence[Bsn]) -> list[ResidentRef]:
        """In order. Never writes; costs and answers the same for known and unknown numbers."""
        ...

    async def enrol(self, caller: Caller, bsns: Sequence[Bsn]) -> list[ResidentRef]:
        """An index row for each that has none, and no value: before a first release to a stand-in."""
        ...

    async def arrive(self, caller: Caller, bsn: Bsn) -> ResidentRef:
        """At login: enrolled where that lacks; the number is kept, sealed, for an hour, in case they hold on to it."""
        ...

    async def hold_number(self, caller: Caller, resident: ResidentRef) -> None:
        """The resident's act: from now on registers can be asked about them by who may not use their number. Raises
        NoNumber when they came longer ago."""
        ...

    async def recognise(self, caller: Caller, names: Sequence[str]) -> list[ResidentRef]:
        """Whom the caller's organisation means, in order; names: pseudonyms, or anything. Never writes; costs and
        answers the same for its own, for those of others and for what is none."""
        ...

    async def name(self, caller: Caller, residents: Sequence[ResidentRef]) -> list[Pseudonym]:
        """How the caller's organisation may call these, in order; from now on it is recognised."""
        ...

    async def behind(self, caller: Caller, subjects: Sequence[str]) -> list[ResidentRef | None]:
        """For rooms: whom the log calls so, in order, BEHIND_MOST at once; None where the vault knows nobody. Goes
        through all residents: not for what is asked all day."""
        ...

    async def numbers(self, caller: Caller, permits: Sequence[Permit]) -> list[Bsn | Problem]:
        """The number of the resident that each permit is about, for the registers that it names. Verdicts: Bsn,
        NotPermitted, Overtaken, NoNumber. Raises VaultUnavailable."""
        ...

    async def opened(self, caller: Caller, resident: ResidentRef) -> bool:
        """Whether this resident has opened a vault."""
        ...

    async def open_vault(self, caller: Caller, resident: ResidentRef) -> Receipt:
        """The resident's act (kind kluis-geopend, activity regie-kluis). Repeating it gives the same receipt."""
        ...

    async def erase(self, caller: Caller, resident: ResidentRef) -> Receipt:
        """The resident's act (wissing-begonnen): all that is kept, and its key, go for good; the log stays whole. Again
        gives the same receipt; who opens a vault after it begins anew. Raises NoVault, LogUnavailable, OutcomeUnknown:
        after the last two it goes on by itself."""
        ...

    async def keep(self, caller: Caller, resident: ResidentRef, deposits: Sequence[Deposit]) -> list[Receipt]:
        """The resident's act (kluis-bewaard), a line each, before the value can be read. The same again gives the
        same receipt. Raises NoVault, AlreadyKept, BadInput, Overtaken, LogUnavailable, OutcomeUnknown."""
        ...

    async def replace(self, caller: Caller, resident: ResidentRef, deposit: Deposit, was: str | None = None) -> Receipt:
        """The resident's act (kluis-vervangen): from its line on nothing opens the old value, which then goes for good.
        was: the id of the value that they saw (`Kept.id`), and no other is replaced; None for whatever stands. The same
        again gives the same receipt. Raises NotKept, also where another stands, and what `keep` raises."""
        ...

    async def remove(self, caller: Caller, resident: ResidentRef, element: str, was: str | None = None) -> Receipt:
        """The resident's act (kluis-verwijderen): from its line on nothing opens the value, which then goes for good
        (kluis-verwijderd), with what waits for its place. was: as of `replace`. The same again gives the same receipt.
        Raises NotKept, NoVault, LogUnavailable, OutcomeUnknown: after the last two it goes on by itself."""
        ...

    async def kept(self, caller: Caller, resident: ResidentRef) -> list[Kept]:
        """What the resident keeps, by name; no value is opened. Raises NoAccess for anybody else."""
        ...

    async def look(
        self, caller: Caller, resident: ResidentRef, elements: Sequence[str], *, whole: bool = False
    ) -> list[Value]:
        """The resident's act (kluis-ingezien): one line, then these values are opened, in order, for them and nobody
        else. whole: they take all along. Raises NoVault, NotKept (also for one that went meanwhile), TooManyRequests
        (LOOKS_MOST in an hour), VaultUnavailable, LogUnavailable, OutcomeUnknown: nothing was opened."""
        ...

    async def fetch(self, caller: Caller, permits: Sequence[Permit]) -> list[Values | Problem]:
        """Opens what each permit names of source "kluis" and nothing else. Verdicts: Values, NotPermitted, Overtaken.
        Elements that the vault does not hold are left out. Raises VaultUnavailable."""
        ...
