"""After lines of the log were lost (trust.md 2.7): what lifted an objection in the gap lifts nothing any more.

A lifting is a permit. Where its line is gone nothing proves it, and one of the gap is to be given anew, also when its
line came back. So the objection is told again, a line each, and stands as on the day it was filed until it is decided
anew. Done again, it goes on where it stopped.
"""

from collections.abc import AsyncIterator
from typing import Any, Final

from sqlalchemy import ColumnElement, or_

from audit.contract import Audit, Entry, Move, NoSuchLine, Position, record_one
from consent.contract import RegisterUnavailable
from consent.lines import event, restriction
from consent.rights.standing import epoch_of, locked, stands, suspended
from consent.rights.tables import rights
from consent.rows import Register, Row
from consent.tables import subject_state
from kernel.caller import Caller
from kernel.ids import derived_id

PAGE, ROUNDS = 200, 1_000
LIFTED = ("ongegrond", "ingetrokken")
ANEW: Final[dict[str, Any]] = {"pending_at": 0, "decided_at": 0, "letter": ""}


class Retelling:
    """Owns nothing: the rows follow the lines that it writes."""

    def __init__(self, register: Register, audit: Audit) -> None:
        self._register, self._audit = register, audit

    async def revoked(self, caller: Caller, gap: tuple[str, Position | None], why: dict[str, str]) -> int:
        """How many objections stand again. gap: its mark, and from where on lines were missing (None: nobody knows);
        why: said in each line. Raises LogUnavailable, OutcomeUnknown, RegisterUnavailable."""
        done = 0
        objected = (rights.c.kind == "bezwaar", or_(rights.c.status.in_(LIFTED), rights.c.pending_at > 0))
        async for row in newest_first(self._register, caller.tenant, *objected):
            if not await self._holds(caller, row, gap[1]):
                await self._told_again(caller, row, gap[0], why)
                done += 1
        return done

    async def _holds(self, caller: Caller, row: Row, since: Position | None) -> bool:
        """Whether nothing was lifted, or it was before the gap and its line says so."""
        async with self._register.reading(caller.tenant) as rows:
            state = await rows.one(subject_state, resident=row["resident"])
        if row["pending_at"] or stands(state, row["activity"], frozenset()):
            return not row["pending_at"]
        return await proven(self._audit, caller, row, since)

    async def _told_again(self, caller: Caller, row: Row, mark: str, why: dict[str, str]) -> None:
        for again in range(ROUNDS):
            event_id = derived_id(f"{mark}/{again}/{row['id']}", "bezwaar")
            details = {"verzoek": row["id"], **why}
            said = event("bezwaar", event_id, row["subject"], activity=row["activity"], details=details, **filer(row))
            act = restriction(said, row["fence"])
            async with self._register.writing(caller.tenant) as rows:
                there = await locked(rows, row)
                state = await rows.one(subject_state, resident=row["resident"])
                known = max(there["epoch"], epoch_of(state, row))
                await rows.put(rights, there, entry=act.model_dump_json(), **ANEW)
            # a crash here leaves a row whose lifting has no line: the same again, under the same id
            receipt = await record_one(self._audit, caller, act)
            epoch, (fence,) = receipt.epochs[row["fence"]], act.advances
            move = Move(position=receipt.position, fence=fence, epoch=epoch, kind=said.kind, event_id=event_id)
            async with self._register.writing(caller.tenant) as rows:
                await suspended(rows, await locked(rows, row), move, receipt.at)
            if epoch > known:  # else the row knows a later place of the fence than the log, which lost its line
                return
        raise RegisterUnavailable("Niet alle bezwaren gelden weer.")


def filer(row: Row) -> dict[str, str]:
    """Of a line that is told again: who asked it for the resident, as the first one said."""
    return {"actor": row["filed_by"] or "", "on_behalf": row["filed_as"] or ""}


async def newest_first(register: Register, tenant: str, *which: ColumnElement[bool]) -> AsyncIterator[Row]:
    """Requests, a page at a time and no transaction between: of two about the same use the last one counts."""
    before = "~"
    while True:
        async with register.reading(tenant) as rows:
            found = await rows.find(rights, *which, rights.c.id < before, order=(rights.c.id.desc(),), most=PAGE)
        for row in found:
            yield row
        if len(found) < PAGE:
            return
        before = found[-1]["id"]


async def proven(audit: Audit, caller: Caller, row: Row, since: Position | None) -> bool:
    """Whether the last act of a request was before the gap, and its line says so."""
    place = Position.parse(row["position"])
    if since is not None and not place < since:
        return False
    try:
        line = await audit.line(caller, place)
    except NoSuchLine:
        return False
    return line.event.id == Entry.model_validate_json(row["entry"]).event.id
