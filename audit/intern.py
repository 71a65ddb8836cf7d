"""HTTP in, for neighbours: every verb of the Audit contract, as the room whose token came along."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request

from audit import wire
from audit.contract import Audit, Bundle, Found, Lifting, Line, Lines, Moves
from audit.permit import Position
from audit.service import AuditService
from kernel.caller import Caller
from kernel.http.rooms import RoomGate

PREFIX = "/intern/v1/audit"


@dataclass(frozen=True)
class Asking:
    """For whom a neighbour asks, and the log as that neighbour may use it."""

    caller: Caller
    audit: Audit


def _asking(request: Request) -> Asking:
    asking = request.state.asking
    if not isinstance(asking, Asking):
        raise RuntimeError("nobody was admitted")
    return asking


Neighbour = Annotated[Asking, Depends(_asking)]


def intern_routes(service: AuditService, gate: RoomGate) -> APIRouter:
    """Never routed from outside and absent from the public description."""

    async def admit(request: Request, caller: Annotated[Caller, Depends(gate)]) -> None:
        request.state.asking = Asking(caller, service.door(str(request.state.room)))

    router = APIRouter(prefix=PREFIX, dependencies=[Depends(admit)], include_in_schema=False)
    for verb in (
        record,
        holds,
        moves,
        lines,
        line,
        about,
        passed,
        outcomes,
        proof,
        bundle,
        checkpoint,
        vkeys,
        count,
        heard,
        unreviewed,
        search,
        lift,
    ):
        router.add_api_route(f"/{verb.__name__}", verb, methods=["POST"])
    return router


async def record(asking: Neighbour, body: wire.Entries) -> wire.Verdicts:
    """See Audit.record."""
    return wire.told(await asking.audit.record(asking.caller, body.entries))


async def holds(asking: Neighbour, body: wire.Required) -> wire.Place:
    """See Audit.holds."""
    return wire.Place(position=await asking.audit.holds(asking.caller, body.requires))


async def moves(asking: Neighbour, body: wire.MovesAfter) -> Moves:
    """See Audit.moves."""
    return await asking.audit.moves(asking.caller, body.after, body.limit)


async def lines(asking: Neighbour, body: wire.LinesOf) -> Lines:
    """See Audit.lines."""
    return await asking.audit.lines(asking.caller, body.subject, body.before, body.limit)


async def line(asking: Neighbour, body: Position) -> Line:
    """See Audit.line."""
    return await asking.audit.line(asking.caller, body)


async def about(asking: Neighbour, body: wire.Places) -> Lines:
    """See Audit.about."""
    return Lines(lines=tuple(await asking.audit.about(asking.caller, body.positions)))


async def passed(asking: Neighbour, body: wire.MovesAfter) -> Lines:
    """See Audit.passed."""
    return await asking.audit.passed(asking.caller, body.after, body.limit)


async def outcomes(asking: Neighbour, body: wire.Places) -> wire.Outcomes:
    """See Audit.outcomes."""
    return wire.Outcomes(outcomes=tuple(await asking.audit.outcomes(asking.caller, body.positions)))


async def proof(asking: Neighbour, body: Position) -> wire.OneText:
    """See Audit.proof."""
    return wire.OneText(text=await asking.audit.proof(asking.caller, body))


async def bundle(asking: Neighbour, body: Position) -> Bundle:
    """See Audit.bundle."""
    return await asking.audit.bundle(asking.caller, body)


async def checkpoint(asking: Neighbour, body: wire.Nothing) -> wire.OneText:
    """See Audit.checkpoint."""
    return wire.OneText(text=await asking.audit.checkpoint(asking.caller))


async def vkeys(asking: Neighbour, body: wire.Nothing) -> wire.OneText:
    """See Audit.vkeys."""
    return wire.OneText(text=await asking.audit.vkeys(asking.caller))


async def count(asking: Neighbour, body: wire.Counts) -> wire.Numbers:
    """See Audit.count."""
    return wire.Numbers(numbers=tuple(await asking.audit.count(asking.caller, body.counts)))


async def heard(asking: Neighbour, body: wire.Systems) -> wire.HeardAll:
    """See Audit.heard."""
    return wire.HeardAll(heard=tuple(await asking.audit.heard(asking.caller, body.systems)))


async def unreviewed(asking: Neighbour, body: wire.Nothing) -> Lines:
    """See Audit.unreviewed."""
    return Lines(lines=tuple(await asking.audit.unreviewed(asking.caller)))


async def search(asking: Neighbour, body: wire.Searched) -> Found:
    """See Audit.search."""
    return await asking.audit.search(asking.caller, body.query, body.reason)


async def lift(asking: Neighbour, body: wire.Lift) -> Lifting:
    """See Audit.lift."""
    return await asking.audit.lift(asking.caller, body.place, body.reason)
