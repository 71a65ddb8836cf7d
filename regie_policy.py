"""Whom `regie verify` trusts: keys of logs (`--vkey`), and with a C2SP tlog-policy (`--policy`) a quorum of witnesses.

Beside `regie_verify.py` and like it: the standard library and PyNaCl only, no code of the service. Of cosignatures it
reads those of Ed25519 (C2SP tlog-cosignature, type 04). Keys of another type are passed over: their signatures are not
looked at, and their voices do not count. NOT checked: how old a cosignature is.
"""

import base64
import hashlib
import json
import re
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nacl.exceptions import CryptoError
from nacl.signing import VerifyKey

LOG, WITNESS, TIME_BYTES, ID_BYTES = b"\x01", b"\x04", 8, 4
MAX_KEYS = 1 << 18  # bytes of a file
NONE = "none"
DIGITS = re.compile("[1-9][0-9]{0,3}", re.ASCII)
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")

Place = tuple[str, bytes]  # name and key id, as a signature line names its key
Keys = dict[Place, VerifyKey]


class DoesNotHold(Exception):
    """The proof is wrong; the text is the Dutch reason that is shown."""


class CannotCheck(Exception):
    """Neither right nor wrong can be said; the text is the Dutch reason that is shown."""


def decoded(text: Any, what: str) -> bytes:
    """Bytes of base64 in its one spelling."""
    with suppress(ValueError, TypeError):
        content = base64.b64decode(text, validate=True)
        if base64.b64encode(content).decode() == text:
            return content
    raise DoesNotHold(f"{what} is geen geldige base64")


def json_of(content: bytes, kind: type, trouble: Exception) -> Any:
    """JSON of this kind in which no name stands twice in an object: two readers could pick different ones."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) != len(pairs):
            raise ValueError
        return dict(pairs)

    with suppress(ValueError, RecursionError):
        value = json.loads(content.decode(), object_pairs_hook=once)
        if isinstance(value, kind):
            return value
    raise trouble


def read_limited(path: Path, limit: int) -> bytes:
    """The file, or the reason why it cannot be checked."""
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except OSError:
        raise CannotCheck(f"het bestand {path.name!a} kan niet gelezen worden") from None
    if len(content) > limit:
        raise CannotCheck(f"het bestand {path.name!a} is te groot")
    return content


def read_keys(path: Path) -> Keys:
    """Ed25519 vkeys, one a line; keys of another type are passed over."""
    keys: Keys = {}
    try:
        for row in filter(None, read_limited(path, MAX_KEYS).decode().split("\n")):
            name, key_id, encoded = row.split("+", 2)
            material = decoded(encoded, "een sleutel")
            if material[:1] != b"\x01":
                continue
            expected = hashlib.sha256(name.encode() + b"\n" + material).digest()[:4]
            if key_id != expected.hex():
                raise ValueError
            keys[name, expected] = VerifyKey(material[1:])
    except (ValueError, DoesNotHold, CryptoError):
        raise CannotCheck("het bestand met sleutels heeft niet de juiste vorm") from None
    return keys


@dataclass
class Policy:
    """logs: keys by place. witnesses: their name in the policy, and key, by place. named: witnesses and groups."""

    logs: Keys = field(default_factory=dict)
    witnesses: dict[Place, tuple[str, VerifyKey]] = field(default_factory=dict)
    groups: dict[str, tuple[int, list[str]]] = field(default_factory=dict)
    quorum: str = ""
    named: set[str] = field(default_factory=lambda: {NONE})
    used: set[str] = field(default_factory=lambda: {NONE})

    def check(self, note: str) -> None:
        """Enough witnesses signed this note, whose form is right; the log's own signature is not looked at."""
        text, _, signatures = note.rpartition("\n\n")
        cosigners = {name for row in signatures.split("\n") if row and (name := self._cosigner(row, f"{text}\n"))}
        if not self._stands(self.quorum, cosigners):
            told = f"de kop is nog niet door genoeg getuigen getekend ({len(cosigners)})"
            raise CannotCheck(f"{told}: vraag later een nieuw bewijs")

    def _cosigner(self, row: str, text: str) -> str:
        """The witness whose word this row is; "" for anybody else."""
        name, _, encoded = row.removeprefix("\N{EM DASH} ").partition(" ")
        signature = decoded(encoded, "een handtekening")
        known = self.witnesses.get((name, signature[:ID_BYTES]))
        if known is None:
            return ""
        at = int.from_bytes(signature[ID_BYTES : ID_BYTES + TIME_BYTES], "big")
        message = f"cosignature/v1\ntime {at}\n{text}".encode(errors="surrogatepass")
        if 0 < at < 1 << 63:
            with suppress(CryptoError, ValueError):
                known[1].verify(message, signature[ID_BYTES + TIME_BYTES :])
                return known[0]
        raise DoesNotHold("de handtekening van een getuige klopt niet")

    def _stands(self, name: str, cosigners: set[str]) -> bool:
        if name not in self.groups:
            return name == NONE or name in cosigners
        least, members = self.groups[name]
        return sum(self._stands(member, cosigners) for member in members) >= least

    def take(self, words: list[str]) -> None:
        """One line. Raises ValueError for what is not understood."""
        match words:
            case ["log", key] | ["log", key, _]:
                self._known(key, LOG)
            case ["witness", name, key] | ["witness", name, key, _] if name not in self.named:
                self._known(key, WITNESS, name)
                self.named.add(name)
            case ["group", name, least, *members] if name not in self.named and set(members) <= self.named - self.used:
                count = {"any": "1", "all": str(len(members))}.get(least, least)
                if not DIGITS.fullmatch(count) or not 1 <= int(count) <= len(set(members)) == len(members):
                    raise ValueError("a group that cannot be")
                self.groups[name] = (int(count), members)
                self.used |= set(members)
                self.named.add(name)
            case ["quorum", name] if not self.quorum and name in self.named:
                self.quorum = name
            case _:
                raise ValueError("a line that is not understood")

    def _known(self, vkey: str, kind: bytes, witness: str = "") -> None:
        name, key_id, encoded = vkey.split("+", 2)
        material = decoded(encoded, "een sleutel")
        place = (name, hashlib.sha256(name.encode() + b"\n" + material).digest()[:ID_BYTES])
        if material[:1] != kind:
            return
        key = VerifyKey(material[1:])
        if key_id != place[1].hex() or key in [*self.logs.values(), *(each for _, each in self.witnesses.values())]:
            raise ValueError("a key that is not its own, or stands there twice")
        if witness:
            self.witnesses[place] = (witness, key)
        else:
            self.logs[place] = key


def read_policy(path: Path) -> Policy:
    """A C2SP policy; what is not understood in it is not passed over."""
    policy = Policy()
    try:
        text = read_limited(path, MAX_KEYS).decode(errors="surrogateescape")
        for row in text.split("\n"):
            words = re.findall(r"[^ \t]+", row)
            if words and not words[0].startswith("#"):
                policy.take(words)
        if _FORBIDDEN.search(text) or not policy.quorum:
            raise ValueError
    except (ValueError, DoesNotHold, CryptoError):
        raise CannotCheck("het bestand met de policy heeft niet de juiste vorm") from None
    return policy
