"""What the line of a use in an emergency says, and what it says of its review. Pure, but for the seal.

The reason is in words, for a list of reasons may change. The note is sealed to this room: it may name others, and the
whole line is its resident's to take home.
"""

from base64 import b64decode, b64encode
from binascii import Error

from audit.contract import Event
from consent.activity import ActivityVersion, Words
from consent.decision import Question
from consent.keys import TenantKeys
from kernel.canonical import read_canonical
from kernel.crypto import CannotOpen

REASON, NL, EN, NOTE = "noodtoegang", "noodReden", "noodRedenEn", "noodToelichting"  # members of details
VERDICT, WHY = "oordeel", "waarom"


def told_of(question: Question, version: ActivityVersion, at: int, keys: TenantKeys) -> dict[str, object]:
    """What `About` says of this question, decided at a moment in ms."""
    said, glass = question.emergency, version.break_glass
    reason = glass.reason(said.reason) if said and glass else None
    if said is None or reason is None:
        return {}
    sealed = keys.seal_text(question.resident.subject, str(at), NOTE, said.note) if said.note else b""
    told = ((REASON, reason.code), (NL, reason.nl), (EN, reason.en))
    return {"emergency": told, "note": b64encode(sealed).decode()}


def note_of(event: Event, keys: TenantKeys) -> str | None:
    """What the employee wrote; None where nothing opens."""
    try:
        sealed = b64decode(event.details.get(NOTE, ""), validate=True)
        decided = str(read_canonical(event.sealed)["beslist"])
        return keys.open_text(event.subject, decided, NOTE, sealed)
    except (CannotOpen, Error, ValueError, KeyError):
        return None


def reason_of(event: Event) -> Words:
    """In the words of its day."""
    said = event.details
    return Words(nl=said.get(NL) or said.get(REASON, "-"), en=said.get(EN) or said.get(REASON, "-"))
