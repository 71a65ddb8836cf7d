"""HTTP in, for neighbours: every verb of both doors, once."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Depends

from audit.contract import Position, Receipt
from consent import wire
from consent.activity import ActivityVersion, Case, Recipient, Reporter
from consent.contract import (
    Chosen,
    ConsentDetail,
    ConsentReceipt,
    ConsentRequest,
    ConsentView,
    ResidentQuestion,
    Search,
)
from consent.registers import SealingKey
from consent.service import ConsentService
from kernel.caller import Caller

Gate = Callable[..., Awaitable[Caller]]


def intern_routes(consent: ConsentService, caller: Gate) -> APIRouter:
    """`caller`: the dependency that knows which room asks on whose behalf."""
    router = APIRouter(prefix=wire.PREFIX, include_in_schema=False)
    _weighing(router, consent, caller)
    _choosing(router, consent, caller)
    _proving(router, consent, caller)
    _asking(router, consent, caller)
    _registers(router, consent, caller)
    _reporting(router, consent, caller)
    _cases(router, consent, caller)
    return router


def _weighing(router: APIRouter, consent: ConsentService, caller: Gate) -> None:
    Asking = Annotated[Caller, Depends(caller)]

    @router.post("/decide")
    async def decide(who: Asking, body: wire.Questions) -> wire.Decisions:
        return wire.Decisions(decisions=tuple(await consent.decide(who, body.questions)))

    @router.post("/under")
    async def under(who: Asking, body: wire.Fences) -> wire.Unders:
        return wire.Unders(under=tuple(await consent.under(who, body.fences)))

    @router.post("/sealing-key")
    async def sealing_key(who: Asking, _: wire.Nothing) -> SealingKey:
        return await consent.sealing_key(who)

    @router.post("/flag")
    async def flag(who: Asking, body: wire.Flagged) -> Position:
        return await consent.flag(who, body.resident, body.flags)

    @router.post("/request")
    async def request(who: Asking, body: ConsentRequest) -> ConsentView:
        return await consent.request(who, body)

    @router.post("/requested")
    async def requested(who: Asking, body: wire.One) -> ConsentView:
        return await consent.requested(who, body.id)


def _choosing(router: APIRouter, consent: ConsentService, caller: Gate) -> None:
    Asking = Annotated[Caller, Depends(caller)]

    @router.post("/choices")
    async def choices(who: Asking, _: wire.Nothing) -> wire.Views:
        return wire.Views(consents=tuple(await consent.choices(who)))

    @router.post("/choice")
    async def choice(who: Asking, body: wire.One) -> ConsentDetail:
        return await consent.choice(who, body.id)

    @router.post("/given-by")
    async def given_by(who: Asking, body: wire.One) -> wire.Perhaps:
        return wire.Perhaps(resident=await consent.given_by(who, body.id))

    @router.post("/take-up")
    async def take_up(who: Asking, body: wire.TakenUp) -> wire.Nothing:
        await consent.take_up(who, body.id, body.resident)
        return wire.Nothing()

    @router.post("/choose")
    async def choose(who: Asking, body: wire.Chose) -> Chosen:
        return await consent.choose(who, body.id, body.choice)

    @router.post("/anew")
    async def anew(who: Asking, body: wire.One) -> ConsentView:
        return await consent.anew(who, body.id)


def _proving(router: APIRouter, consent: ConsentService, caller: Gate) -> None:
    Asking = Annotated[Caller, Depends(caller)]

    @router.post("/found")
    async def found(who: Asking, body: Search) -> wire.Views:
        return wire.Views(consents=tuple(await consent.found(who, body)))

    @router.post("/receipt")
    async def receipt(who: Asking, body: wire.One) -> ConsentReceipt:
        return await consent.receipt(who, body.id)


def _asking(router: APIRouter, consent: ConsentService, caller: Gate) -> None:
    Asking = Annotated[Caller, Depends(caller)]

    @router.post("/ask")
    async def ask(who: Asking, body: wire.Asked) -> ResidentQuestion:
        return await consent.ask(who, body.resident, body.line, body.text)

    @router.post("/asked")
    async def asked(who: Asking, _: wire.Nothing) -> wire.Open:
        return wire.Open(questions=tuple(await consent.asked(who)))

    @router.post("/answer")
    async def answer(who: Asking, body: wire.Answered) -> ResidentQuestion:
        return await consent.answer(who, body.id, body.text)


def _registers(router: APIRouter, consent: ConsentService, caller: Gate) -> None:
    Asking = Annotated[Caller, Depends(caller)]

    @router.post("/publish")
    async def publish(who: Asking, body: ActivityVersion) -> ActivityVersion:
        return await consent.publish(who, body)

    @router.post("/activities")
    async def activities(who: Asking, _: wire.Nothing) -> wire.Versions:
        return wire.Versions(versions=tuple(await consent.activities(who)))

    @router.post("/history")
    async def history(who: Asking, body: wire.One) -> wire.Past:
        return wire.Past(versions=tuple(await consent.history(who, body.id)))

    @router.post("/recipients")
    async def recipients(who: Asking, _: wire.Nothing) -> wire.Parties:
        return wire.Parties(recipients=tuple(await consent.recipients(who)))

    @router.post("/admit")
    async def admit(who: Asking, body: Recipient) -> Receipt:
        return await consent.admit(who, body)

    @router.post("/add-client")
    async def add_client(who: Asking, body: wire.NewClient) -> Receipt:
        return await consent.add_client(who, body.recipient, body.application)

    @router.post("/suspend")
    async def suspend(who: Asking, body: wire.One) -> Receipt:
        return await consent.suspend(who, body.id)


def _reporting(router: APIRouter, consent: ConsentService, caller: Gate) -> None:
    Asking = Annotated[Caller, Depends(caller)]

    @router.post("/reporter")
    async def reporter(who: Asking, body: wire.Users) -> Reporter:
        return await consent.reporter(who, body.users)

    @router.post("/reporters")
    async def reporters(who: Asking, _: wire.Nothing) -> wire.Parties:
        return wire.Parties(recipients=tuple(await consent.reporters(who)))


def _cases(router: APIRouter, consent: ConsentService, caller: Gate) -> None:
    Asking = Annotated[Caller, Depends(caller)]

    @router.post("/open-case")
    async def open_case(who: Asking, body: Case) -> Receipt:
        return await consent.open_case(who, body)

    @router.post("/open-cases")
    async def open_cases(who: Asking, body: wire.NewCases) -> wire.Opened:
        return wire.Opened(receipts=tuple(await consent.open_cases(who, body.cases)))

    @router.post("/close-case")
    async def close_case(who: Asking, body: wire.OneCase) -> Receipt:
        return await consent.close_case(who, body.recipient, body.reference)
