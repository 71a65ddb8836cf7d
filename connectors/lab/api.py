"""HTTP in: sets of rows for a data lab. Nobody's number goes in or comes out."""

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Path, Response

from connectors.lab.contract import Labs, SetRequest, SetView
from connectors.reading import number_faults, user_faults
from kernel.caller import Caller
from kernel.errors import BadInput
from kernel.message import Message, wire

PLACE = "/gegevenssets"
ID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"


class Sets(Message):
    """Newest first."""

    found: Annotated[tuple[SetView, ...], wire("gegevenssets")]


def lab_routes(labs: Labs, caller: Callable[..., Awaitable[Caller]]) -> APIRouter:
    """Below the desk's root. caller: the dependency that turns a token into a Caller, or raises NotLoggedIn."""
    router = APIRouter(tags=["gegevenssets"])
    Asking = Annotated[Caller, Depends(caller)]

    @router.post(
        PLACE,
        status_code=202,
        summary="Vraag een set met rijen onder pseudoniem; haal hem op bij bulkverstrekkingen",
        responses={409: {"description": "Andere vraag of geen sleutel"}, 429: {"description": "Te veel opdrachten"}},
    )
    async def order(
        who: Asking, wanted: SetRequest, response: Response, idempotency_key: Annotated[UUID | None, Header()] = None
    ) -> SetView:
        made = await labs.order(_used_by(who, wanted), wanted, str(idempotency_key or ""))
        response.headers["Location"] = f"/verstrekking/v1/bulkverstrekkingen/{made.id}"
        return made

    @router.get(PLACE, summary="Uw gegevenssets, en wanneer ze vernietigd moeten zijn")
    async def ordered(who: Asking) -> Sets:
        return Sets(found=tuple(await labs.ordered(who)))

    @router.post(
        PLACE + "/{gegevensset}/vernietigingen",
        status_code=201,
        summary="Meld dat u alles van deze set heeft vernietigd",
        responses={404: {"description": "Niet hier, of niet van u"}},
    )
    async def destroyed(
        who: Asking, gegevensset: Annotated[str, Path(pattern=ID, description="De gegevensset")]
    ) -> SetView:
        return await labs.destroyed(who, gegevensset)

    return router


def _used_by(who: Caller, wanted: SetRequest) -> Caller:
    """Raises BadInput: what is asked stands in lines, and who asks in headers of a source."""
    said = {"gebruiker": wanted.user, "verwerkingsactiviteit": wanted.activity, "gegevensset": wanted.name}
    faults = user_faults(who, said) + number_faults(said)
    if who.kind == "burger":
        told = "Een toepassing voor inwoners vraagt geen gegevensset."
        faults.append({"veld": "", "code": "verkeerd-soort", "detail": told})
    if faults:
        raise BadInput("De vraag kan niet worden gelezen. In `fouten` staat wat er niet klopt.", fouten=faults)
    return who.model_copy(update={"user": wanted.user or ""})
