"""One app for the rooms that live here: their doors, the probes, and a start that is refused unless all is well."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import chain

from fastapi import APIRouter, FastAPI

from assembly.building import Builder
from audit.contract import LogSealed
from kernel.component import Component
from kernel.errors import Problem
from kernel.http.app import Opening, make_app
from kernel.http.health import OK, StartGate, health_router
from kernel.http.hosts import Hosts
from kernel.http.late import Late
from kernel.http.openapi import Contact, Root, public_root
from kernel.logs import logger
from kernel.settings import SettingsWrong

TITLES = {
    "/verstrekking": "Regie: verstrekking van gegevens",
    "/toestemming": "Regie: toestemming en registers",
    "/logboek": "Regie: logboek",
    "/access": "Regie: toetsing volgens AuthZEN",
    "/govstack": "Regie: toestemming volgens GovStack",
}

STOPPED = "Regie is gestopt voor onderzoek. Er wordt nu niets verstrekt of vastgelegd."
_log = logger("assembly")


def front_of(builder: Builder) -> FastAPI:
    """Every door of every room in `builder.components`. Routes are tried one after the other: the busiest root first,
    pages last, for they answer every path that is left."""
    gate = StartGate()
    opens: list[Opening] = [component.run for component in builder.components]
    uploads = {path: most for component in builder.components for path, most in component.uploads.items()}
    app = make_app("Regie", gate, [_closing(builder), *opens, _opening(builder, gate)], uploads=uploads)
    doors = [component.doors() for component in _pages_last(builder.components)]
    app.answer_first(chain.from_iterable(each.busy for each in doors))
    for root, make in sorted(chain.from_iterable(each.public for each in doors), key=_busiest_first):
        public_root(app, _root(builder, root), make)
    app.router.routes.append(Late("/intern/v1", lambda: chain.from_iterable(each.intern() for each in doors)))
    checks = {one.name: _worded(one) for one in builder.components}
    probes = health_router(checks, gate, {one.name: one.warning for one in builder.components if one.warning})
    outside = chain.from_iterable(each.plain for each in doors)
    for router in chain([probes], builder.world.extra, outside):
        app.router.routes.extend(router.routes)  # as they are: included, each would be built a second time
    return app


def _root(builder: Builder, path: str) -> Root:
    place = path.removesuffix("/v1")
    server = next(iter(builder.tenants.values())).public_url
    contact = Contact("Team Regie", builder.settings.contact_email, server)
    return Root(place, TITLES[place], server, contact)


def _busiest_first(door: tuple[str, Callable[[], APIRouter]]) -> bool:
    return not door[0].startswith("/verstrekking/")


def _pages_last(components: list[Component]) -> list[Component]:
    return sorted(components, key=lambda component: component.name == "web")


async def _fault(component: Component) -> Problem | None:
    try:
        await component.check()
    except Problem as problem:
        return problem
    return None


def _worded(component: Component) -> Callable[[], Awaitable[str]]:
    async def asked() -> str:
        fault = await _fault(component)
        return (fault.detail or fault.title) if fault else OK

    return asked


def _closing(builder: Builder) -> Opening:
    @asynccontextmanager
    async def closing() -> AsyncIterator[None]:
        try:
            yield
        finally:
            for client in builder.clients:
                await client.aclose()

    return closing


def _opening(builder: Builder, gate: StartGate) -> Opening:
    """The last thing at start, the first at the end. What is not well does not start; but a house that is served and
    whose log is sealed lives on behind a closed gate: who watches it reads there why, in place of a start that fails
    over and over. Of several municipalities only those whose log it is find the gate closed."""

    @asynccontextmanager
    async def opening() -> AsyncIterator[None]:
        found = [(component.name, await _fault(component)) for component in builder.components]
        wrong = [(name, fault) for name, fault in found if fault]
        shut = {tenant: why for component in builder.components for tenant, why in component.shut().items()}
        if not wrong and not shut:
            gate.open()
        elif not wrong and builder.world.stays:
            gate.open(Hosts({builder.tenants[one].public_url: one for one in shut}), STOPPED)
            _log.critical("not_opened_for", tenants=sorted(shut))
        elif builder.world.stays and all(isinstance(fault, LogSealed) for _, fault in wrong):
            gate.seal(STOPPED)
            _log.critical("not_opened", parts=[name for name, _ in wrong])
        else:
            told = {name: fault.detail or fault.title for name, fault in wrong} or shut
            raise SettingsWrong([f"{name}: {why}" for name, why in told.items()])
        try:
            yield
        finally:
            gate.seal()

    return opening
