"""`/oauth` and its discovery document: outside the API Design Rules, as RFC 6749, 7517 and 8414 have it."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

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
FORM = b"application/x-www-form-urlencoded"
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
_json = json.JSONEncoder(separators=(",", ":")).encode
_NEVER_KEPT = {"Cache-Control": "no-store", "Pragma": "no-cache"}
_NEVER_KEPT_JSON = (  # as ASGI spells it
    (b"content-type", b"application/json"),
    *((name.lower().encode(), value.encode()) for name, value in _NEVER_KEPT.items()),
)
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

    door = _Door(service, hosts, shown)
    router.routes.append(Route(door.path, door, methods=["POST"], name="token", include_in_schema=False))
    _forms(router, service, place)

    @router.get("/oauth/jwks")
    async def jwks(request: Request) -> JSONResponse:
        return JSONResponse(await service.jwks(place(request)[1]), headers=_KEPT)

    @router.get("/.well-known/oauth-authorization-server")
    async def metadata(request: Request) -> JSONResponse:
        return JSONResponse(_metadata(place(request)[0], shown.used), headers=_KEPT)

    return router


def busiest(router: APIRouter) -> tuple[Route, ...]:
    """Where tokens are given."""
    return tuple(one for one in router.routes if isinstance(one, Route) and isinstance(one.app, _Door))


def _forms(router: APIRouter, service: TokenService, place: Callable[[Request], tuple[str, str]]) -> None:
    async def about(request: Request, verb: Callable[[str, bytes, str], Awaitable[Answer]]) -> Response:
        _, tenant = place(request)
        if _is_no_form(request.scope, dict(request.scope["headers"])):
            return _answered(Answer(400, {"error": "invalid_request"}))
        return _answered(await verb(tenant, await request.body(), _address(request)))

    @router.post("/oauth/revoke")
    async def revoke(request: Request) -> Response:
        return await about(request, service.ending.revoke)

    @router.post("/oauth/introspect")
    async def introspect(request: Request) -> Response:
        return await about(request, service.ending.introspect)


def intern_routes(service: TokenService, caller: Gate) -> APIRouter:
    """`caller`: the dependency that knows which room asks on whose behalf."""
    router = APIRouter(include_in_schema=False)

    @router.post(STANDING)
    async def stands(who: Annotated[Caller, Depends(caller)], body: Holder) -> Stands:
        return Stands(holds=who.tenant == body.tenant and await service.ending.standing.holds(body))

    return router


class _Door:
    """Of the token endpoint, where the frameworks have nothing to read and would take as long as the signature."""

    path = "/oauth/token"

    def __init__(self, service: TokenService, hosts: Hosts, certificates: ClientCertificates) -> None:
        self._service, self._hosts, self._certificates = service, hosts, certificates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """What it raises, the edge renders."""
        scope["route"] = self  # FastAPI would say so: lines of operations name it
        answer = await self._answer(scope, receive)
        body = _said(answer)
        told = [(name.lower().encode(), value.encode()) for name, value in _wait(answer).items()]
        headers = [(b"content-length", b"%d" % len(body)), *_NEVER_KEPT_JSON, *told]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        given = dict(scope["headers"])
        place = self._hosts.named(scope["scheme"], given.get(b"host", b"").decode("latin-1"))
        if place is None:
            raise NotFound()
        if _is_no_form(scope, given):
            return Answer(400, {"error": "invalid_request"})
        proofs = [value.decode("latin-1") for name, value in scope["headers"] if name == b"dpop"]
        found = self._certificates.shown(Request(scope)) if self._certificates.used else ""
        address = scope["client"][0] if scope["client"] else ""
        message = await receive()  # whole: the limits read it before
        return await self._service.token(place[1], message["body"], address, proofs, found)


def _is_no_form(scope: Scope, given: Mapping[bytes, bytes]) -> bool:
    """Also when something is said beside the form: a second way to say who one is (RFC 6749 sections 2.3, 3.2)."""
    media_type = given.get(b"content-type", b"").partition(b";")[0].strip().lower()
    return media_type != FORM or bool(scope["query_string"]) or b"authorization" in given


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _answered(answer: Answer) -> Response:
    return Response(_said(answer), answer.status, _NEVER_KEPT | _wait(answer), "application/json")


def _said(answer: Answer) -> bytes:
    why = {"error_description": WHY[answer.body["error"]]} if "error" in answer.body else {}
    return _json({**answer.body, **why}).encode()


def _wait(answer: Answer) -> dict[str, str]:
    return {"Retry-After": str(answer.wait)} if answer.wait else {}


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
