"""Checks downloaded proofs of log lines, offline: `regie verify <file>... --vkey <log.vkey>`, or `--policy <file>`.

Two files (the other is `regie_policy.py`), the standard library and PyNaCl only. They share no code with the service:
who doubts the service should not have to trust its code. So the tree, notes and proofs (C2SP, RFC 9162) are written
here again.

Input: a tlog-proof, or JSON `{"bewijs": proof, "inhoud": {"body", "bodyZout"}}`, or a list of those. A line that opens
one which could not be shown before has that one's as `eerder`.
Exit code 0 klopt, 1 klopt niet, 2 niet te controleren. Members that it does not know are ignored, so that the
verifier of one release accepts the logs of the next; nothing that is checked may be absent or spelled differently.
Lines of one resident, from all files together, follow each other by number; a number that a later line of theirs names
as destroyed may be missing. NOT checked: whether there are others before the first or after the last.
"""

import argparse
import hashlib
import hmac
import re
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from nacl.exceptions import CryptoError

from regie_policy import CannotCheck, DoesNotHold, Keys, Policy, decoded, json_of, read_keys, read_limited, read_policy

__all__ = ["CannotCheck", "DoesNotHold", "Keys", "check_item", "check_series", "main", "read_keys"]

GOOD, WRONG, UNKNOWN = 0, 1, 2
MAX_FILE, MAX_SIGNATURES = 64 << 20, 64  # the first in bytes
HEADER, EM_DASH = "c2sp.org/tlog-proof@v1", "\N{EM DASH}"
LEAF_BYTES, LEAF_VERSION, SALT_BYTES = 100, b"RGL\x01", 32
# What a line that opens an earlier one says of it in its own words.
TOLD_AGAIN = (
    "doel", "doelversie", "ontvanger", "ontvangerNaam", "elementen", "gebruikt", "geweigerd", "namens", "zaak",
    "grondslag", "wet", "klasse", "klassen", "dpl.core.processing_activity_id",
)  # fmt: skip
DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


@dataclass
class Line:
    """What is known of one line so far; filled in step by step, so that a failing proof can still be pointed at."""

    index: int | None = None
    origin: str | None = None
    note: str = ""
    leaf_hash: str = ""
    act: dict[str, Any] = field(default_factory=dict)
    body: dict[str, Any] | None = None
    earlier: str = ""
    trouble: Exception | None = None

    def __str__(self) -> str:
        kind = "klopt niet: " if isinstance(self.trouble, DoesNotHold) else "niet te controleren: "
        verdict = "klopt" if self.trouble is None else f"{kind}{self.trouble}"
        where = f"regel {'?' if self.index is None else self.index} van {shown(self.origin or '?')}"
        number = f", nummer {shown(self.body.get('n'))}" if self.body else ""
        what = f"soort {shown(self.act.get('soort'))}, tijd {moment(self.act.get('tijd'))}{number}{self.earlier}"
        return f"{verdict} ({where}, {what})"


def shown(text: object) -> str:
    """Text of others, safe on a terminal: no control characters, at most 200 characters."""
    return ascii(text[:200])[1:-1] if isinstance(text, str) else "onbekend"


def moment(milliseconds: object) -> str:
    """UTC, from milliseconds since 1970 in digits."""
    if not isinstance(milliseconds, str) or re.fullmatch(r"[0-9]{1,14}", milliseconds, re.ASCII) is None:
        return "onbekend"
    return f"{datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(milliseconds)):%Y-%m-%d %H:%M:%S} UTC"


def number(text: str, what: str) -> int:
    """A plain decimal number."""
    if DECIMAL.fullmatch(text) is None:
        raise DoesNotHold(f"{what} is geen getal")
    return int(text)


def items(content: bytes) -> list[Any]:
    """Proof texts and bundles of a file, not yet checked."""
    if content.startswith(b"c2sp.org/"):
        return [content.decode(errors="replace")]
    value = json_of(content, object, CannotCheck("dit bestand is geen bewijs en geen JSON"))
    return value if isinstance(value, list) else [value]


