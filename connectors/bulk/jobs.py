"""Jobs: placed once, told of, ended. What happens to their parts is in `connectors.bulk.parts`."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, or_, select

from connectors.bulk.contract import (
    JOBS_OPEN,
    BulkRequest,
    JobEnded,
    JobView,
    Listed,
    NoSuchJob,
    NotReady,
    Order,
    State,
    TooManyJobs,
)
from connectors.bulk.keys import Box, Placed
from connectors.bulk.planning import ENDED, WORKING, cut, demand_step, size_of
from connectors.bulk.rows import BulkRows, Row, Rows
from connectors.bulk.tables import jobs, parts
from connectors.contract import SameKeyOtherBody
from connectors.lab.rowing import Lab
from connectors.lab.tables import lab_sets
from kernel.caller import Caller
from kernel.clock import Clock, instant, millis
from kernel.crypto import same
from kernel.ids import derived_id, uuid7

HOUR_MS = 3_600_000
NAMED_MS = 30 * 24 * HOUR_MS  # so long a job that has ended is told of
AT_ONCE = 100  # rows of parts in one statement
TO_DO, DONE, CLEARED = 0, 1, 2  # of a part


@dataclass(frozen=True)
class Terms:
    """part: residents of one part at most. work_hours: after which a job that is not done is given up. kept_hours: how
    long a result waits to be fetched. held_seconds: after which another may take a part of which nobody says any more
    that it is worked on."""

    part: int = 250
    work_hours: int = 24
    kept_hours: int = 72
    held_seconds: float = 60.0

    def ready(self, now: int) -> Row:
        """What changes in the row of a job that is done: nobody needs its list any more, and its result waits."""
        until = now + self.kept_hours * HOUR_MS
        return {"state": "klaar", "wrapped": b"", "placed": b"", "ended_at": now, "until": until}


@dataclass(frozen=True)
class Repeat:
    """What tells the same request from another one. key: the Idempotency-Key, "" for none."""

    key: str
    request_hash: bytes


class JobRows:
    """Of all tenants."""

    def __init__(self, rows: BulkRows, terms: Terms, clock: Clock) -> None:
        self._rows, self.terms, self._clock = rows, terms, clock

    async def place(self, caller: Caller, request: BulkRequest, repeat: Repeat) -> JobView:
        """Raises SameKeyOtherBody, TooManyJobs."""
        now, who = millis(self._clock()), client_of(caller)
        # who asked can tell its job by the key, however late it asks again
        job = uuid7(now, derived_id(repeat.key, caller.application) if repeat.key else "")
        box, wrapped = await self._rows.keys.new(caller.tenant, job)
        row = {"id": job, "client": who, "key": repeat.key or job, "request_hash": repeat.request_hash,
               "state": "wacht", "count": len(request.listed), "wrapped": wrapped, "created_at": now, "ended_at": 0,
               "until": now + self.terms.work_hours * HOUR_MS}  # fmt: skip
        places = cut(len(request.listed), size_of(request.order.elements, self.terms.part))
        placed = box.placed(Placed(caller=caller, order=request.order, lab=request.lab))
        async with self._rows.writing(caller.tenant) as rows:
            if repeat.key and (known := await rows.one(jobs, jobs.c.client == who, jobs.c.key == repeat.key)):
                return await _told(rows, _demand_same(known, repeat))
            await _demand_room(rows, who)
            row |= {"placed": placed} if places else self.terms.ready(now)  # no part of it would ever be the last
            await rows.add(jobs, [{**row, "parts": len(places)}])
            if request.lab is not None:
                await rows.add(lab_sets, [_set(caller, row, request.order, request.lab, request.until)])
            made = [_part(box, no, place, request.listed) for no, place in enumerate(places)]
            for begin in range(0, len(made), AT_ONCE):
                await rows.add(parts, made[begin : begin + AT_ONCE])
            return await _told(rows, row)

    async def view(self, caller: Caller, job: str) -> JobView:
        """Raises NoSuchJob."""
        async with self._rows.reading(caller.tenant) as rows:
            return await _told(rows, await _own(rows, caller, job))

    async def demand_ready(self, caller: Caller, job: str) -> int:
        """How many parts its result has. Raises NoSuchJob, NotReady, JobEnded."""
        async with self._rows.reading(caller.tenant) as rows:
            row = await _own(rows, caller, job)
        if row["state"] in WORKING:
            raise NotReady("Vraag over een minuut opnieuw hoe ver het is.", wachtSeconden=60)
        if row["state"] in ENDED:
            raise JobEnded("De resultaten van deze opdracht zijn verwijderd. Geef een nieuwe opdracht.")
        return int(row["parts"])

    async def end(self, tenant: str, job: str, state: State) -> None:
        """From here on nothing of it is begun or handed over, and its list opens no more."""
        async with self._rows.writing(tenant) as rows:
            row = await rows.one(jobs, jobs.c.id == job, lock=True)
            if row is None or row["state"] in ENDED:
                return
            demand_step(row["state"], state)
            now = millis(self._clock())
            gone = {"wrapped": b"", "placed": b"", "until": 0, "ended_at": row["ended_at"] or now}
            await rows.change(jobs, row, state=state, **gone)
        self._rows.keys.forget(tenant, job)

    async def overdue(self, tenant: str) -> list[str]:
        """Jobs whose term is over."""
        now = millis(self._clock())
        old = select(jobs.c.id).where(jobs.c.tenant_id == tenant, jobs.c.until > 0, jobs.c.until < now)
        async with self._rows.reading(tenant) as rows:
            return list((await rows.connection.execute(old.limit(AT_ONCE))).scalars())

    async def left(self, tenant: str) -> list[str]:
        """Jobs that have ended and still have parts with something in them."""
        mine = (jobs.c.tenant_id == tenant, jobs.c.state.in_(ENDED))
        same_job = (parts.c.tenant_id == jobs.c.tenant_id, parts.c.job_id == jobs.c.id, parts.c.done != CLEARED)
        found = select(jobs.c.id).where(*mine, select(parts.c.no).where(*same_job).exists())
        async with self._rows.reading(tenant) as rows:
            return list((await rows.connection.execute(found.limit(AT_ONCE))).scalars())

    async def forget_old(self, tenant: str) -> None:
        """A job that ended a month ago is nobody's business any more."""
        before = millis(self._clock()) - NAMED_MS
        old = (jobs.c.tenant_id == tenant, jobs.c.state.in_(ENDED), jobs.c.ended_at < before)
        theirs = (parts.c.tenant_id == tenant, parts.c.job_id.in_(select(jobs.c.id).where(*old)))
        async with self._rows.writing(tenant) as rows:
            await rows.connection.execute(delete(parts).where(*theirs))
            await rows.connection.execute(delete(jobs).where(*old))

    async def of_lab(self, tenant: str, job: str) -> bool:
        """Whether it makes a set of rows. Raises JobEnded for one that was destroyed, or should be by now."""
        async with self._rows.reading(tenant) as rows:
            row = await rows.one(lab_sets, lab_sets.c.id == job)
        if row is not None and (row["destroyed_at"] or row["destroy_by"] <= millis(self._clock())):
            raise JobEnded("Deze gegevensset is vernietigd, of moet dat nu zijn. Vraag een nieuwe.")
        return row is not None

    async def mine(self, caller: Caller, job: str) -> None:
        """Raises NoSuchJob."""
        async with self._rows.reading(caller.tenant) as rows:
            await _own(rows, caller, job)


