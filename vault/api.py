"""HTTP in: for neighbours, not for the world. A number or a value is only ever in a body."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import Field, SerializeAsAny

from audit.contract import Permit, Receipt
from kernel.caller import Caller
from kernel.errors import Problem
from kernel.message import Message
from vault.contract import Bsn, Deposit, ResidentRef, Values, Vault

PREFIX = "/intern/v1/vault"
MOST = 500  # of anything in one question


class Numbers(Message):
    """Whom it is about."""

    bsns: Annotated[tuple[Bsn, ...], Field(max_length=MOST)]


class Refs(Message):
    """In the order of the question."""

    residents: tuple[ResidentRef, ...]


class Of(Message):
    """One resident."""

    resident: ResidentRef


class Yes(Message):
    """Or no."""

    yes: bool


class Keeping(Message):
    """What a resident keeps."""

    resident: ResidentRef
    deposits: Annotated[tuple[Deposit, ...], Field(min_length=1, max_length=100)]


class Receipts(Message):
    """A line each."""

    receipts: tuple[Receipt, ...]


class Permits(Message):
    """What may be opened."""

    permits: Annotated[tuple[Permit, ...], Field(max_length=MOST)]


class Verdict(Message):
    """Values, or why not."""

    values: Values | None = None
    problem: dict[str, Any] | None = None

    @classmethod
    def of(cls, found: Values | Problem) -> "Verdict":
        """As it crosses the wire."""
        if isinstance(found, Problem):
            return cls(problem={"code": found.code, "detail": found.detail, "members": found.members})
        return cls(values=found)

    def read(self) -> Values | Problem:
        """As it was before the wire."""
        if self.values is not None:
            return self.values
        said = self.problem or {}
        return Problem.revive(str(said.get("code")), str(said.get("detail")), dict(said.get("members", {})))


class Verdicts(Message):
    """In the order of the question."""

    verdicts: tuple[SerializeAsAny[Verdict], ...]


def routes(vault: Vault, caller: Callable[..., Awaitable[Caller]]) -> APIRouter:
    """One route per verb. `caller`: the dependency that knows which room asks on whose behalf."""
    router = APIRouter(prefix=PREFIX, include_in_schema=False)
    Asking = Annotated[Caller, Depends(caller)]

    @router.post("/identify")
    async def identify(who: Asking, body: Numbers) -> Refs:
        return Refs(residents=tuple(await vault.identify(who, body.bsns)))

    @router.post("/enrol")
    async def enrol(who: Asking, body: Numbers) -> Refs:
        return Refs(residents=tuple(await vault.enrol(who, body.bsns)))

    @router.post("/opened")
    async def opened(who: Asking, body: Of) -> Yes:
        return Yes(yes=await vault.opened(who, body.resident))

    @router.post("/open-vault")
    async def open_vault(who: Asking, body: Of) -> Receipt:
        return await vault.open_vault(who, body.resident)

    @router.post("/erase")
    async def erase(who: Asking, body: Of) -> Receipt:
        return await vault.erase(who, body.resident)

    @router.post("/keep")
    async def keep(who: Asking, body: Keeping) -> Receipts:
        return Receipts(receipts=tuple(await vault.keep(who, body.resident, body.deposits)))

    @router.post("/fetch")
    async def fetch(who: Asking, body: Permits) -> Verdicts:
        return Verdicts(verdicts=tuple(Verdict.of(found) for found in await vault.fetch(who, body.permits)))

    return router
