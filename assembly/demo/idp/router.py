"""The provider's front door: discovery, choosing, token, logout. To be included under the path of the issuer."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from assembly.demo.idp.logins import NotOurs, Refused, address_of, read_question
from assembly.demo.idp.pages import STYLE, choosing, headers, telling
from assembly.demo.idp.provider import Provider

FIELDS = 30
_NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


def idp_router(provider: Provider) -> APIRouter:
    """Routes relative to the issuer; a provider exists outside production only (`DemoOnly`)."""
    issuer = provider.setup.issuer
    router = APIRouter(prefix=_base(provider), include_in_schema=False)
    _serve_documents(router, provider)
    _serve_login(router, provider)

    @router.post("/token")
    async def token(request: Request) -> JSONResponse:
        try:
            form = _once(await request.body())
            if "authorization" in request.headers or request.url.query:
                raise Refused("invalid_request")
            return JSONResponse(provider.redeem(form), headers=_NO_STORE)
        except Refused as refused:
            return JSONResponse({"error": refused.code}, 400, headers=_NO_STORE)

    @router.get("/end_session")
    async def end_session(request: Request) -> Response:
        asked, portal = _asked(request), provider.setup.portal
        back = asked.get("post_logout_redirect_uri", "")
        if back in portal.after_logout and asked.get("client_id") == portal.client_id:
            return _sent(back, {"state": asked["state"]} if "state" in asked else {})
        return telling(urlsplit(issuer).path, "U bent uitgelogd", "U kunt dit venster sluiten.")

    return router


def _serve_documents(router: APIRouter, provider: Provider) -> None:
    @router.get("/.well-known/openid-configuration")
    async def metadata() -> JSONResponse:
        return JSONResponse(provider.metadata())

    @router.get("/jwks")
    async def jwks() -> JSONResponse:
        return JSONResponse(provider.jwks())

    @router.get("/stijl.css")
    async def style() -> Response:
        return Response(STYLE, media_type="text/css", headers={"Cache-Control": "public, max-age=3600"})


def _serve_login(router: APIRouter, provider: Provider) -> None:
    base, setup = _base(provider), provider.setup

    @router.get("/authorize")
    async def authorize(request: Request) -> Response:
        asked = _asked(request)
        try:
            back = address_of(asked, setup.portal)
        except NotOurs:
            sentence = "Deze vraag om in te loggen komt niet van het portaal dat wij kennen."
            return telling(base, "Inloggen kan zo niet", sentence, 400)
        try:
            question = read_question(asked)
        except Refused as refused:
            return _sent(back, {"error": refused.code, "state": asked.get("state", ""), "iss": setup.issuer})
        return choosing(base, setup.personas, provider.ask(question), question.redirect_uri)

    @router.post("/authorize")
    async def choose(request: Request) -> Response:
        try:
            form = _once(await request.body())
        except Refused:
            form = {}
        chosen = provider.choose(form.get("verzoek", ""), form.get("keuze", ""))
        if chosen is None:
            return telling(base, "Begin opnieuw", "Deze inlog is voorbij. Ga terug naar het portaal.", 400)
        question, code = chosen
        return _sent(question.redirect_uri, {"code": code, "state": question.state, "iss": setup.issuer})


def _base(provider: Provider) -> str:
    return urlsplit(provider.setup.issuer).path


def _sent(address: str, members: Mapping[str, str]) -> RedirectResponse:
    """303: the browser comes with GET, whatever it came with. The addresses are those of the settings."""
    query = f"{'&' if urlsplit(address).query else '?'}{urlencode(members)}" if members else ""
    return RedirectResponse(address + query, 303, headers=dict(headers(address)))


def _asked(request: Request) -> dict[str, str]:
    """Of a repeated parameter nothing is believed (RFC 6749 section 3.1)."""
    pairs: list[tuple[str, Any]] = request.query_params.multi_items()
    names = [name for name, _ in pairs]
    return {name: value for name, value in pairs if names.count(name) == 1}


def _once(body: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(body.decode("ascii"), strict_parsing=True, max_num_fields=FIELDS)
    except ValueError:
        raise Refused("invalid_request") from None
    form = dict(pairs)
    if len(form) < len(pairs):
        raise Refused("invalid_request")
    return form
