"""Lines of which a resident may not know that they exist (trust.md 4.4, `heimelijk`). Pure.

They stand in the tree from the start, in a series of their own per case, so that the resident's own shows no gap. Their
body is sealed to a key of which the private half lies with custodians: this house writes it, and cannot read it back.
What it can read is the act, and the label, which names nobody.
"""

from audit.event import Entry, Event
from audit.label import Label
from audit.permit import Position
from kernel.caller import Caller
from kernel.crypto import hpke_open, hpke_seal, keyed_hash, pae, sha256

PREFIX = "heimelijk-"  # of the series: no pseudonym begins so, for these are hexadecimal or one word
SEALED_TO = "verzegeldVoor"  # member of the act: which escrow key its body is sealed to
FG = "fg"


def is_covert(subject: str) -> bool:
    """Whether this is the series of a covert case, and nobody's own."""
    return subject.startswith(PREFIX)


def sees_covert(caller: Caller) -> bool:
    """Whether this caller may know that there are such lines: the FG in person, no other auditor and no application."""
    return caller.kind == "medewerker" and FG in caller.roles


def in_series(entry: Entry, key: bytes) -> Entry:
    """The entry as it is written: under the series of its case, when it is covert. key: TK."""
    event = entry.event
    if not event.covert or is_covert(event.subject):
        return entry
    parts = ("heimelijk", event.subject, event.recipient, event.activity, event.case)
    series = PREFIX + keyed_hash(key, "tag", [part.encode() for part in parts], size=16).hex()
    return entry.model_copy(update={"event": event.model_copy(update={"subject": series})})


def escrow_id(public: bytes) -> str:
    """16 bytes, hexadecimal; names the key in acts and on shares."""
    return sha256(b"regie/escrow/1\0" + public)[:16].hex()


def escrowed(public: bytes, plain: bytes, tenant: str, event_id: str) -> bytes:
    """A body with its salt in front, for custodians alone."""
    return hpke_seal(public, plain, _place(tenant, event_id))


def read_escrowed(private: bytes, sealed: bytes, tenant: str, event_id: str) -> bytes:
    """The inverse of `escrowed`. Raises CannotOpen."""
    return hpke_open(private, sealed, _place(tenant, event_id))


def event_told(acted: Event, label: Label | None) -> Event:
    """What the log itself can still say of a covert line. acted: from its act."""
    if label is None:
        return acted.model_copy(update={"covert": "ja"})
    return acted.model_copy(
        update={
            "covert": "ja",
            "name": label.activity,
            "activity": label.activity,
            "version": label.version,
            "basis": label.basis,
            "elements": label.elements,
            "used": label.used,
            "kept_days": label.kept_days,
            "withheld_until": label.withheld_until,
        }
    )


def in_order(place: Position) -> tuple[str, int]:
    """As the log has them."""
    return place.term, place.index


def _place(tenant: str, event_id: str) -> bytes:
    return pae([b"regie/escrow/1", tenant.encode(), event_id.encode()])
