"""HTTP in: jobs of bulk. Numbers are only ever in the body of the order, and in what the recipient alone can read."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Depends, Path, Request, Response

from connectors.bulk.contract import MOST, Bulk, BulkRequest, JobView, Order, Write
from connectors.bulk.reading import LIST, NAMES, PSEUDONYM, read_file, read_json
from connectors.bulk.sending import MEDIA, Streaming
from connectors.contract import Repeatable
from connectors.reading import read_key
from kernel.caller import Caller
from kernel.clock import BootClock

PLACE = "/bulkverstrekkingen"
UPLOAD_BYTES = 12 << 20  # 100,000 numbers, each with a case of 64 signs
ID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
JobId = Annotated[str, Path(pattern=ID, description="De opdracht")]
_ORDER = Order.model_json_schema(by_alias=True)
_RESIDENT = {
    "type": "object",
    "oneOf": [{"required": [name]} for name in NAMES],
    "additionalProperties": False,
    "properties": {
        "bsn": {"type": "string", "pattern": "^[0-9]{9}$"},
        "pseudoniem": {"type": "string", "pattern": f"^{PSEUDONYM.pattern}$"},
        "zaak": {"type": "string", "maxLength": 64},
    },
}
_SCHEMA = {
    **_ORDER,
    "properties": {
        **_ORDER["properties"],
        LIST: {"type": "array", "minItems": 1, "maxItems": MOST, "items": _RESIDENT},
    },
    "required": [*_ORDER["required"], LIST],
}
_FILE = {"schema": {"type": "string"}, "example": "bsn;zaak\n111222333;Z-2026-0017\n"}
_BODY = {"content": {"application/json": {"schema": _SCHEMA}, "text/csv": _FILE}, "required": True}


def _parameter(name: str, where: str, schema: dict[str, Any], told: str) -> dict[str, Any]:
    return {"name": name, "in": where, "required": False, "schema": schema, "description": told}


_WITH_FILE = "Alleen bij text/csv: zoals in de JSON."
_PARAMETERS = [
    _parameter("Idempotency-Key", "header", {"type": "string", "format": "uuid"}, "Zelfde vraag, zelfde opdracht"),
    _parameter("verwerkingsactiviteit", "query", {"type": "string"}, _WITH_FILE),
    _parameter("gegevenselementen", "query", {"type": "string"}, _WITH_FILE + " Met komma's ertussen."),
    _parameter("gebruiker", "query", {"type": "string"}, _WITH_FILE),
]  # fmt: skip


def bulk_routes(bulk: Bulk, caller: Callable[..., Awaitable[Caller]], boot: BootClock) -> APIRouter:
    """Below the desk's root. caller: the dependency that turns a token into a Caller, or raises NotLoggedIn."""
    router = APIRouter(tags=["bulkverstrekking"])
    Asking = Annotated[Caller, Depends(caller)]

    @router.post(
        PLACE,
        status_code=202,
        summary="Vraag gegevens van veel inwoners",
        openapi_extra={"requestBody": _BODY, "parameters": _PARAMETERS},
        responses={409: {"description": "Andere vraag of geen sleutel"}, 429: {"description": "Te veel opdrachten"}},
    )
    async def place(who: Asking, request: Request, response: Response) -> JobView:
        raw = await request.body()
        wanted = await to_thread.run_sync(_read, who, request, raw)  # a large list takes a while to look through
        repeatable = Repeatable(read_key(request.headers.get("idempotency-key")), raw + request.url.query.encode())
        job = await bulk.place(who.model_copy(update={"user": wanted.order.user or ""}), wanted, repeatable)
        response.headers["Location"] = f"{request.url.path}/{job.id}"
        return job

    _add_reading(router, bulk, caller, boot)
    return router


def _add_reading(router: APIRouter, bulk: Bulk, caller: Callable[..., Awaitable[Caller]], boot: BootClock) -> None:
    Asking = Annotated[Caller, Depends(caller)]
    unknown: dict[int | str, dict[str, Any]] = {404: {"description": "Niet hier, of niet van u"}}
    ended: dict[int | str, dict[str, Any]] = {410: {"description": "Voorbij"}, 409: {"description": "Nog niet klaar"}}
    lines: dict[int | str, dict[str, Any]] = {
        200: {"description": "Een regel per inwoner, per deel na een regel met de sleutel", "content": {MEDIA: {}}}
    }

    @router.get(PLACE + "/{opdracht}", summary="Hoe ver is een opdracht", responses=unknown)
    async def view(who: Asking, opdracht: JobId) -> JobView:
        return await bulk.view(who, opdracht)

    @router.get(
        PLACE + "/{opdracht}/resultaat",
        summary="Haal het versleutelde resultaat op",
        response_class=Response,
        responses={**lines, **unknown, **ended},
    )
    async def result(who: Asking, opdracht: JobId) -> Response:
        async def walk(write: Write) -> None:
            await bulk.hand(who, opdracht, write)

        return Streaming(walk, boot)

    @router.delete(
        PLACE + "/{opdracht}",
        status_code=204,
        summary="Stop een opdracht, of verwijder het resultaat",
        responses=unknown,
    )
    async def cancel(who: Asking, opdracht: JobId) -> None:
        await bulk.cancel(who, opdracht)


def _read(caller: Caller, request: Request, raw: bytes) -> BulkRequest:
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media == "text/csv":
        return read_file(caller, raw, dict(request.query_params))
    return read_json(caller, raw)
