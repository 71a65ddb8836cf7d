"""What `/logboek/v1` reads and answers: Dutch names, times as RFC 3339 in UTC."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from audit.contract import Found, Gone, Kind, Line, Outcome, Plain, Query, Reason, Said, Totals
from audit.permit import Position
from audit.terms import origin_in
from kernel.clock import millis, moment
from kernel.hidden import Hidden
from kernel.message import Body, Message, Short, wire

Moment = Annotated[AwareDatetime, Field(ge=datetime(1970, 1, 1, tzinfo=UTC), le=datetime(9999, 12, 31, tzinfo=UTC))]
Typed = Annotated[Plain, Field(max_length=200)]  # stands in the search's own line


class ByNumber(Body):
    """A resident, by citizen service number, only ever in a body."""

    bsn: Hidden


class Why(Body):
    """A Reason, by its names on the wire only."""

    code: Annotated[Said, Field(min_length=1, max_length=200), wire("reden")]
    case: Annotated[Said, Field(min_length=1, max_length=64), wire("zaak")]
    note: Annotated[Plain, wire("toelichting")] = ""

    @property
    def reason(self) -> Reason:
        """For the log."""
        return Reason(code=self.code, case=self.case, note=self.note)


class Asked(Body):
    """A search. `why` is mandatory: a search is an act."""

    resident: Annotated[ByNumber | None, wire("inwoner")] = None
    recipient: Annotated[Typed, wire("ontvanger")] = ""
    application: Annotated[Typed, wire("toepassing")] = ""
    user: Annotated[Typed, wire("gebruiker")] = ""
    activity: Annotated[Typed, wire("verwerkingsactiviteit")] = ""
    case: Annotated[Typed, wire("zaak")] = ""
    key: Annotated[Typed, wire("sleutel")] = ""
    element: Annotated[Typed, wire("gegevenselement")] = ""
    basis: Annotated[Typed, wire("grondslag")] = ""
    kind: Annotated[Literal[Kind, ""], wire("soort")] = ""
    outcome: Annotated[Literal[Outcome, "", "open"], wire("afloop")] = ""
    since: Annotated[Moment | None, wire("van")] = None
    until: Annotated[Moment | None, wire("tot")] = None
    why: Annotated[Why, wire("reden")]
    cursor: Annotated[Short, wire("vorige")] = ""

    def query(self, subject: str, before: Position | None) -> Query:
        """For the log; times in ms."""
        since, until = (millis(each) if each else 0 for each in (self.since, self.until))
        return Query(
            subject=subject,
            recipient=self.recipient,
            application=self.application,
            actor=self.user,
            activity=self.activity,
            case=self.case,
            key=self.key,
            element=self.element,
            basis=self.basis,
            kind=self.kind,
            outcome=self.outcome,
            since=since,
            until=until,
            before=before,
        )


class Place(Message):
    """Where a line is, and its proof."""

    log: Annotated[str, wire("logboek")]
    index: int
    proof: Annotated[str, wire("bewijs")]


class Destroyed(Message):
    """Of a line whose content is gone: when that began, whether as its term said, and the line that says so."""

    at: Annotated[datetime, wire("tijd")]
    by_term: Annotated[bool, wire("volgensTermijn")]
    declared: Annotated[Place | None, wire("verklaring")]


class FoundLine(Message):
    """A line as an auditor sees it. number: in the series of its resident; 0 for an application that named nobody.
    destroyed: there is nothing else but kind, hour, number and place. covert: its content is sealed; only the FG finds
    it. on_behalf: as what somebody acted for the resident. used: read to answer, and not passed on."""

    place: Annotated[Place, wire("logregel")]
    at: Annotated[datetime, wire("tijd")]
    kind: Annotated[str, wire("soort")]
    resident: Annotated[str, wire("betrokkene")]
    number: Annotated[int, wire("nummer")]
    recipient: Annotated[str, wire("ontvanger")]
    application: Annotated[str, wire("toepassing")]
    user: Annotated[str, wire("gebruiker")]
    on_behalf: Annotated[str, wire("namens")]
    key: Annotated[str, wire("sleutel")]
    activity: Annotated[str, wire("verwerkingsactiviteit")]
    version: Annotated[str, wire("versie")]
    purpose: Annotated[str, wire("doel")]
    basis: Annotated[str, wire("grondslag")]
    case: Annotated[str, wire("zaak")]
    elements: Annotated[tuple[str, ...], wire("gegevenselementen")]
    used: Annotated[tuple[str, ...], wire("gebruikt")]
    refused: Annotated[tuple[tuple[str, str], ...], wire("geweigerd")]
    outcome: Annotated[str, wire("afloop")]
    destroyed: Annotated[Destroyed | None, wire("vernietigd")] = None
    covert: Annotated[bool, wire("heimelijk")] = False


class CovertYear(Message):
    """How many covert releases a year had that is over; a band, no number."""

    year: Annotated[int, wire("jaar")]
    band: Annotated[str, wire("verstrekkingen")]


class CovertYears(Message):
    """Newest first."""

    years: Annotated[tuple[CovertYear, ...], wire("jaren")]


class FoundLines(Message):
    """The answer. `own`: the line of this search itself."""

    lines: Annotated[tuple[FoundLine, ...], wire("regels")]
    totals: Annotated[Totals, wire("totalen")]
    next: Annotated[str | None, wire("volgende")]
    own: Annotated[Place, wire("logregel")]


def answer(found: Found) -> FoundLines:
    """What was found, for outside."""
    origin, before = found.receipt.origin, found.found.before
    return FoundLines(
        lines=tuple(_line(origin, line) for line in found.found.lines),
        totals=found.totals,
        next=str(before) if before else None,
        own=place_of(found.receipt.origin, found.receipt.position),
    )


def place_of(origin: str, position: Position) -> Place:
    """As `logregel` in every answer of the house. origin: of the log in any term."""
    return Place(
        log=origin_in(origin, position.term), index=position.index, proof=f"/logboek/v1/logregels/{position}/bewijs"
    )


def _line(origin: str, line: Line) -> FoundLine:
    event = line.event
    return FoundLine(
        place=place_of(origin, line.position),
        at=moment(line.at).astimezone(UTC),
        kind=event.kind,
        resident=event.subject,
        number=line.n,
        recipient=event.recipient,
        application=event.application,
        user=event.actor,
        on_behalf=event.on_behalf,
        key=event.key,
        activity=event.activity,
        version=event.version,
        purpose=event.purpose,
        basis=event.basis,
        case=event.case,
        elements=event.elements,
        used=event.used,
        refused=event.refused,
        outcome=line.outcome,
        destroyed=_destroyed(origin, line.gone) if line.gone else None,
        covert=bool(event.covert),
    )


def _destroyed(origin: str, gone: Gone) -> Destroyed:
    declared = place_of(origin, gone.declared) if gone.declared else None
    return Destroyed(at=moment(gone.at).astimezone(UTC), by_term=gone.by_term, declared=declared)
