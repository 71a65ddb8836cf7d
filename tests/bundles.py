"""Bundles as a resident downloads them, and what somebody could do to them: for all who check bundles.

Everything is drawn from a seed, so a failure can be repeated. Written as trust.md 4.1 to 4.5 say, with `kernel.proof`.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from nacl.signing import SigningKey

from kernel.proof.checkpoint import Checkpoint
from kernel.proof.note import key_id, sign_note, vkey
from kernel.proof.tlogproof import TlogProof
from kernel.proof.tree import Edge, Growth, leaf_hash

ORIGIN, TERM = "log.example/zaanwijk/2026h2", "2026h2"
KEY = SigningKey(bytes(range(32)))
OTHER_KEY = SigningKey(b"k" * 32)
VKEYS = vkey(ORIGIN, bytes(KEY.verify_key)) + "\n"
SALT = b"s" * 32
Bundle = dict[str, Any]
Bundles = list[Any]


def b64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def compact(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def commit(salt: bytes, label: bytes, content: bytes) -> bytes:
    return hmac.new(salt, label + b"\0" + content, hashlib.sha256).digest()


def signed(head: Checkpoint, key: SigningKey = KEY) -> str:
    return sign_note(head.encode(), head.origin, bytes(key.verify_key), lambda text: bytes(key.sign(text).signature))


@dataclass(frozen=True)
class Written:
    """A line of the resident: where, its leaf, what it opens to."""

    index: int
    leaf: bytes
    act: bytes
    body: bytes
    salt: bytes

    @property
    def extra(self) -> bytes:
        return compact({"act": b64(self.act), "actZout": b64(self.salt), "blad": b64(self.leaf)})


class Log:
    """A log with lines of one resident among those of others."""

    def __init__(self, leaves_before: int = 5) -> None:
        self.leaves = [leaf_hash(bytes([n])) for n in range(leaves_before)]
        self.lines: list[Written] = []
        self.previous: list[str] | None = None

    def add(self, salt: bytes = SALT, act_says: dict[str, Any] | None = None, **changed: Any) -> "Log":
        """The next line; a member that is None is left out."""
        n = len(self.lines) + 1
        body: dict[str, Any] = {"n": str(n), "doel": "b\u00e9\u00e9ld", "dpl.core.data_subject_id": "p"}
        body |= {"vorige": self.previous} if self.previous else {}
        act = compact(
            {"gebeurtenis": f"e{n}", "soort": "vrijgave", "tijd": "1795312916000", "v": "1"} | (act_says or {})
        )
        raw = compact({name: value for name, value in (body | changed).items() if value is not None})
        leaf = b"RGL\x01" + commit(salt, b"regie/act/1", act) + commit(salt, b"regie/body/1", raw) + bytes(32)
        index = len(self.leaves)
        self.lines.append(Written(index, leaf, act, raw, salt))
        self.leaves.append(leaf_hash(leaf))
        self.previous = [TERM, str(index), leaf_hash(leaf).hex()]
        return self

    def others(self, many: int) -> "Log":
        """Lines of other people."""
        self.leaves += [leaf_hash(b"of another %d" % (len(self.leaves) + n)) for n in range(many)]
        return self

    def bundles(self, key: SigningKey = KEY) -> Bundles:
        growth = Growth(Edge(), self.leaves)
        note, proofs = signed(Checkpoint(ORIGIN, growth.size, growth.root()), key), growth.inclusions()
        return [
            {
                "bewijs": TlogProof(line.index, proofs[line.index], note, line.extra).encode(),
                "inhoud": {"body": b64(line.body), "bodyZout": b64(line.salt)},
            }
            for line in self.lines
        ]


def gaps() -> dict[str, tuple[Bundles, int]]:
    """Series in which numbers are missing, and what a check of them ends with."""
    spans: list[Any] = [["1", "2"], ["4", "4"]]

    def series(gone: Any, left: tuple[int, ...], **says: Any) -> Bundles:
        """Five lines, and a sixth that says which are gone. left: the numbers of which the content is there."""
        log = Log()
        for _ in range(5):
            log.add()
        found = log.add(act_says={"soort": "vernietigd", "weg": gone} | says).bundles()
        return [bundle if n in left else {"bewijs": bundle["bewijs"]} for n, bundle in enumerate(found, 1)]

    def without(bundles: Bundles, *numbers: int) -> Bundles:
        return [bundle for n, bundle in enumerate(bundles, 1) if n not in numbers]

    told = series(spans, (3, 5, 6))
    log = Log().add().add(act_says={"soort": "vernietigd", "weg": [["3", "3"]]}).add().add()
    return {
        "every gap is named": (told, 0),
        "and their proofs are not there": (without(told, 1, 2, 4), 0),
        "two stretches that meet": (series([["1", "3"], ["2", "4"]], (5, 6)), 0),
        "a number that is not named": (without(told, 3), 2),
        "the line that names them is not there": (without(told, 6), 2),
        "a line names what comes after it": (without(log.bundles(), 3), 2),
        "a line of another kind": (series(spans, (3, 5, 6), soort="vrijgave"), 2),
        "numbers that are none": (series([["1", "x"], ["2"], "4", 4, [4, 4]], (1, 3, 5, 6)), 2),
        "no list": (series("1-4", (1, 5, 6)), 2),
    }


def lifted() -> dict[str, tuple[Bundles, int]]:
    """A line that opens one which could not be shown before, whole and spoilt, and what a check ends with."""

    here = f"{TERM}-5"

    def opening(earlier: Any = None, places: Any = (here,), **words: Any) -> Bundles:
        log = Log().add(ontvanger="r1")
        first = log.lines[0]
        shown = {"body": b64(first.body), "bodyZout": b64(first.salt), "plaats": here}
        says = {"soort": "opgeheven", "bij": places}
        old, new = log.add(
            act_says=says, **{"n": "1", "vorige": None, "opgeheven": shown, "ontvanger": "r1"} | words
        ).bundles()
        return [new | {"eerder": old | (earlier or {})}]

    (whole,) = opening()
    other = Log().add(doel="anders").bundles()[0]
    return {
        "whole": ([whole], 0),
        "another place": (opening(places=[f"{TERM}-4"]), 1),
        "two places": (opening(places=[here, f"{TERM}-6"]), 1),
        "no place": (opening(places=None), 1),
        "another content": (opening(earlier={"inhoud": other["inhoud"]}), 1),
        "no content": (opening(earlier={"inhoud": None}), 1),
        "another proof": (opening(earlier={"bewijs": whole["bewijs"]}), 1),
        "no proof": (opening(earlier={"bewijs": None}), 2),
        "no earlier line": ([whole | {"eerder": "die"}], 1),
        "another purpose": (opening(doel="anders"), 1),
        "no purpose": (opening(doel=None), 1),
        "another recipient": (opening(ontvanger="r2"), 1),
        "other elements": (opening(elementen=["brp.naam"]), 1),
        "other elements used": (opening(gebruikt=["brp.naam"]), 1),
        "another case": (opening(zaak="Z-1"), 1),
        "another activity": (opening(None, **{"dpl.core.processing_activity_id": "regeling@1"}), 1),
        "it opens nothing": (opening(opgeheven=None), 1),
        "it opens no line": (opening(opgeheven="die"), 1),
        "it opens another content": (opening(opgeheven=other["inhoud"] | {"plaats": here}), 1),
        "it opens another place": (opening(opgeheven=whole["eerder"]["inhoud"] | {"plaats": f"{TERM}-4"}), 1),
    }


def drawn(rng: Random, least: int = 1) -> Log:
    """A log of any shape, with at least so many lines of the resident."""
    log = Log(rng.randrange(20))
    for _ in range(rng.randrange(least, least + 5)):
        words = "".join(rng.choice('abc \u00e9\U0001f600"\\/\n<') for _ in range(rng.randrange(12)))
        log.add(rng.randbytes(32), doel=words, elementen=["brp.naam"] * rng.randrange(3)).others(rng.randrange(6))
    return log


def good(rng: Random) -> Any:
    """What the portal hands out: one bundle, a proof alone, or a list of lines that follow each other."""
    bundles = drawn(rng).bundles()
    match rng.randrange(4):
        case 0:
            return rng.choice(bundles)
        case 1:
            return rng.choice(bundles)["bewijs"]
        case 2:
            return bundles[rng.randrange(len(bundles)) :]
    rng.shuffle(bundles)
    return bundles


@dataclass(frozen=True)
class Mutant:
    """What was done, what is left of the bundles, and the words (a part of the sentence) that must be said."""

    name: str
    bundles: Bundles
    reason: str
    wrong: bool = True  # else: not to be checked


Change = Callable[[Random, Bundles, Log], None]
NOT_SIGNED = "de kop van het logboek is niet door het logboek getekend"
SIGNATURE = "een handtekening klopt niet"
PLACE = "de regel staat niet op deze plaats in het logboek"
ACT, BODY = "de handeling hoort niet bij de regel", "de inhoud hoort niet bij de regel"


def flipped(rng: Random, text: str) -> str:
    """One bit of what this base64 says."""
    raw = bytearray(base64.b64decode(text))
    raw[rng.randrange(len(raw))] ^= 1 << rng.randrange(8)
    return b64(bytes(raw))


def one(rng: Random, bundles: Bundles) -> Bundle:
    chosen: Bundle = rng.choice(bundles)
    return chosen


def proof_of(bundle: Bundle, **changed: Any) -> None:
    """The same proof with some parts replaced."""
    read = TlogProof.parse(bundle["bewijs"])
    bundle["bewijs"] = replace(read, **changed).encode()


def extra_of(bundle: Bundle, name: str, change: Callable[[str], str]) -> None:
    members = json.loads(TlogProof.parse(bundle["bewijs"]).extra or b"")
    proof_of(bundle, extra=compact(members | {name: change(members[name])}))


def another_body(rng: Random, bundles: Bundles, log: Log) -> None:
    content = one(rng, bundles)["inhoud"]
    content["body"] = flipped(rng, content["body"])


def another_body_salt(rng: Random, bundles: Bundles, log: Log) -> None:
    content = one(rng, bundles)["inhoud"]
    content["bodyZout"] = flipped(rng, content["bodyZout"])


def another_act(rng: Random, bundles: Bundles, log: Log) -> None:
    extra_of(one(rng, bundles), "act", lambda text: flipped(rng, text))


def another_act_salt(rng: Random, bundles: Bundles, log: Log) -> None:
    extra_of(one(rng, bundles), "actZout", lambda text: flipped(rng, text))


def another_leaf(rng: Random, bundles: Bundles, log: Log) -> None:
    """The entry hash, which neither act nor body opens."""
    change = rng.randrange(68, 100)
    extra_of(one(rng, bundles), "blad", lambda text: b64(_with_bit(base64.b64decode(text), change)))


def _with_bit(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def member_twice(rng: Random, bundles: Bundles, log: Log) -> None:
    bundle = one(rng, bundles)
    extra = TlogProof.parse(bundle["bewijs"]).extra or b""
    proof_of(bundle, extra=extra.replace(b'{"act":', b'{"act":"","act":'))


def another_hash_on_the_way(rng: Random, bundles: Bundles, log: Log) -> None:
    bundle = one(rng, bundles)
    way = list(TlogProof.parse(bundle["bewijs"]).hashes)
    if not way:
        return another_leaf(rng, [bundle], log)
    at = rng.randrange(len(way))
    way[at] = _with_bit(way[at], rng.randrange(32))
    proof_of(bundle, hashes=tuple(way))


def longer_way(rng: Random, bundles: Bundles, log: Log) -> None:
    bundle = one(rng, bundles)
    proof_of(bundle, hashes=(*TlogProof.parse(bundle["bewijs"]).hashes, rng.randbytes(32)))


def place_beyond(rng: Random, bundles: Bundles, log: Log) -> None:
    proof_of(one(rng, bundles), index=len(log.leaves) + rng.randrange(3))


def another_root(rng: Random, bundles: Bundles, log: Log) -> None:
    bundle = one(rng, bundles)
    note = TlogProof.parse(bundle["bewijs"]).checkpoint
    root = note.split("\n")[2]
    proof_of(bundle, checkpoint=note.replace(root, flipped(rng, root)))


def another_size(rng: Random, bundles: Bundles, log: Log) -> None:
    bundle = one(rng, bundles)
    note = TlogProof.parse(bundle["bewijs"]).checkpoint
    proof_of(bundle, checkpoint=note.replace(f"\n{len(log.leaves)}\n", f"\n{len(log.leaves) + 1}\n"))


def another_signature(rng: Random, bundles: Bundles, log: Log) -> None:
    bundle = one(rng, bundles)
    note = TlogProof.parse(bundle["bewijs"]).checkpoint
    *above, last = note.removesuffix("\n").split(" ")
    raw = base64.b64decode(last)
    proof_of(bundle, checkpoint=" ".join([*above, b64(_with_bit(raw, rng.randrange(4, len(raw))))]) + "\n")


def signed_by_another_key(rng: Random, bundles: Bundles, log: Log) -> None:
    """A whole other log, with a key of its own under the same name."""
    bundles[:] = log.bundles(OTHER_KEY)


def signed_by_another_key_with_our_id(rng: Random, bundles: Bundles, log: Log) -> None:
    bundle = one(rng, bundles)
    text = TlogProof.parse(bundle["bewijs"]).checkpoint.partition("\n\n")[0] + "\n"
    line = b64(key_id(ORIGIN, bytes(KEY.verify_key)) + bytes(OTHER_KEY.sign(text.encode()).signature))
    proof_of(bundle, checkpoint=f"{text}\n\N{EM DASH} {ORIGIN} {line}\n")


def another_origin(rng: Random, bundles: Bundles, log: Log) -> None:
    bundle = one(rng, bundles)
    note = TlogProof.parse(bundle["bewijs"]).checkpoint
    proof_of(bundle, checkpoint=note.replace("2026h2", "2027h1"))


def another_version(rng: Random, bundles: Bundles, log: Log) -> None:
    bundle = one(rng, bundles)
    bundle["bewijs"] = bundle["bewijs"].replace("@v1", "@v2", 1)


def no_proof(rng: Random, bundles: Bundles, log: Log) -> None:
    one(rng, bundles)["bewijs"] = rng.choice([None, 7, []])


def line_left_out(rng: Random, bundles: Bundles, log: Log) -> None:
    del bundles[rng.randrange(1, len(bundles) - 1)]


def content_left_out(rng: Random, bundles: Bundles, log: Log) -> None:
    del bundles[rng.randrange(1, len(bundles) - 1)]["inhoud"]


def contents_exchanged(rng: Random, bundles: Bundles, log: Log) -> None:
    here, there = rng.sample(bundles, 2)
    here["inhoud"], there["inhoud"] = there["inhoud"], here["inhoud"]


def proofs_exchanged(rng: Random, bundles: Bundles, log: Log) -> None:
    here, there = rng.sample(bundles, 2)
    here["bewijs"], there["bewijs"] = there["bewijs"], here["bewijs"]


def past_rewritten(rng: Random, bundles: Bundles, log: Log) -> None:
    """The log itself signs a line whose `vorige` is not the line that was shown before it."""
    link = [TERM, str(log.lines[-1].index), rng.randbytes(32).hex()]
    bundles[:] = log.add(vorige=link).bundles()


def number_given_twice(rng: Random, bundles: Bundles, log: Log) -> None:
    n = len(log.lines)
    link = [TERM, str(log.lines[-1].index), "00" * 32]
    bundles[:] = log.add(n=str(n), vorige=link).bundles()


def first_with_a_past(rng: Random, bundles: Bundles, log: Log) -> None:
    bundles[:] = log.add(n="1").bundles()


CHANGES: dict[Change, tuple[str, bool]] = {
    another_body: (BODY, True),
    another_body_salt: (BODY, True),
    another_act: (ACT, True),
    another_act_salt: (ACT, True),
    another_leaf: (PLACE, True),
    member_twice: ("de toelichting is geen geldige JSON", True),
    another_hash_on_the_way: (PLACE, True),
    longer_way: ("te kort of te lang", True),
    place_beyond: ("het pad naar de kop van het logboek heeft niet de juiste vorm", True),
    another_root: (SIGNATURE, True),
    another_size: (SIGNATURE, True),
    another_signature: (SIGNATURE, True),
    signed_by_another_key: (NOT_SIGNED, True),
    signed_by_another_key_with_our_id: (SIGNATURE, True),
    another_origin: ("er is geen sleutel van dit logboek gegeven", False),
    another_version: ("dit is geen bewijs van een soort die dit programma kent", False),
    no_proof: ("er is geen bewijs bij", False),
    line_left_out: ("van de reeks is er niet bij, of klopt niet", False),
    content_left_out: ("van de reeks is er niet bij, of klopt niet", False),
    contents_exchanged: (BODY, True),
    proofs_exchanged: (BODY, True),
    past_rewritten: ("de regel past niet op nummer", True),
    number_given_twice: ("van de reeks komt twee keer voor", True),
    first_with_a_past: ("het nummer in de reeks past niet bij de verwijzing naar de vorige regel", True),
}


def mutant(rng: Random, which: int) -> Mutant:
    """The kinds of change take turns."""
    change = list(CHANGES)[which % len(CHANGES)]
    log = drawn(rng, least=3)
    bundles = log.bundles()
    change(rng, bundles, log)
    reason, wrong = CHANGES[change]
    return Mutant(change.__name__, bundles, reason, wrong)
