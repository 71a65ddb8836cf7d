"""Two municipalities, their applications and a token endpoint, for the tests of tokens."""

import json
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
from fastapi import APIRouter
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.activity import Application, Recipient, Words
from consent.tables import keys
from consent.tokens.component import build_tokens
from consent.tokens.service import TokenService
from kernel.component import Tenant
from kernel.crypto import Keyring
from kernel.crypto.file_keys import FileKeyProvider
from kernel.http.client import open_client
from kernel.settings import RoomSettings
from kernel.sql import Database
from kernel.sql.key_rows import KeyRows
from tests.patience import PATIENCE
from tests.serving import opened

ISSUER, OTHER_ISSUER = "https://gm9901.example", "https://gm9902.example"
TENANTS = {
    "gm9901": Tenant("gm9901", "Spaarnewoude", ISSUER),
    "gm9902": Tenant("gm9902", "Elders", OTHER_ISSUER),
}
ROOT = f"{ISSUER}/verstrekking/v1"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
NOW = int(NOON.timestamp())
OWN, NEIGHBOUR = ECKey.generate_key("P-256"), ECKey.generate_key("P-256")
RSA = RSAKey.generate_key(2048)
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass
class Clock:
    """The time of a test."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def passes(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def jwks(*keys: ECKey | RSAKey, **members: str) -> str:
    return json.dumps({"keys": [{**key.as_dict(private=False), "kid": key.thumbprint(), **members} for key in keys]})


def application(client_id: str, *keys: ECKey | RSAKey) -> Application:
    return Application(client_id=client_id, name=client_id, kind="automatisch", jwks=jwks(*keys))


def recipient(slug: str) -> Recipient:
    return Recipient(slug=slug, oin="0" * 19 + "1", name=Words(nl=slug, en=slug))


@dataclass
class Register:
    """Satisfies `Lookups`; what is taken out of `known` is suspended."""

    known: dict[tuple[str, str], tuple[Application, Recipient]] = field(
        default_factory=lambda: {
            ("gm9901", "loket"): (application("loket", OWN), recipient("inkomensloket")),
            ("gm9901", "rekenaar"): (application("rekenaar", RSA), recipient("inkomensloket")),
            ("gm9901", "buur"): (application("buur", NEIGHBOUR), recipient("burgerzaken")),
            ("gm9902", "verweg"): (application("verweg", OWN), recipient("inkomensloket")),
        }
    )
    elsewhere: dict[str, str] = field(default_factory=dict)  # keys, by the address where they are published
    fetched: list[tuple[str, str]] = field(default_factory=list)
    moves: tuple[Application, Recipient] | None = None  # while somebody fetches
    activities: dict[str, frozenset[str]] = field(
        default_factory=lambda: {
            "inkomensloket": frozenset({"witgoed", "huur"}),
            "burgerzaken": frozenset({"verhuizen"}),
        }
    )

    async def client_of(
        self, tenant: str, client_id: str, kid: str | None = None
    ) -> tuple[Application, Recipient] | None:
        return self.known.get((tenant, client_id))

    async def activities_of(self, tenant: str, recipient: str, system: Application) -> frozenset[str]:
        return self.activities[recipient]

    async def looking(self, tenant: str) -> Callable[[AsyncConnection], "Look"]:
        return lambda _: Look(self, tenant)

    async def published(self, application: Application, kid: str) -> str:
        url = application.jwks_url or ""
        self.fetched.append((url, kid))
        if self.moves:
            self.known["gm9901", application.client_id] = self.moves
        return self.elsewhere.get(url, "")


@dataclass
class Look:
    """Satisfies `consent.tokens.settling.Look`."""

    register: Register
    tenant: str

    async def clients(self, client_ids: Collection[str]) -> dict[str, tuple[Application, Recipient]]:
        found = {client_id: self.register.known.get((self.tenant, client_id)) for client_id in client_ids}
        return {client_id: known for client_id, known in found.items() if known}

    async def activities(self) -> Callable[[Application, str], frozenset[str]]:
        return lambda _, recipient: self.register.activities[recipient]


def signed(
    header: dict[str, Any] | None = None, key: ECKey | RSAKey = OWN, *, alg: str = "ES256", **changes: Any
) -> str:
    """An assertion of `loket` that holds, with changes; None leaves a claim out."""
    claims = {"iss": "loket", "sub": "loket", "aud": ISSUER, "iat": NOW, "exp": NOW + 60, "jti": "j" * 32}
    claims = {name: value for name, value in (claims | changes).items() if value is not None}
    return jwt.encode({"alg": alg, "kid": key.thumbprint()} | (header or {}), claims, key, algorithms=[alg])


def form(assertion: str, **changes: str | None) -> dict[str, str]:
    """A request for a token that holds, with changes; None leaves a parameter out."""
    given = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION,
        "client_assertion": assertion,
        "resource": ROOT,
        **changes,
    }
    return {name: value for name, value in given.items() if value is not None}


@dataclass
class House:
    """One instance: its service, its front door, its clock and its register."""

    service: TokenService
    http: httpx2.AsyncClient
    clock: Clock
    register: Register

    async def ask(self, assertion: str, *proofs: str, **changes: str | None) -> httpx2.Response:
        """proofs: DPoP headers."""
        shown = [("dpop", proof) for proof in proofs]
        return await self.http.post("/oauth/token", data=form(assertion, **changes), headers=shown)


async def found_keys(folder: Path) -> FileKeyProvider:
    provider = FileKeyProvider(folder / "keys")
    for tenant in TENANTS:
        await provider.found(f"regie/{tenant}/consent")
    return provider


def key_rows(database: Database, provider: FileKeyProvider) -> KeyRows:
    return KeyRows(database, keys, Keyring(provider))


@asynccontextmanager
async def house(url: str, provider: FileKeyProvider, clock: Clock) -> AsyncIterator[House]:
    """An instance on a database that was upgraded."""
    database, register = Database(url, "consent"), Register()
    rows, settings = key_rows(database, provider), RoomSettings(mode="test")
    service, router = await build_tokens(settings, TENANTS, database, rows, register, clock)
    async with serving(router) as http:
        yield House(service, http, clock, register)
    await database.close()


@asynccontextmanager
async def serving(router: APIRouter, base_url: str = ISSUER) -> AsyncIterator[httpx2.AsyncClient]:
    inside = httpx2.ASGITransport(app=opened([router]))
    async with open_client(base_url, timeout_seconds=PATIENCE, transport=inside) as http:
        yield http
