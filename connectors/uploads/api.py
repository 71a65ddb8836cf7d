"""HTTP in: a file of a source. Numbers are only ever in the file."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request

from connectors.uploads.contract import SheetView, Uploads
from kernel.caller import Caller
from kernel.errors import BadInput

PLACE = "/bronbestanden"
UPLOAD_BYTES = 12 << 20
SourceName = Annotated[str, Query(pattern=r"^[a-z][a-z0-9_]{0,39}$", description="De bron, zoals zij is afgesproken")]
_FILE = {"schema": {"type": "string"}, "example": "bsn;zone;geldig tot\n999993653;C-12;31-12-2027\n"}
_BODY = {"content": {"text/csv": _FILE}, "required": True}


def upload_routes(uploads: Uploads, caller: Callable[..., Awaitable[Caller]]) -> APIRouter:
    """Below the desk's root. caller: the dependency that turns a token into a Caller, or raises NotLoggedIn."""
    router = APIRouter(tags=["bronbestanden"])
    Asking = Annotated[Caller, Depends(caller)]
    unknown: dict[int | str, dict[str, Any]] = {404: {"description": "Niet hier, of niet van u"}}

    @router.post(
        PLACE,
        status_code=201,
        summary="Lever het bestand van een bron",
        openapi_extra={"requestBody": _BODY},
        responses={**unknown, 409: {"description": "Er wordt er al een overgenomen"}},
    )
    async def take(who: Asking, bron: SourceName, request: Request) -> SheetView:
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "text/csv":
            fault = {"veld": "", "code": "geen-csv", "detail": "Lever een bestand van de soort text/csv."}
            raise BadInput("Lever een bestand van de soort text/csv.", fouten=[fault])
        return await uploads.take(who, bron, await request.body())

    @router.get(PLACE, summary="Welk bestand van een bron nu telt", responses=unknown)
    async def view(who: Asking, bron: SourceName) -> SheetView:
        return await uploads.view(who, bron)

    @router.delete(PLACE, status_code=204, summary="Verwijder het bestand van een bron", responses=unknown)
    async def remove(who: Asking, bron: SourceName) -> None:
        await uploads.remove(who, bron)

    return router