def _set(caller: Caller, job: Row, order: Order, lab: Lab, until: int) -> Row:
    said = {"id": job["id"], "client": job["client"], "key": job["key"], "made_at": job["created_at"]}
    about = {"activity": order.activity, "name": lab.name, "recipient": caller.organisation, "destroy_by": until}
    return {**said, **about, "destroyed_at": 0, "told_at": 0}


def client_of(caller: Caller) -> str:
    """Whose job it is: an application's, not a person's."""
    return f"{caller.organisation}/{caller.application}"


async def _own(rows: Rows, caller: Caller, job: str) -> Row:
    row = await rows.one(jobs, jobs.c.id == job)
    if row is None or row["client"] != client_of(caller):
        raise NoSuchJob("Deze opdracht is er niet, of hij is niet van u.")
    return row


def _demand_same(row: Row, repeat: Repeat) -> Row:
    if not same(bytes(row["request_hash"]), repeat.request_hash):
        raise SameKeyOtherBody("Neem voor een andere vraag een nieuwe sleutel.")
    return row


async def _demand_room(rows: Rows, client: str) -> None:
    open_ones = or_(*(jobs.c.state == state for state in (*WORKING, "klaar")))
    mine = (jobs.c.tenant_id == rows.tenant, jobs.c.client == client, open_ones)
    if (await rows.connection.scalar(select(func.count()).select_from(jobs).where(*mine)) or 0) >= JOBS_OPEN:
        raise TooManyJobs(f"Haal eerst een van uw {JOBS_OPEN} opdrachten op, of verwijder er een.", wachtSeconden=60)


def _part(box: Box, no: int, place: range, listed: tuple[Listed, ...]) -> dict[str, Any]:
    numbers = dict.fromkeys(("done", "attempt", "held_until", "released", "refused", "missing", "handed_at"), 0)
    nothing = dict.fromkeys(("steps", "result", "stands"), b"")
    sealed = box.listed(no, listed[place.start : place.stop])
    return {"job_id": box.job, "no": no, "first": place.start, "holder": "", "listed": sealed, **numbers, **nothing}


async def _told(rows: Rows, job: dict[str, Any]) -> JobView:
    sums = [func.coalesce(func.sum(parts.c[name]), 0) for name in ("released", "refused", "missing")]
    mine = (parts.c.tenant_id == rows.tenant, parts.c.job_id == job["id"])
    released, refused, missing = map(int, (await rows.connection.execute(select(*sums).where(*mine))).one())
    return JobView(
        id=job["id"],
        state=job["state"],
        count=job["count"],
        handled=released + refused + missing,
        released=released,
        refused=refused,
        missing=missing,
        created=instant(job["created_at"]),
        ended=instant(job["ended_at"]) if job["ended_at"] else None,
        until=instant(job["until"]) if job["state"] == "klaar" else None,
    )
