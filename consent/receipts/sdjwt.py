"""A signed statement of which parts can be shown alone: SD-JWT (RFC 9901), as SD-JWT VC has it. Pure but for its salts.

<header>.<payload>.<signature>~<disclosure>~…~        each base64url without padding
header      {"alg": "EdDSA", "kid", "typ": "dc+sd-jwt"}
disclosure  base64url(JSON [salt, name, value]); its SHA-256 stands in `_sd` of the payload, in sorted order
"""

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from typing import Any

from kernel.crypto import Signer, random_bytes, sha256

SALT_BYTES = 16  # RFC 9901 section 9.3: at least 128 bits


def issue(
    signer: Signer,
    always: Mapping[str, Any],
    alone: Mapping[str, Any],
    salts: Callable[[int], bytes] = random_bytes,
) -> str:
    """always: claims that every reader sees. alone: those that the holder may leave out one by one."""
    disclosures = [_packed([_text(salts(SALT_BYTES)), name, value]) for name, value in alone.items()]
    digests = sorted(_text(sha256(one.encode())) for one in disclosures)
    return "~".join([signed(signer, "dc+sd-jwt", {**always, "_sd": digests, "_sd_alg": "sha-256"}), *disclosures, ""])


def signed(signer: Signer, kind: str, claims: Mapping[str, Any]) -> str:
    """A JWT (RFC 7515, compact). kind: its `typ`, so that no reader takes one sort for another."""
    message = f"{_packed({'alg': 'EdDSA', 'kid': kid(signer.public), 'typ': kind})}.{_packed(claims)}"
    return f"{message}.{_text(signer.sign(message.encode()))}"


def public_jwk(public: bytes) -> dict[str, str]:
    """RFC 8037 section 2; `public` is 32 bytes."""
    return {"kty": "OKP", "crv": "Ed25519", "x": _text(public), "alg": "EdDSA", "use": "sig", "kid": kid(public)}


def kid(public: bytes) -> str:
    """RFC 7638: SHA-256 of the required members in the order of their names."""
    return _text(sha256(f'{{"crv":"Ed25519","kty":"OKP","x":"{_text(public)}"}}'.encode()))


def _packed(value: object) -> str:
    return _text(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
