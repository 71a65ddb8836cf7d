"""HTTP in: for neighbours, not for the world. A number or a value is only ever in a body."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import Field, SerializeAsAny

from audit.contract import Permit, Receipt
from kernel.caller import Caller
from kernel.errors import Problem
from kernel.message import Message, Short
from vault.contract import (
    BEHIND_MOST,
    LOOK_MOST,
    Bsn,
    Deposit,
    ElementName,
    Kept,
    Pseudonym,
    ResidentRef,
    Value,
    Values,
    Vault,
)

PREFIX = "/intern/v1/vault"
MOST = 500  # of anything in one question


class Numbers(Message):
    """Whom it is about."""

    bsns: Annotated[tuple[Bsn, ...], Field(max_length=MOST)]


class OneNumber(Message):
    """Who it is."""

    bsn: Bsn


class Refs(Message):
    """In the order of the question."""

    residents: tuple[ResidentRef, ...]


class Subjects(Message):
    """Whom it is about, by what the log calls them."""

    subjects: Annotated[tuple[Short, ...], Field(max_length=BEHIND_MOST)]


class Found(Message):
    """In the order of the question."""

    residents: tuple[ResidentRef | None, ...]


class Called(Message):
    """Whom it is about, by what somebody calls them."""

    names: Annotated[tuple[Short, ...], Field(max_length=MOST)]


class Known(Message):
    """Whom it is about."""

    residents: Annotated[tuple[ResidentRef, ...], Field(max_length=MOST)]


class Names(Message):
    """In the order of the question."""

    names: tuple[Pseudonym, ...]


class Number(Message):
    """A number as text, for a Bsn prints itself as ***, on the wire too; or why there is none."""

    number: str = ""
    problem: dict[str, Any] | None = None

    def __repr__(self) -> str:
        return "***"

    def __str__(self) -> str:
        return "***"

    @classmethod
    def of(cls, found: Bsn | Problem) -> "Number":
        """As it crosses the wire."""
        return cls(problem=_told(found)) if isinstance(found, Problem) else cls(number=found.reveal())

    def read(self) -> Bsn | Problem:
        """As it was before the wire."""
        return _revived(self.problem) if self.problem is not None else Bsn(self.number)


class SealedNumbers(Message):
    """In the order of the question."""

    numbers: tuple[Number, ...]


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


class Replacing(Message):
    """What a resident keeps in place of what was there."""

    resident: ResidentRef
    deposit: Deposit
    was: Short | None = None


class Removing(Message):
    """What a resident keeps no longer."""

    resident: ResidentRef
    element: ElementName
    was: Short | None = None


class Looking(Message):
    """What a resident wants to see."""

    resident: ResidentRef
    elements: Annotated[tuple[ElementName, ...], Field(min_length=1, max_length=LOOK_MOST)]
    whole: bool = False


class Looked(Message):
    """In the order of the question."""

    values: tuple[Value, ...]


class AllKept(Message):
    """By name."""

    kept: tuple[Kept, ...]


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
            return cls(problem=_told(found))
        return cls(values=found)

    def read(self) -> Values | Problem:
        """As it was before the wire."""
        if self.values is not None:
            return self.values
        return _revived(self.problem or {})


class Verdicts(Message):
    """In the order of the question."""

    verdicts: tuple[SerializeAsAny[Verdict], ...]


def _told(found: Problem) -> dict[str, Any]:
    return {"code": found.code, "detail": found.detail, "members": found.members}


def _revived(said: Mapping[str, Any]) -> Problem:
    return Problem.revive(str(said.get("code")), str(said.get("detail")), dict(said.get("members", {})))


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

    _naming(router, vault, caller)
    _keeping(router, vault, caller)

    @router.post("/opened")
    async def opened(who: Asking, body: Of) -> Yes:
        return Yes(yes=await vault.opened(who, body.resident))

    @router.post("/open-vault")
    async def open_vault(who: Asking, body: Of) -> Receipt:
        return await vault.open_vault(who, body.resident)

    @router.post("/erase")
    async def erase(who: Asking, body: Of) -> Receipt:
        return await vault.erase(who, body.resident)

    @router.post("/fetch")
    async def fetch(who: Asking, body: Permits) -> Verdicts:
        return Verdicts(verdicts=tuple(Verdict.of(found) for found in await vault.fetch(who, body.permits)))

    return router


def _keeping(router: APIRouter, vault: Vault, caller: Callable[..., Awaitable[Caller]]) -> None:
    Asking = Annotated[Caller, Depends(caller)]

    @router.post("/keep")
    async def keep(who: Asking, body: Keeping) -> Receipts:
        return Receipts(receipts=tuple(await vault.keep(who, body.resident, body.deposits)))

    @router.post("/replace")
    async def replace(who: Asking, body: Replacing) -> Receipt:
        return await vault.replace(who, body.resident, body.deposit, body.was)

    @router.post("/remove")
    async def remove(who: Asking, body: Removing) -> Receipt:
        return await vault.remove(who, body.resident, body.element, body.was)

    @router.post("/kept")
    async def kept(who: Asking, body: Of) -> AllKept:
        return AllKept(kept=tuple(await vault.kept(who, body.resident)))

    @router.post("/look")
    async def look(who: Asking, body: Looking) -> Looked:
        return Looked(values=tuple(await vault.look(who, body.resident, body.elements, whole=body.whole)))


def _naming(router: APIRouter, vault: Vault, caller: Callable[..., Awaitable[Caller]]) -> None:
    Asking = Annotated[Caller, Depends(caller)]

    @router.post("/arrive")
    async def arrive(who: Asking, body: OneNumber) -> ResidentRef:
        return await vault.arrive(who, body.bsn)

    @router.post("/hold-number")
    async def hold_number(who: Asking, body: Of) -> Yes:
        await vault.hold_number(who, body.resident)
        return Yes(yes=True)

    @router.post("/recognise")
    async def recognise(who: Asking, body: Called) -> Refs:
        return Refs(residents=tuple(await vault.recognise(who, body.names)))

    @router.post("/behind")
    async def behind(who: Asking, body: Subjects) -> Found:
        return Found(residents=tuple(await vault.behind(who, body.subjects)))

    @router.post("/name")
    async def name(who: Asking, body: Known) -> Names:
        return Names(names=tuple(await vault.name(who, body.residents)))

    @router.post("/numbers")
    async def numbers(who: Asking, body: Permits) -> SealedNumbers:
        return SealedNumbers(numbers=tuple(Number.of(found) for found in await vault.numbers(who, body.permits)))