def check_item(item: Any, keys: Keys, policy: Policy | None = None) -> Line:
    """The verdict on one proof, with or without the content of the line."""
    line = Line()
    bundle = item if isinstance(item, dict) else {"bewijs": item}
    try:
        leaf = check_proof(line, bundle.get("bewijs"), keys)
        if "inhoud" in bundle:
            check_body(line, leaf, bundle["inhoud"])
        if bundle.get("eerder") is not None:
            line.earlier = check_earlier(line, bundle["eerder"], keys, policy)
        if policy:  # last of all: what is wrong weighs more than what is missing
            policy.check(line.note)
    except (DoesNotHold, CannotCheck) as trouble:
        line.trouble = trouble
    return line


def check_earlier(line: Line, item: Any, keys: Keys, policy: Policy | None) -> str:
    """Of a line that opens one which could not be shown before: that it stood where this line says, since when, and
    that this line says no other things of it."""
    if not isinstance(item, dict):
        raise DoesNotHold("de eerdere regel heeft niet de juiste vorm")
    old = check_item({name: item.get(name) for name in ("bewijs", "inhoud")}, keys, policy)
    place = f"{(old.origin or '').rpartition('/')[2]}-{old.index}"
    if old.trouble or [place] != line.act.get("bij"):
        raise old.trouble or DoesNotHold("de eerdere regel is niet die waar deze regel over gaat")
    if line.body is not None and not says_of(line.body, old.body or {}, {**item["inhoud"], "plaats": place}):
        raise DoesNotHold("de regel zegt iets anders dan de eerdere regel die zij laat zien")
    return f", stond er al als regel {old.index}, sinds {moment(old.act.get('tijd'))}"


def says_of(told: dict[str, Any], words: dict[str, Any], opens: dict[str, Any]) -> bool:
    """Whether a line tells these words again, and opens this content at this place."""
    shows = told.get("opgeheven")
    whole = isinstance(shows, dict) and all(shows.get(name) == opens[name] for name in ("body", "bodyZout", "plaats"))
    return whole and all(told.get(name) == words.get(name) for name in TOLD_AGAIN)


def check_proof(line: Line, proof: object, keys: Keys) -> bytes:
    """Fills `line` in; gives the 100 bytes of the leaf, proven to be in the log."""
    if not isinstance(proof, str):
        raise CannotCheck("er is geen bewijs bij")
    top, blank, note = proof.partition("\n\n")
    header, *rows = top.split("\n")
    if header != HEADER:
        raise CannotCheck("dit is geen bewijs van een soort die dit programma kent")
    if not blank or len(rows) < 2 or not rows[0].startswith("extra ") or not rows[1].startswith("index "):
        raise DoesNotHold("het bewijs heeft niet de juiste vorm")
    line.index = number(rows[1][6:], "de plaats in het logboek")
    size, root = signed_head(line, note, keys)
    leaf, act = opened(decoded(rows[0][6:], "de toelichting"))
    leaf_hash = hashlib.sha256(b"\x00" + leaf).digest()
    path = [decoded(row, "het pad") for row in rows[2:]]
    if line.index >= size or any(len(each) != 32 for each in path):
        raise DoesNotHold("het pad naar de kop van het logboek heeft niet de juiste vorm")
    if implied_root(line.index, size, leaf_hash, path) != root:
        raise DoesNotHold("de regel staat niet op deze plaats in het logboek")
    line.leaf_hash, line.act = leaf_hash.hex(), act
    return leaf


def opened(extra: bytes) -> tuple[bytes, dict[str, Any]]:
    """The leaf, and the act that it commits to; no act where that is withheld."""
    members = json_of(extra, dict, DoesNotHold("de toelichting is geen geldige JSON"))
    leaf = decoded(members.get("blad"), "blad")
    if len(leaf) != LEAF_BYTES or leaf[:4] != LEAF_VERSION:
        raise DoesNotHold("de regel heeft niet de juiste vorm")
    if not {"act", "actZout"} & set(members):  # for who may not know what happened: that it is in the log, and where
        return leaf, {}
    act, salt = (decoded(members.get(name), name) for name in ("act", "actZout"))
    require_commitment(leaf[4:36], salt, b"regie/act/1\x00" + act, "de handeling hoort niet bij de regel")
    return leaf, json_of(act, dict, DoesNotHold("de handeling is geen geldige JSON"))


