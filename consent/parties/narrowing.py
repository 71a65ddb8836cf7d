"""What a line that ends a key makes of the row of its application, for whoever follows the log.

The line moves the application's own fence, so that the row from before it no longer stands; and it says itself which
key ends when, so that any instance writes the row. If that cannot be read, or a move before it was missed, the
application is suspended: its row may be one that somebody put back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from audit.contract import Audit, Event, Kind, Move, NoSuchLine, Position
from consent.activity import Application
from consent.parties.rules import with_end
from kernel.caller import room_of
from kernel.clock import instant

ENDS_KEY: Final[Kind] = "sleutel-beeindigd"
KID, END, READABLE = "sleutel", "einde", "eindigtOp"  # in `details`; END in ms


@dataclass(frozen=True)
class KeyEnd:
    """at: from when it does not count, ms."""

    kid: str
    at: int


def end_told(end: KeyEnd) -> dict[str, str]:
    """As its line says it."""
    return {KID: end.kid, END: str(end.at), READABLE: instant(end.at)}


def key_end(event: Event) -> KeyEnd | None:
    """The inverse; None for what this version did not write."""
    said = event.details
    at = said.get(END, "")
    return KeyEnd(said[KID], int(at)) if KID in said and at.isascii() and at.isdigit() else None


async def ends_told(audit: Audit, tenant: str, moves: Sequence[Move]) -> dict[Position, KeyEnd]:
    """By the place of the line; without those that are gone. Raises LogUnavailable."""
    found: dict[Position, KeyEnd] = {}
    for position in {move.position for move in moves if move.kind == ENDS_KEY}:
        try:
            line = await audit.line(room_of(tenant, "consent"), position)
        except NoSuchLine:
            continue
        end = key_end(line.event)
        if end is not None:
            found[position] = end
    return found


def narrowed(row: Mapping[str, Any], move: Move, end: KeyEnd | None) -> dict[str, Any] | None:
    """What changes in the row; None where it cannot be known, or this row is not the one that the line was about."""
    if end is None or row["pending_at"] or move.epoch != (row["own_epoch"] or 0) + 1:
        return None
    try:
        application = with_end(Application.model_validate_json(row["document"]), end.kid, end.at)
    except KeyError:
        return None
    return {"own_epoch": move.epoch, "position": str(move.position), "document": application.model_dump_json()}
