"""Rows follow the log (trust.md 2.5): every instance applies new moves at start, every two seconds, and before it
decides from a given position. Epochs are compared, so order and repetition do not matter.

A row that this room did not write is passed over, with an alarm each time: who writes one into the database stops what
rests on that row, and no other. Put back as it was, it lags behind its fence like any row that is set back.

Owns `followed`. If it is set back, moves are applied once more and change nothing; if it is set forward, rows lag and
what rests on them is overtaken when its line is written.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table, or_

from audit.contract import Audit, Kind, Move, Position, Receipt
from consent.acts import INVALID, moved
from consent.contract import NoSuchThing
from consent.locks import LOCKED
from consent.mandates.tables import mandates
from consent.parties.narrowing import KeyEnd, ends_told, narrowed
from consent.rights.standing import objections_moved, restricted
from consent.rows import Register, Row, Rows
from consent.tables import activities, applications, cases, consents, followed, recipients, subject_state
from kernel.caller import room_of
from kernel.clock import Clock, millis
from kernel.logs import logger

PAGE = 500  # moves of one question; also the longest IN list
ENDED: dict[Kind, str] = {
    "ontvanger-geschorst": "geschorst",
    "activiteit-beeindigd": "beeindigd",
    "zaak-gesloten": "gesloten",
    "machtiging-beeindigd": "beeindigd",
}
UNKNOWN = INVALID

_log = logger("consent")


class Following:
    """Applies moves to rows."""

    def __init__(self, register: Register, audit: Audit, clock: Clock) -> None:
        self._register, self._audit, self._clock = register, audit, clock

    async def follow(self, tenant: str) -> None:
        """Until nothing new is left. Raises LogUnavailable, RegisterUnavailable."""
        after = await self.known(tenant)
        while True:
            page = await self._audit.moves(room_of(tenant, "consent"), after, PAGE)
            if not page.moves or page.upto is None:  # asking again from there costs less than writing it down
                return
            await self._apply(tenant, page.moves, page.upto)
            after = page.upto

    async def known(self, tenant: str) -> Position | None:
        """Up to where moves were applied; None when none were. Raises RegisterUnavailable."""
        async with self._register.reading(tenant) as rows:
            return _position(await rows.one(followed))

    async def upto(self, tenant: str, position: Position) -> None:
        """Follow unless the rows already know every move up to there."""
        known = await self.known(tenant)
        if known is None or known < position:
            await self.follow(tenant)

    async def _apply(self, tenant: str, moves: Sequence[Move], upto: Position) -> None:
        ends = await ends_told(self._audit, tenant, moves)  # asks the log: not while rows are locked
        async with self._register.writing(tenant) as rows:
            await rows.add(followed, {"position": ""})
            row = await rows.one(followed, lock=True)
            fences = {move.fence for move in moves}
            for table in (consents, recipients, activities, cases, mandates) if fences else ():
                for found in await rows.sound(table, table.c.fence.in_(fences), lock=True):
                    await self._move(rows, table, found, [move for move in moves if move.fence == found["fence"]])
            if fences:
                await self._applications(rows, moves, ends)
                await self._residents(rows, fences, moves)
                await objections_moved(rows, moves, millis(self._clock()))
            known = _position(row)
            if row and (known is None or known < upto):
                await rows.put(followed, row, position=str(upto))

    async def _move(self, rows: Rows, table: Table, row: Row, moves: Sequence[Move]) -> None:
        for move in moves:
            if move.epoch > row["epoch"]:
                changes = _ended(table, row, move.kind, move.event_id, millis(self._clock()))
                # a pending permit does not survive: its entry requires the epoch before this one
                kept = {"epoch": move.epoch, "position": str(move.position), "pending_at": 0}
                row = await rows.put(table, row, **kept, **changes)

    async def _applications(self, rows: Rows, moves: Sequence[Move], ends: Mapping[Position, KeyEnd]) -> None:
        fences = {move.fence for move in moves}
        for found in await rows.sound(applications, applications.c.own_fence.in_(fences), lock=True):
            row = found
            for move in (move for move in moves if move.fence == row["own_fence"]):
                narrower = narrowed(row, move, ends.get(move.position))
                if narrower is not None:
                    row = await rows.put(applications, row, **narrower)
                else:
                    row = await stopped(rows, row, move.epoch, str(move.position))

    async def _residents(self, rows: Rows, fences: set[str], moves: Sequence[Move]) -> None:
        about = or_(subject_state.c.fence.in_(fences), subject_state.c.restriction_fence.in_(fences))
        for found in await rows.sound(subject_state, about, lock=True):
            row = found
            for move in moves:
                if move.fence == row["fence"]:
                    row = await flagged(rows, row, move.event_id, move.epoch, str(move.position))
                elif move.fence == row["restriction_fence"] and move.epoch > row["restriction_epoch"]:
                    row = await restricted(rows, row, move, millis(self._clock()))

    async def ended(self, tenant: str, table: Table, kind: Kind, key: Mapping[str, str | int], receipt: Receipt) -> Row:
        """See `ended`, in a transaction of its own."""
        return await self._register.written(tenant, lambda rows: ended(rows, table, kind, key, receipt))


async def ended(rows: Rows, table: Table, kind: Kind, key: Mapping[str, str | int], receipt: Receipt) -> Row:
    """The row of something that ended by a restriction of our own, which has its line. Only upwards. Not for one that a
    later act may lead out of: its moves are followed in order. Raises NoSuchThing."""
    row = await rows.one(table, lock=True, **key)
    if row is None:
        raise NoSuchThing()
    epoch, position, at = receipt.epochs[row["fence"]], str(receipt.position), receipt.at
    exact = (row["epoch"], row["position"]) == (epoch, position)  # follow() was first, with a later hour
    if epoch > row["epoch"] or (exact and table is consents and row["ended_at"] != at):
        kept = {"epoch": epoch, "position": position, "pending_at": 0}
        hour = {"ended_at": at} if exact and table is consents else {}
        row = await rows.put(table, row, **{**kept, **_ended(table, row, kind, "", at), **hour})
    return row


def _ended(table: Table, row: Row, kind: Kind, event_id: str, at: int) -> dict[str, Any]:
    return moved(row, kind, event_id, at) if table is consents else {"status": ENDED.get(kind, UNKNOWN)}


async def flagged(rows: Rows, row: Row, event_id: str, epoch: int, position: str) -> Row:
    """A flag's line is there: its draft counts from now on. Flags only add up here, whatever the order; what ends one
    is a permit, which moves nothing (consent.safety)."""
    said = json.loads(row["document"])
    draft = said["drafts"].pop(event_id, None)
    if draft is None and epoch <= row["epoch"]:
        return row
    said["flags"] = sorted({*said["flags"], *(draft["flags"] if draft else ())})
    higher: dict[str, Any] = {}
    if epoch > row["epoch"]:  # what was to end, was so before this: its line requires the fence as it stood then
        higher = {"epoch": epoch, "position": position, "pending_at": 0, "entry": ""}
        said.pop("ending", None)
    # every flag had its draft in this row: one that is missing means that the row was set back or removed, and what
    # it said is unknown here; an epoch without its flag would let through what the flag stopped
    if higher and (draft is None or epoch - row["epoch"] - 1 > len(said["drafts"])):
        _log.critical("resident_state_set_back")
        higher["status"] = LOCKED
    return await rows.put(subject_state, row, document=json.dumps(said, sort_keys=True), **higher)


async def stopped(rows: Rows, row: Row, epoch: int, position: str) -> Row:
    """An application that was suspended by itself. Only upwards."""
    if epoch <= row["own_epoch"]:
        return row
    kept = {"own_epoch": epoch, "position": position, "pending_at": 0}
    return await rows.put(applications, row, **kept, status=ENDED["ontvanger-geschorst"])


def _position(row: Row | None) -> Position | None:
    return Position.parse(row["position"]) if row and row["position"] else None
