"""The receipt of a consent that somebody shows: whether the municipality signed it, and whether it still stands.

For whoever checks one, also without an application at Regie. Offline: with the keys of the municipality as they were
pinned, and for how it stands a list that was fetched before; a list is good for some eighty seconds. Nothing is
asked about one receipt: who fetches a list asks about two thousand at once.
"""

import hashlib
import json
import time
import zlib
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import httpx2
from nacl.exceptions import CryptoError
from nacl.signing import VerifyKey

from regie_client.asking import Ask, expected, open_http, send
from regie_client.errors import NotConfigured, NotGenuine, Unusable
from regie_client.tokens import Clock
from regie_policy import CannotCheck, json_of, read_limited

TYPE: Final = "urn:regie:toestemmingsbewijs:2"
RECEIPT, LIST = "dc+sd-jwt", "statuslist+jwt"
KEYS_MOST, FILE_MOST, LIST_MOST, PLACES_MOST = 64 << 10, 1 << 20, 256 << 10, 1 << 20  # bytes
PARTS_MOST = 100
SKEW = 60.0  # seconds that two clocks may differ

Standing = Literal["valid", "invalid", "suspended"]
_STANDINGS: tuple[Standing, ...] = ("valid", "invalid", "suspended")
_OURS = frozenset({"_sd", "_sd_alg", "..."})


@dataclass(frozen=True)
class ShownConsent:
    """A receipt that the municipality signed. said: what was shown of it, and what every reader sees. document: in
    JSON-LD, where it came along. at: when it was made, seconds since 1970: how the consent stood THEN is in `said`.
    address, place: of the list that says how it stands now."""

    said: Mapping[str, Any] = field(repr=False)
    document: Mapping[str, Any] | None = field(repr=False)
    at: float
    address: str
    place: int


class ConsentReceipts:
    """Of one municipality. issuer: its address, such as https://regie.gemeente.example. keys: a file with what
    /.well-known/jwt-vc-issuer gave; get it by another way than the receipts."""

    def __init__(self, issuer: str, keys: Path, clock: Clock = time.time) -> None:
        """Raises NotConfigured."""
        self._issuer, self._clock = issuer, clock
        try:
            said = json_of(read_limited(keys, KEYS_MOST), dict, CannotCheck("they are no JSON"))
            self._keys = {one["kid"]: VerifyKey(_unpacked(one["x"])) for one in said["jwks"]["keys"]}
        except (CannotCheck, CryptoError, ValueError, LookupError, TypeError) as trouble:
            raise NotConfigured(f"the keys of receipts: {type(trouble).__name__}") from None
        if not self._keys or said.get("issuer") != issuer:
            raise NotConfigured("the keys of receipts: there are none, or they are another municipality's")

    def read(self, shown: str) -> ShownConsent:
        """shown: the file that the resident saved, or the signed text alone, with as many of its parts as they like.
        Raises NotGenuine."""
        if len(shown) > FILE_MOST:
            raise NotGenuine("the receipt is too large")
        file = json_of(shown.encode(), dict, NotGenuine("the file is no receipt")) if shown.startswith("{") else {}
        text, document = file.get("sdjwt", "") if file else shown.strip(), file.get("ontvangstbewijs")
        signed, *parts = text.split("~") if isinstance(text, str) else ("",)
        if not parts or parts.pop() or len(parts) > PARTS_MOST:
            raise NotGenuine("this is no receipt, or one that is bound to a wallet")
        claims = self._signed(signed, RECEIPT)
        if (claims.get("iss"), claims.get("vct")) != (self._issuer, TYPE):
            raise NotGenuine("it is no receipt of this municipality, or of a kind that this program does not know")
        if document is not None and claims.get("ontvangstbewijs#sha256") != _hash_of(document):
            raise NotGenuine("the document is not the one that was signed")
        address, place = self._place(claims.get("status"))
        at = claims.get("iat")
        if not isinstance(at, int) or at > self._clock() + SKEW:
            raise NotGenuine("it says no time, or one that is still to come")
        return ShownConsent({**_open(claims), **_shown(claims, parts)}, document, float(at), address, place)

    def stands(self, shown: ShownConsent, listed: str) -> Standing:
        """How the consent stands, by a list that was fetched: offline, within the seconds that the list says it may be
        kept (`ttl`), and a minute for clocks that differ. Anything but "valid" is no consent now, and so
        is an exception: a list that is over, of another place, or not signed. Raises NotGenuine."""
        if len(listed) > LIST_MOST:
            raise NotGenuine("the list is too large")
        claims = self._signed(listed.strip(), LIST)
        said = claims.get("status_list")
        times = [one for name in ("iat", "exp", "ttl") if isinstance(one := claims.get(name), int) and one >= 0]
        if claims.get("sub") != shown.address or not shown.address.startswith(f"{self._issuer}/"):
            raise NotGenuine("it is another list")
        if len(times) != 3 or not isinstance(said, dict):
            raise NotGenuine("the list does not have the agreed form")
        issued, ends, kept = times
        if not issued - SKEW <= self._clock() <= min(ends, issued + kept) + SKEW:
            raise NotGenuine("the list is over: fetch it anew, or a clock is wrong")
        value = status_at(said, shown.place)
        if value >= len(_STANDINGS):
            raise NotGenuine("the list says something that this program does not know")
        return _STANDINGS[value]

    async def fetch(self, shown: ShownConsent, http: httpx2.AsyncClient | None = None) -> str:
        """The list that says how it stands now, from the address of the municipality itself. Raises Problem,
        CannotReach, Unusable."""
        mine = http or open_http()
        try:
            ask = Ask("GET", shown.address, kind=f"application/{LIST}", most=LIST_MOST)
            return expected(await send(mine, ask), ask).decode("ascii")
        except UnicodeDecodeError:
            raise Unusable("it is no text", 200) from None
        finally:
            if http is None:
                await mine.aclose()

    def _place(self, status: object) -> tuple[str, int]:
        """Where it says to look: only ever at this municipality."""
        said = status.get("status_list") if isinstance(status, dict) else None
        address, place = (said.get("uri"), said.get("idx")) if isinstance(said, dict) else (None, None)
        ours = isinstance(address, str) and address.startswith(f"{self._issuer}/") and "?" not in address
        if not ours or not isinstance(place, int) or not 0 <= place < PLACES_MOST * 8:
            raise NotGenuine("it names no place in a list of this municipality")
        return str(address), place

    def _signed(self, text: str, kind: str) -> dict[str, Any]:
        """The claims of a JWT of this kind. The key is ours: of the text only its name is believed."""
        message, _, signature = text.rpartition(".")
        header, _, payload = message.partition(".")
        try:
            said = _json(header)
            if (said.get("alg"), said.get("typ")) != ("EdDSA", kind) or "crit" in said:
                raise NotGenuine("it is signed in another way, or as something else")
            self._keys[said["kid"]].verify(message.encode(), _unpacked(signature))
            return _json(payload)
        except (CryptoError, ValueError, LookupError, TypeError):
            raise NotGenuine("no signature of a known key") from None


