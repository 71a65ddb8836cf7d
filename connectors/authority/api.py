"""HTTP in, for the portal: over whom somebody has authority. The number goes in the body and nowhere else."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field

from connectors.contract import Authority, AuthorityUse, Child
from kernel.caller import Caller
from kernel.message import Message, wire
from vault.contract import Bsn

PREFIX = "/intern/v1/connectors"
Gate = Callable[..., Awaitable[Caller]]


class Whose(Message):
    """Over whom this person has authority, and why that is asked."""

    bsn: Bsn
    activity: Annotated[AuthorityUse, wire("verwerkingsactiviteit")] = "regie-namens"


class Children(Message):
    """In the order of their names."""

    children: Annotated[tuple[Child, ...], Field(max_length=20)] = ()


def intern_routes(authority: Authority, caller: Gate) -> APIRouter:
    """`caller`: the dependency that knows which room asks on whose behalf."""
    router = APIRouter(prefix=PREFIX, include_in_schema=False)
    Asking = Annotated[Caller, Depends(caller)]

    @router.post("/authority")
    async def over(who: Asking, body: Whose) -> Children:
        return Children(children=tuple(await authority.over(who, body.bsn, body.activity)))

    return router
