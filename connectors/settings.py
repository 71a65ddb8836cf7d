"""Settings of the desk and of the sources behind it."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretBytes, field_validator
from pydantic_settings import SettingsConfigDict

from connectors.declared.declaration import Corrected
from connectors.gateway import Gateway
from connectors.outside.addresses import LOOPBACK, Network, networks
from kernel.address import plain_address
from kernel.settings import RoomSettings, SettingsWrong


class ConnectorsSettings(RoomSettings):
    """REGIE_CONNECTORS_*. database: SQLAlchemy URL. brp_url: of the BRP or its gateway, "" for none.
    brp_networks: private networks that its name may lead to; in demo and test this machine itself is one.

    sources: folder of declared sources (`connectors.declared`), with a folder per tenant in it. whole_seconds: for all
    sources of one release together.
    bulk_part: residents of a part of a bulk job, at most. bulk_workers: parts in hand at once, 0 for who only takes
    orders.
    bulk_held_seconds: after which another process may take a part from one that died over it. bulk_work_hours: after
    which a job that is not done is given up. bulk_kept_hours: how long a result waits to be fetched.
    brp_corrections: who looks at reports that a value of the BRP is wrong, as a declared source says it (JSON).
    corrections_seconds: how often such reports are carried, and answers back; 0 for a process that carries none.
    municipalities: code of the municipality (four digits) by tenant; else the digits of the tenant's own id.
    trusted: public keys of rooms that may knock on the inner door, hexadecimal.
    """

    model_config = SettingsConfigDict(env_prefix="REGIE_CONNECTORS_")

    database: Annotated[str, Field(repr=False)]
    pool: Annotated[int, Field(ge=1, le=100)] = 8
    source_seconds: Annotated[float, Field(gt=0, le=20)] = 3.0
    key_minutes: Annotated[int, Field(ge=0, le=15)] = 15
    brp_url: Annotated[str, Field(max_length=500)] = ""
    brp_gateway: Gateway = Field(default_factory=Gateway)
    brp_api_key: SecretBytes | None = None
    brp_networks: tuple[str, ...] = ()
    sources: Path | None = None
    whole_seconds: Annotated[float, Field(gt=0, le=25)] = 8.0
    bulk_part: Annotated[int, Field(ge=10, le=250)] = 250
    bulk_workers: Annotated[int, Field(ge=0, le=8)] = 2
    bulk_held_seconds: Annotated[float, Field(ge=1, le=60)] = 60.0
    bulk_work_hours: Annotated[int, Field(ge=1, le=168)] = 24
    bulk_kept_hours: Annotated[int, Field(ge=1, le=168)] = 72
    municipalities: dict[str, str] = Field(default_factory=dict)
    brp_corrections: Corrected | None = None
    corrections_seconds: Annotated[float, Field(ge=0, le=600)] = 5.0
    trusted: dict[str, str] = Field(default_factory=dict)

    @field_validator("brp_url")
    @classmethod
    def _plain(cls, url: str) -> str:
        return plain_address(url) if url else ""

    @field_validator("brp_networks")
    @classmethod
    def _networks(cls, listed: tuple[str, ...]) -> tuple[str, ...]:
        networks(listed)
        return listed

    def listed(self, own: Iterable[str]) -> tuple[Network, ...]:
        """The private networks that one source may be found in."""
        return networks((*own, *(LOOPBACK if self.mode != "productie" else ())))

    def demand_one_name(self, tenants: Iterable[str]) -> None:
        """tenants: that declare no BRP of their own. Raises SettingsWrong where several would ask it, or report to it,
        under the name or with the key of one: the register would note the wrong party."""
        several, gateway = sorted(tenants), self.brp_gateway
        if self.mode != "productie" or len(several) < 2:
            return
        said = {
            "BRP_GATEWAY noemt een OIN": self.brp_url and (gateway.oin or gateway.afnemer),
            "BRP_API_KEY_FILE geeft een sleutel": self.brp_url and self.brp_api_key,
            "BRP_CORRECTIONS noemt een adres": self.brp_corrections and self.brp_corrections.url,
        }
        who = ", ".join(several)
        if wrong := [what for what, one in said.items() if one]:
            raise SettingsWrong(f"REGIE_CONNECTORS_{what} voor {who}: geef elk een brp.toml." for what in wrong)

    def municipality(self, tenant: str) -> str:
        """Four digits, or "" when unknown."""
        digits = self.municipalities.get(tenant, tenant.removeprefix("gm"))
        return digits if len(digits) == 4 and digits.isdigit() else ""

    @property
    def bulk_terms(self) -> tuple[int, int, int, float]:
        """Of a job, in the order of `connectors.bulk.jobs.Terms`."""
        return self.bulk_part, self.bulk_work_hours, self.bulk_kept_hours, self.bulk_held_seconds
