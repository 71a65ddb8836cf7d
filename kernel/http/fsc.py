"""Whoever comes through an Inway: the two headers of FSC, and how a refusal looks (FSC Core 1.1, FSC Logging 1.0).

    Fsc-Authorization    the access token of our own Manager, with or without "Bearer "
    Fsc-Transaction-Id   a UUID v7 (Digikoppeling REST-API profile); from here on the trace of the request
    Fsc-Error-Code       on a refusal, with the status that belongs to it

Only a gateway that the settings name is believed, as for certificates: what it does not vouch for is no token. Whether
a token holds, and whose it is, the register says; it is asked each time, so nothing here is remembered.
"""

import re
from dataclasses import replace

from fastapi import Request

from kernel.caller import Caller
from kernel.errors import BadInput, NoAccess, NotFound, NotLoggedIn, Problem
from kernel.fsc import (
    BAD_TRANSACTION,
    INVALID,
    MISSING,
    NO_SERVICE,
    NO_TRANSACTION,
    TOKEN_BYTES,
    WRONG_GROUP,
    Ask,
    Code,
    Presented,
)
from kernel.http.certificate import ClientCertificates
from kernel.http.trace import current_trace, enter_trace

AUTHORIZATION, TRANSACTION = "fsc-authorization", "fsc-transaction-id"
# FSC Core, Inway, error response; FSC Logging, the same. What is not named here is 401.
_OTHERS: dict[Code, type[Problem]] = {
    WRONG_GROUP: NoAccess,
    NO_SERVICE: NotFound,
    NO_TRANSACTION: BadInput,
    BAD_TRANSACTION: BadInput,
}
_UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")  # RFC 9562 section 5.7


def presented(request: Request) -> bool:
    """Whether somebody comes this way. An Inway hands its token on, also beside one of our own: then that one counts
    (FSC Core, Inway, routing)."""
    return AUTHORIZATION in request.headers and not {"authorization", "dpop"} & set(request.headers)


async def through_the_inway(request: Request, place: tuple[str, str], ask: Ask | None,
                            certificates: ClientCertificates) -> Caller:  # fmt: skip
    """Who that is. place: tenant and root. From now on the transaction is the trace of this request, so that it stands
    in each line. Raises NotLoggedIn, NoAccess, NotFound, BadInput with the code of FSC, and what `ask` raises."""
    (tenant, root), transaction = place, _transaction(request)
    token, certificate = _token(request), certificates.shown(request)
    if not token:
        raise refused(MISSING, transaction)
    # not through a gateway of ours, or a way that is closed: no more is said than of a forgery
    if ask is None or not certificate or len(token) > TOKEN_BYTES:
        raise refused(INVALID, transaction)
    found = await ask(Presented(tenant=tenant, root=root, token=token, certificate=certificate))
    if found.caller is None or found.caller.tenant != tenant:
        raise refused(found.code, transaction)
    if not transaction:
        named = TRANSACTION in request.headers
        raise refused(BAD_TRANSACTION if named else NO_TRANSACTION)
    # the edge leaves the trace that it entered, whatever stands in its place
    enter_trace(replace(current_trace(), trace_id=transaction.replace("-", ""), parent_span_id="", state=""))
    return found.caller


def refused(code: Code, transaction: str = "") -> Problem:
    """As FSC names it, and nothing more. transaction: given back where it was well-formed."""
    again = {"fscTransactie": transaction} if transaction else {}
    return _OTHERS.get(code, NotLoggedIn)(fscCode=code, **again)


def headers_of(problem: Problem) -> dict[str, str]:
    """Of a refusal that FSC has a code for; else none."""
    code, transaction = problem.members.get("fscCode"), problem.members.get("fscTransactie")
    if not code:
        return {}
    challenge = {"WWW-Authenticate": "Bearer"} if problem.status == NotLoggedIn.status else {}
    again = {"Fsc-Transaction-Id": str(transaction)} if transaction else {}
    return {"Fsc-Error-Code": str(code), **challenge, **again}


def _transaction(request: Request) -> str:
    given = request.headers.getlist(TRANSACTION)
    return given[0] if len(given) == 1 and _UUID7.fullmatch(given[0]) else ""


def _token(request: Request) -> str:
    """ "" for none; two are as one that does not hold."""
    given = request.headers.getlist(AUTHORIZATION)
    scheme, _, token = given[0].strip().partition(" ")
    bare = token.strip() if scheme.lower() == "bearer" else given[0].strip()
    return bare if len(given) == 1 else "twee"
