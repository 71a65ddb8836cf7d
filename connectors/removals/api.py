"""HTTP in: what recipients removed, and what they must remove. Nobody's number goes in or comes out."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from connectors.removals.contract import After, Confirmed, Dues, Overdue, PortalRemovals, Removal, Removals
from kernel.caller import Caller
from kernel.message import Message, Sentence, Short

PLACE, PREFIX = "/vernietigingen", "/intern/v1/connectors/removals"
Gate = Callable[..., Awaitable[Caller]]
Cursor = Annotated[After, Query(description="`volgende` van een eerder antwoord op dezelfde vraag")]
Bound = Annotated[str, Query(max_length=10, pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$")]
_UNKNOWN: dict[int | str, dict[str, Any]] = {404: {"description": "Niet hier, of niet van u"}}


class Whose(Message):
    """Of which resident, by the pseudonym of their lines."""

    subject: Short


class Settled(Message):
    """A set, and how the FG knows that it is gone."""

    id: Short
    reason: Sentence


class Nothing(Message):
    """Only the caller matters."""


def removal_routes(removals: Removals, caller: Gate) -> APIRouter:
    """Below the desk's root. caller: the dependency that turns a token into a Caller, or raises NotLoggedIn."""
    router = APIRouter(tags=["vernietigingen"])
    Asking = Annotated[Caller, Depends(caller)]

    @router.post(PLACE, status_code=201, summary="Meld wat u verwijderde, en wat u bewaart", responses=_UNKNOWN)
    async def confirm(who: Asking, body: Removal) -> Confirmed:
        return await removals.confirm(who, body)

    @router.get(PLACE, summary="Wat u moet verwijderen, het eerste eerst")
    async def due(who: Asking, vanaf: Bound = "", tot: Bound = "", na: Cursor = "") -> Dues:
        return await removals.due(who, vanaf, tot, na)

    return router


def removal_intern(removals: PortalRemovals, caller: Gate) -> APIRouter:
    """For pages."""
    router = APIRouter(prefix=PREFIX, include_in_schema=False)
    Asking = Annotated[Caller, Depends(caller)]

    @router.post("/open-of")
    async def open_of(who: Asking, body: Whose) -> Dues:
        return await removals.open_of(who, body.subject)

    @router.post("/overdue")
    async def overdue(who: Asking, _: Nothing) -> Overdue:
        return await removals.overdue(who)

    @router.post("/settle")
    async def settle(who: Asking, body: Settled) -> Nothing:
        await removals.settle(who, body.id, body.reason)
        return Nothing()

    return router
