"""A room's doors in an app of their own, served as in the house: `include_router` would build every route once more."""

from collections.abc import Iterable, Mapping

from fastapi import APIRouter, FastAPI

from kernel.component import Doors
from kernel.http.app import make_app
from kernel.http.health import StartGate
from kernel.http.limits import NO_UPLOADS
from kernel.http.openapi import Contact, Root, public_root

HOUSE = "https://regie.example"
CONTACT = Contact("Regie", "regie@example.test", HOUSE)


def app_of(doors: Doors, uploads: Mapping[str, int] = NO_UPLOADS) -> FastAPI:
    """What is public, each root made when it is first asked for, and what is plain; open to all."""
    app = opened(doors.plain, uploads)
    for root, make in doors.public:
        public_root(app, Root(root.removesuffix("/v1"), "Regie", HOUSE, CONTACT), make)
    return app


def opened(routers: Iterable[APIRouter] = (), uploads: Mapping[str, int] = NO_UPLOADS) -> FastAPI:
    """An app that started, with these routes in this order."""
    gate = StartGate()
    gate.open()
    app = make_app("test", gate, uploads=uploads)
    for router in routers:
        app.router.routes.extend(router.routes)
    return app
