"""Settings of the portal and of the login provider it trusts."""

from typing import Annotated, Literal

from pydantic import Field, SecretBytes
from pydantic_settings import SettingsConfigDict

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

    model_config = SettingsConfigDict(env_prefix="REGIE_LOGIN_")

    issuer: str
    client_id: str
    client_key: SecretBytes | None = None
    acr: Annotated[dict[str, Level], Field(default_factory=lambda: dict(EIDAS))]
    bsn_claim: str = "urn:nl-eid-gdi:1.0:id:BSN"
    sector_claim: str = "sub_id_type"
    sector: str = "urn:nl-eid-gdi:1.0:id:BSN"
    name_claim: str = "name"
    roles_claim: str = "roles"
    timeout_seconds: Annotated[float, Field(gt=0, le=30)] = 5.0


class WebSettings(RoomSettings):
    """REGIE_WEB_*. phone: shown on every page. reporting and total: how many of the municipality's systems tell us
    their uses, for every list says how complete it is."""

    model_config = SettingsConfigDict(env_prefix="REGIE_WEB_")

    database: str
    login: LoginSettings
    phone: str = "14 0XX"
    version: str = "0.1"
    reporting: Annotated[int, Field(ge=0)] = 1
    total: Annotated[int, Field(ge=1)] = 1
    idle_minutes: Annotated[int, Field(ge=1, le=60)] = 15
    pool: Annotated[int, Field(ge=1, le=100)] = 8
