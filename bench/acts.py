"""What the bench of the log records: acts of the size that the desk's have, about residents that come back."""

import hashlib
import secrets
from functools import lru_cache

from audit.contract import Entry, Event, FenceAt, Position
from audit.event import Trace
from kernel.clock import millis, utc_now
from kernel.ids import ordered_id, uuid7

RESIDENTS = 500


@lru_cache(maxsize=10_000)
def _fences(resident: int) -> tuple[FenceAt, ...]:
    name = hashlib.sha256(str(resident).encode()).hexdigest()
    return tuple(FenceAt(fence=name[at : at + 32], epoch=0) for at in range(5))


def release(residents: int = RESIDENTS, application: str = "bench-1") -> Entry:
    """As the desk records one: five fences, two elements, a case."""
    resident, now = secrets.randbelow(residents), millis(utc_now())
    event = Event(
        id=ordered_id(uuid7(now), "1"), kind="verstrekking", subject=f"{resident:032}", name="Oefening",
        decision=secrets.token_hex(32), decided_at=now, valid_until=now + 30_000, activity="oefening", version="1",
        purpose="Meten hoe snel het logboek is.", class_="C", classes=(("kluis.a", "C"), ("kluis.b", "C")),
        basis="6(1)(a)", recipient="bench", recipient_name="De bench", application=application, case=f"z-{resident}",
        elements=("kluis.a", "kluis.b"), details={"kanaal": "api"},
        trace=Trace(trace_id=secrets.token_hex(16), span_id=secrets.token_hex(8)),
    )  # fmt: skip
    return Entry(event=event, requires=_fences(resident))


def outcome(of: Position, released: Entry) -> Entry:
    """Delivered."""
    event = Event(
        id=ordered_id(released.event.id, "afloop"), kind="afloop", subject=released.event.subject, name="Afloop",
        activity="oefening", version="1", recipient="bench", case=released.event.case, closes=(of,),
        details={"uitkomst": "geleverd"},
    )  # fmt: skip
    return Entry(event=event)
