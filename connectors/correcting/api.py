"""HTTP in: correction reports. A number is only ever in a body, and goes out in one: to whoever keeps the source."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from pydantic import ValidationError

from connectors.contract import Repeatable
from connectors.correcting.contract import (
    Assignment,
    Corrections,
    Doubt,
    Notice,
    Passed,
    PortalCorrections,
    Report,
    Said,
    Task,
    User,
)
from connectors.reading import json_object, number_faults, read_key, user_faults
from kernel.caller import Caller
from kernel.errors import BadInput
from kernel.faults import bad_input
from kernel.message import Body, Message, wire

PLACE, PREFIX = "/terugmeldingen", "/intern/v1/connectors/corrections"
ID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
ReportId = Annotated[str, Path(pattern=ID, description="De terugmelding")]
NoticeId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="De correctie, uit de gebeurtenis")]
Gate = Callable[..., Awaitable[Caller]]
_BODY = {"content": {"application/json": {"schema": Doubt.model_json_schema(by_alias=True)}}, "required": True}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "format": "uuid"},
}
_UNKNOWN: dict[int | str, dict[str, Any]] = {404: {"description": "Niet hier, of niet van u"}}
_PASSED: dict[int | str, dict[str, Any]] = {409: {"description": "Al verder"}}


class Reports(Message):
    """Newest first."""

    found: Annotated[tuple[Report, ...], wire("terugmeldingen")]


class Tasks(Message):
    """Oldest first."""

    found: Annotated[tuple[Task, ...], wire("terugmeldingen")]


class Nothing(Message):
    """Only the caller matters."""


class PassedOn(Message):
    """Of all reports about a resident."""

    found: tuple[Passed, ...]


class Looking(Body):
    """Who opens a report. user: the organisation's own id of the employee."""

    user: Annotated[User | None, wire("gebruiker")] = None


class Answering(Said):
    """The same, with who says it."""

    user: Annotated[User | None, wire("gebruiker")] = None


def correction_routes(corrections: Corrections, caller: Gate) -> APIRouter:
    """Below the desk's root. caller: the dependency that turns a token into a Caller, or raises NotLoggedIn."""
    router = APIRouter(tags=["terugmeldingen"])
    Asking = Annotated[Caller, Depends(caller)]

    @router.post(
        PLACE,
        status_code=201,
        summary="Meld dat een gegeven misschien niet klopt",
        openapi_extra={"requestBody": _BODY, "parameters": [_KEY]},
        responses={
            409: {"description": "`sleutel-andere-vraag`, `geen-bronhouder` of `terugmelding-herhaald`"},
            429: {"description": "Te veel"},
        },
    )
    async def file(who: Asking, request: Request) -> Report:
        raw = await request.body()
        doubt = read_doubt(who, raw)
        repeatable = Repeatable(read_key(request.headers.get("idempotency-key")), raw)
        return await corrections.file(who.model_copy(update={"user": doubt.user or ""}), doubt, repeatable)

    @router.get(PLACE, summary="Wat u eerder meldde")
    async def filed(who: Asking) -> Reports:
        return Reports(found=tuple(await corrections.filed(who)))

    @router.get(PLACE + "/{terugmelding}", summary="Hoe staat het met een melding", responses=_UNKNOWN)
    async def report(who: Asking, terugmelding: ReportId) -> Report:
        return await corrections.report(who, terugmelding)

    @router.get("/correcties/{correctie}", summary="Wat u kreeg en nu is verbeterd", responses=_UNKNOWN)
    async def notice(who: Asking, correctie: NoticeId) -> Notice:
        return await corrections.notice(who, correctie)

    _add_work(router, corrections, caller)
    return router


def _add_work(router: APIRouter, corrections: Corrections, caller: Gate) -> None:
    """For who keeps a source that has no address of its own."""
    Asking = Annotated[Caller, Depends(caller)]

    @router.get("/terugmeldtaken", summary="Meldingen over een bron die u bijhoudt")
    async def tasks(who: Asking) -> Tasks:
        return Tasks(found=tuple(await corrections.tasks(who)))

    @router.post(
        "/terugmeldtaken/{terugmelding}/inzages", status_code=201, summary="Lees een melding", responses=_UNKNOWN
    )
    async def opened(who: Asking, terugmelding: ReportId, body: Looking) -> Assignment:
        return await corrections.opened(_used_by(who, body.user), terugmelding)

    @router.post(
        "/terugmeldtaken/{terugmelding}/antwoorden",
        status_code=201,
        summary="Zeg wat u vond",
        responses={**_UNKNOWN, **_PASSED},
    )
    async def answered(who: Asking, terugmelding: ReportId, body: Answering) -> Report:
        said = Said.model_construct(status=body.status, words=body.words, since=body.since)
        return await corrections.answered(_used_by(who, body.user), terugmelding, said)


def correction_intern(corrections: PortalCorrections, caller: Gate) -> APIRouter:
    """For the portal: what residents report, and what is reported about them."""
    router = APIRouter(prefix=PREFIX, include_in_schema=False)
    Asking = Annotated[Caller, Depends(caller)]

    @router.post("/file")
    async def file(who: Asking, body: Doubt) -> Report:
        return await corrections.file(who, body)

    @router.post("/filed")
    async def filed(who: Asking) -> Reports:
        return Reports(found=tuple(await corrections.filed(who)))

    @router.post("/passed")
    async def passed(who: Asking, _: Nothing) -> PassedOn:
        return PassedOn(found=tuple(await corrections.passed(who)))

    return router


def read_doubt(caller: Caller, raw: bytes) -> Doubt:
    """Every fault at once. Raises BadInput."""
    said = json_object(raw)
    faults = user_faults(caller, said)
    try:
        doubt = Doubt.model_validate_json(raw)
    except ValidationError as error:
        found = bad_input(error.errors(include_input=False, include_context=False))
        faults, doubt = [*found.members["fouten"], *faults], None
    if faults or doubt is None:
        raise BadInput("De melding kan niet worden gelezen. In `fouten` staat wat er niet klopt.", fouten=faults)
    return doubt


def _used_by(who: Caller, user: str | None) -> Caller:
    """Raises BadInput."""
    said = {"gebruiker": user}
    if faults := user_faults(who, said) + number_faults(said):
        raise BadInput("De vraag klopt niet.", fouten=faults)
    return who.model_copy(update={"user": user or ""})
