"""A line as an LDV record: core 0.8.0, and the spelling of the read extension 1.1.0. Pure.

traceId      UUID of the 16 bytes      trace of the act; of the event where none was given
spanId       16 hexadecimal digits     one per line
status       Unset | Ok | Error        a refusal is Ok: it is what was to happen
startTime    ms                        of the use, where another system reported it; else when it was logged
resource     {"attributes": …}         the system that acted
attributes   dpl.core.*                URIs into the register; the pseudonym of the log, never a number
"""

from typing import Annotated, Any, Literal
from uuid import UUID

from audit.contract import Line
from audit.event import NOBODY, SYSTEM, Event
from audit.kinds import REPORTED
from audit.leaf import STATUS
from audit.reported.events import activity_uri
from kernel.message import Message, wire

SUBJECT_TYPE = "regie-pseudoniem"


class CoreRecord(Message):
    """A record as LDV core spells it."""

    trace_id: str
    span_id: str
    parent_span_id: str = ""
    status: Literal["Unset", "Ok", "Error"]
    name: str
    start_time: int
    end_time: int
    resource: dict[str, dict[str, str]]
    attributes: dict[str, str]


class ReadRecord(Message):
    """The same as the read extension spells it."""

    trace_id: Annotated[UUID, wire("traceId")]
    span_id: Annotated[str, wire("spanId")]
    parent_span_id: Annotated[str | None, wire("parentSpanId")] = None
    status: Literal["Unset", "Ok", "Error"]
    name: str
    start_time: Annotated[int, wire("startTime")]
    end_time: Annotated[int, wire("endTime")]
    resource: dict[str, dict[str, str]]
    attributes: dict[str, str]


def core_record(line: Line, issuer: str, tenant: str) -> CoreRecord:
    """issuer: our public address, where the register is."""
    event, trace = line.event, line.event.trace
    return CoreRecord(
        trace_id=trace.trace_id if trace else event.id,
        span_id=trace.span_id if trace else event.id[:16],
        parent_span_id=trace.parent_span_id if trace else "",
        status=_status(event),
        name=event.name or event.kind,
        start_time=(trace.start if trace else 0) or line.at,
        end_time=(trace.end if trace else 0) or line.at,
        resource={"attributes": _resource(event, tenant)},
        attributes=_attributes(event, issuer),
    )


def read_record(record: CoreRecord) -> ReadRecord:
    """The same record, for the read API."""
    return ReadRecord(
        trace_id=UUID(hex=record.trace_id),
        span_id=record.span_id,
        parent_span_id=record.parent_span_id or None,
        status=record.status,
        name=record.name,
        start_time=record.start_time,
        end_time=record.end_time,
        resource=record.resource,
        attributes=record.attributes,
    )


def _status(event: Event) -> Literal["Unset", "Ok", "Error"]:
    said = event.details.get(STATUS, "Ok")
    return "Error" if said == "Error" else "Unset" if said == "Unset" else "Ok"


def _resource(event: Event, tenant: str) -> dict[str, str]:
    if event.kind != REPORTED:
        return {"service.name": "regie", "service.namespace": tenant}
    named = {
        "service.name": event.details.get("systeem", ""),
        "service.version": event.details.get("systeemVersie", ""),
    }
    return {"service.namespace": tenant} | {name: value for name, value in named.items() if value}


def _attributes(event: Event, issuer: str) -> dict[str, str]:
    said: dict[str, str] = {"dpl.core.processing_activity_id": activity_uri(issuer, event.activity, event.version)}
    if event.subject not in (SYSTEM, NOBODY):
        said |= {"dpl.core.data_subject_id": event.subject, "dpl.core.data_subject_id_type": SUBJECT_TYPE}
    told: dict[str, Any] = {
        "dpl.core.foreign_operation.processor": event.details.get("aangeroepenDoor") or _processor(event, issuer),
        "dpl.read.externalReadAPI_id": event.details.get("leesApi"),
    }
    return said | {name: value for name, value in told.items() if value}


def _processor(event: Event, issuer: str) -> str:
    """The application that called us, as its recipient stands in the register; nobody calls us for a reported use."""
    called = event.recipient and event.kind != REPORTED
    return f"{issuer}/toestemming/v1/ontvangers/{event.recipient}" if called else ""
