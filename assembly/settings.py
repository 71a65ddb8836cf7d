"""What the house as a whole is told: where it keeps things, for whom it works, which rooms live elsewhere.

REGIE_HOUSE_MODE=productie|demo|test   REGIE_HOUSE_DATA=/var/lib/regie   REGIE_HOUSE_TENANTS='[{"id": …}]'
REGIE_HOUSE_POSTGRES_FILE=/run/secrets/database-url   (none: SQLite, a file per room in the data folder)
REGIE_HOUSE_AUDIT_URL, …_CONSENT_URL, …_VAULT_URL: an empty url says that the neighbour lives here.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, IPvAnyNetwork, SecretStr
from pydantic_settings import SettingsConfigDict

from kernel.component import Tenant
from kernel.message import Message
from kernel.settings import RoomSettings, SettingsWrong

ROOMS = ("audit", "consent", "vault", "connectors", "web")


class TenantSettings(Message):
    """One municipality. id: `gm` and its code. public_url: scheme, host and port, no path: the issuer of its tokens."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9]{2,20}$")]
    name: Annotated[str, Field(min_length=1, max_length=200)]
    public_url: Annotated[str, Field(pattern=r"^https?://[a-z0-9.:-]+$", max_length=200)]


class Login(Message):
    """The OpenID provider of residents and staff, and how it knows us."""

    issuer: str
    client_id: str = "regie-portaal"
    bsn_claim: str = "urn:nl-eid-gdi:1.0:id:BSN"


class HouseSettings(RoomSettings):
    """Read from the environment by the command line, given as arguments by demo and tests."""

    model_config = SettingsConfigDict(env_prefix="REGIE_HOUSE_")

    data: Path = Path("var/regie")
    postgres: SecretStr | None = None
    tenants: Annotated[tuple[TenantSettings, ...], Field(min_length=1)]
    audit_url: str = ""
    consent_url: str = ""
    vault_url: str = ""
    connectors_url: str = ""  # for the portal: without it no parent acts for a child
    brp_url: str = ""
    login: Login | None = None
    vault_key_minutes: int | None = None  # REGIE_VAULT_KEY_MINUTES, for who sets up a house without an environment
    cert_gateways: tuple[IPvAnyNetwork, ...] = ()  # whose header Client-Cert is believed: where TLS with clients ends
    contact_email: str = "regie@gemeente.example"
    adopt: bool = False  # this host is new and the log in the database is the newest, says a person; for one start

    def database(self, room: str) -> str:
        """The room's database: its own schema on PostgreSQL, its own file on SQLite."""
        if self.postgres is not None:
            return self.postgres.get_secret_value()
        return f"sqlite+aiosqlite:///{self.data.resolve()}/{room}.db"

    def sources(self) -> dict[str, Any]:
        """What the desk is told of the registers behind it; the rest it reads itself."""
        return {"brp_url": self.brp_url} if self.brp_url else {}

    def by_tenant(self) -> dict[str, Tenant]:
        """The municipalities as rooms know them."""
        return {one.id: Tenant(one.id, one.name, one.public_url) for one in self.tenants}

    @property
    def folder(self) -> "Folder":
        """Where keys and anchors lie."""
        return Folder(self.data)


@dataclass(frozen=True)
class Folder:
    """The data folder. keys: the KEKs (file provider); log: signer state, never in a backup; rooms: how rooms know each
    other; anchors: public keys that permits are checked with."""

    path: Path

    @property
    def keys(self) -> Path:
        """Mode 0700."""
        return self.path / "keys"

    @property
    def log(self) -> Path:
        """Mode 0700."""
        return self.path / "log"

    def seed(self, room: str) -> Path:
        """The private key with which a room calls its neighbours, mode 0400."""
        return self.path / "rooms" / f"{room}.seed"

    @property
    def anchors(self) -> Path:
        """Public."""
        return self.path / "anchors.json"

    def read_anchors(self) -> dict[str, Any]:
        """{"logs": {origin: hex}, "registers": {tenant: hex}, "rooms": {room: hex}}. Raises SettingsWrong."""
        try:
            found: dict[str, Any] = json.loads(self.anchors.read_text())
        except (OSError, ValueError):
            raise SettingsWrong([f"{self.anchors} ontbreekt of is onleesbaar: begin met `regie init`."]) from None
        return found
