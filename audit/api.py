"""HTTP in: `/logboek/v1`. Searching is for the FG and auditors; heads, keys and proofs are for everybody."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import PlainTextResponse, RedirectResponse, Response

from audit.answers import Asked, CovertYear, CovertYears, FoundLines, answer
from audit.bands import Remembered
from audit.contract import RELEASES, Event, Kind, NoSuchLine, Residents
from audit.covert import sees_covert
from audit.permit import Position
from audit.searching import is_person
from audit.searchline import demand_searcher, may_search
from audit.service import ROOM, AuditService
from audit.withholding import opaque, tells_who_hides
from kernel.caller import Caller, room_of
from kernel.errors import BadInput, NotFound
from kernel.http.hosts import Hosts
from kernel.proof.hashes import ProofError
from kernel.proof.tiles import TileRef, parse_tile_path

CallerOf = Callable[[Request], Awaitable[Caller]]
PLAIN = "text/plain; charset=utf-8"
TOLD: frozenset[Kind] = frozenset(
    {*RELEASES, "statistiek", "weigering", "gemeld", "zaak-geopend", "zaak-gesloten"}
)  # answers name these
FOR_EVER = "public, max-age=31536000, immutable"  # a tile is named by its width: the same name has the same bytes
_TEXT: Any = {200: {"content": {"text/plain": {}}, "description": "Tekst"}}
_HASHES: Any = {200: {"content": {"application/octet-stream": {}}, "description": "1 tot 256 hashes van 32 bytes"}}


def routes(service: AuditService, residents: Residents, caller_of: CallerOf, hosts: Hosts) -> APIRouter:
    """caller_of: the dependency that turns a bearer token for this root into a Caller. hosts: tenant by address."""
    router = APIRouter()
    audit = service.door(ROOM)

    @router.post("/logregels/_zoek", summary="Zoek in het logboek; het zoeken is zelf een regel")
    async def search(caller: Annotated[Caller, Depends(caller_of)], body: Asked) -> FoundLines:
        demand_searcher(caller)
        before = _position(body.cursor) if body.cursor else None
        subject = await _subject(residents, caller, body)
        return answer(await audit.search(caller, body.query(subject, before), body.why.reason))

    async def known(request: Request) -> Caller | None:
        return await caller_of(request) if "authorization" in request.headers else None

    router.include_router(_heads(service, hosts))
    router.include_router(_tiles(service, hosts))
    router.include_router(_proofs(service, hosts, known))
    return router


def _heads(service: AuditService, hosts: Hosts) -> APIRouter:
    """For everybody: hashes and keys say nothing about anybody."""
    router, years = APIRouter(), dict[str, Remembered]()
    audit = service.door(ROOM)
    Here = Annotated[Caller, Depends(_of_host(hosts))]

    @router.get(
        "/sleutels",
        response_class=PlainTextResponse,
        responses=_TEXT,
        summary="Publieke sleutels van het logboek (C2SP vkey)",
    )
    async def keys(caller: Here) -> PlainTextResponse:
        return _plain(await audit.vkeys(caller))

    @router.get("/heimelijk", summary="Hoe vaak iets heimelijk was: per jaar dat voorbij is, in banden")
    async def covert(caller: Here) -> CovertYears:
        log = service.desk(caller).log
        found = await years.setdefault(log.tenant, Remembered()).yearly(log)
        return CovertYears(years=tuple(CovertYear(year=year, band=band) for year, band in found))

    @router.get("/checkpoint", status_code=307, response_class=RedirectResponse, summary="Naar het open logboek")
    async def newest(caller: Here) -> RedirectResponse:
        return RedirectResponse(f"/logboek/v1/{service.desk(caller).log.term}/checkpoint", 307)

    @router.get(
        "/{term}/checkpoint",
        responses=_TEXT,
        response_class=PlainTextResponse,
        summary="De getekende kop (C2SP checkpoint)",
    )
    async def checkpoint(caller: Here, term: str) -> PlainTextResponse:
        try:
            return _plain(await service.desk(caller).prover.checkpoint(_term(term)))
        except NoSuchLine:
            raise NotFound("Dit logboek is er niet.") from None

    return router


def _tiles(service: AuditService, hosts: Hosts) -> APIRouter:
    """For everybody, and to be kept: hashes that never change."""
    router = APIRouter()
    Here = Annotated[Caller, Depends(_of_host(hosts))]

    @router.get(
        "/{term}/tile/{plaats:path}",
        responses=_HASHES,
        response_class=Response,
        summary="Een tegel met hashes van de boom (C2SP tlog-tiles); regels zelf staan er niet in",
    )
    async def tile(caller: Here, term: str, plaats: str) -> Response:
        desk, wanted = service.desk(caller), _tile(plaats)
        try:
            hashes = await desk.prover.tile(_term(term), wanted) if wanted else None
        except NoSuchLine:
            hashes = None
        if hashes is None:
            raise NotFound("Deze tegel is er niet.")
        return Response(hashes, media_type="application/octet-stream", headers={"Cache-Control": FOR_EVER})

    return router


def _proofs(service: AuditService, hosts: Hosts, known: Callable[[Request], Awaitable[Caller | None]]) -> APIRouter:
    router = APIRouter()
    audit = service.door(ROOM)
    Here = Annotated[Caller, Depends(_of_host(hosts))]
    Reader = Annotated[Caller | None, Depends(known)]

    @router.get(
        "/logregels/{plaats}/bewijs",
        responses=_TEXT,
        response_class=PlainTextResponse,
        summary="Het bewijs van een regel (C2SP tlog-proof)",
    )
    async def proof(here: Here, caller: Reader, plaats: str) -> PlainTextResponse:
        place = _place(plaats)
        text = await audit.proof(here, place)
        if caller is None:
            return _plain(opaque(text))
        event = (await audit.line(here, place)).event
        if not may_search(caller) and not _told(caller, event):
            raise NoSuchLine("Deze logregel is er niet.")
        hidden = (event.covert and not sees_covert(caller)) or (tells_who_hides(event) and not is_person(caller))
        return _plain(opaque(text) if hidden else text)

    return router


async def _subject(residents: Residents, caller: Caller, body: Asked) -> str:
    if body.resident is None:
        return ""
    found = await residents.identify(caller, body.resident.bsn)
    # who is nobody here shares a series with all who are: look for this one, and find nothing
    return found.id if found.stand_in else found.subject


def _told(caller: Caller, event: Event) -> bool:
    """Whether this recipient was given the line's place. A no and a question name it as well, and are not its to find:
    an act tells kind and hour, and its event id can be worked out from the id of the request."""
    return event.recipient == caller.organisation and event.kind in TOLD


def _of_host(hosts: Hosts) -> Callable[[Request], Caller]:
    """Public doors have no token: the tenant is that of the host."""

    def here(request: Request) -> Caller:
        place = hosts.at(request)
        if place is None:
            raise NotFound()
        return room_of(place[1], ROOM)

    return here


def _plain(text: str) -> PlainTextResponse:
    return PlainTextResponse(text, media_type=PLAIN)


def _term(text: str) -> str:
    """Raises NoSuchLine for what can be no term."""
    return _place(f"{text}-0").term


def _tile(place: str) -> TileRef | None:
    """None for every other path, `entries` among them: what is in the log is sealed and not for everybody."""
    try:
        return parse_tile_path(f"tile/{place}")
    except ProofError:
        return None


def _place(text: str) -> Position:
    try:
        return Position.parse(text)
    except ValueError:
        raise NoSuchLine("Deze logregel is er niet.") from None


def _position(text: str) -> Position:
    try:
        return Position.parse(text)
    except ValueError:
        fault = {"veld": "/vorige", "code": "ongeldige-waarde", "detail": "Deze waarde kan hier niet."}
        raise BadInput("De vraag klopt niet.", fouten=[fault]) from None
