"""The door that municipal applications knock on, and the one behind which every source stands.

Problem
├── NotReleased       403  every element was refused: code of the first in request order
├── SameKeyOtherBody  409  this Idempotency-Key belongs to another request
├── KeyUnderWay       409  the same request is being handled now; Retry-After
├── NothingDelivered  502  allowed, but no source gave anything
│   ├── NothingKnown  502  the same, and all of them answered
│   └── NothingReadable 502 the same, and what they gave cannot be read
├── TooLate           504  the same, and it was time
├── Halted            503  the whole house stands still: its tenant's fence moved
├── StaleAnswer       503  the check behind the answer is too old; nothing was sent
├── AuthorityUnknown  503  nobody knows now over whom somebody has authority
└── SourceDown        502  never crosses the door: becomes `nietGeleverd`
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Annotated, Literal, Protocol, Self, get_args

from pydantic import ConfigDict, Field, JsonValue, model_validator

from audit.contract import Permit, Position
from consent.contract import NOTE_MAX, REASON_CODE, Code, Element, Refused
from kernel.caller import Caller
from kernel.errors import Problem
from kernel.message import Message, Sentence, Short, wire
from vault.contract import Bsn, Pseudonym, ResidentRef, Value, Values

Plain = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]*$")]  # PostgreSQL stores no NUL; no name has a line break
_SAID = r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$"  # something, on one line
NotDeliveredCode = Literal["bron-niet-bereikbaar", "niet-leesbaar", "niet-bekend"]


class Person(Message):
    """Who it is about, in exactly one of three ways. pseudonym: the recipient's own, for who may not use a number.
    consent: the id of one that was given to this recipient."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})

    bsn: Bsn | None = None
    pseudonym: Annotated[Pseudonym | None, wire("pseudoniem")] = None
    consent: Annotated[Annotated[str, Field(pattern=r"^[0-9a-f-]{36}$")] | None, wire("toestemming")] = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(one is not None for one in (self.bsn, self.pseudonym, self.consent)) != 1:
            raise ValueError("precies een van bsn, pseudoniem of toestemming")
        return self

    @property
    def number(self) -> Bsn:
        """Where it is certain that there is one: lists and populations know residents in no other way."""
        if self.bsn is None:
            raise LookupError("named otherwise than by number")
        return self.bsn


@dataclass(frozen=True)
class Shape:
    """How a value of an element looks. kind: of data (audit.contract.DATA). made: it is an answer, computed from others
    and standing nowhere. form: JSON Schema, None for any JSON. fits: whether a value has it."""

    kind: str
    made: bool
    form: Mapping[str, JsonValue] | None
    example: JsonValue
    fits: Callable[[JsonValue], bool]


class EmergencyCall(Message):
    """Why this is asked in an emergency: a code of the activity, and in words, for who reviews it."""

    reason: Annotated[Annotated[str, Field(pattern=REASON_CODE, max_length=60)], wire("reden")]
    note: Annotated[Annotated[str, Field(pattern=_SAID, min_length=1, max_length=NOTE_MAX)], wire("toelichting")]


