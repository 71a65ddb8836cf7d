"""The key that signs receipts, where readers of SD-JWT VC look for it: `/.well-known/jwt-vc-issuer`."""

from collections.abc import Mapping

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from consent.receipts.sdjwt import public_jwk
from consent.receipts.service import Receipts
from kernel.component import Tenant
from kernel.errors import NotFound
from kernel.http.hosts import Hosts

_KEPT = {"Cache-Control": "public, max-age=300"}


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
