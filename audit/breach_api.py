"""HTTP in: `/logboek/v1/datalekken`, for the FG and auditors. Whoever is shown has a line of it first."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Path

from audit.breach_answers import (
    BreachAsked,
    BreachFile,
    BreachFiles,
    Export,
    ExportAsked,
    People,
    PeopleAsked,
    file_of,
    people_of,
)
from audit.breach_warning import Hiding, warned
from audit.breaches.contract import PeopleWanted
from audit.breaches.service import sealed_people
from audit.searchline import demand_searcher
from audit.service import AuditService
from kernel.caller import Caller

CallerOf = Callable[..., Awaitable[Caller]]
FileId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]


def breach_routes(service: AuditService, caller_of: CallerOf, kinds: Mapping[str, str], hiding: Hiding) -> APIRouter:
    """kinds: of data, by element, as the form of the AP groups them."""
    router = APIRouter()

    async def searcher(caller: Annotated[Caller, Depends(caller_of)]) -> Caller:
        demand_searcher(caller)
        return caller

    router.include_router(_files(service, searcher, kinds))
    router.include_router(_people(service, searcher, hiding))
    return router


def _files(service: AuditService, searcher: CallerOf, kinds: Mapping[str, str]) -> APIRouter:
    router = APIRouter(prefix="/datalekken")
    Searcher = Annotated[Caller, Depends(searcher)]

    async def report(caller: Caller, body: BreachAsked, dossier: str = "") -> BreachFile:
        desk = service.desk(caller)
        version = await desk.breaches.report(caller, body.window(), body.why.reason, dossier)
        return file_of(desk.log.origin, version, kinds)

    @router.post("", status_code=201, summary="Onderzoek een datalek: hoeveel inwoners, welke gegevens, sinds wanneer")
    async def begin(caller: Searcher, body: BreachAsked) -> BreachFile:
        return await report(caller, body)

    @router.post("/{dossier}/versies", status_code=201, summary="Een nieuwe versie; de oude blijft")
    async def again(caller: Searcher, dossier: FileId, body: BreachAsked) -> BreachFile:
        return await report(caller, body, dossier)

    @router.get("", summary="De nieuwste versie van elk dossier, nieuwste eerst")
    async def files(caller: Searcher) -> BreachFiles:
        desk = service.desk(caller)
        found = await desk.breaches.newest(caller)
        return BreachFiles(versions=tuple(file_of(desk.log.origin, one, kinds) for one in found))

    @router.get("/{dossier}", summary="Alle versies van een dossier, zonder personen")
    async def versions(caller: Searcher, dossier: FileId) -> BreachFiles:
        desk = service.desk(caller)
        found = await desk.breaches.versions(caller, dossier)
        return BreachFiles(versions=tuple(file_of(desk.log.origin, one, kinds) for one in found))

    return router


def _people(service: AuditService, searcher: CallerOf, hiding: Hiding) -> APIRouter:
    router = APIRouter(prefix="/datalekken")
    Searcher = Annotated[Caller, Depends(searcher)]

    @router.post("/{dossier}/betrokkenen/_zoek", summary="Wie het betreft; ieder krijgt er een regel van")
    async def people(caller: Searcher, dossier: FileId, body: PeopleAsked) -> People:
        receipt, found, cursor = await service.desk(caller).breaches.people(caller, dossier, body.why.reason, body.page)
        return people_of(receipt, await warned(hiding, caller, found), cursor)

    @router.post("/{dossier}/uitvoer", summary="Dezelfde lijst, versleuteld voor wie de sleutel heeft")
    async def export(caller: Searcher, dossier: FileId, body: ExportAsked) -> Export:
        page = body.page
        wanted = PeopleWanted(file_id=dossier, part=page.part, after=page.after, key=body.key, reason=body.why.reason)
        return await sealed_people(service, hiding, caller, wanted)

    return router
