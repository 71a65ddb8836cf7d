"""The only place where a client for the world outside is opened."""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx2

from connectors.outside.addresses import Network
from connectors.outside.pinned import Pinned
from kernel.http.client import open_client, trusted
from kernel.settings import SettingsWrong, read_secret


@dataclass(frozen=True)
class Certificates:
    """Files in PEM. authority: of the source, None for those of the system. own: our certificate with its key, if any,
    so as private as any other key."""

    authority: Path | None = None
    own: Path | None = None


NONE = Certificates()


def open_outside(
    url: str,
    listed: Sequence[Network],
    seconds: float,
    certificates: Certificates = NONE,
) -> httpx2.AsyncClient:
    """To one source: its host at an address that was judged, no redirects, no proxies, TLS 1.2 or newer. Raises
    SettingsWrong for a certificate that cannot be read, or whose key others can reach."""
    context = _context(certificates) if certificates.authority or certificates.own else trusted()
    limits = httpx2.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=4.0)
    inner = httpx2.AsyncHTTPTransport(verify=context, trust_env=False, limits=limits)
    return open_client("", timeout_seconds=seconds, transport=Pinned(inner, url, listed))


def _context(certificates: Certificates) -> ssl.SSLContext:
    read = certificates.authority
    if certificates.own:
        read_secret(certificates.own)  # for its mode: what opens TLS takes a key that anybody can read
    try:
        context = ssl.create_default_context(cafile=certificates.authority)
        if certificates.own:
            read = certificates.own
            context.load_cert_chain(certificates.own)
    except (OSError, ValueError):  # it may quote the key
        raise SettingsWrong(
            [f"{read}: dit is geen leesbaar PEM-bestand; ons eigen certificaat heeft zijn sleutel erbij."]
        ) from None
    return context
