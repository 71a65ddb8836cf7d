"""The door of the log. What it refuses with is in audit.refusals, and comes through here."""

from collections.abc import Sequence
from typing import Annotated, Literal, Protocol

from pydantic import Field, StringConstraints

from audit.event import (
    DATA,
    NOBODY,
    SPECIAL_DATA,
    SYSTEM,
    Entry,
    Event,
    FenceAt,
    Heard,
    Kind,
    Outcome,
    System,
    Trace,
    fence_at,
)
from audit.kinds import COUNTED_BY, EMERGENCY, RELEASES
from audit.permit import Ground, NotPermitted, Permit, Position, Receipt, Trust
from audit.refusals import (
    EventIdTaken,
    JustDecided,
    LogSealed,
    LogUnavailable,
    Misfit,
    Moved,
    NoSuchLine,
    OutcomeUnknown,
    Overtaken,
    Unwitnessed,
)
from audit.within import Count, beyond
from kernel.caller import Caller
from kernel.errors import Problem
from kernel.hidden import Hidden
from kernel.message import Hex16, Message, Millis, Sentence, Short, Text, wire
from kernel.numbers import NO_NUMBER

__all__ = [
    "COUNTED_BY", "DATA", "EMERGENCY", "NOBODY", "RELEASES", "SPECIAL_DATA", "SYSTEM", "Count", "Entry", "Event",
    "EventIdTaken", "FenceAt", "Ground", "Heard", "JustDecided", "Kind", "LogSealed", "LogUnavailable", "Misfit",
    "Moved", "NoSuchLine", "NotPermitted", "Outcome", "OutcomeUnknown", "Overtaken", "Permit", "Position", "Receipt",
    "System", "Trace", "Trust", "Unwitnessed", "beyond", "fence_at",
]  # fmt: skip


class Gone(Message):
    """Of a line whose content was destroyed. at: when that began, ms. by_term: its year was over; else by a decision.
    declared: the line in the same series that names the numbers which went; None while it is being done."""

    at: int
    by_term: bool
    declared: Position | None = None


class Line(Message):
    """A line as its readers see it. `actor` is empty unless the reader may see staff pseudonyms.

    outcome: how a release ended; "" while open or for lines that are no release. n: number in the subject's series.
    gone: its content was destroyed; `event` is then what the act still says. A line that is withheld says nothing but
    its number, its place, and until when.
    """

    position: Annotated[Position, wire("plaats")]
    at: int  # ms
    n: int
    event: Event
    outcome: Outcome | Literal[""] = ""
    gone: Gone | None = None

    @property
    def withheld(self) -> bool:
        """Whether this reader may not see it yet."""
        return self.event.kind == "vertrouwelijk"


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
    for releases that have none yet. Ground, kind and outcome narrow: a search says something else besides, were it a
    period of a month.
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


# What people write into a line may not look like somebody's number.
Plain = Annotated[Sentence, Field(pattern=NO_NUMBER)]
Said = Annotated[Plain, StringConstraints(strip_whitespace=True)]  # spaces alone say nothing


class Reason(Message):
    """Why somebody searches: a code of the list, their own case number, words. Mandatory: a search is an act."""

    code: Annotated[Said, Field(min_length=1, max_length=200), wire("reden")]
    case: Annotated[Said, Field(min_length=1, max_length=64), wire("zaak")]
    note: Annotated[Plain, wire("toelichting")] = ""


class Totals(Message):
    """Of the whole query, not of the page. destroyed: lines of its period (and resident) that were destroyed, of which
    nobody can say any more whether they belong to it."""

    lines: Annotated[int, wire("regels")]
    residents: Annotated[int, wire("inwoners")]
    destroyed: Annotated[int, wire("vernietigd")] = 0


class Found(Message):
    """What a search gave. `receipt`: the search's own line, written before anything was read."""

    receipt: Receipt
    found: Lines
    totals: Totals


class Lifting(Message):
    """A word for showing a withheld line before its day. done: it was the second person's, so the line is shown now."""

    receipt: Receipt
    done: bool


class Bundle(Message):
    """What checks a line offline: tlog-proof text, body bytes and salt in base64; without these when destroyed.
    earlier: of a line that opens an older one, the same of that one."""

    proof: Annotated[Text, wire("bewijs")]
    content: Annotated[dict[str, str] | None, wire("inhoud")] = None
    earlier: Annotated["Bundle | None", wire("eerder")] = None

    def text(self) -> str:
        """JSON, as programs that check it read it."""
        return self.model_dump_json(exclude_none=True)


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
        moved since. Verdicts: Receipt, Overtaken, EventIdTaken, Misfit, Unwitnessed. Raises LogUnavailable (as
        Unwitnessed when it is that for all), OutcomeUnknown."""
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

    async def about(self, caller: Caller, positions: Sequence[Position]) -> list[Line]:
        """Those of these releases that are there, and the lines that say what of them is no longer held; in the order
        of the log, at most 200 releases. NOT checked: as `line`."""
        ...

    async def passed(self, caller: Caller, after: Position | None, limit: int = 200) -> Lines:
        """Releases of everybody, and what is no longer held of them, in the order of the log; `before`: where to go
        on. For the room that recorded them: withheld ones too, and neither covert ones nor those of the last five
        minutes. Raises NoAccess (another room), NoSuchLine (this log does not have `after`)."""
        ...

    async def outcomes(self, caller: Caller, positions: Sequence[Position]) -> list[Outcome | Literal[""]]:
        """How these releases ended; "" while open."""
        ...

    async def proof(self, caller: Caller, position: Position) -> str:
        """c2sp.org/tlog-proof@v1 against the newest head that a quorum of witnesses saw; the newest signed one where
        that does not cover the line, or no witness is asked. Raises NoSuchLine."""
        ...

    async def bundle(self, caller: Caller, position: Position) -> Bundle:
        """Proof with the body, for whoever may read the line. Raises NoSuchLine."""
        ...

    async def checkpoint(self, caller: Caller) -> str:
        """The newest signed head of the open log (C2SP checkpoint); where witnesses are asked, with their words."""
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

    async def unreviewed(self, caller: Caller) -> list[Line]:
        """In an emergency, and named by no `nood-nagekeken`; oldest first, at most 200. To be shown as nobody's."""

    async def search(self, caller: Caller, query: Query, reason: Reason) -> Found:
        """Its own line first, a line in the series of each person shown, then the result."""
        ...

    async def lift(self, caller: Caller, place: Position, reason: Reason) -> Lifting:
        """A withheld line before its day. Raises NoAccess (not the FG), NoSuchLine, BadInput (it is not withheld)."""
        ...


async def record_one(audit: Audit, caller: Caller, entry: Entry) -> Receipt:
    """A list of one. Raises what `record` gives as a verdict."""
    (verdict,) = await audit.record(caller, (entry,))
    if isinstance(verdict, Problem):
        raise verdict
    return verdict
