"""HTTP in: a witness as C2SP tlog-witness wants it. For everybody: the signature under a head says who asks."""

from http import HTTPStatus

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request
from fastapi.responses import Response

from audit.witness.cosigner import Answer, Cosigner
from audit.witness.submitted import MAX_BYTES
from kernel.http.refusals import TooLarge

ADD = "/add-checkpoint"
AT_ONCE = 8  # they wait for one disk; a log asks once in some seconds
WAITING = 64
_BUSY = Answer(HTTPStatus.SERVICE_UNAVAILABLE, "too busy\n")


def witness_routes(cosigner: Cosigner) -> APIRouter:
    """Both prefixes of the specification, submission and monitoring, are the root."""
    router = APIRouter(include_in_schema=False)
    room = CapacityLimiter(AT_ONCE)

    @router.post(ADD)
    async def add_checkpoint(request: Request) -> Response:
        body = await request.body()
        if len(body) > MAX_BYTES:
            raise TooLarge(f"De vraag is groter dan {MAX_BYTES} bytes.")
        if room.statistics().tasks_waiting >= WAITING:
            return _told(_BUSY)
        return _told(await to_thread.run_sync(cosigner.add, body, limiter=room))

    @router.get("/{named}/checkpoint")
    async def checkpoint(named: str) -> Response:
        found = await to_thread.run_sync(cosigner.newest, named, limiter=room)
        if found is None:
            return _told(Answer(HTTPStatus.NOT_FOUND, "no head of this log was cosigned here\n"))
        return _told(Answer(HTTPStatus.OK, found))

    return router


def _told(answer: Answer) -> Response:
    # not as media_type: the framework would add a charset, and clients compare the whole value
    return Response(answer.text, answer.status, headers={"content-type": answer.kind})
