"""The portal on the four real rooms and the demo's login provider, in one process; the provider lies on demand."""

import base64
import json
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import ECKey

from assembly.demo.idp.provider import found_provider
from assembly.demo.idp.router import idp_router
from assembly.demo.idp.setup import DemoOnly, Persona, Portal, Setup
from assembly.demo.register import TENANT
from assembly.demo.visitor import Visitor
from assembly.ports import AuditHiding
from audit.breaches.service import BreachDesk
from audit.contract import Audit
from connectors.catalogue import catalogue_elements, shapes
from connectors.contract import Authority
from consent.contract import Consent
from kernel.http.app import make_app
from kernel.http.health import StartGate
from tests.four_rooms import TENANTS, FourRooms, both, empty, house, migrated, sqlite_urls
from tests.once import tables_of
from vault.contract import Vault
from web.component import Neighbours, build_web
from web.language import LANGUAGES, path_in
from web.pages.sheets import BODY_BYTES, HOME
from web.settings import WebSettings

__all__ = ["both", "empty", "house", "migrated", "portal", "sqlite_urls", "web_file"]

HOST = "https://regie.example"
ISSUER = f"{HOST}/proef-inlog"
OF_THE_DESK = ("afdeling:inkomensloket", "bronhouder:inkomensloket")
PERSONAS = (
    Persona("r1", "J. de Vries", "kiest zelf", bsn="999993653"),
    Persona("r2", "S. Bakker", "heeft een geheim adres", bsn="999993690"),
    Persona("ander", "A. Ander", "de andere ouder van het kind van r1", bsn="999998730"),
    Persona("kind", "K. Kind", "negen jaar", bsn="999994645"),
    Persona("fg", "F. Grootveld", "houdt toezicht", roles=("fg",)),
    Persona("balie", "B. Balie", "helpt aan de balie", roles=("balie",)),
    Persona("een", "E. Een", "bereidt voor", roles=("proceseigenaar", *OF_THE_DESK)),
    Persona("beide", "B. Eide", "houdt toezicht, en is eigenaar", roles=("fg", "proceseigenaar", *OF_THE_DESK)),
    Persona("bz1", "B. Een", "schrijft op", roles=("burgerzaken",)),
    Persona("bz2", "B. Twee", "kijkt na", roles=("burgerzaken",)),
    Persona("twee", "T. Twee", "kijkt na", roles=("proceseigenaar",)),
)
SIGNING = ECKey.generate_key("P-256", {"kid": "liar"})


@dataclass
class Liar(httpx2.AsyncBaseTransport):
    """The way from portal to provider. `claims` changes what the ID token says; `sign` makes the token itself."""

    inner: httpx2.AsyncBaseTransport
    claims: Callable[[dict[str, Any]], None] | None = None
    sign: Callable[[dict[str, Any]], str] | None = None
    asked: list[str] = field(default_factory=list)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answers as the provider does, but for what was changed."""
        self.asked.append(request.url.path)
        if self.claims is None and self.sign is None:
            return await self.inner.handle_async_request(request)
        if request.url.path.endswith("/jwks"):
            return httpx2.Response(200, json={"keys": [SIGNING.as_dict(private=False)]})
        answer = await self.inner.handle_async_request(request)
        body = json.loads(await answer.aread())
        if "id_token" in body:
            said = json.loads(base64.urlsafe_b64decode(body["id_token"].split(".")[1] + "=="))
            if self.claims:
                self.claims(said)
            body["id_token"] = (self.sign or honest)(said)
        return httpx2.Response(answer.status_code, json=body)


def honest(claims: dict[str, Any]) -> str:
    """Signed as it should be."""
    return jwt.encode({"alg": "ES256", "kid": "liar"}, claims, SIGNING, algorithms=["ES256"])


@dataclass
class PortalUnderTest:
    """The app with pages and provider; `visitor` is a new browser, `liar` stands between the two."""

    house: FourRooms
    stack: AsyncExitStack
    url: str
    app: FastAPI = field(init=False)
    liar: Liar = field(init=False)
    neighbours: Neighbours = field(init=False)

    async def open(
        self,
        consent: Consent | None = None,
        audit: Audit | None = None,
        authority: Authority | None = None,
        vault: Vault | None = None,
    ) -> None:
        """Build the portal; these in place of the real ones."""
        gate = StartGate()
        gate.open()
        files = {path_in(HOME, language): BODY_BYTES for language in LANGUAGES}
        self.app = make_app("test", gate, uploads=files)
        inner = httpx2.ASGITransport(app=self.app)
        self.liar = Liar(inner)
        client = Portal("portaal", (f"{HOST}/inloggen/terug",), (f"{HOST}/",))
        self.app.include_router(
            idp_router(found_provider(Setup(DemoOnly("test", True), ISSUER, client, PERSONAS), self.house.clock))
        )
        self.neighbours = Neighbours(
            vault=vault or self.house.safe,
            consent=consent or self.house.register,
            registers=self.house.register,
            audit=audit or self.house.audit.door("web"),
            breaches=BreachDesk(self.house.audit, AuditHiding(self.house.safe, self.house.register)),
            catalogue=catalogue_elements(),
            shapes=shapes(),
            authority=authority or self.house.desk.authority,
            corrections=self.house.desk.corrections,
            uploads=self.house.desk.uploads,
            removals=self.house.desk.removals,
            tables=self.house.desk.tables,
        )
        settings = WebSettings(mode="test", database=self.url, issuer=ISSUER, client_id="portaal")
        provider = self.house.keys
        component = await build_web(settings, TENANTS, self.neighbours, provider, self.house.clock, self.liar)
        await self.stack.enter_async_context(component.run())
        await component.check()
        for router in component.doors().plain:
            self.app.router.routes.extend(router.routes)  # as in the house: included, each would be built twice

    async def browser(self) -> httpx2.AsyncClient:
        """A client without redirects or cookies of its own."""
        inner = httpx2.ASGITransport(app=self.app)
        return await self.stack.enter_async_context(httpx2.AsyncClient(transport=inner, base_url=HOST))

    async def visitor(self, choice: str = "") -> Visitor:
        """A browser, logged in as this persona."""
        visitor = Visitor(await self.browser(), HOST)
        if choice:
            page = await visitor.log_in(choice)
            assert page.status == 200, page.text
        return visitor

    async def broken(self, consent: Consent) -> None:
        """The same portal on another register."""
        await self.open(consent)


class Failing:
    """A room of which one verb fails; all others are the real one's. after: it did what was asked first."""

    def __init__(self, real: Consent | Audit | Vault, verb: str, error: Exception, *, after: bool = False) -> None:
        self._real, self._verb, self._error, self._after = real, verb, error, after

    def __getattr__(self, name: str) -> Any:
        if name != self._verb:
            return getattr(self._real, name)

        async def fail(*asked: object, **how: object) -> None:
            if self._after:
                await getattr(self._real, name)(*asked, **how)
            raise self._error

        return fail


@pytest.fixture(scope="session")
def web_file() -> Path:
    """An empty database of the portal at its newest version."""
    return tables_of("web")


@pytest.fixture
async def portal(house: FourRooms, web_file: Path, tmp_path: Path) -> AsyncIterator[PortalUnderTest]:
    """Open, on SQLite, with R1's case; nobody is logged in."""
    shutil.copy(web_file, tmp_path / "web.db")
    await house.keys.found(f"regie/{TENANT}/web")
    async with AsyncExitStack() as stack:
        found = PortalUnderTest(house, stack, f"sqlite+aiosqlite:///{tmp_path / 'web.db'}")
        await found.open()
        yield found
