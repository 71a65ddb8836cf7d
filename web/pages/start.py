"""Before and around a login: start, logging in and out, what a refusal code means, and the static files."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from starlette.responses import Response

from kernel.errors import NotFound
from web.code_words import TROUBLES
from web.frame import CodePage, Start
from web.language import path_in
from web.login import HOMES, RETURN, begin, finish, leave
from web.rendering import STATIC, asset
from web.routing import Page
from web.site import Visit
from web.words import OTHER_CODES, REFUSALS

KINDS: Final[Mapping[str, str]] = {".css": "text/css; charset=utf-8", ".svg": "image/svg+xml", ".md": "text/plain"}
REFUSED: Final = {**REFUSALS, **OTHER_CODES}
FOR_EVER: Final = "public, max-age=31536000, immutable"


async def start(visit: Visit) -> Response:
    """`/`: what this is and how to come in."""
    return visit.page("start.html", Start(frame=visit.frame(), login=path_in("/inloggen", visit.language)))


async def log_in(visit: Visit) -> Response:
    """`/inloggen`: on to the login provider, unless somebody is logged in already."""
    if visit.person is not None:
        return visit.to(HOMES[visit.person.kind])
    return await begin(visit, path_in("/inloggen", visit.language))


async def log_out(visit: Visit) -> Response:
    """`POST /uitloggen`."""
    await visit.form()
    return await leave(visit)


async def code(visit: Visit) -> Response:
    """`/fouten` and `/fouten/{code}`."""
    asked = str(visit.request.path_params.get("code", ""))
    return visit.page("fouten_code.html", CodePage(frame=visit.frame(), code=asked, refused=REFUSED, troubles=TROUBLES))


async def static(visit: Visit) -> Response:
    """`/static/…`: files of the project only, found in a list and never on a path that was asked."""
    name = str(visit.request.path_params["name"])
    found = files().get(name)
    if found is None:
        raise NotFound
    newest = f"/static/{name}?{visit.request.url.query}" == asset(name)
    headers = {"Cache-Control": FOR_EVER if newest else "no-cache", "Content-Security-Policy": "default-src 'none'"}
    return Response(found.content, media_type=found.kind, headers=headers)


@dataclass(frozen=True)
class File:
    """A static file in memory: all of them together are smaller than one photograph."""

    content: bytes
    kind: str


@cache
def files() -> Mapping[str, File]:
    """By their name under `web/static`. Raises OSError."""
    found = (path for path in STATIC.rglob("*") if path.suffix in KINDS)
    return {path.relative_to(STATIC).as_posix(): File(path.read_bytes(), KINDS[path.suffix]) for path in found}


PAGES: Final = (
    Page("/", start),
    Page("/inloggen", log_in),
    Page(RETURN, finish, single=True),
    Page("/uitloggen", log_out, "POST"),
    Page("/fouten", code),
    Page("/fouten/{code}", code),
    Page("/static/{name:path}", static, single=True),
)
