"""`/oauth` and its discovery document: outside the API Design Rules, as RFC 6749, 7517 and 8414 have it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse

from consent.tokens.contract import STANDING, Stands
from consent.tokens.server import METHOD, Answer
from consent.tokens.service import TokenService
from kernel.caller import Caller
from kernel.dpop import ALGORITHM as DPOP_ALGORITHM
from kernel.errors import NotFound
from kernel.http.certificate import ClientCertificates
from kernel.http.hosts import Hosts
from kernel.standing import Holder

Gate = Callable[..., Awaitable[Caller]]
FORM = "application/x-www-form-urlencoded"
# One text per code, whichever check failed: what to look at, and no help for who guesses. ASCII, as RFC 6749 has it.
WHY: Mapping[str, str] = {
    "invalid_request": "Stuur een formulier (application/x-www-form-urlencoded) met elk veld een keer, zonder "
    "Authorization en zonder client_secret.",
    "unsupported_grant_type": "Alleen grant_type=client_credentials.",
    "invalid_client": "De toepassing is niet toegelaten, of client_assertion klopt niet. Kijk naar iss en sub (uw "
    "clientId), aud (alleen onze issuer), iat en exp (hoogstens 60 seconden), jti (steeds nieuw), kid en de sleutel.",
    "invalid_target": "Noem in resource het adres van een ingang waar deze toepassing een token voor mag hebben, "
    "zoals https://gemeente.example/verstrekking/v1.",
    "invalid_scope": "Noem in scope alleen doelen die nu gelden en waar deze toepassing om mag vragen. Zonder scope: "
    "er is nu geen enkel doel.",
    "invalid_dpop_proof": "Het bewijs in de header DPoP ontbreekt of klopt niet. Kijk naar alg (ES256), htm, htu, "
    "iat (nu) en jti (steeds een nieuwe).",
    "unauthorized_client": "Een toepassing geeft alleen haar eigen tokens terug.",
    "temporarily_unavailable": "Te veel mislukte pogingen. Wacht zo lang als Retry-After zegt.",
}
_NEVER_KEPT = {"Cache-Control": "no-store", "Pragma": "no-cache"}
_KEPT = {"Cache-Control": "public, max-age=300"}  # shorter than the life of a key by far


def token_router(
    service: TokenService, issuers: Mapping[str, str], certificates: ClientCertificates | None = None
) -> APIRouter:
    """Which municipality, the host says. issuers: tenant -> public address. certificates: see there."""
    shown = certificates or ClientCertificates()
    router = APIRouter(include_in_schema=False)
    hosts = Hosts({address: tenant for tenant, address in issuers.items()})

    def place(request: Request) -> tuple[str, str]:
        found = hosts.at(request)
        if found is None:
            raise NotFound()
        return found

    _forms(router, service, place, shown)

    @router.get("/oauth/jwks")
    async def jwks(request: Request) -> JSONResponse:
        return JSONResponse(await service.jwks(place(request)[1]), headers=_KEPT)

    @router.get("/.well-known/oauth-authorization-server")
    async def metadata(request: Request) -> JSONResponse:
        return JSONResponse(_metadata(place(request)[0], shown.used), headers=_KEPT)

    return router


def _forms(
    router: APIRouter,
    service: TokenService,
    place: Callable[[Request], tuple[str, str]],
    certificates: ClientCertificates,
) -> None:
    async def token(request: Request) -> JSONResponse:
        request.scope["route"] = door  # FastAPI would say so: lines of operations name it
        _, tenant = place(request)
        if _is_no_form(request):
            return _answered(Answer(400, {"error": "invalid_request"}))
        proofs = request.headers.getlist("dpop")
        found = certificates.shown(request)
        return _answered(await service.token(tenant, await request.body(), _address(request), proofs, found))

    # without FastAPI around it, which has nothing to read here and takes as long as the signature
    router.add_route("/oauth/token", token, ["POST"], "token", include_in_schema=False)
    door = router.routes[-1]

    async def about(request: Request, verb: Callable[[str, bytes, str], Awaitable[Answer]]) -> JSONResponse:
        _, tenant = place(request)
        if _is_no_form(request):
            return _answered(Answer(400, {"error": "invalid_request"}))
        return _answered(await verb(tenant, await request.body(), _address(request)))

    @router.post("/oauth/revoke")
    async def revoke(request: Request) -> JSONResponse:
        return await about(request, service.ending.revoke)

    @router.post("/oauth/introspect")
    async def introspect(request: Request) -> JSONResponse:
        return await about(request, service.ending.introspect)


def intern_routes(service: TokenService, caller: Gate) -> APIRouter:
    """`caller`: the dependency that knows which room asks on whose behalf."""
    router = APIRouter(include_in_schema=False)

    @router.post(STANDING)
    async def stands(who: Annotated[Caller, Depends(caller)], body: Holder) -> Stands:
        return Stands(holds=who.tenant == body.tenant and await service.ending.standing.holds(body))

    return router


def _is_no_form(request: Request) -> bool:
    """Also when something is said beside the form: a second way to say who one is (RFC 6749 sections 2.3, 3.2)."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return media_type != FORM or bool(request.url.query) or "authorization" in request.headers


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _answered(answer: Answer) -> JSONResponse:
    wait = {"Retry-After": str(answer.wait)} if answer.wait else {}
    why = {"error_description": WHY[answer.body["error"]]} if "error" in answer.body else {}
    return JSONResponse({**answer.body, **why}, answer.status, headers=_NEVER_KEPT | wait)


def _metadata(issuer: str, bound: bool) -> dict[str, Any]:
    methods, algorithms = [METHOD], ["ES256", "RS256"]
    others = {
        f"{name}_{what}_supported": value
        for name in ("revocation_endpoint_auth", "introspection_endpoint_auth")
        for what, value in (("methods", methods), ("signing_alg_values", algorithms))
    }
    return {  # RFC 8414 section 2
        "issuer": issuer,
        "token_endpoint": f"{issuer}/oauth/token",
        "jwks_uri": f"{issuer}/oauth/jwks",
        "grant_types_supported": ["client_credentials"],
        "response_types_supported": [],
        "revocation_endpoint": f"{issuer}/oauth/revoke",
        "introspection_endpoint": f"{issuer}/oauth/introspect",
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": algorithms,
        **others,
        "tls_client_certificate_bound_access_tokens": bound,  # RFC 8705 section 3.3
        "dpop_signing_alg_values_supported": [DPOP_ALGORITHM],  # RFC 9449 section 5.1
    }
