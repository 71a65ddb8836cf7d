"""HTTP in: /access/v1 and the metadata. Paths, names and statuses are the standard's, so nothing here is Dutch."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from consent.api import Behind
from consent.authzen.answering import answer, until_stopped
from consent.authzen.messages import Evaluation, Evaluations, Metadata, Verdict, Verdicts
from consent.authzen.reading import each
from consent.authzen.stored import Table
from consent.contract import NoSuchThing
from consent.keys import MACHINES
from kernel.caller import Caller
from kernel.component import Tenant
from kernel.errors import NotLoggedIn
from kernel.http.hosts import Hosts

ACCESS = "/access/v1"
REQUEST_ID = "X-Request-ID"
_ID_MAX = 200


def access_routes(behind: Behind, table: Table) -> APIRouter:
    """`behind.caller`: as for the other roots; at the host of the table everybody may ask."""
    router = APIRouter(tags=["toetsing"])
    hosts = Hosts({tenant.public_url: name for name, tenant in behind.tenants.items()})

    async def asking(request: Request) -> Caller | None:
        place = hosts.at(request)
        plain = bool(table.tenant) and place is not None and place[1] == table.tenant
        return None if plain else await behind.caller(request)

    Asking = Annotated[Caller | None, Depends(asking)]

    async def answered(who: Caller | None, asked: Sequence[Evaluation]) -> list[Verdict]:
        if who is None:
            return await table.answer(list(asked))
        if who.kind not in MACHINES or not who.organisation:
            raise NoSuchThing()
        return await answer(behind.consent.explain, behind.persons, who, asked)

    @router.post("/evaluation", summary="Mag dit? Er wordt niets verstrekt", response_model_exclude_defaults=True)
    async def evaluation(who: Asking, body: Evaluation, request: Request, response: Response) -> Verdict:
        _echo(request, response)
        (verdict,) = await answered(who, [body])
        return verdict

    @router.post("/evaluations", summary="Mag dit, en dat?", response_model_exclude_defaults=True)
    async def evaluations(who: Asking, body: Evaluations, request: Request, response: Response) -> Verdicts | Verdict:
        _echo(request, response)
        verdicts = await answered(who, list(each(body)))
        if not body.evaluations:  # section Access Evaluations API Request: then it is a single one
            return verdicts[0]
        return Verdicts(evaluations=until_stopped(verdicts, body.options))

    return router


def metadata_routes(tenants: Mapping[str, Tenant]) -> APIRouter:
    """Each tenant's own, at its host."""
    router, hosts = APIRouter(), Hosts({tenant.public_url: name for name, tenant in tenants.items()})

    @router.get("/.well-known/authzen-configuration", include_in_schema=False)
    async def metadata(request: Request) -> Metadata:
        place = hosts.at(request)
        if place is None:
            raise NotLoggedIn()
        return Metadata(
            policy_decision_point=place[0],
            access_evaluation_endpoint=f"{place[0]}{ACCESS}/evaluation",
            access_evaluations_endpoint=f"{place[0]}{ACCESS}/evaluations",
        )

    return router


def _echo(request: Request, response: Response) -> None:
    """The same identifier in the answer (section Request Identification)."""
    given = request.headers.get(REQUEST_ID, "")
    if given and len(given) <= _ID_MAX and given.isascii() and given.isprintable():
        response.headers[REQUEST_ID] = given
