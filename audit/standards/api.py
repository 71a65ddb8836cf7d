"""HTTP in: the log as LDV and the VNG read it. A search like any other: with a reason, and its own line first."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request

from audit.answers import Asked, Place, place_of
from audit.contract import Audit, Found, Query, Reason, Residents
from audit.permit import Position
from audit.reported.events import activity_uuid
from audit.reported.ports import Register
from audit.reported.uses import AHEAD_MS, activity_named
from audit.searchline import demand_searcher
from audit.service import ROOM, AuditService
from audit.standards.bodies import CoreAnswer, ObjectsAnswer, ObjectsAsked, ReadAnswer, ReadAsked
from audit.standards.ldv import core_record, read_record
from audit.standards.vng import may_be_shown, processed_object, used_at
from kernel.caller import Caller
from kernel.clock import Clock, millis
from kernel.errors import BadInput, NotFound
from kernel.hidden import Hidden
from kernel.http.hosts import Hosts

CallerOf = Callable[..., Awaitable[Caller]]
PAGE = 200


@dataclass(frozen=True)
class Reading:
    """Who reads, and where: our public address."""

    caller: Caller
    issuer: str


@dataclass(frozen=True)
class Behind:
    """What stands behind the door."""

    audit: Audit
    residents: Residents
    register: Register
    clock: Clock

    async def subject(self, caller: Caller, bsn: Hidden | None) -> str:
        """Who is nobody here shares a series with all who are: look for this one, and find nothing. "" for nobody."""
        if bsn is None:
            return ""
        found = await self.residents.identify(caller, bsn)
        return found.id if found.stand_in else found.subject

    async def found(self, caller: Caller, asked: Query, reason: Reason, cursor: str) -> Found:
        """A page, from a cursor. Raises BadInput."""
        before = _position(cursor) if cursor else None
        return await self.audit.search(caller, asked.model_copy(update={"before": before, "limit": PAGE}), reason)


def standards_routes(service: AuditService, neighbours: tuple[Register, Residents], caller_of: CallerOf,
                     hosts: Hosts, clock: Clock) -> APIRouter:  # fmt: skip
    """caller_of: the dependency that turns a bearer token for this root into a Caller. hosts: our public addresses."""
    router = APIRouter()
    register, residents = neighbours
    behind = Behind(service.door(ROOM), residents, register, clock)

    async def reader(request: Request, caller: Annotated[Caller, Depends(caller_of)]) -> Reading:
        demand_searcher(caller)
        place = hosts.at(request)
        if place is None:
            raise NotFound()
        return Reading(caller, place[0])

    _ldv(router, behind, reader)
    _vng(router, behind, reader)
    return router


def _ldv(router: APIRouter, behind: Behind, reader: Callable[..., Awaitable[Reading]]) -> None:
    Reader = Annotated[Reading, Depends(reader)]

    @router.post(
        "/processing-activities",
        summary="LDV, extensie lezen: dataverwerkingen van een trace, activiteit of persoon",
        response_model_exclude_none=True,
    )
    async def read(who: Reader, body: ReadAsked) -> ReadAnswer:
        body.demand_something()
        activity, version = activity_named(body.activity, who.issuer) if body.activity else ("", "")
        asked = Query(
            subject=body.subject or await behind.subject(who.caller, body.resident.bsn if body.resident else None),
            activity=activity,
            trace=body.trace.hex if body.trace else "",
            since=max(body.start - AHEAD_MS, 0),
        )
        found = await behind.found(who.caller, asked, body.why.reason, body.cursor)
        records = [
            core_record(line, who.issuer, who.caller.tenant)
            for line in found.found.lines
            if not version or line.event.version == version
        ]
        within = [one for one in records if one.start_time >= body.start and (not body.end or one.end_time <= body.end)]
        return ReadAnswer(records=tuple(map(read_record, within)), next=_next(found), own=_own(found))

    @router.post(
        "/ldv-logregels/_zoek",
        summary="Dezelfde vraag als logregels/_zoek, beantwoord met LDV-records (core)",
    )
    async def export(who: Reader, body: Asked) -> CoreAnswer:
        subject = await behind.subject(who.caller, body.resident.bsn if body.resident else None)
        found = await behind.found(who.caller, body.query(subject, None), body.why.reason, body.cursor)
        records = tuple(core_record(line, who.issuer, who.caller.tenant) for line in found.found.lines)
        return CoreAnswer(records=records, next=_next(found), own=_own(found))


def _vng(router: APIRouter, behind: Behind, reader: Callable[..., Awaitable[Reading]]) -> None:
    Reader = Annotated[Reading, Depends(reader)]

    @router.post(
        "/vng/verwerkte-objecten/_zoek",
        summary="Verwerkingenlogging (VNG): verwerkte objecten van een persoon in een periode",
        response_model_exclude_none=True,
    )
    async def objects(who: Reader, body: ObjectsAsked) -> ObjectsAnswer:
        since, until = body.period
        activity = await _activity_of(behind, who, body)
        asked = Query(
            subject=await behind.subject(who.caller, body.bsn), activity=activity, since=max(since - AHEAD_MS, 0)
        )
        found = await behind.found(who.caller, asked, body.why.reason, body.cursor)
        now = millis(behind.clock())
        lines = [line for line in found.found.lines if since <= used_at(line) < until and may_be_shown(line, now)]
        results = tuple(processed_object(line, who.issuer) for line in lines)
        return ObjectsAnswer(count=len(results), results=results, cursor=_next(found), own=_own(found))


async def _activity_of(behind: Behind, who: Reading, body: ObjectsAsked) -> str:
    """The slug behind a UUID; one that is nobody's stays as it is, and finds nothing."""
    if body.activity is None:
        return ""
    known = await behind.register.activities(who.caller)
    return next((slug for slug in known if activity_uuid(who.issuer, slug) == body.activity), str(body.activity))


def _next(found: Found) -> str | None:
    return str(found.found.before) if found.found.before else None


def _own(found: Found) -> Place:
    return place_of(found.receipt.origin, found.receipt.position)


def _position(text: str) -> Position:
    try:
        return Position.parse(text)
    except ValueError:
        fault = {"veld": "/vorige", "code": "ongeldige-waarde", "detail": "Deze waarde kan hier niet."}
        raise BadInput("De vraag klopt niet.", fouten=[fault]) from None
