"""HTTP in: `/logboek/v1/verwerkingsacties`. A number is only ever in the body, and in no answer."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import Field, ValidationError

from audit.answers import Place, place_of
from audit.contract import Position
from audit.reported.bodies import ReportedUse, ReportedUses
from audit.reported.intake import Answer, Told, demand_reporter
from audit.reported.ports import Numbers, Register
from audit.service import AuditService
from kernel.caller import Caller
from kernel.errors import NotFound, Problem
from kernel.faults import bad_input
from kernel.http.hosts import Hosts
from kernel.message import Message, Sentence, Short, wire

CallerOf = Callable[..., Awaitable[Caller]]


class Fault(Message):
    """One wrong field; `veld` is a JSON pointer within the report."""

    field: Annotated[Short, wire("veld")]
    code: Short
    detail: Sentence


class Refused(Message):
    """Why a report was not taken. line: of another report under the same id."""

    code: Short
    detail: Sentence
    faults: Annotated[tuple[Fault, ...], wire("fouten")] = ()


class Taken(Message):
    """The answer to one report, in the place of its report: exactly one of the two."""

    line: Annotated[Place | None, wire("logregel")] = None
    problem: Annotated[Refused | None, wire("probleem")] = None


class TakenAll(Message):
    """The answer to a call. A report that was taken before counts as recorded."""

    recorded: Annotated[int, wire("vastgelegd")]
    refused: Annotated[int, wire("geweigerd")]
    answers: Annotated[tuple[Taken, ...], Field(max_length=1000), wire("antwoorden")]


def intake_routes(service: AuditService, neighbours: tuple[Register, Numbers], caller_of: CallerOf,
                  hosts: Hosts) -> APIRouter:  # fmt: skip
    """caller_of: the dependency that turns a bearer token for this root into a Caller. hosts: our public addresses."""
    router = APIRouter()

    async def reporter(caller: Annotated[Caller, Depends(caller_of)]) -> Caller:
        demand_reporter(caller)
        return caller

    @router.post(
        "/verwerkingsacties",
        summary="Meld gebruik buiten Regie: LDV-logregels of verwerkingsacties, 1 tot 1000",
        response_model_exclude_none=True,
    )
    async def report(request: Request, caller: Annotated[Caller, Depends(reporter)], body: ReportedUses) -> TakenAll:
        place = hosts.at(request)
        if place is None:
            raise NotFound()
        desk = service.desk(caller)
        answers = await desk.intake(neighbours).take(caller, place[0], [_read(one) for one in body.uses])
        return _answer(desk.log.origin, answers)

    return router


def _read(one: Any) -> Told:  # Any: nobody has looked at it yet
    try:
        return ReportedUse.model_validate(one)
    except ValidationError as error:
        return bad_input(error.errors(include_url=False, include_context=False, include_input=False))


def _answer(origin: str, answers: Sequence[Answer]) -> TakenAll:
    taken = tuple(_taken(origin, each) for each in answers)
    recorded = sum(each.line is not None for each in taken)
    return TakenAll(recorded=recorded, refused=len(taken) - recorded, answers=taken)


def _taken(origin: str, answer: Answer) -> Taken:
    if isinstance(answer, Position):
        return Taken(line=place_of(origin, answer))
    return Taken(problem=_refused(answer))


def _refused(problem: Problem) -> Refused:
    faults = tuple(
        Fault(field=each["veld"], code=each["code"], detail=each["detail"])
        for each in problem.members.get("fouten", ())
    )
    return Refused(code=problem.code, detail=problem.detail or problem.title, faults=faults)
