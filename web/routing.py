"""From a path to a page, in both languages; from an error to a page, never to JSON."""

import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Scope

from kernel.component import Tenant
from kernel.errors import NotFound, NotLoggedIn, Problem
from kernel.http.problems import new_instance
from kernel.logs import logger
from web.failures import ActingForOther, done, seconds, told
from web.frame import Failure
from web.language import LANGUAGES, Language, path_in
from web.login import begin
from web.oidc import LoginRefused
from web.site import COOKIE, Site, Visit

Handler = Callable[[Visit], Awaitable[Response]]
NOBODY = Tenant(id="", name="Regie", public_url="")
BACK_MAX = 200
_log = logger("web")


@dataclass(frozen=True)
class Page:
    """One page for both languages. single: outside them (the one address that a login provider knows)."""

    path: str
    show: Handler
    method: str = "GET"
    single: bool = False


class _Elsewhere(Convertor[str]):
    """Any path that is a page's: not an API's, not the token endpoint's, not the probes'."""

    regex = r"(?!(?:.*/)?v1(?:/|$)|(?:oauth|intern|static)(?:/|$)|\.well-known/|livez$|readyz$|metrics$).*"

    def convert(self, value: str) -> str:
        """As it is."""
        return value

    def to_string(self, value: str) -> str:
        """As it is."""
        return value


register_url_convertor("pagina", _Elsewhere())


class _Shown(Route):
    """A page asks for nothing but its request: what FastAPI makes ready for an endpoint takes ten times as long, for
    some two hundred pages at each start."""

    def __init__(self, path: str, endpoint: Callable[[Request], Awaitable[Response]], method: str) -> None:
        super().__init__(path, endpoint, include_in_schema=False)
        self.methods = {method}

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As it is declared it is logged, and not as it was asked."""
        match, found = super().matches(scope)
        return match, {**found, "route": self} if found else found


def routed(site: Site, pages: Iterable[Page]) -> APIRouter:
    """All pages, and at the end E4 for every other path that is no API's."""
    router = APIRouter()
    for page in pages:
        for language in LANGUAGES[:1] if page.single else LANGUAGES:
            shown = _endpoint(site, page.show, language)
            router.routes.append(_Shown(path_in(page.path, language), shown, page.method))
    for method in ("GET", "POST"):
        router.routes.append(_Shown("/{rest:pagina}", _endpoint(site, _nowhere, "nl"), method))
    return router


async def _nowhere(visit: Visit) -> Response:
    raise NotFound


def _endpoint(site: Site, show: Handler, language: Language) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        spoken: Language = "en" if re.match("/en(/|$)", request.url.path) else language
        visit = Visit(site=site, request=request, tenant=NOBODY, language=spoken, opened=None)
        try:
            await _recognise(visit)
            return await show(visit)
        except NotLoggedIn:
            return await _to_login(visit)
        except ActingForOther:
            return visit.to("/namens?dicht=ja")
        except Exception as error:  # a page for everything: the edge would answer in JSON
            return failed(visit, error)

    return endpoint


async def _recognise(visit: Visit) -> None:
    tenant = visit.site.tenants.get(visit.request.headers.get("host", "").lower())
    if tenant is None:
        raise NotFound
    visit.tenant = tenant
    token = visit.request.cookies.get(COOKIE, "")
    if 0 < len(token) <= 64:
        visit.opened = await visit.site.sessions.open(tenant.id, token)


async def _to_login(visit: Visit) -> Response:
    """A page that needs somebody: back to it after login. A form is never carried out after that."""
    url = visit.request.url
    back = f"{url.path}?{url.query}" if url.query and visit.request.method == "GET" else url.path
    try:
        return await begin(visit, back if len(back) <= BACK_MAX else url.path[:BACK_MAX])
    except Exception as error:
        return failed(visit, error)


def failed(visit: Visit, error: Exception) -> Response:
    """The error's own page, with a number under which the operations log knows it."""
    page, status = told(error)
    instance = new_instance()
    wait = seconds(error)
    members: dict[str, Any] = {"status": status, "code": error.code if isinstance(error, Problem) else "interne-fout"}
    if status == 500:
        _log.error("page_failed", instance=instance, exc_info=error)
    else:
        why = {"reason": error.detail} if isinstance(error, LoginRefused) else {}
        _log.info("page_refused", instance=instance, **members, **why)
    view = Failure(
        frame=visit.frame(),
        id=page,
        number=instance if status >= 500 else "",
        done=done(visit.request.method, status),
        choice=visit.path.startswith("/toestemmingen/"),
        minutes=-(-wait // 60) or 5,
    )
    answer = visit.page("fout.html", view, status)
    if wait or status == 503:
        answer.headers["Retry-After"] = str(wait or 5)
    return answer
