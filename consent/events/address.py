"""Where events of one recipient go. Only an address of the settings is called, and only at a public place."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from kernel.address import plain_address
from kernel.message import Message

_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052 section 2.1


class Webhook(Message):
    """url: https. private: names of addresses in private ranges that are meant ("10.1.2.3"); http is for a loopback
    address that is listed here."""

    url: Annotated[str, Field(max_length=500)]
    private: Annotated[tuple[str, ...], Field(max_length=8)] = ()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        parts = urlsplit(plain_address(self.url))
        listed = [ip_address(one) for one in self.private]
        here = parts.hostname == "localhost" or parts.hostname in self.private
        local = parts.scheme == "http" and here and any(one.is_loopback for one in listed)
        if parts.scheme != "https" and not local:
            raise ValueError("events go over https")
        return self

    @property
    def host(self) -> str:
        """Its name, without a port."""
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        """443 unless said otherwise."""
        parts = urlsplit(self.url)
        return parts.port or (443 if parts.scheme == "https" else 80)

    def may_call(self, resolved: str) -> bool:
        """Whether this is a place that may be called: public, or listed. What hides an IPv4 address is that address."""
        found = _plain(resolved)
        return str(found) in self.private or (found.is_global and not found.is_multicast)

    def pinned(self, resolved: str) -> str:
        """The same address with the place in its name: it is resolved once, and nobody can move it in between."""
        parts = urlsplit(self.url)
        found = ip_address(resolved)
        name = f"[{found}]" if found.version == 6 else str(found)
        return parts._replace(netloc=f"{name}:{self.port}").geturl()


def _plain(resolved: str) -> IPv4Address | IPv6Address:
    found = ip_address(resolved)
    if isinstance(found, IPv6Address):
        hidden = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        if found in _NAT64:
            hidden = IPv4Address(int(found) & 0xFFFFFFFF)
        return hidden or found
    return found
