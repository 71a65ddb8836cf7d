"""HTTP in: published tables, without login. Which municipality, the host says. And the same for pages."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Request, Response
from starlette.responses import JSONResponse

from connectors.counting.contract import NoSuchTable
from connectors.opendata.contract import OpenTable, OpenTables, TableBrief, TablePlace
from connectors.opendata.dcat import catalogue
from connectors.opendata.sheet import as_csv
from kernel.caller import Caller, room_of
from kernel.component import Tenant
from kernel.http.hosts import Hosts
from kernel.message import Message

PLACE, PREFIX = "/statistieken/openbaar", "/intern/v1/connectors/opendata"
JSON_LD, CSV = "application/ld+json", "text/csv"
TO_ALL: Final = {"Access-Control-Allow-Origin": "*"}  # a page of anybody may show it: it asks for nobody's login
Activity = Annotated[str, Path(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
Number = Annotated[int, Path(ge=1, le=1_000_000)]
Table = Annotated[str, Path(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
_UNKNOWN: dict[int | str, dict[str, Any]] = {404: {"description": "Niet hier, of nog niet openbaar"}}


class Nothing(Message):
    """Only the caller matters."""


class Briefs(Message):
    """The newest day first."""

    tables: tuple[TableBrief, ...]


def open_routes(tables: OpenTables, tenants: Mapping[str, Tenant], root: str) -> APIRouter:
    """Below the desk's root, all GET. To be included before `/statistieken/{id}`."""
    router = APIRouter(tags=["open cijfers"])
    hosts = Hosts({one.public_url: one.id for one in tenants.values()})

    def whose(request: Request) -> tuple[Caller, str, str]:
        if (found := hosts.at(request)) is None:
            raise NoSuchTable("Deze gemeente is hier niet.")
        return room_of(found[1], "connectors"), tenants[found[1]].name, f"{found[0]}{root}{PLACE}"

    @router.get(
        PLACE,
        summary="Welke tabellen iedereen mag lezen (DCAT)",
        response_class=Response,
        responses={200: {"content": {JSON_LD: {"schema": {"type": "object"}}}, "description": "Een catalogus"}},
    )
    async def everything(request: Request) -> Response:
        caller, municipality, place = whose(request)
        document = catalogue(await tables.tables(caller), municipality, place)
        return JSONResponse(document, media_type=JSON_LD, headers=TO_ALL)

    _one(router, tables, whose)
    return router


def _one(router: APIRouter, tables: OpenTables, whose: Callable[[Request], tuple[Caller, str, str]]) -> None:
    @router.get(PLACE + "/{activiteit}/{versie}/{tabel}", summary="Een openbare tabel", responses=_UNKNOWN)
    async def one(
        request: Request, response: Response, activiteit: Activity, versie: Number, tabel: Table
    ) -> OpenTable:
        response.headers.update(TO_ALL)
        return await tables.table(whose(request)[0], TablePlace(activity=activiteit, version=versie, table=tabel))

    @router.get(
        PLACE + "/{activiteit}/{versie}/{tabel}/csv",
        summary="Dezelfde tabel voor een rekenblad",
        response_class=Response,
        responses={200: {"content": {CSV: {"schema": {"type": "string"}}}, "description": "RFC 4180"}, **_UNKNOWN},
    )
    async def sheet(request: Request, activiteit: Activity, versie: Number, tabel: Table) -> Response:
        found = await tables.table(whose(request)[0], TablePlace(activity=activiteit, version=versie, table=tabel))
        if found.state != "gemaakt":
            raise NoSuchTable("Deze tabel is niet gemaakt.")
        named = f'attachment; filename="{activiteit}-{versie}-{tabel}.csv"'
        headers = {**TO_ALL, "Content-Disposition": named}
        return Response(as_csv(found.cells), media_type=f"{CSV}; charset=utf-8", headers=headers)


def open_intern(tables: OpenTables, caller: Callable[..., Awaitable[Caller]]) -> APIRouter:
    """For pages. caller: the dependency that knows which room asks on whose behalf."""
    router = APIRouter(prefix=PREFIX, include_in_schema=False)
    Asking = Annotated[Caller, Depends(caller)]

    @router.post("/tables")
    async def every(who: Asking, _: Nothing) -> Briefs:
        return Briefs(tables=tuple(await tables.tables(who)))

    @router.post("/table")
    async def one(who: Asking, body: TablePlace) -> OpenTable:
        return await tables.table(who, body)

    return router
