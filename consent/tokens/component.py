"""The token endpoint, put together for the register's component."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from fastapi import APIRouter

from consent.settings import ConsentSettings
from consent.tokens.api import token_router
from consent.tokens.service import PURPOSE, TokenService
from consent.tokens.settling import Lookups
from kernel.clock import Clock, utc_now
from kernel.component import Tenant
from kernel.http.certificate import ClientCertificates
from kernel.settings import RoomSettings, SettingsWrong
from kernel.sql import Database
from kernel.sql.key_rows import KeyRows

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


async def build_tokens(
    settings: RoomSettings,
    tenants: Mapping[str, Tenant],
    database: Database,
    keys: KeyRows,
    clients: Lookups,
    clock: Clock = utc_now,
) -> tuple[TokenService, APIRouter]:
    """keys: of the register, which founded its own. Founds the signing key where there is none. Raises SettingsWrong,
    and what the provider raises."""
    wrong = [sentence for tenant in tenants.values() if (sentence := _wrong(tenant, settings.mode == "productie"))]
    if wrong:
        raise SettingsWrong(wrong)
    for tenant in tenants:
        await keys.found(tenant, [PURPOSE])
    issuers = {tenant.id: tenant.public_url for tenant in tenants.values()}
    service = TokenService(issuers, database, keys, clients, clock)
    certificates = ClientCertificates(settings.cert_gateways) if isinstance(settings, ConsentSettings) else None
    return service, token_router(service, issuers, certificates)


def _wrong(tenant: Tenant, strict: bool) -> str:
    """An issuer is compared as text, so it has one spelling; in the clear on this machine only, never in production."""
    parts = urlsplit(tenant.public_url)
    if parts.path or parts.query or parts.fragment or parts.username or not parts.hostname:
        return f"Het openbare adres van {tenant.id} moet zonder pad zijn, zoals https://regie.gemeente.example."
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK and not strict):
        return ""
    return f"Het openbare adres van {tenant.id} moet met https beginnen."
