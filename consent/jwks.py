"""A client's public keys: nothing private, nothing weak, nothing ambiguous. Pure."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

KEYS_MAX = 5
NUMBER = re.compile(r"(?<![0-9])[0-9]{9}(?![0-9])")
RSA_BITS = range(2048, 8193)  # shorter is broken, longer only costs us
Kinds = Mapping[str, tuple[type[ECKey] | type[RSAKey], str]]
KINDS: Kinds = {"EC": (ECKey, "ES256"), "RSA": (RSAKey, "RS256")}
SEALING: Kinds = {"EC": (ECKey, "ECDH-ES+A256KW"), "RSA": (RSAKey, "RSA-OAEP-256")}  # RFC 7518 sections 4.6 and 4.3
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
    if len(set(map(str, kids))) != len(kids) or not all(map(_is_name, kids)):
        return "Elke sleutel heeft een eigen kid, van hoogstens 200 leesbare tekens."
    if any(NUMBER.search(kid) for kid in kids):
        return "Een kid met negen cijfers achter elkaar kan een burgerservicenummer zijn; hij komt in het logboek."
    try:
        _demand_uses(listed)
    except ValueError as wrong:
        return str(wrong)
    return ""


def _is_name(kid: object) -> bool:
    """It is kept in a row and stands in lines; neither takes every text."""
    return isinstance(kid, str) and 0 < len(kid) <= 200 and kid.isprintable()


def _demand_uses(listed: Sequence[Mapping[str, Any]]) -> None:
    sealing = [sealable(key) for key in listed if _seals(key)]
    signing = [usable(key) for key in listed if not _seals(key)]
    if not signing or len(sealing) > 1:
        raise ValueError("Minstens een sleutel is voor handtekeningen, en hoogstens een om aan u te versleutelen.")


def sealing_key(jwks: str) -> dict[str, Any] | None:
    """The key of a registered set that answers are encrypted to, with its one algorithm; None when it has none.
    Raises ValueError."""
    found = next((key for key in json.loads(jwks)["keys"] if _seals(key)), None)
    return None if found is None else {**found, "alg": sealable(found)[1]}


def usable(key: Mapping[str, Any]) -> tuple[ECKey | RSAKey, str]:
    """A public P-256 or RSA key and the one algorithm it is used with, for registering and for every assertion alike.
    Raises ValueError with a sentence."""
    return _read(key, KINDS, ("sig", "verify", "Alleen EC P-256 (ES256) of RSA (RS256), voor handtekeningen."))


def sealable(key: Mapping[str, Any]) -> tuple[ECKey | RSAKey, str]:
    """The same for what is encrypted to the client. Such a key proves nothing, and one for signing seals nothing."""
    operation = "deriveKey" if key.get("kty") == "EC" else "wrapKey"
    told = "Om aan u te versleutelen: EC P-256 (ECDH-ES+A256KW) of RSA (RSA-OAEP-256), met use enc."
    return _read(key, SEALING, ("enc", operation, told))


def _seals(key: Mapping[str, Any]) -> bool:
    return key.get("use") == "enc"


def _read(key: Mapping[str, Any], kinds: Kinds, meaning: tuple[str, str, str]) -> tuple[ECKey | RSAKey, str]:
    """meaning: use, operation, and the sentence for a key that is of another kind."""
    use, operation, told = meaning
    if _PRIVATE & set(key):
        raise ValueError("Stuur alleen publieke sleutels; deze is nu bekend en moet worden vervangen.")
    kind, algorithm = kinds.get(str(key.get("kty")), (None, ""))
    meant = (key.get("alg", algorithm), key.get("use", "sig"), key.get("key_ops", [operation]))
    if kind is None or (kind is ECKey and key.get("crv") != "P-256") or meant != (algorithm, use, [operation]):
        raise ValueError(told)
    size_wrong = f"Een RSA-sleutel heeft {RSA_BITS[0]} tot {RSA_BITS[-1]} bits."
    if kind is RSAKey and len(str(key.get("n", ""))) * 6 < RSA_BITS[0]:  # base64; the library only warns of a short one
        raise ValueError(size_wrong)
    try:
        read = kind.import_key(dict(key))
        size = read.public_key.key_size
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        raise ValueError("Deze sleutel kan niet worden gelezen.") from None
    if kind is RSAKey and size not in RSA_BITS:
        raise ValueError(size_wrong)
    return read, algorithm
