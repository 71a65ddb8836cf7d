"""What the line of an objection or a restriction makes of the rows: the request, and the one row of its resident.

That row says of objections per activity {"epoch", "open", "upheld"}: one that was lifted keeps its epoch, for releases
require the fence where it stands. Whatever moved that fence suspends: what this version does not know does too.
"""

import json
from collections.abc import Sequence, Set
from typing import Any

from audit.contract import Entry, Event, Kind, Move, Position, Receipt
from consent.locks import ALL, LOCKED, locked_by, unlocked
from consent.rights.contract import Particulars
from consent.rights.rules import BECOMES, FILED, OPEN
from consent.rights.tables import rights
from consent.rows import Row, Rows, passing_over
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
    for found in await rows.sound(rights, rights.c.kind == "bezwaar", rights.c.fence.in_(fences)):
        with passing_over():
            row = await locked(rows, found)
            for move in (move for move in moves if move.fence == found["fence"]):
                row = await suspended(rows, row, move, at)


async def locked(rows: Rows, row: Row) -> Row:
    """The request, and before it the row of its resident: everybody who takes both locks in this order."""
    await rows.one(subject_state, lock=True, resident=row["resident"])
    return await rows.one(rights, lock=True, id=row["id"]) or row


async def suspended(rows: Rows, row: Row, move: Move, at: int) -> Row:
    """The line stands: the activity stands still for this resident, and the request says so where it is its own act."""
    # what is weighed may go on (consent.rules.goes_on); what was upheld does not, nor what this version does not know
    await _set(rows, row, move.epoch, standing=True, upheld=move.kind != "bezwaar")
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


async def restricted(rows: Rows, state: Row, move: Move, at: int) -> Row:
    """Follow: what moved the fence of restrictions, in the order of the log. state: the row of the resident, locked."""
    document, act = locked_by(json.loads(state["document"]), move.event_id, move.epoch)
    if act is None:
        return await rows.put(subject_state, state, restriction_epoch=move.epoch, status=LOCKED)
    state = await rows.put(subject_state, state, restriction_epoch=move.epoch, document=document)
    for row in await rows.sound(rights, rights.c.id == act["request"], lock=True):  # the lock stands without it
        upheld = {"decided_at": at, "restriction": particular(row, announced_at=0)}
        decided: dict[str, Any] = upheld if act["becomes"] == "gegrond" else {}
        if Entry.model_validate_json(row["entry"]).event.id != move.event_id:  # see `suspended`
            decided["letter"] = ""
        moved = {"epoch": move.epoch, "position": str(move.position), "effective_at": at, "pending_at": 0}
        await rows.put(rights, row, status=act["becomes"], **moved, **decided)
    return state


def particulars(row: Row) -> Particulars:
    """Of a restriction."""
    return Particulars.model_validate_json(row["restriction"])


def particular(row: Row, **changes: Any) -> str:
    """The same with changes, as they are stored."""
    return particulars(row).model_copy(update=changes).model_dump_json()


def stepped(row: Row, said: Event, at: int, position: Position) -> dict[str, Any]:
    """What a line that is a fact makes of its row: of a request itself, and of a step."""
    step, known = said.details.get("stap", ""), {"position": str(position)}
    if not step:
        return {**known, "status": FILED, "effective_at": at}
    if step == "verlengen":
        return {**known, "extended_at": at}
    if step == "aankondigen":
        return {**known, "restriction": particular(row, announced_at=at)}
    decided = {} if step == "in-behandeling" else {"decided_at": at}
    return {**known, **decided, "status": next(after for name, after in BECOMES.items() if name == step)}


async def lifted(rows: Rows, row: Row, receipt: Receipt) -> Row:
    """The permit stands: only what nobody objected to, or locked, since goes on."""
    act = Entry.model_validate_json(row["entry"])
    epoch = next(one.epoch for one in act.requires if one.fence == row["fence"])
    known = {"effective_at": receipt.at, "position": str(receipt.position), "pending_at": 0}
    if row["kind"] == "bezwaar":
        await _set(rows, row, epoch, standing=False)
        return await rows.put(rights, row, status=AFTER[act.event.kind], decided_at=receipt.at, **known)
    state = await rows.one(subject_state, lock=True, resident=row["resident"])
    if state is None:
        _log.critical("resident_state_missing")
        return row
    document = unlocked(json.loads(state["document"]), row["activity"] or ALL, row["id"], epoch)
    await rows.put(subject_state, state, document=document)
    status = BECOMES.get(act.event.details["stap"], row["status"])  # type: ignore[call-overload]  # one of ours
    decided = {} if status == row["status"] else {"decided_at": receipt.at}
    return await rows.put(rights, row, status=status, **decided, **known)


def epoch_of(state: Row | None, row: Row) -> int:
    """Where the fence of a request stands, as far as is known here."""
    if state is None or not row["fence"]:
        return 0
    if row["kind"] == "beperking":
        return int(state["restriction_epoch"])
    known = json.loads(state["document"])["objections"].get(row["activity"])
    return int(known["epoch"]) if known else 0


def stands(state: Row | None, activity: str, going_on: Set[str]) -> bool:
    """Whether the row of a resident says that an objection suspends this. going_on: activities that do not stand still
    while it is weighed."""
    known = json.loads(state["document"])["objections"].get(activity) if state else None
    return bool(known and known["open"] and (known.get("upheld", True) or activity not in going_on))


async def _set(rows: Rows, row: Row, epoch: int, *, standing: bool, upheld: bool = False) -> None:
    state = await rows.one(subject_state, lock=True, resident=row["resident"])
    if state is None:  # it was removed: no release gets past the fence, for its epoch is no longer known here
        _log.critical("resident_state_missing")
        return
    said: dict[str, Any] = json.loads(state["document"])
    known = said["objections"].get(row["activity"], {"epoch": 0, "open": False})
    newer = epoch > known["epoch"] if standing else epoch == known["epoch"] and known["open"]
    if newer:
        said["objections"][row["activity"]] = {"epoch": epoch, "open": standing, "upheld": upheld}
        await rows.put(subject_state, state, document=json.dumps(said, sort_keys=True))
