"""The stand-in's front door: `POST /personen`, and problem+json for everything else.

It remembers what it answered (`app.state.requests`, the last 1000) so that a test can see how often, how much and under
which headers it was asked. A number is never remembered.
"""

import json
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from zoneinfo import ZoneInfo

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from assembly.demo.brp.fields import select
from assembly.demo.brp.loader import Persons
from assembly.demo.brp.query import BY_NUMBER, Invalid, Query, Refused, read_query
from assembly.demo.brp.translate import person
from assembly.demo.brp.values import Json
from kernel.clock import Clock

MOST_BYTES = 64 * 1024  # 20 numbers and 130 paths of 200 characters fit twice
REMEMBERED = 1000
HERE = ZoneInfo("Europe/Amsterdam")  # a birthday begins at midnight in the Netherlands
RFC7231 = "https://datatracker.ietf.org/doc/html/rfc7231#section-"
KINDS = {  # status: (section of RFC 7231, code, title); code and title as in the OpenAPI's examples
    400: ("6.5.1", "badRequest", "De inhoud van het verzoek is geen JSON-object."),
    404: ("6.5.4", "notFound", "Opgevraagde resource bestaat niet."),
    405: ("6.5.5", "methodNotAllowed", "Deze methode wordt niet ondersteund."),
    406: ("6.5.6", "notAcceptable", "Gevraagde contenttype wordt niet ondersteund."),
    413: ("6.5.11", "payloadTooLarge", "De inhoud van het verzoek is te groot."),
    415: ("6.5.13", "unsupported", "Unsupported Media Type"),
    500: ("6.6.1", "serverError", "Interne server fout."),
}


@dataclass(frozen=True)
class Asked:
    """One question as it came in: headers in lower case, how many numbers, and which fields."""

    headers: Mapping[str, str]
    numbers: int
    fields: tuple[str, ...]


def brp_app(persons: Persons, clock: Clock) -> FastAPI:
    """A BRP that knows these persons and reads the time from this clock."""
    app = FastAPI(title="BRP stand-in", openapi_url=None)
    app.state.requests = deque[Asked](maxlen=REMEMBERED)
    app.add_exception_handler(HTTPException, _render)
    app.add_exception_handler(Exception, _render)

    @app.post("/personen")
    async def personen(request: Request) -> Response:
        body = await _json_object(request)
        try:
            query = read_query(body)
        except Refused as refused:
            return _problem(request, 400, refused.invalid)
        app.state.requests.append(Asked(dict(request.headers), len(query.numbers), query.fields))
        return JSONResponse(_answer(query, persons, clock), media_type="application/json; charset=utf-8")

    return app


def _answer(query: Query, persons: Persons, clock: Clock) -> Json:
    """Each person once, in the order asked; who is not known or not asked for is absent, without a word."""
    today = clock().astimezone(HERE).date()
    known = (persons[number] for number in dict.fromkeys(query.numbers) if number in persons)
    found = [person(gba, persons, today) for gba in known if not _void(gba)]
    return {
        "type": BY_NUMBER,
        "personen": [select(one, query.fields) for one in found if _lives_in(one, query.municipality)],
    }


def _void(gba: Mapping[str, Json]) -> bool:
    """A list that was made by mistake (F) or wiped (W) is never given. Source: LO BRP, element 67.20."""
    return ((gba.get("opschortingBijhouding") or {}).get("reden") or {}).get("code") in ("F", "W")


def _lives_in(found: Json, municipality: str | None) -> bool:
    return municipality is None or found.get("gemeenteVanInschrijving", {}).get("code") == municipality


async def _json_object(request: Request) -> Json:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise HTTPException(415)
    accepted = request.headers.get("accept", "*/*").lower()
    if not any(kind in accepted for kind in ("application/json", "application/*", "*/*")):
        raise HTTPException(406)
    received = bytearray()
    async for chunk in request.stream():
        received += chunk
        if len(received) > MOST_BYTES:
            raise HTTPException(413)
    try:
        body = json.loads(bytes(received))
    except (ValueError, RecursionError):
        raise HTTPException(400) from None
    if not isinstance(body, dict):
        raise HTTPException(400)
    return body


async def _render(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return _problem(request, status if status in KINDS else 500)


def _problem(request: Request, status: int, invalid: tuple[Invalid, ...] = ()) -> Response:
    section, code, title = KINDS[status]
    body: Json = {"type": RFC7231 + section, "title": title, "status": status, "code": code}
    if invalid:
        names = ", ".join(one.name for one in invalid)
        body |= {
            "title": "Een of meerdere parameters zijn niet correct.",
            "detail": f"De foutieve parameter(s) zijn: {names}.",
            "code": "paramsValidation",
            "invalidParams": [asdict(one) for one in invalid],
        }
    return JSONResponse(body | {"instance": request.url.path}, status, media_type="application/problem+json")
