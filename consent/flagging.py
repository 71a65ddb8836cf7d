"""What only a source knew about a resident becomes a restriction (trust.md 2.5): draft, line, row."""

import json

from audit.contract import Audit, Position, record_one
from consent.contract import Flag, ResidentRef
from consent.following import flagged
from consent.lines import event, restriction
from consent.permits import DROP_MS, lapsed
from consent.rows import Register, Row, Rows
from consent.tables import subject_state
from kernel.caller import Caller, room_of
from kernel.clock import Clock, millis
from kernel.failpoints import reached
from kernel.ids import random_id

EMPTY = json.dumps({"drafts": {}, "flags": [], "objections": {}}, sort_keys=True)


async def state_row(rows: Rows, resident: ResidentRef) -> Row:
    """The one row of a resident, locked; made when there is none."""
    keys = rows.keys
    fences = {"fence": resident.fence, "restriction_fence": keys.restriction(resident.id)}
    row = await rows.one(subject_state, lock=True, resident=resident.id)
    if row is None:
        await rows.add(subject_state, {"resident": resident.id, **fences, "restriction_epoch": 0, "document": EMPTY})
        row = await rows.one(subject_state, lock=True, resident=resident.id)
    if row is None:
        raise AssertionError("added in this transaction")
    return row


class Flagging:
    """Owns the drafts and flags in `subject_state`."""

    def __init__(self, register: Register, audit: Audit, clock: Clock) -> None:
        self._register, self._audit, self._clock = register, audit, clock

    async def flag(self, caller: Caller, resident: ResidentRef, flags: frozenset[Flag]) -> Position:
        """See Consent.flag."""
        async with self._register.writing(caller.tenant) as rows:
            row = await state_row(rows, resident)
            said = json.loads(row["document"])
            if flags <= set(said["flags"]) and row["position"]:
                return Position.parse(row["position"])
            event_id = next((key for key, one in said["drafts"].items() if set(one["flags"]) == flags), random_id())
            if event_id not in said["drafts"]:
                said["drafts"][event_id] = {
                    "flags": sorted(flags), "at": millis(self._clock()), "subject": resident.subject,
                }  # fmt: skip
                await rows.put(subject_state, row, document=json.dumps(said, sort_keys=True))
        # a crash here leaves a draft without effect; the sweeper lets it lapse
        said_line = event("vlag", event_id, resident.subject,
                          details={"vlaggen": " ".join(sorted(flags))})  # fmt: skip
        receipt = await record_one(self._audit, caller, restriction(said_line, resident.fence))
        # a crash here leaves the line without its row: releases are already impossible, follow() writes the row
        reached("consent.flag-line")
        async with self._register.writing(caller.tenant) as rows:
            row = await state_row(rows, resident)
            await flagged(rows, row, event_id, receipt.epochs[resident.fence], str(receipt.position))
        return receipt.position

    async def sweep(self, tenant: str) -> None:
        """Drafts that never got their line within ten minutes: their id is taken, then they go."""
        at, caller = millis(self._clock()), room_of(tenant, "consent")
        async with self._register.reading(tenant) as rows:
            found = await rows.sound(subject_state, subject_state.c.document.not_like('%"drafts": {}%'))
        for row in found:
            for event_id, draft in json.loads(row["document"])["drafts"].items():
                old = at - draft["at"] > DROP_MS  # where the line is there, follow() finishes it
                if old and await lapsed(self._audit, caller, event_id, draft["subject"]):
                    await self._forget(tenant, row, event_id)

    async def _forget(self, tenant: str, row: Row, event_id: str) -> None:
        async with self._register.writing(tenant) as rows:
            there = await rows.one(subject_state, lock=True, resident=row["resident"])
            if there:
                said = json.loads(there["document"])
                said["drafts"].pop(event_id, None)
                await rows.put(subject_state, there, document=json.dumps(said, sort_keys=True))