def require_commitment(commitment: bytes, salt: bytes, content: bytes, reason: str) -> None:
    """HMAC-SHA-256 under a salt of exactly 32 bytes: HMAC gives a shorter key and its zero-padded twin one answer."""
    if len(salt) != SALT_BYTES or not hmac.compare_digest(hmac.digest(salt, content, "sha256"), commitment):
        raise DoesNotHold(reason)


def implied_root(index: int, size: int, leaf_hash: bytes, path: Sequence[bytes]) -> bytes:
    """The root that this path leads to, by the recursion of RFC 9162 section 2.1.3.1; at most 63 deep."""
    if size == 1 and not path:
        return leaf_hash
    if size == 1 or not path:
        raise DoesNotHold("het pad naar de kop van het logboek is te kort of te lang")
    left = 1 << ((size - 1).bit_length() - 1)
    if index < left:
        return hashlib.sha256(b"\x01" + implied_root(index, left, leaf_hash, path[:-1]) + path[-1]).digest()
    below = implied_root(index - left, size - left, leaf_hash, path[:-1])
    return hashlib.sha256(b"\x01" + path[-1] + below).digest()


def signed_head(line: Line, note: str, keys: Keys) -> tuple[int, bytes]:
    """Size and root, signed by the key of the origin and by no known key wrongly."""
    text, blank, signatures = note.rpartition("\n\n")
    rows, (*signed, end) = text.split("\n"), signatures.split("\n")
    if len(rows) != 3 or not blank or end or len(signed) > MAX_SIGNATURES:
        raise DoesNotHold("de kop van het logboek heeft niet de juiste vorm")
    line.origin, line.note = rows[0], note
    if line.origin not in {name for name, _ in keys}:
        raise CannotCheck("er is geen sleutel van dit logboek gegeven")
    message = f"{text}\n".encode(errors="surrogatepass")
    # No short cut: every signature is looked at, because a failing known key fails the note.
    if line.origin not in [signer(row, message, keys) for row in signed]:
        raise DoesNotHold("de kop van het logboek is niet door het logboek getekend")
    return number(rows[1], "de lengte van het logboek"), decoded(rows[2], "de kop van het logboek")


def signer(row: str, message: bytes, keys: Keys) -> str | None:
    """The known name that signed in this row, None for a stranger."""
    name, _, encoded = row.removeprefix(f"{EM_DASH} ").partition(" ")
    signature = decoded(encoded, "een handtekening")
    if not row.startswith(f"{EM_DASH} ") or not name or len(signature) < 5:
        raise DoesNotHold("een handtekening heeft niet de juiste vorm")
    if (name, signature[:4]) not in keys:
        return None
    with suppress(CryptoError, ValueError):
        keys[name, signature[:4]].verify(message, signature[4:])
        return name
    raise DoesNotHold("een handtekening klopt niet")


def check_body(line: Line, leaf: bytes, content: Any) -> None:
    """The body bytes as delivered belong to the leaf."""
    if not isinstance(content, dict):
        raise DoesNotHold("de inhoud heeft niet de juiste vorm")
    body, salt = decoded(content.get("body"), "body"), decoded(content.get("bodyZout"), "bodyZout")
    require_commitment(leaf[36:68], salt, b"regie/body/1\x00" + body, "de inhoud hoort niet bij de regel")
    line.body = json_of(body, dict, DoesNotHold("de inhoud is geen geldige JSON"))


