"""The door of the log.

Problem
├── Overtaken          409  a required fence has moved; nothing was written
├── EventIdTaken       409  this id belongs to an event with other words
├── Misfit             400  this kind may not require or move what it was asked to, or not by this room
├── NoSuchLine         404
├── LogUnavailable     503  the log cannot write now, so nothing may happen now
├── OutcomeUnknown     503  written or not: repeat with the same id; until then nobody acts
└── NotPermitted       403  what was shown is no permit, or not for this, or no longer (audit.permit)
"""

from collections.abc import Sequence
from typing import Annotated, Literal, Protocol

from pydantic import Field

from audit.event import DATA, NOBODY, SPECIAL_DATA, SYSTEM, Entry, Event, FenceAt, Heard, Kind, Outcome, System, Trace
from audit.permit import Ground, NotPermitted, Permit, Position, Receipt, Trust
from kernel.caller import Caller
from kernel.errors import Problem
from kernel.hidden import Hidden
from kernel.message import Hex16, Message, Millis, Sentence, Short, Text, wire

__all__ = [
    "DATA",
    "NOBODY",
    "SPECIAL_DATA",
    "SYSTEM",
    "Entry",
    "Event",
    "FenceAt",
    "Ground",
    "Heard",
    "Kind",
    "NotPermitted",
    "Outcome",
    "Permit",
    "Position",
    "Receipt",
    "System",
    "Trace",
    "Trust",
]


class Moved(Message):
    """A fence that stands elsewhere, and the kind of the line that moved it."""

    fence: Hex16
    epoch: int
    kind: Kind


class Overtaken(Problem):
    """Nothing was written. Members: `moved` [{fence, epoch, kind}], `position` (text) from which to decide anew.
    moved is empty when the decision itself came too late: expired, or older than 2 seconds."""

    code, status, title = "ingehaald", 409, "Er is net iets veranderd"

    @property
    def moved(self) -> tuple[Moved, ...]:
        """Every required fence that has moved."""
        return tuple(Moved.model_validate(move) for move in self.members["moved"])

    @property
    def position(self) -> Position:
        """The register must know every move up to here before it decides again."""
        return Position.parse(self.members["position"])


class EventIdTaken(Problem):
    """Members: `position` of the line that has the id."""

    code, status, title = "gebeurtenis-bestaat", 409, "Deze gebeurtenis bestaat al"


class Misfit(Problem):
    """A programming error of a neighbour; nothing was written."""

    code, status, title = "soort-past-niet", 400, "Dit kan zo niet worden vastgelegd"


class NoSuchLine(Problem):
    """No such line, or not yours to see: the two answers are the same."""

    code, status, title = "logregel-onbekend", 404, "Deze logregel is er niet"


class LogUnavailable(Problem):
    """Nothing was written. Repeat with the same id."""

    code, status, title = "logboek-niet-beschikbaar", 503, "Het logboek schrijft nu niet"


class OutcomeUnknown(Problem):
    """Nobody acts on it. Repeat with the same id."""

    code, status, title = "uitkomst-onbekend", 503, "Wij weten nog niet of dit is vastgelegd"


class Line(Message):
    """A line as its readers see it. `actor` is empty unless the reader may see staff pseudonyms.

    outcome: how a release ended; "" while open or for lines that are no release. n: number in the subject's series.
    """

    position: Annotated[Position, wire("plaats")]
    at: int  # ms
    n: int
    event: Event
    outcome: Outcome | Literal[""] = ""


class Lines(Message):
    """A page of lines, newest first. `before`: where to go on, absent on the last page. total: of the whole query."""

    lines: tuple[Line, ...]
    before: Position | None = None
    total: int = 0


class Move(Message):
    """A line that moved a fence, for siblings that finish their own rows. details: of its event."""

    position: Position
    fence: Hex16
    epoch: int
    kind: Kind
    event_id: Hex16


class Moves(Message):
    """In the order of the log. `upto`: every move up to and including it is in here or before."""

    moves: tuple[Move, ...]
    upto: Position | None


class Query(Message):
    """A search over the log: everything said must hold. Period in ms; `before` is a cursor.

    actor: pseudonym of an employee. key: kid of an application's key. element: given, used or refused. outcome: "open"
    for releases that have none yet. Ground, kind, outcome and period narrow; a search needs something else besides.
    """

    subject: Short = ""
    recipient: Short = ""
    application: Short = ""
    actor: Short = ""
    activity: Short = ""
    case: Short = ""
    trace: Short = ""
    key: Short = ""
    element: Short = ""
    basis: Sentence = ""
    kind: Kind | Literal[""] = ""
    outcome: Outcome | Literal["", "open"] = ""
    since: Millis = 0
    until: Millis = 0
    before: Position | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


