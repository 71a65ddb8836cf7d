"""The privacy budget: spent before anything is read, never given back, and no two askers share the last of it.

A row per run, of a set of rows too, numbered per activity, each with the sum up to it: who would be the next number
twice is refused by the database and looks again. The log counts runs too. A row is written before its line, so a ledger
that knows of fewer runs than the log was set back, and counts for nothing.
"""

import json
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.contract import KeyUnderWay
from connectors.counting.contract import CannotCount
from connectors.tables import runs
from kernel.clock import Clock, millis
from kernel.crypto import CannotOpen, KeyUnavailable
from kernel.logs import logger
from kernel.sql import Database, RowForged, RowSeal
from kernel.sql.key_rows import KeyRows

KEY = "IK"  # of row MACs
TRIES = 300  # more than a budget has runs: somebody else was first each time
ENDLESS = 1 << 60  # a budget that nothing takes from
_log = logger("connectors")


class BudgetSpent(Exception):
    """This run would take more than is left."""


class MadeBefore(Exception):
    """A table that everybody will read is made once: another run was first."""


@dataclass(frozen=True)
class Run:
    """One table for one recipient. name: of the table. cost: thousandths of epsilon."""

    id: str
    activity: str
    name: str
    cost: int
    recipient: str
    client: str
    key: str = ""


@dataclass(frozen=True)
class Kept:
    """A run as it lies in the ledger. spent: of the activity, up to and with it. answer: "" while there is none."""

    run: Run
    number: int
    spent: int
    made_at: int
    answer: str


class Ledger:
    """Every verb raises CannotCount when rows or keys are away, or rows are not ours."""

    def __init__(self, database: Database, keys: KeyRows, clock: Clock) -> None:
        self._database, self._keys, self.clock = database, keys, clock

    async def spend(self, tenant: str, run: Run, budget: int, logged: int) -> Kept:
        """Durable when it returns. budget: thousandths of epsilon. logged: runs of this activity that the log knew of
        a moment ago. Raises BudgetSpent, KeyUnderWay."""
        seal = await self._seal(tenant)
        for _ in range(TRIES):
            try:
                return await self._spent(tenant, run, budget, (seal, logged))
            except IntegrityError:  # another one was first: what is left is less now, or it was this very question
                if run.key and await self.by_key(tenant, run.client, run.key):
                    raise KeyUnderWay("Deze vraag wordt al beantwoord.", wachtSeconden=1) from None
            except (SQLAlchemyError, RowForged, TimeoutError) as error:
                raise self._broken(error) from None
        raise CannotCount("Er wordt nu te veel tegelijk gevraagd. Probeer het later opnieuw.")

    async def noted(self, tenant: str, run: Run) -> None:
        """A run that gives no table, and costs nothing: the log counts it, so this must too. Before its line."""
        await self.spend(tenant, replace(run, cost=0), ENDLESS, 0)

    async def answered(self, tenant: str, kept: Kept, answer: str, once: str = "") -> None:
        """Kept before it is sent: who lost it asks again, and pays nothing. once: the version under which this table
        may be made one time. Raises MadeBefore: somebody else was first, and this one is nobody's."""
        seal, run = await self._seal(tenant), kept.run
        row = seal.sealed(runs, _row(tenant, run, kept, answer))
        mine = (runs.c.tenant_id == tenant, runs.c.activity == run.activity, runs.c.number == kept.number)
        try:
            async with self._database.writing(tenant) as connection:
                if once and await _first(connection, seal, (tenant, run.activity, run.name, once), lock=True):
                    raise MadeBefore
                await connection.execute(update(runs).where(*mine).values(answer=answer, mac=row["mac"]))
        except (SQLAlchemyError, RowForged, TimeoutError) as error:
            raise self._broken(error) from None

    async def by_id(self, tenant: str, id_: str) -> Kept | None:
        """One run."""
        return await self._one(tenant, runs.c.id == id_)

    async def by_key(self, tenant: str, client: str, key: str) -> Kept | None:
        """The run of an Idempotency-Key."""
        return await self._one(tenant, runs.c.client == client, runs.c.key == key)

    async def first(self, tenant: str, activity: str, name: str, version: str) -> Kept | None:
        """The run that gave this table under this version: the only one, where it becomes public."""
        seal = await self._seal(tenant)
        try:
            async with self._database.snapshot(tenant) as connection:
                return await _first(connection, seal, (tenant, activity, name, version))
        except (SQLAlchemyError, RowForged, TimeoutError) as error:
            raise self._broken(error) from None

    async def _one(self, tenant: str, *which: Any) -> Kept | None:
        seal = await self._seal(tenant)
        try:
            async with self._database.snapshot(tenant) as connection:
                found = await connection.execute(select(runs).where(runs.c.tenant_id == tenant, *which).limit(1))
                row = found.mappings().first()
            return _kept(seal.checked(runs, dict(row))) if row else None
        except (SQLAlchemyError, RowForged, TimeoutError) as error:
            raise self._broken(error) from None

    async def _spent(self, tenant: str, run: Run, budget: int, known: tuple[RowSeal, int]) -> Kept:
        (seal, logged), mine = known, (runs.c.tenant_id == tenant, runs.c.activity == run.activity)
        last = select(func.max(runs.c.number)).where(*mine).scalar_subquery()
        async with self._database.writing(tenant) as connection:
            row = (await connection.execute(select(runs).where(*mine, runs.c.number == last))).mappings().first()
            before = seal.checked(runs, dict(row)) if row else {"number": 0, "spent": 0}
            if int(before["number"]) < logged:
                raise RowForged("runs")  # the log knows of more: rows were taken away
            if int(before["spent"]) + run.cost > budget:
                raise BudgetSpent
            number, spent = int(before["number"]) + 1, int(before["spent"]) + run.cost
            kept = Kept(run, number, spent, millis(self.clock()), "")
            await connection.execute(runs.insert().values(seal.sealed(runs, _row(tenant, run, kept, ""))))
        return kept

    async def _seal(self, tenant: str) -> RowSeal:
        try:
            return RowSeal(await self._keys.open(tenant, KEY))
        except (KeyUnavailable, CannotOpen, KeyError, SQLAlchemyError) as error:
            raise self._broken(error) from None

    def _broken(self, error: Exception) -> CannotCount:
        _log.error("ledger_failed", exc_info=error)
        return CannotCount("Wij weten nu niet wat er van het budget over is. Er is niets geteld.")


