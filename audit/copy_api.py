"""HTTP in, for mirrors: lines as ciphertext, for whoever the settings of this house name and for nobody else."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import Response

from audit.copied import AUDIENCE, PATH
from audit.copying import Copier
from audit.service import AuditService
from audit.settings import MirrorOf
from kernel.caller import Caller
from kernel.clock import Clock
from kernel.errors import NoAccess
from kernel.http.rooms import RoomGate


def copy_routes(service: AuditService, mirrors: tuple[MirrorOf, ...], clock: Clock) -> APIRouter:
    """No resource of the API: a protocol between two organisations, in no public description."""
    gate = RoomGate(AUDIENCE, {each.name: bytes.fromhex(each.key) for each in mirrors}, clock)
    allowed = {(each.name, each.tenant) for each in mirrors}
    router = APIRouter(include_in_schema=False)

    @router.get(PATH + "/{term}/{start}")
    async def copies(
        request: Request,
        caller: Annotated[Caller, Depends(gate)],
        term: Annotated[str, Path(pattern=r"^[0-9]{4}h[12]$")],
        start: Annotated[int, Path(ge=0, lt=1 << 62)],
    ) -> Response:
        if (request.state.room, caller.tenant) not in allowed:
            raise NoAccess("Dit logboek is niet voor deze kopie.")
        found = await Copier(service.desk(caller).log).copies(term, start)
        return Response(found.model_dump_json(), media_type="application/json")

    return router
