"""Settings of the portal and of the login provider it trusts."""

from typing import Annotated, Literal, Self

from pydantic import Field, SecretBytes, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from kernel.address import plain_address
from kernel.settings import RoomSettings

Level = Literal["laag", "substantieel", "hoog"]
EIDAS: dict[str, Level] = {
    "http://eidas.europa.eu/LoA/low": "laag",
    "http://eidas.europa.eu/LoA/substantial": "substantieel",
    "http://eidas.europa.eu/LoA/high": "hoog",
}


class LoginSettings(RoomSettings):
    """One OpenID Connect provider (OIDC NL GOV). client_key: a private JWK (ES256 or RS256) for private_key_jwt; absent
    for a public client. acr: what the provider's values mean; the first that is substantial is asked for.

    sector_claim must equal sector when a BSN is taken from bsn_claim: a number of another sector is nobody here.
    """

    issuer: Annotated[str, Field(max_length=500)]
    client_id: str
    client_key: SecretBytes | None = None
    acr: dict[str, Level] = Field(default_factory=lambda: dict(EIDAS))
    bsn_claim: str = "urn:nl-eid-gdi:1.0:id:BSN"
    sector_claim: str = "sub_id_type"
    sector: str = "urn:nl-eid-gdi:1.0:id:BSN"
    name_claim: str = "name"
    roles_claim: str = "roles"
    timeout_seconds: Annotated[float, Field(gt=0, le=30)] = 5.0

    @field_validator("issuer")
    @classmethod
    def _plain(cls, issuer: str) -> str:
        plain_address(issuer)
        return issuer  # as the provider spells it: an issuer is compared as text

    @model_validator(mode="after")
    def _safe(self) -> Self:
        if not set(self.acr.values()) & {"substantieel", "hoog"}:
            raise ValueError("acr noemt geen waarde die substantieel of hoog is")
        if self.mode == "productie" and not self.issuer.startswith("https://"):
            raise ValueError("issuer moet met https:// beginnen")
        return self


class WebSettings(LoginSettings):
    """REGIE_WEB_*, the login provider's too. phone: on every page. reporting, total: how many of the municipality's
    systems tell us their uses, for every list says how complete it is."""

    model_config = SettingsConfigDict(env_prefix="REGIE_WEB_")

    database: Annotated[str, Field(repr=False)]
    phone: str = "14 0XX"
    version: str = "0.1"
    reporting: Annotated[int, Field(ge=0)] = 1
    total: Annotated[int, Field(ge=1)] = 1
    idle_minutes: Annotated[int, Field(ge=1, le=60)] = 15
    pool: Annotated[int, Field(ge=1, le=100)] = 8