def check_series(lines: Iterable[Line]) -> None:
    """Numbers of one resident: each once, none left out but what was destroyed, each names the one before it. Marks
    lines that do not fit."""
    series: dict[tuple[str, int], Line] = {}
    gone: dict[str, list[tuple[int, int]]] = {}
    numbered = [(line, line.body) for line in lines if line.trouble is None and line.body is not None]
    for line, body in numbered:
        n, subject = body.get("n"), shown(body.get("dpl.core.data_subject_id"))
        if not isinstance(n, str) or DECIMAL.fullmatch(n) is None or n == "0" or ("vorige" in body) != (n != "1"):
            line.trouble = DoesNotHold("het nummer in de reeks past niet bij de verwijzing naar de vorige regel")
        elif series.setdefault((subject, int(n)), line).leaf_hash != line.leaf_hash:
            line.trouble = DoesNotHold(f"nummer {n} van de reeks komt twee keer voor")
        else:
            gone.setdefault(subject, []).extend(destroyed(line.act, int(n)))
    last: dict[str, int] = {}
    for subject, place in sorted(series):
        line, spans = series[subject, place], gone[subject]
        before = last.get(subject, min((start for start, _ in spans), default=place) - 1)
        missing = first_missing(spans, before + 1, place - 1)
        if missing:  # not wrong: it may lie elsewhere
            line.trouble = CannotCheck(f"nummer {missing} van de reeks is er niet bij, of klopt niet")
        elif (subject, place - 1) in series and line.body and not follows(line.body["vorige"], series[subject, before]):
            line.trouble = DoesNotHold(f"de regel past niet op nummer {before} van de reeks")
        last[subject] = place


def destroyed(act: dict[str, Any], n: int) -> list[tuple[int, int]]:
    """Stretches of numbers, all before its own, that line n says were destroyed."""
    with suppress(ValueError, TypeError, KeyError):
        if act.get("soort") == "vernietigd":
            return [(int(first), int(last)) for first, last in act["weg"] if int(last) < n]
    return []


def first_missing(spans: Iterable[tuple[int, int]], first: int, last: int) -> int:
    """The lowest number from first to last that is in none of these stretches; 0 when there is none."""
    for start, end in sorted(spans):
        first = end + 1 if start <= first <= end else first
    return first if first <= last else 0


def follows(previous: Any, before: Line) -> bool:
    """Whether `vorige` names this line: [term, index, leaf hash]; the term is the origin, or its last part."""
    origin = before.origin or ""
    return any(previous == [term, str(before.index), before.leaf_hash] for term in (origin, origin.rpartition("/")[2]))


def main(argv: Sequence[str] | None = None) -> int:
    """Prints a line per proof and a last sentence; one wrong proof outweighs all others in the exit code."""
    parser = argparse.ArgumentParser(prog="regie verify", description="Controleert bewijzen van logregels, zonder net.")
    parser.add_argument("file", type=Path, nargs="+", metavar="bestand", help="tlog-proof, of JSON: bewijs en inhoud")
    parser.add_argument("--vkey", type=Path, help="de publieke sleutels van het logboek (C2SP vkey)")
    parser.add_argument("--policy", type=Path, help="logboeken, getuigen en hoeveel er genoeg zijn (C2SP policy)")
    asked = parser.parse_args(argv)
    if not asked.vkey and not asked.policy:
        parser.error("geef --vkey, --policy of allebei")
    try:
        policy = read_policy(asked.policy) if asked.policy else None
        keys = (read_keys(asked.vkey) if asked.vkey else {}) | (policy.logs if policy else {})
        contents = [read_limited(file, MAX_FILE) for file in asked.file]
        lines = [check_item(item, keys, policy) for content in contents for item in items(content)]
    except CannotCheck as trouble:
        print(f"niet te controleren: {trouble}")
        return UNKNOWN
    check_series(lines)
    print(*lines, sep="\n")
    wrong, unknown = (sum(isinstance(line.trouble, kind) for line in lines) for kind in (DoesNotHold, CannotCheck))
    code = WRONG if wrong else UNKNOWN if unknown or not lines else GOOD
    sentence = {GOOD: "Alles klopt", WRONG: "Niet alles klopt", UNKNOWN: "Niet alles is te controleren"}[code]
    print(f"{sentence}: {len(lines) - wrong - unknown} klopt, {wrong} klopt niet, {unknown} niet te controleren.")
    return code


if __name__ == "__main__":
    sys.exit(main())
