"""The certificate that a client showed to the gateway, where TLS ends, as the gateway hands it on (RFC 9440, RFC 8705).

Only a gateway that the settings name is believed, by the address that it comes from; from anybody else the header is as
if it were not there. Whether the certificate holds is for the gateway to see: here counts that it is the same one.
"""

import base64
import binascii
import hashlib
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address
from urllib.parse import unquote_to_bytes

from fastapi import Request

HEADER = "client-cert"
MOST_BYTES = 8 << 10
_BEGIN, _END = b"-----BEGIN CERTIFICATE-----", b"-----END CERTIFICATE-----"

Networks = Sequence[IPv4Network | IPv6Network]


class ClientCertificates:
    """gateways: from where the header is believed; none: nowhere."""

    def __init__(self, gateways: Networks = ()) -> None:
        self._gateways = tuple(gateways)

    @property
    def used(self) -> bool:
        """Whether anybody can show one."""
        return bool(self._gateways)

    def shown(self, request: Request) -> str:
        """The thumbprint of the certificate (RFC 8705 section 3.1), or "": none, or one that is not believed."""
        given = request.headers.getlist(HEADER) if self._gateways else []
        if len(given) != 1 or not self._believed(request):
            return ""
        try:
            return thumbprint(given[0])
        except ValueError:
            return ""

    def _believed(self, request: Request) -> bool:
        try:
            peer = ip_address(request.client.host if request.client else "")
        except ValueError:
            return False
        return any(peer in one for one in self._gateways if one.version == peer.version)


def thumbprint(value: str) -> str:
    """Of a certificate as RFC 9440 section 2.1 spells it (`:base64 of DER:`), or as nginx does
    ($ssl_client_escaped_cert: PEM, percent-encoded). Raises ValueError."""
    if len(value) > MOST_BYTES:
        raise ValueError("too large")
    text = value.strip()
    if text.startswith(":") and text.endswith(":") and len(text) > 2:
        inner = text[1:-1].encode()
    else:
        pem = unquote_to_bytes(text).strip()
        if not (pem.startswith(_BEGIN) and pem.endswith(_END)) or pem.count(_BEGIN) > 1:
            raise ValueError("no certificate")
        inner = b"".join(pem.removeprefix(_BEGIN).removesuffix(_END).split())
    try:
        der = base64.b64decode(inner, validate=True)
    except binascii.Error:
        raise ValueError("no base64") from None
    if not der:
        raise ValueError("empty")
    return base64.urlsafe_b64encode(hashlib.sha256(der).digest()).rstrip(b"=").decode()