class ReleaseRequest(Message):
    """Some elements of one resident, for one registered activity. user: the recipient's own id of the employee.
    emergency: for an activity that is for emergencies, and for no other."""

    person: Annotated[Person, wire("inwoner")]
    activity: Annotated[Annotated[Plain, Field(min_length=1, max_length=60)], wire("verwerkingsactiviteit")]
    elements: Annotated[Annotated[tuple[Element, ...], Field(min_length=1, max_length=100)], wire("gegevenselementen")]
    case: Annotated[Annotated[Plain, Field(min_length=1, max_length=64)] | None, wire("zaak")] = None
    user: Annotated[Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")] | None, wire("gebruiker")] = None
    emergency: Annotated[EmergencyCall | None, wire("noodtoegang")] = None


class Released(Message):
    """One delivered value. as_of: RFC 3339, UTC."""

    value: Annotated[JsonValue, wire("waarde")]
    source: Annotated[Short, wire("bron")]
    as_of: Annotated[Short, wire("peilmoment")]
    origin: Annotated[Literal["bron", "kopie", "eigen-opgave"], wire("herkomst")]
    under_investigation: Annotated[bool, wire("inOnderzoek")] = False


class NotDelivered(Message):
    """Allowed, but not there now."""

    element: Annotated[Short, wire("gegevenselement")]
    code: NotDeliveredCode
    reason: Annotated[Sentence, wire("reden")]


class LineRef(Message):
    """Where the line stands, and where its proof is."""

    log: Annotated[Short, wire("logboek")]
    index: int
    proof: Annotated[Short, wire("bewijs")]

    @classmethod
    def of(cls, origin: str, position: Position) -> "LineRef":
        """As architecture.md section 6 spells it."""
        return cls(log=origin, index=position.index, proof=f"/logboek/v1/logregels/{position}/bewijs")


class Release(Message):
    """What came out. secrecy: the resident's data is secret, and this recipient has a ground for it all the same.
    safe_address: it is so because nobody may find them; then secrecy is said too."""

    id: Short
    values: Annotated[dict[str, Released], wire("gegevens")]
    refused: Annotated[tuple[Refused, ...], wire("geweigerd")]
    not_delivered: Annotated[tuple[NotDelivered, ...], wire("nietGeleverd")]
    line: Annotated[LineRef, wire("logregel")]
    secrecy: Annotated[bool | None, wire("geheimhouding")] = None
    safe_address: Annotated[bool | None, wire("veiligAdres")] = None


class NotReleased(Problem):
    """Members: `volgendeStap`, `geweigerd`, `logregel`. `code` on the wire is that of the first refused element."""

    code, status, title = "geweigerd", 403, "Dit mag niet"


def _leaf(code: str) -> type[NotReleased]:
    # A class per code, so that the code on the wire is the refusal's own and a client revives it as a NotReleased.
    return type("NotReleased", (NotReleased,), {"code": code, "__doc__": NotReleased.__doc__})


_BY_CODE: dict[str, type[NotReleased]] = {code: _leaf(code) for code in get_args(Code)}


def not_released(refused: tuple[Refused, ...], line: LineRef) -> NotReleased:
    """refused: in request order; the first gives the code."""
    first = refused[0]
    return _BY_CODE[first.code](
        first.reason,
        volgendeStap=first.next_step,
        geweigerd=[one.model_dump(mode="json") for one in refused],
        logregel=line.model_dump(mode="json"),
    )


class SameKeyOtherBody(Problem):
    """Use a new Idempotency-Key for a new request."""

    code, status, title = "sleutel-andere-vraag", 409, "Deze Idempotency-Key hoort bij een andere vraag"


class KeyUnderWay(Problem):
    """Wait a second and repeat."""

    code, status, title = "sleutel-bezig", 409, "Deze vraag wordt al behandeld"


class NothingDelivered(Problem):
    """Members: `nietGeleverd`, `geweigerd`, `logregel`."""

    code, status, title = "bron-niet-bereikbaar", 502, "De bron antwoordt niet"


class NothingKnown(NothingDelivered):
    """The same, and every source answered: they have none of it, so asking again does not help."""

    code, title = "niet-bekend", "De bron heeft dit niet"


class NothingReadable(NothingDelivered):
    """The same, and every source answered: what is there has not the form of its element."""

    code, title = "niet-leesbaar", "Wij kunnen dit niet lezen"


class TooLate(Problem):
    """As NothingDelivered, and it was time that was short."""

    code, status, title = "bron-te-laat", 504, "De bron antwoordt niet op tijd"


class Halted(Problem):
    """An emergency stop. Nothing was sent."""

    code, status, title = "stilgezet", 503, "Regie staat stil"


class StaleAnswer(Problem):
    """Repeat the request."""

    code, status, title = "antwoord-te-oud", 503, "Dit duurde te lang; er is niets verstuurd"


class SourceDown(Problem):
    """No answer from a source in time, or one that cannot be read."""

    code, status, title = "bron-stuk", 502, "De bron antwoordt niet"


class AuthorityUnknown(Problem):
    """The BRP did not say it: then nobody has authority over anybody."""

    code, status, title = "gezag-onbekend", 503, "Wij weten nu niet voor wie u mag kijken"


class Child(Message):
    """A child under 18 over whom somebody has authority. birth: "2011-05-17", or less of it."""

    resident: ResidentRef
    relation: Literal["ouder", "voogd"]
    name: Annotated[str, Field(max_length=200)]
    birth: Short


AuthorityUse = Literal["regie-namens", "regie-veilig-adres"]
"""Why it is asked: who acts for whom, or whose address must be safe too. Each is a published activity."""


class Authority(Protocol):
    """Asks the BRP, and only that: nothing of it is kept."""

    async def over(self, caller: Caller, bsn: Bsn, activity: AuthorityUse = "regie-namens") -> list[Child]:
        """A line in that person's own series first: a use under this activity, by the caller's organisation.
        Left out are children who are dead or secret, and where the BRP is in doubt. Raises AuthorityUnknown (nothing
        registered, the BRP is silent), LogUnavailable, OutcomeUnknown, RegisterUnavailable, VaultUnavailable."""
        ...


Known = Mapping[str, Value]
"""What sources before this one said, by element."""
NOTHING: Known = MappingProxyType({})


class Source(Protocol):
    """Where values come from. Each checks the permit itself; the vault is one of them."""

    async def fetch(self, caller: Caller, permit: Permit, bsn: Bsn, known: Known = NOTHING) -> Values:
        """The permitted inputs that this source holds, and flags that only it knew. known: for a source that looks up
        by an address or a number of another register. Raises SourceDown, NotPermitted, Overtaken, TimeoutError. NOT
        promised: that every permitted input is among them."""
        ...


Shown = tuple[Permit, Bsn]


class Together(Protocol):
    """A source that can be asked about many residents in one question."""

    async def fetch_many(self, caller: Caller, shown: Sequence[Shown]) -> list[Values | Exception]:
        """In order: what `Source.fetch` would have given of each, or raised. What goes wrong with one of them is not
        another's, and what is said of somebody is never given to another."""
        ...


@dataclass(frozen=True)
class Repeatable:
    """What tells a repeated request from another one. key: the Idempotency-Key, "" for none. body: its raw bytes."""

    key: str = ""
    body: bytes = field(default=b"", repr=False)


Deliver = Callable[[Release, float], Awaitable[None]]
"""Sends a release (trust.md 2.3 step 9). The number: the boot clock before the last positive check was asked, in
seconds. Returns when the last byte was handed over; raises when it was not, or when that check got too old."""


class Desk(Protocol):
    """The one verb of the house."""

    async def release(
        self, caller: Caller, request: ReleaseRequest, repeatable: Repeatable, deliver: Deliver
    ) -> Release:
        """Ask, log, act, send, and say how it ended. Raises NotReleased, NothingDelivered, TooLate, KeyUnderWay,
        SameKeyOtherBody, StaleAnswer, Halted, LogUnavailable, OutcomeUnknown, RegisterUnavailable, VaultUnavailable."""
        ...
