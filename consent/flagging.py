"""What only a source or an employee knew about a resident becomes a restriction (trust.md 2.5): draft, line, row.

A source says it again at the next release, so its draft lapses. An employee said it once, and somebody may be found by
what is released meanwhile: theirs gets its line from the sweeper, whoever is gone by then.
"""

import json
from dataclasses import dataclass, field
from typing import Any

from audit.contract import Audit, Position, record_one
from consent.contract import Flag, ResidentRef
from consent.flags import asked_to_end
from consent.following import flagged
from consent.lines import event, restriction
from consent.permits import DROP_MS, FINISH_MS, lapsed
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


@dataclass(frozen=True)
class By:
    """Which employee says so, by their pseudonym, and what else the line tells; nothing for a source."""

    actor: str = ""
    told: dict[str, str] = field(default_factory=dict)


class Flagging:
    """Owns the drafts and flags in `subject_state`."""

    def __init__(self, register: Register, audit: Audit, clock: Clock) -> None:
        self._register, self._audit, self._clock = register, audit, clock

    async def flag(
        self, caller: Caller, resident: ResidentRef, flags: frozenset[Flag], by: By | None = None
    ) -> Position:
        """See Consent.flag. One that stands and is about to end is told again: then it does not."""
        at = millis(self._clock())
        async with self._register.writing(caller.tenant) as rows:
            row = await state_row(rows, resident)
            said = json.loads(row["document"])
            ends = row["pending_at"] or asked_to_end(said, row["epoch"], at)
            if flags <= set(said["flags"]) and row["position"] and not ends:
                return Position.parse(row["position"])
            draft: dict[str, Any] = {"flags": sorted(flags), "subject": resident.subject}
            draft |= {"actor": by.actor, "told": by.told} if by else {}
            same = (key for key, one in said["drafts"].items() if {**one, "at": 0} == {**draft, "at": 0})
            event_id = next(same, random_id())
            if event_id not in said["drafts"]:
                said["drafts"][event_id] = {**draft, "at": at}
                row = await rows.put(subject_state, row, document=json.dumps(said, sort_keys=True))
        # a crash here leaves a draft without effect; the sweeper lets it lapse, or finishes it
        return await self._said(caller, row, event_id, draft)

    async def _said(self, caller: Caller, row: Row, event_id: str, draft: dict[str, Any]) -> Position:
        """Its line, then its row."""
        told = {"vlaggen": " ".join(draft["flags"]), **draft.get("told", {})}
        said = event("vlag", event_id, draft["subject"], actor=draft.get("actor", ""), details=told)
        receipt = await record_one(self._audit, caller, restriction(said, row["fence"]))
        # a crash here leaves the line without its row: releases are already impossible, follow() writes the row
        reached("consent.flag-line")
        async with self._register.writing(caller.tenant) as rows:
            there = await rows.one(subject_state, lock=True, resident=row["resident"])
            if there is not None:  # it was removed: no release gets past the fence, for its epoch is not known here
                await flagged(rows, there, event_id, receipt.epochs[row["fence"]], str(receipt.position))
        return receipt.position

    async def sweep(self, tenant: str) -> None:
        """A source's drafts that never got their line within ten minutes: their id is taken, then they go. What an
        employee said is finished."""
        at, caller = millis(self._clock()), room_of(tenant, "consent")
        async with self._register.reading(tenant) as rows:
            found = await rows.sound(subject_state, subject_state.c.document.not_like('%"drafts": {}%'))
        for row in found:
            for event_id, draft in json.loads(row["document"])["drafts"].items():
                old = at - draft["at"]
                if "actor" in draft and old > FINISH_MS:
                    await self._said(caller, row, event_id, draft)
                # where the line is there, follow() finishes it
                elif old > DROP_MS and await lapsed(self._audit, caller, event_id, draft["subject"]):
                    await self._forget(tenant, row, event_id)

    async def _forget(self, tenant: str, row: Row, event_id: str) -> None:
        async with self._register.writing(tenant) as rows:
            there = await rows.one(subject_state, lock=True, resident=row["resident"])
            if there:
                said = json.loads(there["document"])
                said["drafts"].pop(event_id, None)
                await rows.put(subject_state, there, document=json.dumps(said, sort_keys=True))
