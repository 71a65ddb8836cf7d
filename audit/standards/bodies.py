"""What is asked in the words of the two standards, and how they are answered. `reden` and `vorige` are ours."""

from datetime import date, datetime, time
from typing import Annotated, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator

from audit.answers import ByNumber, Place, Typed, Why
from audit.contract import Plain
from audit.reported.bodies import URI_MAX
from audit.standards.ldv import CoreRecord, ReadRecord
from audit.standards.vng import ProcessedObject
from kernel.clock import millis
from kernel.errors import BadInput
from kernel.hidden import Hidden
from kernel.message import Body, Message, Millis, Short, wire

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


class ReadAsked(Body):
    """LDV read extension: by trace, activity or person, at least one. trace: 32 digits as in core, or the same as a
    UUID. subject: the pseudonym of the log; who has a BSN says it in `inwoner`, where it is hidden. Times in ms."""

    trace: Annotated[UUID | None, wire("traceId")] = None
    activity: Annotated[Annotated[Plain, Field(max_length=URI_MAX)], wire("dpl.core.processing_activity_id")] = ""
    subject: Annotated[Typed, wire("dpl.core.data_subject_id")] = ""
    subject_type: Annotated[Typed, wire("dpl.core.data_subject_id_type")] = ""
    resident: Annotated[ByNumber | None, wire("inwoner")] = None
    start: Annotated[Millis, wire("startTime")] = 0
    end: Annotated[Millis, wire("endTime")] = 0
    why: Annotated[Why, wire("reden")]
    cursor: Annotated[Short, wire("vorige")] = ""

    def demand_something(self) -> None:
        """Raises BadInput."""
        if not (self.trace or self.activity or self.subject or self.resident):
            raise BadInput("Noem een `traceId`, een `dpl.core.processing_activity_id` of een `inwoner`.")


class ReadAnswer(Message):
    """own: the line of this search itself. next: where to go on."""

    records: Annotated[tuple[ReadRecord, ...], wire("processingActivities")]
    next: Annotated[str | None, wire("volgende")] = None
    own: Annotated[Place, wire("logregel")]


class CoreAnswer(Message):
    """A page of the export."""

    records: Annotated[tuple[CoreRecord, ...], wire("logregels")]
    next: Annotated[str | None, wire("volgende")]
    own: Annotated[Place, wire("logregel")]


class ObjectsAsked(Body):
    """VNG: one person in a period of days, Dutch time; the last day is not in it."""

    object_type: Annotated[Literal["persoon"], wire("objecttype")]
    id_type: Annotated[Literal["BSN"], wire("soortObjectId")]
    bsn: Annotated[Hidden, wire("objectId")]
    since: Annotated[date, wire("beginDatum")]
    until: Annotated[date, wire("eindDatum")]
    activity: Annotated[UUID | None, wire("verwerkingsactiviteitId")] = None
    why: Annotated[Why, wire("reden")]
    cursor: Annotated[Short, wire("vorige")] = ""

    @field_validator("since", "until")
    @classmethod
    def _known_to_clocks(cls, day: date) -> date:
        if not 1970 < day.year < 9999:
            raise ValueError("no day of this log")
        return day

    @property
    def period(self) -> tuple[int, int]:
        """ms; the second is the first that is outside."""
        since, until = (datetime.combine(day, time(), AMSTERDAM) for day in (self.since, self.until))
        return millis(since), millis(until)


class ObjectsAnswer(Message):
    """count: of this page. There is no address to go on at, for the question holds a number: `volgende` is ours."""

    count: int
    next: None = None
    previous: None = None
    results: tuple[ProcessedObject, ...]
    cursor: Annotated[str | None, wire("volgende")]
    own: Annotated[Place, wire("logregel")]
