"""Which addresses may be called: what a name resolves to is judged, never the name. Pure.

Private ranges are refused unless a setting lists them (trust.md 6): a name of a register that suddenly points inside
would let it read what only our own machines may see. Without TLS only they are called: a number of a resident and our
credential would else cross the internet in the clear.
"""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052 section 2.1: the last four bytes are an IPv4 address
# What a tunnel leads to is not in the address that is called (6to4, Teredo), or the address is nobody's.
REFUSED = tuple(map(IPv6Network, ("2002::/16", "2001::/32", "64:ff9b:1::/48", "::/96")))
LOOPBACK = ("127.0.0.0/8", "::1/128")


def networks(listed: Iterable[str]) -> tuple[Network, ...]:
    """As a setting lists them. Raises ValueError."""
    return tuple(ip_network(one) for one in listed)


def meant(text: str) -> Address:
    """The address that is really called: an IPv4 address written as IPv6 is the IPv4 address. Raises ValueError."""
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in NAT64:
            return IPv4Address(address.packed[-4:])
    return address


def may_call(text: str, listed: Iterable[Network], tls: bool = True) -> bool:
    """Whether a connection may be made: in a listed network, or with TLS on the public internet."""
    try:
        address = meant(text)
    except ValueError:
        return False
    if any(address.version == one.version and address in one for one in listed):
        return True
    if not tls or (address.version == 6 and any(address in one for one in REFUSED)):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)
