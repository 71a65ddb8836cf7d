"""Which municipality a request is for: its host says so."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

_PORTS = {"http": 80, "https": 443}


class Hosts:
    """Which tenant a request is for, by its host. issuers: public address of a tenant, no path -> tenant."""

    def __init__(self, issuers: Mapping[str, str]) -> None:
        self._known = {_authority(issuer): (issuer, tenant) for issuer, tenant in issuers.items()}

    def at(self, request: HTTPConnection) -> tuple[str, str] | None:
        """(issuer, tenant), or None for a host that is nobody's."""
        return self.named(request.scope.get("scheme", "http"), request.headers.get("host", ""))

    def named(self, scheme: str, host: str) -> tuple[str, str] | None:
        """The same, of who has read the header line."""
        host = host.lower()
        return self._known.get(host) or self._known.get(host.removesuffix(f":{_PORTS.get(scheme, 0)}"))


def _authority(issuer: str) -> str:
    parts = urlsplit(issuer)
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    return host if parts.port in (None, _PORTS.get(parts.scheme)) else f"{host}:{parts.port}"
