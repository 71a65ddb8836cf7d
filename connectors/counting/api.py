"""HTTP in: `POST statistieken`, and the same table once more."""

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header

from connectors.counting.contract import Counted, Counting, CountRequest
from connectors.reading import SELF
from kernel.caller import Caller
from kernel.errors import BadInput
from kernel.numbers import has_number


def routes(counting: Counting, caller: Callable[..., Awaitable[Caller]]) -> APIRouter:
    """caller: the dependency that turns a token into a Caller, or raises NotLoggedIn."""
    router = APIRouter(tags=["statistieken"])
    Asking = Annotated[Caller, Depends(caller)]

    @router.post("/statistieken", summary="Vraag een tabel met aantallen; nooit iets over een persoon")
    async def count(
        who: Asking, wanted: CountRequest, idempotency_key: Annotated[UUID | None, Header()] = None
    ) -> Counted:
        asking = _used_by(who, wanted)
        return await counting.count(asking, wanted, str(idempotency_key or ""))

    @router.get("/statistieken/{id}", summary="Lees een tabel die u al kreeg; dit kost niets van het budget")
    async def counted(who: Asking, id: UUID) -> Counted:
        return await counting.counted(who, str(id))

    return router


def _used_by(who: Caller, wanted: CountRequest) -> Caller:
    """Who used the application: a person, or nobody. Raises BadInput."""
    faults = []
    if who.kind == "burger":
        faults.append(("", "verkeerd-soort", "Een toepassing voor inwoners vraagt geen tabellen."))
    if who.kind == "mens" and wanted.user in (None, SELF):
        faults.append(("/gebruiker", "ontbreekt", "Noem de medewerker, met uw eigen kenmerk."))
    said = (("/gebruiker", wanted.user or ""), ("/verwerkingsactiviteit", wanted.activity), ("/tabel", wanted.table))
    like = "Dit mag niet op een burgerservicenummer lijken: geen negen cijfers achter elkaar."
    faults += [(place, "lijkt-op-bsn", like) for place, text in said if has_number(text)]
    if faults:
        told = [{"veld": place, "code": code, "detail": detail} for place, code, detail in faults]
        raise BadInput("De vraag kan niet worden gelezen. In `fouten` staat wat er niet klopt.", fouten=told)
    return who.model_copy(update={"user": wanted.user or ""})