async def _first(
    connection: AsyncConnection, seal: RowSeal, of: tuple[str, str, str, str], *, lock: bool = False
) -> Kept | None:
    """Of (tenant, activity, table, version). Runs without an answer are looked at too: whoever empties one shall not
    make it one that was never answered. lock: no other of them is answered before this transaction ends; each run holds
    its own row here, so two that end at one moment cannot miss each other."""
    tenant, activity, name, version = of
    mine = (runs.c.tenant_id == tenant, runs.c.activity == activity, runs.c.name == name)
    query = select(runs).where(*mine).order_by(runs.c.number)
    found = await connection.execute(query.with_for_update() if lock else query)
    kept = [_kept(seal.checked(runs, dict(row))) for row in found.mappings()]
    return next((one for one in kept if one.answer and json.loads(one.answer)["versie"] == version), None)


def _row(tenant: str, run: Run, kept: Kept, answer: str) -> dict[str, Any]:
    who = {"recipient": run.recipient, "client": run.client, "key": run.key or run.id}
    what = {"id": run.id, "activity": run.activity, "name": run.name, "cost": run.cost}
    return {"tenant_id": tenant, **what, **who, "number": kept.number, "spent": kept.spent, "made_at": kept.made_at,
            "answer": answer}  # fmt: skip


def _kept(row: dict[str, Any]) -> Kept:
    said = {name: row[name] for name in ("id", "activity", "name", "cost", "recipient", "client", "key")}
    return Kept(Run(**said), row["number"], row["spent"], row["made_at"], row["answer"])