# What people write into a line may not look like somebody's number: no nine digits in a row.
_NO_NUMBER = r"^(?:[^0-9]|[0-9]{1,8}(?:[^0-9]|$)|[0-9]{10,}(?:[^0-9]|$))*$"
Plain = Annotated[Sentence, Field(pattern=_NO_NUMBER)]


class Reason(Message):
    """Why somebody searches: a code of the list, their own case number, words. Mandatory: a search is an act."""

    code: Annotated[Plain, Field(min_length=1, max_length=200), wire("reden")]
    case: Annotated[Plain, Field(min_length=1, max_length=64), wire("zaak")]
    note: Annotated[Plain, wire("toelichting")] = ""


class Totals(Message):
    """Of the whole query, not of the page."""

    lines: Annotated[int, wire("regels")]
    residents: Annotated[int, wire("inwoners")]


class Found(Message):
    """What a search gave. `receipt`: the search's own line, written before anything was read."""

    receipt: Receipt
    found: Lines
    totals: Totals


class Count(Message):
    """How many release lines of this subject under this activity (and case, if given) since a moment in ms."""

    subject: Short
    activity: Short
    case: Short = ""
    since: Millis = 0


class Bundle(Message):
    """A line with everything needed to check it offline: tlog-proof text, body bytes and salt in base64."""

    proof: Annotated[Text, wire("bewijs")]
    content: Annotated[dict[str, str], wire("inhoud")]


class ResidentRef(Message):
    """Who a line is about, as this room needs it. Same members as the vault's; bytes are shared, not a type."""

    id: Short
    subject: Short
    fence: Hex16
    stand_in: bool = False


class Residents(Protocol):
    """Port: who is this number? `assembly` hands in the vault or its client."""

    async def identify(self, caller: Caller, bsn: Hidden) -> ResidentRef:
        """Same cost and answer for known and unknown numbers. Raises BadInput."""
        ...


Verdict = Receipt | Problem


class Audit(Protocol):
    """Append, ask, read. Lists are judged one by one: an answer each, in order, a Problem in place of a receipt."""

    async def record(self, caller: Caller, entries: Sequence[Entry]) -> list[Verdict]:
        """Durable and under a signed head when it returns. The same event gets the same receipt, even if its fences
        moved since. Verdicts: Receipt, Overtaken, EventIdTaken, Misfit. Raises LogUnavailable, OutcomeUnknown."""
        ...

    async def holds(self, caller: Caller, requires: Sequence[FenceAt]) -> Position | None:
        """The size of the log at which all of these stand (None: empty log). Reads the primary. Raises Overtaken."""
        ...

    async def moves(self, caller: Caller, after: Position | None, limit: int = 500) -> Moves:
        """Moves after a position. NOT promised: that what it left out has not moved by now."""
        ...

    async def lines(self, caller: Caller, subject: str, before: Position | None = None, limit: int = 50) -> Lines:
        """One subject's own lines, newest first, outcomes joined. Lines recorded while reading may be missing."""
        ...

    async def line(self, caller: Caller, position: Position) -> Line:
        """Raises NoSuchLine. NOT checked: that the caller may read it; the page that asks compares the subject."""
        ...

    async def outcomes(self, caller: Caller, positions: Sequence[Position]) -> list[Outcome | Literal[""]]:
        """How these releases ended; "" while open."""
        ...

    async def proof(self, caller: Caller, position: Position) -> str:
        """c2sp.org/tlog-proof@v1 against the newest signed head. Raises NoSuchLine."""
        ...

    async def bundle(self, caller: Caller, position: Position) -> Bundle:
        """Proof with the body, for whoever may read the line. Raises NoSuchLine."""
        ...

    async def checkpoint(self, caller: Caller) -> str:
        """The newest signed head of the open log (C2SP checkpoint)."""
        ...

    async def vkeys(self, caller: Caller) -> str:
        """The public keys of the log (C2SP vkey), one a line. NOT promised: that these are what others are shown."""
        ...

    async def count(self, caller: Caller, counts: Sequence[Count]) -> list[int]:
        """Refusals do not count."""
        ...

    async def heard(self, caller: Caller, systems: Sequence[System]) -> list[Heard]:
        """Since when, and when last, these reported; in order, at most 200."""
        ...

    async def search(self, caller: Caller, query: Query, reason: Reason) -> Found:
        """Its own line first, a line in the series of each person shown, then the result."""
        ...


async def record_one(audit: Audit, caller: Caller, entry: Entry) -> Receipt:
    """A list of one. Raises what `record` gives as a verdict."""
    (verdict,) = await audit.record(caller, (entry,))
    if isinstance(verdict, Problem):
        raise verdict
    return verdict
