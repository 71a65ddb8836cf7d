"""What a line consists of (trust.md 4.1-4.3): the act for machines, the body for people, the 100 bytes in the tree.

    "RGL" 01 | act_commit 32 | body_commit 32 | entry_hash 32
    act_commit  = HMAC-SHA-256(salt_a, "regie/act/1"  00 act)
    body_commit = HMAC-SHA-256(salt_b, "regie/body/1" 00 body)
    entry_hash  = SHA-256(pae(act ciphertext, body ciphertext))

The salts (32 random bytes) lie inside the ciphertexts, in front: without its key a leaf says nothing.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

from audit.covert import SEALED_TO, escrowed
from audit.ended import BEFORE, BEGUN, PRESENT, RECOVERED
from audit.event import SYSTEM, Entry, Event, Trace
from audit.permit import LEAF_MAGIC, Position
from kernel.canonical import canonical, canonical_text
from kernel.crypto import (
    OVERHEAD,
    CannotOpen,
    DataKey,
    Place,
    hmac_sha256,
    keyed_hash,
    pae,
    seal,
    sha256,
    unseal,
)
from kernel.proof.hashes import leaf_hash

SALT = 32
ACT, BODY = b"regie/act/1\0", b"regie/body/1\0"
VERSION = "1"
STATUS = "status"  # the member of `details` in which another system says how its act ended
# Members of Event and their names in the body, as they are read back; the rest is said in the act or in `bio`. First
# those that many lines have alike.
_ALIKE = {
    "name": "name", "purpose": "doel", "version": "doelversie", "class_": "klasse", "classes": "klassen",
    "basis": "grondslag", "law": "wet", "recipient": "ontvanger", "recipient_name": "ontvangerNaam",
    "application": "toepassing", "elements": "elementen", "used": "gebruikt", "kept_days": "ontvangerBewaart",
}  # fmt: skip
_OWN = {
    "case": "zaak", "refused": "geweigerd", "on_behalf": "namens", "details": "bijzonder", "key": "sleutel",
    "shows": "opgeheven", "sealed": "toetsing", "seal": "zegel",
}  # fmt: skip
_BODY = _ALIKE | _OWN
# What makes an event itself, under its own names: all but its traces, its times and the key that it came under.
_NOT_WORDS = {"subject", "closes", "gone", "trace", "decided_at", "valid_until", "key"}
_NUMBERS = ("keep_until", "destroys", "withheld_until")
_OWN_WORDS = tuple(name for name in Event.model_fields if name not in {*_ALIKE, *_NOT_WORDS, *_NUMBERS})


class _Alike:
    """Members that thousands of lines say alike, put together once for all of them. names: of Event, and in the
    document. What `of` gives is shared: nobody changes it."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._of, self._names = itemgetter(*names), tuple(names.values())
        self._told = lru_cache(maxsize=1_024)(self._members)

    def of(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Those that are not absent."""
        return self._told(self._of(given))

    def _members(self, values: tuple[Any, ...]) -> dict[str, Any]:
        said = {name: value for name, value in zip(self._names, values, strict=True) if value}
        return {name: str(value) if isinstance(value, int) else value for name, value in said.items()}


_body_alike, _words_alike = _Alike(_ALIKE), _Alike({name: name for name in _ALIKE})


class Previous(NamedTuple):
    """The line before this one in the subject's series."""

    n: int
    position: Position
    leaf_hash: bytes


class Written(NamedTuple):
    """A line as it is stored, and what its receipt shows."""

    leaf: bytes
    leaf_hash: bytes
    act: bytes
    body: bytes
    act_text: bytes
    act_salt: bytes


class Spot(NamedTuple):
    """Where a line is being written. n and previous: in the series of its subject. room: who records it. about: whose
    line it is, and escrow: the public key that its body is sealed to, when it is covert. trace: when its event names
    none."""

    tenant: str
    room: str
    position: Position
    at: int
    year: int
    n: int
    previous: Previous | None
    about: str = ""
    escrow: bytes = b""
    trace: Trace | None = None


def words_of(entry: Entry) -> list[bytes]:
    """What makes two entries the same (trust.md 2.2): all but trace ids, times and the application's key."""
    event = entry.event
    given = vars(event)
    said = _words_alike.of(given) | {name: value for name in _OWN_WORDS if (value := given[name])}
    said |= {name: str(value) for name in _NUMBERS if (value := given[name])}
    if event.subject != SYSTEM:
        said["subject"] = event.subject
    if event.closes:
        said["closes"] = [{"term": each.term, "index": str(each.index)} for each in event.closes]
    if event.gone:
        said["gone"] = _stretches(event)
    requires = [b"%b@%d" % (each.fence.encode(), each.epoch) for each in entry.requires]
    return [event.kind.encode(), _told(said, event), pae(requires), pae([x.encode() for x in entry.advances])]


def content_hash(key: bytes, words: Sequence[bytes]) -> bytes:
    """Of `words_of` an entry: who has the table cannot try which words they were."""
    return keyed_hash(key, "event", words)


def act_text(
    entry: Entry, at: int, moved: Mapping[str, int], under_way: Sequence[Position], sealed_to: str = ""
) -> bytes:
    """What machines need, without personal data; absent members are left out. sealed_to: the escrow key."""
    event = entry.event
    said: dict[str, Any] = {"v": VERSION, "gebeurtenis": event.id, "soort": event.kind, "tijd": str(at)}
    optional = {
        "besluit": event.decision,
        "vereist": [(each.fence, str(each.epoch)) for each in entry.requires],
        "verzet": [(fence, str(epoch)) for fence, epoch in moved.items()],
        "geldigTot": event.valid_until and str(event.valid_until),
        "onderweg": [str(each) for each in under_way],
        "bij": [str(each) for each in event.closes],
        "jaar": event.destroys and str(event.destroys),
        "weg": _stretches(event),
        SEALED_TO: sealed_to,
    }
    if event.kind in (BEGUN, RECOVERED):
        optional |= {name: event.details.get(name, "") for name in (BEFORE, PRESENT)}
    return canonical_text(said | {name: value for name, value in optional.items() if value})


def body_text(event: Event, spot: Spot) -> bytes:
    """What people read: the LDV core, BIO2 8.15.01, and ours. Names, never values."""
    trace, given = event.trace or spot.trace, vars(event)
    said = _frame(spot.tenant, spot.year) | _body_alike.of(given)
    said |= {name: value for of, name in _OWN.items() if (value := given[of])}
    said["status"] = event.details.get(STATUS, "Ok")  # a refusal is no error: it is what was to happen
    said["start_time"] = str((trace and trace.start) or spot.at)
    said["end_time"] = str((trace and trace.end) or spot.at)
    said["dpl.core.data_subject_id"] = spot.about or event.subject
    said["n"] = str(spot.n)
    said["bio"] = _bio(event, spot)
    if event.withheld_until:
        said |= {"openbaarheid": "vertrouwelijk", "openbaarVanaf": str(event.withheld_until)}
    if event.covert:
        said |= {"openbaarheid": "heimelijk", "reeks": event.subject}
    if event.activity:
        said["dpl.core.processing_activity_id"] = f"{event.activity}@{event.version}"
    if event.recipient:
        said["dpl.core.foreign_operation.processor"] = event.recipient
    if trace:
        said |= {"trace_id": trace.trace_id, "span_id": trace.span_id, "parent_span_id": trace.parent_span_id}
    if spot.previous:
        before = spot.previous
        said["vorige"] = (before.position.term, str(before.position.index), before.leaf_hash.hex())
    return _told(said, event)


@lru_cache(maxsize=64)
def _frame(tenant: str, year: int) -> dict[str, Any]:
    """What all bodies of a year say; shared, nobody changes it."""
    return {
        "v": VERSION,
        "resource": {"service.name": "regie", "service.namespace": tenant},
        "dpl.core.data_subject_id_type": "regie-pseudoniem",
        "openbaarheid": "normaal",
        "bewaarTot": str(year),
    }


def _stretches(event: Event) -> list[list[str]]:
    return [[str(first), str(last)] for first, last in event.gone]


def _told(document: Mapping[str, Any], event: Event) -> bytes:
    """All that is said of an event is text, and only `details` may have names that are not plain."""
    plain = not event.details or "".join(event.details).isascii()
    return canonical_text(document) if plain else canonical(document).encode()


def _bio(event: Event, spot: Spot) -> dict[str, Any]:
    bio = {
        "handeling": event.kind,
        "object": spot.about or event.subject,
        "resultaat": event.details.get("uitkomst") or ("geweigerd" if event.kind == "weigering" else "gelukt"),
        "herkomst": spot.room,
        "actor": event.actor or "systeem",
        "tijd": str(spot.at),
    }
    return {name: value for name, value in bio.items() if value}


def write(act: bytes, event: Event, spot: Spot, keys: tuple[DataKey, DataKey], salts: bytes) -> Written:
    """Seals act and body under their keys and commits to them. salts: 64 random bytes, used for nothing else."""
    salt_a, salt_b, body = salts[:SALT], salts[SALT:], body_text(event, spot)
    place_a = act_place(spot.tenant, spot.position.term, event.id)
    place_b = body_place(spot.tenant, event.subject, event.id, spot.year)
    inside = escrowed(spot.escrow, salt_b + body, spot.tenant, event.id) if spot.escrow else salt_b + body
    sealed_act, sealed_body = seal(keys[0], place_a, salt_a + act), seal(keys[1], place_b, inside)
    commits = hmac_sha256(salt_a, ACT, act) + hmac_sha256(salt_b, BODY, body)
    leaf = LEAF_MAGIC + commits + sha256(pae([sealed_act, sealed_body]))
    return Written(leaf, leaf_hash(leaf), sealed_act, sealed_body, act, salt_a)


def act_place(tenant: str, term: str, event_id: str) -> Place:
    """Acts belong to their term."""
    return Place(tenant, term, event_id, 1, "act", VERSION, "normaal")


def body_place(tenant: str, subject: str, event_id: str, year: int) -> Place:
    """Bodies belong to their subject and year of destruction."""
    return Place(tenant, subject, event_id, year, "body", VERSION, "normaal")


def opened(key: DataKey, place: Place, sealed: bytes) -> tuple[str, bytes]:
    """The text and its salt. Raises CannotOpen."""
    plain = unseal(key, place, sealed)
    if len(plain) < SALT:
        raise CannotOpen
    return plain[SALT:].decode(), plain[:SALT]


def escrow_of(key: DataKey, place: Place, sealed: bytes) -> bytes:
    """What custodians can open of a covert body. Raises CannotOpen."""
    inner = unseal(key, place, sealed)
    if len(inner) < OVERHEAD + SALT:
        raise CannotOpen
    return inner


def event_of(said: Mapping[str, Any], read: Mapping[str, Any]) -> Event:
    """The event as its readers see it, from its act and body; when it was decided is not told again."""
    own = {member: read[name] for member, name in _BODY.items() if name in read}
    return Event(
        subject=read["dpl.core.data_subject_id"],
        activity=read.get("dpl.core.processing_activity_id", "").rpartition("@")[0],
        actor="" if read["bio"]["actor"] == "systeem" else read["bio"]["actor"],
        keep_until=int(read["bewaarTot"]),
        withheld_until=int(read.get("openbaarVanaf", "0")),
        covert="ja" if read["openbaarheid"] == "heimelijk" else "",
        trace=_trace_of(read),
        **own,
        **_acted(said),
    )


def event_left(said: Mapping[str, Any], subject: str, year: int) -> Event:
    """What is left of an event whose body was destroyed: what its act says, whose series it is in, and its year."""
    return Event(subject=subject, keep_until=year, **_acted(said))


def _acted(said: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": said["gebeurtenis"],
        "kind": said["soort"],
        "decision": said.get("besluit", ""),
        "valid_until": int(said.get("geldigTot", "0")),
        "closes": tuple(Position.parse(text) for text in said.get("bij", ())),
        "destroys": int(said.get("jaar", "0")),
        "gone": tuple((int(first), int(last)) for first, last in said.get("weg", ())),
    }


def _trace_of(read: Mapping[str, Any]) -> Trace | None:
    if "trace_id" not in read:
        return None
    return Trace(
        trace_id=read["trace_id"],
        span_id=read["span_id"],
        parent_span_id=read["parent_span_id"],
        start=int(read["start_time"]),
        end=int(read["end_time"]),
    )
