"""What recipients may read of corrections, in rows. Written again after a crash it is the same row."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, or_

from connectors.bulk.rows import BulkRows, Row
from connectors.correcting.contract import Had, NoSuchNotice, Notice, Passed
from connectors.correcting.passing import Told, seen_by
from connectors.correcting.stored import KEPT_MS, MOST, Found
from connectors.correcting.tables import notices
from kernel.caller import Caller
from kernel.clock import Clock, instant, millis
from kernel.ids import derived_id

c = notices.c
SHOWN = 2_000  # of all reports about a resident


@dataclass(frozen=True)
class NoticeRows:
    """Of all tenants. Whatever goes wrong below becomes NeighbourUnavailable."""

    rows: BulkRows
    clock: Clock

    async def keep(self, tenant: str, found: Found, told: Sequence[Told]) -> list[Row]:
        """What each of these may read from now on; with what was there already."""
        report, at = found.row, millis(self.clock())
        new = [
            {"id": derived_id(report["id"], f"correctie/{one.recipient}"), "report": report["id"],
             "recipient": one.recipient, "recipient_name": one.name, "more": int(one.more),
             "given": json.dumps([had.model_dump(mode="json") for had in one.had]),
             "withheld_until": one.withheld_until, "corrected_at": report["changed_at"], "at": at}
            for one in told
        ]  # fmt: skip
        async with self.rows.writing(tenant) as rows:
            known = {row["id"] for row in await rows.find(notices, c.report == report["id"], limit=len(new) + MOST)}
            if missing := [row for row in new if row["id"] not in known]:
                await rows.add(notices, missing)
        return new

    async def one(self, caller: Caller, id_: str) -> Notice:
        """Raises NoSuchNotice."""
        async with self.rows.reading(caller.tenant) as rows:
            row = await rows.one(notices, c.id == id_, c.recipient == caller.organisation)
        had = seen_by((Had.model_validate(one) for one in json.loads(row["given"])), caller.scope) if row else ()
        if row is None or not had:
            raise NoSuchNotice("Deze correctie is er niet, of zij is niet voor u.")
        return Notice(id=id_, corrected_at=instant(row["corrected_at"]), had=had, more=bool(row["more"]))

    async def of(self, tenant: str, reports: Sequence[str]) -> list[Passed]:
        """Who was told, as the resident of these reports may know."""
        open_ = or_(c.withheld_until == 0, c.withheld_until <= millis(self.clock()))
        async with self.rows.reading(tenant) as rows:
            found = await rows.find(notices, c.report.in_(reports), open_, limit=SHOWN) if reports else []
        return [
            Passed(report=row["report"], recipient=row["recipient"], name=row["recipient_name"], at=instant(row["at"]))
            for row in found
        ]

    async def forget_old(self, tenant: str) -> None:
        """They go with their report."""
        old = (c.tenant_id == tenant, c.at < millis(self.clock()) - KEPT_MS)
        async with self.rows.writing(tenant) as rows:
            await rows.connection.execute(delete(notices).where(*old))
