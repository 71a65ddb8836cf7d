"""What permits is pending, logged, then effective (trust.md 2.5). A crash anywhere leaves nothing that counts.

The act waits in its own row as it will be given to the log, so whoever finishes it (the caller again, another tab,
another instance, the sweeper) says the same under the same id and gets the same receipt.
"""

from collections.abc import Sequence

from sqlalchemy import Table

from audit.contract import Audit, Entry, Event, EventIdTaken, Overtaken, Receipt, record_one
from consent import tables
from consent.acts import dropped, granted
from consent.lines import event
from consent.mandates.tables import mandates
from consent.rows import Register, Row, Rows
from kernel.caller import Caller, room_of
from kernel.clock import Clock, millis
from kernel.errors import Problem
from kernel.failpoints import reached
from kernel.logs import logger

IN_FORCE = {"activities": "gepubliceerd", "recipients": "toegelaten", "applications": "toegelaten",
            "cases": "open", "consents": "gegeven", "mandates": "geldig"}  # fmt: skip
FINISH_MS, DROP_MS = 5_000, 600_000  # a caller who still waits is not overtaken by the sweeper; ten minutes is doubt
_WAITING = (*(table for table in tables.GUARDED if table.name in IN_FORCE), mandates)

_PLACED = ("withheld_until", "covert", "activity", "version", "recipient", "case", "keep_until")  # and in which series
_log = logger("consent")


def _key(table: Table, row: Row) -> dict[str, str | int]:
    return {column.name: row[column.name] for column in table.primary_key.columns if column.name != "tenant_id"}


async def lapsed(audit: Audit, caller: Caller, event_id: str, subject: str, act: Event | None = None) -> bool:
    """Whether the act's own id is now taken by a line that says it lapsed: a late original then fails. act: that
    original, where its resident may not see it."""
    same = {name: getattr(act, name) for name in _PLACED} if act else {}
    try:
        await record_one(audit, caller, Entry(event=event("vervallen", event_id, subject, **same)))
    except EventIdTaken:
        return False
    return True


class Permits:
    """Finishes or drops what is pending. Owns pending_at, and status where it becomes effective."""

    def __init__(self, register: Register, audit: Audit, clock: Clock) -> None:
        self._register, self._audit, self._clock = register, audit, clock

    async def take_effect(self, caller: Caller, table: Table, row: Row) -> Receipt:
        """The receipt; the same one for an act that took effect before. NOT promised: that it still stands, a later
        restriction may have won. Raises Overtaken (then it is dropped), LogUnavailable, OutcomeUnknown."""
        (receipt,) = await self.take_effect_all(caller, table, (row,))
        return receipt

    async def take_effect_all(self, caller: Caller, table: Table, waiting: Sequence[Row]) -> list[Receipt]:
        """The same for rows of one table, in order, in one call to the log. What one of them meets is raised when the
        others have taken effect."""
        # a crash here leaves pending rows: they permit nothing, and the sweeper records them again under the same ids
        reached("consent.pending")
        verdicts = await self._audit.record(caller, [Entry.model_validate_json(row["entry"]) for row in waiting])
        both = list(zip(waiting, verdicts, strict=True))
        for row in (row for row, verdict in both if isinstance(verdict, Overtaken)):
            await self._drop(caller.tenant, table, row)
        given = [(row, verdict) for row, verdict in both if isinstance(verdict, Receipt)]
        if given:
            # a crash here leaves lines and pending rows: shown as "wordt verwerkt", finished by the sweeper
            reached("consent.granted-line")
        if any(row["pending_at"] for row, _ in given):
            async with self._register.writing(caller.tenant) as rows:
                for row, receipt in given:
                    await self._make_effective(rows, table, row, receipt)
        for problem in (verdict for verdict in verdicts if isinstance(verdict, Problem)):
            raise problem
        return [receipt for _, receipt in given]

    async def _make_effective(self, rows: Rows, table: Table, row: Row, receipt: Receipt) -> None:
        found = await rows.one(table, lock=True, **_key(table, row))
        # only if still pending at the same epoch: an old receipt says that it was given, not that it stands
        if not found or not found["pending_at"] or (found["entry"], found["epoch"]) != (row["entry"], row["epoch"]):
            return
        known = {"pending_at": 0, "effective_at": receipt.at, "position": str(receipt.position)}
        changes = {"status": IN_FORCE[table.name]}
        if table is tables.consents:
            changes = granted(found, Entry.model_validate_json(row["entry"]).event, receipt.at)
        await rows.put(table, found, **known, **changes)

    async def _drop(self, tenant: str, table: Table, row: Row) -> None:
        async with self._register.writing(tenant) as rows:
            found = await rows.one(table, lock=True, **_key(table, row))
            if not found or not found["pending_at"] or found["entry"] != row["entry"]:
                return
            if table is tables.consents:
                await rows.put(table, found, pending_at=0, **dropped(found, millis(self._clock())))
            else:
                await rows.remove(table, found)

    async def sweep(self, tenant: str) -> None:
        """What a crash left behind, in every table. What cannot be finished now waits for the next time."""
        caller, before = room_of(tenant, "consent"), millis(self._clock()) - FINISH_MS
        async with self._register.reading(tenant) as rows:
            waiting = [
                (table, row)
                for table in _WAITING
                for row in await rows.sound(table, table.c.pending_at > 0, table.c.pending_at < before)
            ]
        for table, row in waiting:
            try:
                await self._finish(caller, table, row)
            except Problem as problem:
                _log.warning("pending_not_finished", table=table.name, code=problem.code)

    async def _finish(self, caller: Caller, table: Table, row: Row) -> None:
        act = Entry.model_validate_json(row["entry"]).event
        if millis(self._clock()) - row["pending_at"] > DROP_MS and await lapsed(
            self._audit, caller, act.id, act.subject, act if act.withheld_until or act.covert else None
        ):
            await self._drop(caller.tenant, table, row)
        else:
            await self.take_effect(caller, table, row)
