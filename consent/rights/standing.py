"""What an objection's line makes of the rows: the request, and the one row of its resident.

The row of the resident says per activity {"epoch", "open"}: an objection that was lifted keeps its epoch, for releases
require the fence where it stands. Whatever moved that fence suspends: what this version does not know does too.
"""

import json
from collections.abc import Sequence
from typing import Any

from audit.contract import Entry, Event, Kind, Move, Position, Receipt
from consent.rights.rules import BECOMES, FILED, OPEN
from consent.rights.tables import rights
from consent.rows import Row, Rows
from consent.tables import subject_state
from kernel.logs import logger

AFTER: dict[Kind, str] = {
    "bezwaar": FILED,
    "bezwaar-gegrond": "gegrond",
    "bezwaar-ongegrond": "ongegrond",
    "bezwaar-ingetrokken": "ingetrokken",
}
_log = logger("consent")


async def objections_moved(rows: Rows, moves: Sequence[Move], at: int) -> None:
    """Follow: what moved the fence of an objection. at: ms, of a decision whose own hour is not known here."""
    fences = {move.fence for move in moves}
    for found in await rows.find(rights, rights.c.fence.in_(fences)):
        row = await locked(rows, found)
        for move in (move for move in moves if move.fence == found["fence"]):
            row = await suspended(rows, row, move, at)


async def locked(rows: Rows, row: Row) -> Row:
    """The request, and before it the row of its resident: everybody who takes both locks in this order."""
    await rows.one(subject_state, lock=True, resident=row["resident"])
    return await rows.one(rights, lock=True, id=row["id"]) or row


async def suspended(rows: Rows, row: Row, move: Move, at: int) -> Row:
    """The line stands: the activity stands still for this resident, and the request says so where it is its own act."""
    await _set(rows, row, move.epoch, standing=True)
    act = Entry.model_validate_json(row["entry"]).event
    # what was decided stands, also when another step was written over its own before its line was seen here
    own = act.id == move.event_id or (move.kind == "bezwaar-gegrond" and row["status"] in OPEN)
    if not own or move.epoch <= row["epoch"]:
        return row
    decided: dict[str, Any] = {"decided_at": at} if move.kind == "bezwaar-gegrond" else {}
    if act.id != move.event_id:  # a letter that is here now may be that of the other step
        decided["letter"] = ""
    moved = {"epoch": move.epoch, "position": str(move.position), "effective_at": at, "pending_at": 0}
    return await rows.put(rights, row, status=AFTER[move.kind], **moved, **decided)


def stepped(said: Event, at: int, position: Position) -> dict[str, Any]:
    """What a line that is a fact makes of its row: of a request itself, and of a step."""
    step, known = said.details.get("stap", ""), {"position": str(position)}
    if not step:
        return {**known, "status": FILED, "effective_at": at}
    if step == "verlengen":
        return {**known, "extended_at": at}
    decided = {} if step == "in-behandeling" else {"decided_at": at}
    return {**known, **decided, "status": next(after for name, after in BECOMES.items() if name == step)}


async def lifted(rows: Rows, row: Row, receipt: Receipt) -> Row:
    """The permit stands: only what nobody objected to since goes on."""
    act = Entry.model_validate_json(row["entry"])
    epoch = next(one.epoch for one in act.requires if one.fence == row["fence"])
    await _set(rows, row, epoch, standing=False)
    known = {"decided_at": receipt.at, "effective_at": receipt.at, "position": str(receipt.position)}
    return await rows.put(rights, row, status=AFTER[act.event.kind], pending_at=0, **known)


def epoch_of(state: Row | None, activity: str) -> int:
    """Where the fence stands, as far as is known here."""
    known = json.loads(state["document"])["objections"].get(activity) if state else None
    return int(known["epoch"]) if known else 0


def stands(state: Row | None, activity: str) -> bool:
    """Whether the row of a resident says that an objection suspends this."""
    known = json.loads(state["document"])["objections"].get(activity) if state else None
    return bool(known and known["open"])


async def _set(rows: Rows, row: Row, epoch: int, *, standing: bool) -> None:
    state = await rows.one(subject_state, lock=True, resident=row["resident"])
    if state is None:  # it was removed: no release gets past the fence, for its epoch is no longer known here
        _log.critical("resident_state_missing")
        return
    said: dict[str, Any] = json.loads(state["document"])
    known = said["objections"].get(row["activity"], {"epoch": 0, "open": False})
    newer = epoch > known["epoch"] if standing else epoch == known["epoch"] and known["open"]
    if newer:
        said["objections"][row["activity"]] = {"epoch": epoch, "open": standing}
        await rows.put(subject_state, state, document=json.dumps(said, sort_keys=True))
