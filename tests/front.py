"""What stands before five processes: public roots to the rooms that have them, with the Host as it came in.

The same a municipality's own proxy does; what only neighbours may call is not led through.
"""

from collections.abc import Mapping

import httpx2
from fastapi import FastAPI, Request
from fastapi.responses import Response

ROOTS = {
    "/verstrekking/": "connectors",
    "/toestemming/": "consent",
    "/access/": "consent",
    "/oauth/": "consent",
    "/.well-known/": "consent",
    "/logboek/": "audit",
    "/govstack/": "consent",
    "/proefinlog": "login",
}
INNER = "/intern/"
OWN = frozenset({b"connection", b"keep-alive", b"transfer-encoding", b"content-length", b"date"})
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def room_for(path: str, rooms: Mapping[str, str]) -> str:
    """The address behind a public path: pages are for the portal, and where no login lives apart, so is the login."""
    name = next((room for root, room in ROOTS.items() if path.startswith(root)), "web")
    return rooms.get(name, rooms["web"])


def front_app(http: httpx2.AsyncClient, rooms: Mapping[str, str]) -> FastAPI:
    """rooms: name of a room to its address; may still grow."""
    app = FastAPI(openapi_url=None, redirect_slashes=False)

    @app.api_route("/{path:path}", methods=METHODS, response_model=None)
    async def pass_on(request: Request) -> Response:
        raw = request.scope["raw_path"].decode("ascii")
        if raw.startswith(INNER):
            return Response(status_code=404)
        query = request.scope["query_string"].decode("ascii")
        answer = await http.request(
            request.method,
            room_for(raw, rooms) + raw + (f"?{query}" if query else ""),
            content=await request.body(),
            headers=[(name, value) for name, value in request.headers.raw if name.lower() not in OWN],
        )
        back = Response(answer.content, answer.status_code)
        back.raw_headers = [(name.lower(), value) for name, value in answer.headers.raw if name.lower() not in OWN] + [
            (b"content-length", str(len(answer.content)).encode())
        ]
        return back

    return app
