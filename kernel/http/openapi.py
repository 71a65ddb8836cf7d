"""The public door of one root, with a description of that root only (NL API Design Rules; STANDARDS.md 1.1).

What only neighbours may call is on another router and therefore never described. FastAPI's 422 does not exist here:
a fault in the input is a 400.
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from kernel.http.edge import API_VERSION
from kernel.http.problems import MEDIA_TYPE
from kernel.http.ways_in import WAYS_IN

_REFUSALS = {
    "400": "De vraag klopt niet",
    "401": "Niet ingelogd",
    "403": "Geen toegang",
    "404": "Dit is er niet",
    "429": "Te veel vragen",
    "503": "Dit lukt nu niet",
}
_CHANGING = {"409": "Dit past niet bij wat er al is"}
_WRITING = {"413": "Te groot", "415": "Het verkeerde soort inhoud"}
_FAULT = {
    "type": "object",
    "required": ["veld", "code", "detail"],
    "properties": {name: {"type": "string"} for name in ("veld", "code", "detail")},
}
_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code", "instance"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "instance": {"type": "string", "format": "uri"},
        "fouten": {"type": "array", "items": _FAULT},
    },
}
_VERSION = {"description": "De volledige versie van deze API", "schema": {"type": "string"}}
_METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})


@dataclass(frozen=True)
class Contact:
    """Whom a developer can ask."""

    name: str
    email: str
    url: str


@dataclass(frozen=True)
class Root:
    """One API: `path` such as "/dingen", `server` the public address without a path, `version` in full."""

    path: str
    title: str
    server: str
    contact: Contact
    version: str = API_VERSION


def public_root(app: FastAPI, root: Root, make: Callable[[], APIRouter]) -> None:
    """Serve a router below `<root>/v1` and its description at `<root>/v1/openapi.json`, for everybody. make: called
    once, by the first who comes: it takes a tenth of a second, and most of a start where all are made at once."""

    @cache
    def routed() -> APIRouter:
        router = make()
        router.redirect_slashes = False
        return router

    @cache
    def document() -> dict[str, Any]:
        return described(root, routed())

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        await routed()(scope, receive, send)

    async def openapi() -> JSONResponse:
        routed()  # by the loop, as for who asks something else: two threads would make two
        # when it is asked for, and in a thread: it takes longer than the rest of the start
        return JSONResponse(await to_thread.run_sync(document), headers={"Access-Control-Allow-Origin": "*"})

    app.add_api_route(f"{root.path}/v1/openapi.json", openapi, methods=["GET"], include_in_schema=False)
    app.mount(f"{root.path}/v1", serve)


def described(root: Root, router: APIRouter) -> dict[str, Any]:
    """The OpenAPI document of one root; paths are relative to its one server."""
    document = get_openapi(
        title=root.title,
        version=root.version,
        routes=router.routes,
        servers=[{"url": f"{root.server}{root.path}/v1"}],
    )
    # FastAPI's own model of a contact would ask for one more library, and adds a slash to the address
    document["info"]["contact"] = asdict(root.contact)
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for framework_own in ("HTTPValidationError", "ValidationError"):
        schemas.pop(framework_own, None)
    schemas["Probleem"] = deepcopy(_PROBLEM)
    document["components"].setdefault("securitySchemes", {}).update(deepcopy(WAYS_IN))
    for method, operation in _operations(document):
        _complete(method, operation)
    return document


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in document.get("paths", {}).values():
        yield from ((method, operation) for method, operation in path.items() if method in _METHODS)


def _complete(method: str, operation: dict[str, Any]) -> None:
    if "security" in operation:  # the gate says that it stands there; how one comes in, is said here
        operation["security"] = [{way: []} for way in WAYS_IN]
    responses = operation.setdefault("responses", {})
    responses.pop("422", None)
    for status, title in _refusals(method, operation).items():
        responses.setdefault(status, {"description": title})
    for status, response in responses.items():
        response.setdefault("headers", {})["API-Version"] = deepcopy(_VERSION)
        if status >= "400":
            response["content"] = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Probleem"}}}


def _refusals(method: str, operation: dict[str, Any]) -> dict[str, str]:
    """What any operation of this shape may answer besides its own."""
    parameters, writes = operation.get("parameters", []), method in {"post", "put", "patch"}
    told = {status: title for status, title in _REFUSALS.items() if status != "400" or parameters or writes}
    told |= _WRITING if writes else {}
    return told | (_CHANGING if writes or method == "delete" else {})
