"""A line as the VNG's API for inspection has it (Verwerkingenlogging 0.9.0): a processed object with its action. Pure.

It never says systeem, gebruiker or gegevensbron, as that standard wants, and has the pseudonym of the log where others
have a BSN. A field for which a line has nothing is left out.
"""

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from audit.contract import Line
from audit.event import Event
from audit.kinds import REPORTED
from audit.reported.bodies import NAME_MAX
from audit.reported.events import activity_uri, activity_uuid
from kernel.clock import moment
from kernel.message import Message, wire

ID_TYPE = "regie-pseudoniem"
ID_MAX = 40  # characters of an identificator


class ProcessedKind(Message):
    """A kind of data."""

    name: Annotated[str, wire("soortGegeven")]


class ObjectBase(Message):
    """Whose data."""

    object_type: Annotated[Literal["persoon"], wire("objecttype")] = "persoon"
    id_type: Annotated[str, wire("soortObjectId")] = ID_TYPE
    object_id: Annotated[str, wire("objectId")]
    role: Annotated[str | None, wire("betrokkenheid")] = None
    kinds: Annotated[tuple[ProcessedKind, ...], wire("verwerkteSoortenGegevens")] = ()


class Action(Message):
    """What was done."""

    url: str
    action_id: Annotated[UUID, wire("actieId")]
    action: Annotated[str, wire("actieNaam")]
    handling: Annotated[str | None, wire("handelingNaam")] = None
    processing: Annotated[str | None, wire("verwerkingNaam")] = None
    processing_id: Annotated[UUID | None, wire("verwerkingId")] = None
    activity_id: Annotated[UUID | None, wire("verwerkingsactiviteitId")] = None
    activity_url: Annotated[str | None, wire("verwerkingsactiviteitUrl")] = None
    secrecy: Annotated[Literal["normaal", "opgeheven"], wire("vertrouwelijkheid")] = "normaal"
    retention: Annotated[str, wire("bewaartermijn")]
    receiver_type: Annotated[str | None, wire("soortAfnemerId")] = None
    receiver: Annotated[str | None, wire("afnemerId")] = None
    at: Annotated[datetime, wire("tijdstip")]
    logged_at: Annotated[datetime, wire("tijdstipRegistratie")]
    objects: Annotated[tuple[ObjectBase, ...], wire("verwerkteObjecten")]


class ProcessedObject(ObjectBase):
    """An object with its action."""

    url: str
    id: Annotated[UUID, wire("verwerktObjectId")]
    done: Annotated[Action, wire("verwerkingsactie")]


def may_be_shown(line: Line, now: int) -> bool:
    """Whether it is no secret, or no longer: this view shows nobody a secret, as the VNG wants. now: ms."""
    return line.event.withheld_until <= now and not line.event.covert


def processed_object(line: Line, issuer: str) -> ProcessedObject:
    """Of a line that may be shown. issuer: our public address."""
    event, url = line.event, f"{issuer}/logboek/v1/logregels/{line.position}/bewijs"
    base = ObjectBase(
        object_id=event.subject,
        role=event.details.get("betrokkenheid"),
        kinds=tuple(ProcessedKind(name=name[:NAME_MAX]) for name in _kinds(event)),
    )
    return ProcessedObject(
        **base.model_dump(),
        url=url,
        id=UUID(hex=event.id),
        done=_action(line, base, url, issuer),
    )


def used_at(line: Line) -> int:
    """When it was done, ms."""
    trace = line.event.trace
    return (trace.start if trace else 0) or line.at


def _action(line: Line, base: ObjectBase, url: str, issuer: str) -> Action:
    event = line.event
    receiver_type, receiver = _receiver(event)
    return Action(
        url=url,
        action_id=UUID(hex=event.id),
        action=(event.name or event.kind)[:NAME_MAX],
        handling=event.details.get("handelingNaam"),
        processing=event.details.get("verwerkingNaam"),
        processing_id=UUID(hex=event.trace.trace_id) if event.trace else None,
        activity_id=activity_uuid(issuer, event.activity) if event.activity else None,
        activity_url=activity_uri(issuer, event.activity, event.version) if event.activity else None,
        secrecy="opgeheven" if event.withheld_until else "normaal",
        retention=f"P{max(event.keep_until - moment(line.at).year, 0)}Y",
        receiver_type=receiver_type,
        receiver=receiver,
        at=_utc(used_at(line)),
        logged_at=_utc(line.at),
        objects=(base,),
    )


def _receiver(event: Event) -> tuple[str | None, str | None]:
    """Who got the data: by OIN where a system said it, else by its name in the register, which a line has."""
    if event.kind == REPORTED:
        return event.details.get("soortAfnemerId"), event.details.get("afnemerId")
    fits = event.recipient and len(event.recipient) <= ID_MAX
    return ("regie-ontvanger", event.recipient) if fits else (None, None)


def _kinds(event: Event) -> tuple[str, ...]:
    others = event.details.get("soortenGegevens", "").split("; ")
    return (*event.elements, *(kind for kind in others if kind))


def _utc(at: int) -> datetime:
    return moment(at).astimezone(UTC)
