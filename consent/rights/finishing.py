"""What lifts a suspension takes effect, and what crashes left behind is finished or lapses (trust.md 2.5)."""

import json

from sqlalchemy import or_

from audit.contract import Audit, Entry, Overtaken, record_one
from consent.locks import unmeant
from consent.permits import DROP_MS, FINISH_MS, lapsed
from consent.rights.rules import DRAFT, LAPSED
from consent.rights.standing import lifted, locked, stepped
from consent.rights.tables import rights
from consent.rows import Register, Row, Rows
from consent.tables import subject_state
from kernel.caller import Caller, room_of
from kernel.clock import Clock, millis
from kernel.errors import Problem
from kernel.logs import logger

_log = logger("consent")


class Finishing:
    """Owns pending_at of `rights`."""

    def __init__(self, register: Register, audit: Audit, clock: Clock) -> None:
        self._register, self._audit, self._clock = register, audit, clock

    async def take_effect(self, caller: Caller, row: Row) -> None:
        """A permit that waits in its row. Raises Overtaken (then it is dropped), LogUnavailable, OutcomeUnknown."""
        # a crash before or after this leaves a row that waits: the sweeper records the same act under the same id
        try:
            receipt = await record_one(self._audit, caller, Entry.model_validate_json(row["entry"]))
        except Overtaken:
            await self._drop(caller.tenant, row)
            raise
        async with self._register.writing(caller.tenant) as rows:
            there = await locked(rows, row)
            if there["pending_at"] and there["entry"] == row["entry"]:
                await lifted(rows, there, receipt)

    async def sweep(self, tenant: str) -> None:
        """Objections without a line lapse after ten minutes; what waits, and a request, is recorded again, or lapses
        too."""
        at, caller = millis(self._clock()), room_of(tenant, "consent")
        async with self._register.reading(tenant) as rows:
            waiting = await rows.sound(rights, or_(rights.c.status == DRAFT, rights.c.pending_at > 0))
        for row in waiting:
            try:
                await self._finish(caller, row, at - (row["pending_at"] or row["filed_at"]))
            except Problem as problem:
                _log.warning("pending_not_finished", table="rights", code=problem.code)

    async def _finish(self, caller: Caller, row: Row, waited: int) -> None:
        entry = Entry.model_validate_json(row["entry"])
        act = entry.event
        if waited > DROP_MS and await lapsed(self._audit, caller, act.id, act.subject):
            await self._drop(caller.tenant, row)
        elif row["pending_at"] and waited > FINISH_MS:
            await self.take_effect(caller, row)
        elif not entry.advances and waited > FINISH_MS:
            await self._filed(caller, row, entry)

    async def _filed(self, caller: Caller, row: Row, entry: Entry) -> None:
        """A request of which the line was lost, or its answer: the same act under the same id."""
        receipt = await record_one(self._audit, caller, entry)
        async with self._register.writing(caller.tenant) as rows:
            there = await locked(rows, row)
            if there["status"] == DRAFT and there["entry"] == row["entry"]:
                await rows.put(rights, there, **stepped(there, entry.event, receipt.at, receipt.position))

    async def _drop(self, tenant: str, row: Row) -> None:
        async with self._register.writing(tenant) as rows:
            there = await locked(rows, row)
            if there["entry"] == row["entry"] and (there["pending_at"] or there["status"] == DRAFT):
                changes = {"status": LAPSED} if there["status"] == DRAFT else {}
                await rows.put(rights, there, pending_at=0, **changes)
                await self._unlocked(rows, row)

    async def _unlocked(self, rows: Rows, row: Row) -> None:
        """A restriction that got no line is not waited for any more."""
        state = await rows.one(subject_state, lock=True, resident=row["resident"])
        if row["kind"] == "beperking" and state is not None:
            event_id = Entry.model_validate_json(row["entry"]).event.id
            await rows.put(subject_state, state, document=unmeant(json.loads(state["document"]), event_id))
