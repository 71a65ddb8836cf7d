"""Sets in their rows, which are made with their jobs (`connectors.bulk.jobs`)."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement

from connectors.bulk.jobs import client_of
from connectors.bulk.rows import BulkRows, Row
from connectors.lab.contract import LateSet, NoSuchSet, SetView
from connectors.lab.tables import lab_sets
from kernel.caller import Caller
from kernel.clock import Clock, instant, millis

MOST = 200  # in one answer
c = lab_sets.c


@dataclass(frozen=True)
class LabRows:
    """Of all tenants."""

    rows: BulkRows
    clock: Clock

    async def overdue(self, caller: Caller, activity: str) -> bool:
        """Whether this recipient kept quiet about an earlier set of the project."""
        late = (c.recipient == caller.organisation, c.activity == activity, c.destroyed_at == 0)
        async with self.rows.reading(caller.tenant) as rows:
            return await rows.one(lab_sets, *late, c.destroy_by < millis(self.clock())) is not None

    async def by_key(self, caller: Caller, key: str) -> Row | None:
        """The set of an Idempotency-Key."""
        async with self.rows.reading(caller.tenant) as rows:
            return await rows.one(lab_sets, c.client == client_of(caller), c.key == key)

    async def own(self, caller: Caller, id_: str) -> Row:
        """Raises NoSuchSet."""
        async with self.rows.reading(caller.tenant) as rows:
            row = await rows.one(lab_sets, c.id == id_, c.client == client_of(caller))
        if row is None:
            raise NoSuchSet("Deze gegevensset is er niet, of hij is niet van u.")
        return row

    async def of_recipient(self, caller: Caller, id_: str) -> Row:
        """Of the same organisation: who asked for it may be gone. Raises NoSuchSet."""
        async with self.rows.reading(caller.tenant) as rows:
            row = await rows.one(lab_sets, c.id == id_, _theirs(caller))
        if row is None:
            raise NoSuchSet("Deze gegevensset is er niet, of hij is niet van u.")
        return row

    async def listed(self, caller: Caller) -> list[Row]:
        """Of the same organisation too: what it must destroy."""
        async with self.rows.reading(caller.tenant) as rows:
            return await rows.find(lab_sets, _theirs(caller), limit=MOST, newest=True)

    async def late(self, tenant: str, *where: ColumnElement[bool]) -> list[Row]:
        """Those of which nobody said in time that they were destroyed, the first first."""
        open_ = (c.destroyed_at == 0, c.destroy_by < millis(self.clock()), *where)
        async with self.rows.reading(tenant) as rows:
            return sorted(await rows.find(lab_sets, *open_, limit=MOST), key=lambda row: int(row["destroy_by"]))

    async def untold(self, tenant: str) -> list[Row]:
        """Those that are overdue, and of which the log does not know yet."""
        late = (c.destroyed_at == 0, c.told_at == 0, c.destroy_by < millis(self.clock()))
        async with self.rows.reading(tenant) as rows:
            return await rows.find(lab_sets, *late, limit=MOST)

    async def mark(self, tenant: str, id_: str, name: str) -> Row:
        """`destroyed_at` or `told_at` is now, once."""
        async with self.rows.writing(tenant) as rows:
            row = await rows.one(lab_sets, c.id == id_, lock=True)
            if row is None:
                raise NoSuchSet("Deze gegevensset is er niet.")
            return row if row[name] else await rows.change(lab_sets, row, **{name: millis(self.clock())})


def _theirs(caller: Caller) -> ColumnElement[bool]:
    """An application's own sets, and those of its organisation for the activities of its token."""
    same = (c.recipient == caller.organisation) & c.activity.in_(caller.scope)
    return (c.client == client_of(caller)) | same


def shown(row: Row) -> SetView:
    """For its recipient."""
    return SetView(**_said(row))


def shown_late(row: Row) -> LateSet:
    """For the FG."""
    return LateSet(recipient=row["recipient"], **_said(row))


def _said(row: Row) -> dict[str, Any]:
    return {
        **{name: row[name] for name in ("id", "activity", "name")},
        "made_at": instant(row["made_at"]),
        "destroy_by": instant(row["destroy_by"]),
        "destroyed_at": instant(row["destroyed_at"]) if row["destroyed_at"] else None,
    }