def status_at(said: Mapping[str, Any], place: int) -> int:
    """The value at a place of a `status_list` (Token Status List): `bits` each, the first in the lowest bits of a byte.
    Raises NotGenuine."""
    bits, packed = said.get("bits"), said.get("lst")
    if not isinstance(bits, int) or bits not in (1, 2, 4, 8) or not isinstance(packed, str):
        raise NotGenuine("the list does not have the agreed form")
    try:
        opening = zlib.decompressobj()
        places = opening.decompress(_unpacked(packed), PLACES_MOST)
    except (zlib.error, ValueError):
        raise NotGenuine("the list cannot be opened") from None
    at, within = divmod(place * bits, 8)
    if not opening.eof or opening.unused_data or at >= len(places):
        raise NotGenuine("the list is too large, or has no such place")
    return places[at] >> within & (1 << bits) - 1


def _shown(claims: Mapping[str, Any], parts: list[str]) -> dict[str, Any]:
    """What was disclosed. Each part was signed, stands once, and says nothing that is said already."""
    digests, said = claims.get("_sd", []), dict[str, Any]()
    if claims.get("_sd_alg") != "sha-256" or not isinstance(digests, list):
        raise NotGenuine("its parts are hidden in another way")
    for part in parts:
        try:
            _, name, value = json.loads(_unpacked(part))
        except (ValueError, TypeError, RecursionError):
            raise NotGenuine("a part cannot be read") from None
        if _packed(hashlib.sha256(part.encode()).digest()) not in digests:
            raise NotGenuine("a part was not signed")
        if not isinstance(name, str) or name in said or name in claims or name in _OURS:
            raise NotGenuine("a part says what was said already")
        said[name] = value
    return said


def _open(claims: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in claims.items() if name not in _OURS}


def _hash_of(document: object) -> str:
    """Of its canonical form (RFC 8785), of which these documents need no more than this."""
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _json(part: str) -> dict[str, Any]:
    found: dict[str, Any] = json_of(_unpacked(part), dict, ValueError())
    return found


def _packed(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _unpacked(text: str) -> bytes:
    """Base64url without padding, in its one spelling. Raises ValueError."""
    data = b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if _packed(data) != text:
        raise ValueError
    return data
