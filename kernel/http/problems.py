"""Problem to application/problem+json (RFC 9457 section 3), and back."""

from typing import Any
from uuid import uuid4

import httpx2
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from kernel.errors import (
    BadInput,
    NeighbourUnavailable,
    NoAccess,
    NotFound,
    NotLoggedIn,
    Problem,
    TooManyRequests,
)
from kernel.faults import bad_input, no_json
from kernel.http.fsc import headers_of
from kernel.http.refusals import MethodNotAllowed, TooLarge, WrongMediaType

TYPE_BASE = "https://regie.example"
MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 5  # a restart of a room fits in it

_BY_STATUS: dict[int, type[Problem]] = {
    leaf.status: leaf
    for leaf in (NotLoggedIn, NoAccess, NotFound, MethodNotAllowed, TooLarge, WrongMediaType, TooManyRequests)
}
_OURS = frozenset({"type", "title", "status", "detail", "code", "instance"})


def as_problem(error: Exception) -> Problem:
    """What may be said of an error. Anything unknown becomes the bare root: it leaves nothing of itself."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, RequestValidationError):  # a bare ValidationError is about something of our own
        return bad_input(error.errors())
    if isinstance(error, HTTPException):  # raised by the frameworks; their sentence is not passed on
        if error.status_code == BadInput.status:
            return no_json("Dit is geen geldige JSON.")
        return _BY_STATUS.get(error.status_code, Problem)()
    return Problem()


def render(problem: Problem, instance: str, base: str = TYPE_BASE) -> JSONResponse:
    """The answer. `instance` is the uuid under which the operations log knows this answer."""
    body: dict[str, Any] = {
        **problem.members,
        "type": f"{base}/fouten/{problem.code}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail or problem.usual or f"{problem.title}.",
        "code": problem.code,
        "instance": f"urn:uuid:{instance}",
    }
    headers = _headers(problem) | headers_of(problem)
    return JSONResponse(body, problem.status, headers=headers, media_type=MEDIA_TYPE)


def new_instance() -> str:
    """A name for one answer."""
    return str(uuid4())


def _headers(problem: Problem) -> dict[str, str]:
    match problem.status:
        case 409 if "wachtSeconden" in problem.members:
            return {"Retry-After": str(int(problem.members["wachtSeconden"]))}
        case 401:
            return {"WWW-Authenticate": 'Bearer, DPoP algs="ES256"'}  # RFC 9110 section 11.6.1, RFC 9449 section 7.1
        case 429:
            return {"Retry-After": str(int(problem.members.get("wachtSeconden", 60)))}
        case 503:
            return {"Retry-After": str(RETRY_SECONDS)}
    return {}


def raise_for_problem(answer: httpx2.Response) -> None:
    """Raise the neighbour's Problem as if it had been raised here; any other answer than success or a problem is
    NeighbourUnavailable (a redirect too: neighbours do not move)."""
    if answer.is_success:
        return
    if answer.headers.get("content-type", "").partition(";")[0] != MEDIA_TYPE:
        raise NeighbourUnavailable("Een onderdeel van Regie gaf geen bruikbaar antwoord.")
    raise _revived(answer)


def _revived(answer: httpx2.Response) -> Problem:
    try:
        body = answer.json()
        code, detail = body["code"], body["detail"]
        if isinstance(code, str) and isinstance(detail, str):
            return Problem.revive(code, detail, {name: member for name, member in body.items() if name not in _OURS})
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        pass  # said below: what it sent is not repeated
    return NeighbourUnavailable("Een onderdeel van Regie gaf geen bruikbaar antwoord.")
