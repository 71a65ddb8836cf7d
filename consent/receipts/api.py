"""For whoever reads a receipt, without login: the key that signed it, where readers of SD-JWT VC look for it
(`/.well-known/jwt-vc-issuer`), and the lists that say how receipts stand."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import JSONResponse

from consent.receipts.sdjwt import public_jwk
from consent.receipts.service import Receipts
from consent.receipts.statuslist import TTL_S
from kernel.component import Tenant
from kernel.crypto import sha256
from kernel.errors import NotFound
from kernel.http.hosts import Hosts

_KEPT = {"Cache-Control": "public, max-age=300"}
_LIST = "application/statuslist+jwt"
_LISTED: Any = {
    200: {"content": {_LIST: {"schema": {"type": "string"}}}, "description": "Een ondertekend JWT, typ statuslist+jwt"},
    304: {"description": "Dezelfde als u al heeft"},
}


def issuer_router(receipts: Receipts, tenants: Mapping[str, Tenant]) -> APIRouter:
    """Which municipality, the host says."""
    router = APIRouter(include_in_schema=False)
    hosts = Hosts({tenant.public_url: tenant.id for tenant in tenants.values()})

    @router.get("/.well-known/jwt-vc-issuer")
    async def issuer(request: Request) -> JSONResponse:
        found = hosts.at(request)
        if found is None:
            raise NotFound()
        address, tenant = found
        keys = [public_jwk(await receipts.public_key(tenant))]
        return JSONResponse({"issuer": address, "jwks": {"keys": keys}}, headers=_KEPT)

    return router


def status_routes(receipts: Receipts, tenants: Mapping[str, Tenant]) -> APIRouter:
    """Which municipality, the host says. Nothing in a list says whose place is whose, so anybody may read it, also from
    a page of another site."""
    router = APIRouter(tags=["toestemming"])
    hosts = Hosts({tenant.public_url: tenant.id for tenant in tenants.values()})

    @router.get(
        "/statuslijsten/{lijst}",
        responses=_LISTED,
        response_class=Response,
        summary="Welke bewijzen van toestemming nu gelden (Token Status List)",
    )
    async def status_list(request: Request, lijst: Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]) -> Response:
        found = hosts.at(request)
        if found is None:
            raise NotFound()
        told = await receipts.status_list(found[1], lijst)
        tag = f'"{sha256(told.encode()).hex()[:32]}"'
        headers = {"Cache-Control": f"public, max-age={TTL_S}", "ETag": tag, "Access-Control-Allow-Origin": "*"}
        known = {one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")}
        if tag in known:
            return Response(status_code=304, headers=headers)
        return Response(told, media_type=_LIST, headers=headers)

    return router
