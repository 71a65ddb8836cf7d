"""What a line consists of (trust.md 4.1-4.3): the act for machines, the body for people, the 100 bytes in the tree.

    "RGL" 01 | act_commit 32 | body_commit 32 | entry_hash 32
    act_commit  = HMAC-SHA-256(salt_a, "regie/act/1"  00 act)
    body_commit = HMAC-SHA-256(salt_b, "regie/body/1" 00 body)
    entry_hash  = SHA-256(pae(act ciphertext, body ciphertext))

The salts (32 random bytes) lie inside the ciphertexts, in front: without its key a leaf says nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from audit.covert import SEALED_TO, escrowed
from audit.ended import BEFORE, BEGUN, PRESENT
from audit.event import Entry, Event, Trace
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
    random_bytes,
    seal,
    sha256,
    unseal,
)
from kernel.proof.hashes import leaf_hash

SALT = 32
ACT, BODY = b"regie/act/1\0", b"regie/body/1\0"
VERSION = "1"
STATUS = "status"  # the member of `details` in which another system says how its act ended
_TIMES = {"trace", "decided_at", "valid_until", "key"}  # and the key that it came under: one may turn
# What Event says where nobody says anything; what must be said has no such value.
_UNSAID = {name: one.get_default(call_default_factory=True) for name, one in Event.model_fields.items()}
_WORDS = [(name, unsaid) for name, unsaid in _UNSAID.items() if name not in _TIMES]
_NUMBERS = ("keep_until", "kept_days", "destroys", "withheld_until")
# Members of Event and their names in the body, as they are read back; the rest is said in the act or in `bio`.
_BODY = {
    "name": "name", "purpose": "doel", "version": "doelversie", "class_": "klasse", "classes": "klassen",
    "basis": "grondslag", "law": "wet",
    "recipient": "ontvanger", "recipient_name": "ontvangerNaam", "application": "toepassing", "case": "zaak",
    "elements": "elementen", "used": "gebruikt", "refused": "geweigerd", "on_behalf": "namens", "details": "bijzonder",
    "key": "sleutel", "kept_days": "ontvangerBewaart", "shows": "opgeheven",
}  # fmt: skip


@dataclass(frozen=True)
class Previous:
    """The line before this one in the subject's series."""

    n: int
    position: Position
    leaf_hash: bytes


@dataclass(frozen=True)
class Written:
    """A line as it is stored, and what its receipt shows."""

    leaf: bytes
    leaf_hash: bytes
    act: bytes
    body: bytes
    act_text: str
    act_salt: bytes


@dataclass(frozen=True)
class Spot:
    """Where a line is being written. n and previous: in the series of its subject. room: who records it. about: whose
    line it is, and escrow: the public key that its body is sealed to, when it is covert."""

    tenant: str
    room: str
    position: Position
    at: int
    year: int
    n: int
    previous: Previous | None
    about: str = ""
    escrow: bytes = b""


def words_of(entry: Entry) -> list[bytes]:
    """What makes two entries the same (trust.md 2.2): all but trace ids, times and the application's key."""
    event = entry.event
    given = vars(event)
    said = {name: given[name] for name, unsaid in _WORDS if given[name] != unsaid}
    if event.closes:
        said["closes"] = [{"term": each.term, "index": str(each.index)} for each in event.closes]
    if event.gone:
        said["gone"] = _stretches(event)
    said |= {name: str(said[name]) for name in _NUMBERS if name in said}
    requires = [f"{each.fence}@{each.epoch}".encode() for each in entry.requires]
    return [event.kind.encode(), _told(said, event).encode(), pae(requires), pae([x.encode() for x in entry.advances])]


def content_hash(key: bytes, words: Sequence[bytes]) -> bytes:
    """Of `words_of` an entry: who has the table cannot try which words they were."""
    return keyed_hash(key, "event", words)


