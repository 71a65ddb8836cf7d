"""A client's public keys: nothing private, nothing weak, nothing ambiguous. Pure."""

import base64
import json
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

KEYS_MAX, RSA_BITS = 5, 2048
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})  # RFC 7518 section 6


def fault_of(jwks: str) -> str:
    """Why this JWK set is not taken; "" when it is."""
    try:
        said = json.loads(jwks)
        listed = said["keys"]
        kids = [key["kid"] for key in listed]
    except (ValueError, KeyError, TypeError, RecursionError):
        return "Dit is geen JWK-set met een kid per sleutel."
    if not 1 <= len(listed) <= KEYS_MAX or set(said) != {"keys"}:
        return f"Een tot {KEYS_MAX} sleutels, en niets anders."
    if len(set(map(str, kids))) != len(kids) or not all(isinstance(kid, str) and 0 < len(kid) <= 200 for kid in kids):
        return "Elke sleutel heeft een eigen kid."
    return next((told for key in listed if (told := _key_fault(key))), "")


def _key_fault(key: dict[str, Any]) -> str:
    if _PRIVATE & set(key):
        return "Stuur alleen publieke sleutels; deze is nu bekend en moet worden vervangen."
    try:
        match key.get("kty"):
            case "EC" if key.get("crv") == "P-256" and key.get("alg", "ES256") == "ES256":
                ECKey.import_key(key)
                return ""
            case "RSA" if key.get("alg", "RS256") == "RS256":
                modulus = base64.urlsafe_b64decode(key["n"] + "==")
                if int.from_bytes(modulus, "big").bit_length() < RSA_BITS:
                    return f"Een RSA-sleutel heeft ten minste {RSA_BITS} bits."
                RSAKey.import_key(key)
                return ""
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        return "Deze sleutel kan niet worden gelezen."
    return "Alleen EC P-256 (ES256) of RSA (RS256)."