def act_text(
    entry: Entry, at: int, moved: Mapping[str, int], under_way: Sequence[Position], sealed_to: str = ""
) -> str:
    """What machines need, without personal data; absent members are left out. sealed_to: the escrow key."""
    event = entry.event
    document: dict[str, Any] = {"v": VERSION, "gebeurtenis": event.id, "soort": event.kind, "tijd": str(at)}
    optional = {
        "besluit": event.decision,
        "vereist": [[each.fence, str(each.epoch)] for each in entry.requires],
        "verzet": [[fence, str(epoch)] for fence, epoch in moved.items()],
        "geldigTot": event.valid_until and str(event.valid_until),
        "onderweg": [str(each) for each in under_way],
        "bij": [str(each) for each in event.closes],
        "jaar": event.destroys and str(event.destroys),
        "weg": _stretches(event),
        SEALED_TO: sealed_to,
    }
    if event.kind == BEGUN:
        optional |= {name: event.details.get(name, "") for name in (BEFORE, PRESENT)}
    return canonical_text(document | {name: value for name, value in optional.items() if value})


def body_text(event: Event, spot: Spot) -> str:
    """What people read: the LDV core, BIO2 8.15.01, and ours. Names, never values."""
    trace, said = event.trace, vars(event)
    document: dict[str, Any] = {name: value for member, name in _BODY.items() if (value := said[member])} | {
        "v": VERSION,
        "status": event.details.get(STATUS, "Ok"),  # a refusal is no error: it is what was to happen
        "resource": {"service.name": "regie", "service.namespace": spot.tenant},
        "start_time": str((trace and trace.start) or spot.at),
        "end_time": str((trace and trace.end) or spot.at),
        "dpl.core.data_subject_id": spot.about or event.subject,
        "dpl.core.data_subject_id_type": "regie-pseudoniem",
        "openbaarheid": "heimelijk" if event.covert else "vertrouwelijk" if event.withheld_until else "normaal",
        "n": str(spot.n),
        "bewaarTot": str(spot.year),
        "bio": _bio(event, spot),
    }
    if event.withheld_until:
        document["openbaarVanaf"] = str(event.withheld_until)
    if event.covert:
        document["reeks"] = event.subject
    if event.kept_days:
        document[_BODY["kept_days"]] = str(event.kept_days)
    if event.activity:
        document["dpl.core.processing_activity_id"] = f"{event.activity}@{event.version}"
    if event.recipient:
        document["dpl.core.foreign_operation.processor"] = event.recipient
    if trace:
        document |= {"trace_id": trace.trace_id, "span_id": trace.span_id, "parent_span_id": trace.parent_span_id}
    if spot.previous:
        before = spot.previous
        document["vorige"] = [before.position.term, str(before.position.index), before.leaf_hash.hex()]
    return _told(document, event)


def _stretches(event: Event) -> list[list[str]]:
    return [[str(first), str(last)] for first, last in event.gone]


def _told(document: Mapping[str, Any], event: Event) -> str:
    """All that is said of an event is text, and only `details` may have names that are not plain."""
    return canonical_text(document) if "".join(event.details).isascii() else canonical(document)


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


def write(act: str, event: Event, spot: Spot, act_key: DataKey, body_key: DataKey) -> Written:
    """Seals act and body under their keys and commits to them."""
    salt_a, salt_b = random_bytes(SALT), random_bytes(SALT)
    act_bytes, body_bytes = act.encode(), body_text(event, spot).encode()
    place_a = act_place(spot.tenant, spot.position.term, event.id)
    place_b = body_place(spot.tenant, event.subject, event.id, spot.year)
    sealed_act = seal(act_key, place_a, salt_a + act_bytes)
    plain = salt_b + body_bytes
    if spot.escrow:
        plain = escrowed(spot.escrow, plain, spot.tenant, event.id)
    sealed_body = seal(body_key, place_b, plain)
    commits = hmac_sha256(salt_a, ACT, act_bytes) + hmac_sha256(salt_b, BODY, body_bytes)
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
