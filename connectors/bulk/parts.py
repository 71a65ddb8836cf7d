"""Parts: taken by one worker at a time, finished once, handed over for as long as they stand."""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select

from audit.contract import Position
from connectors.bulk.contract import JobEnded, Listed
from connectors.bulk.jobs import CLEARED, DONE, TO_DO, Terms
from connectors.bulk.keys import Box, Placed
from connectors.bulk.planning import ENDED, WORKING, Waiting, patience
from connectors.bulk.rows import BulkRows, Row, Rows
from connectors.bulk.stands import Stands, without_answers
from connectors.bulk.tables import jobs, parts
from kernel.clock import Clock, millis
from kernel.ids import random_id

MANY = 10_000  # parts of one job at most: a list of 100,000 in parts of ten
Finish = Literal["done", "lost", "ended"]


@dataclass(frozen=True)
class Turn:
    """A part in somebody's hands. steps: what an earlier attempt wrote down. first: number of its first resident."""

    box: Box
    no: int
    first: int
    attempt: int
    holder: str
    placed: Placed
    listed: tuple[Listed, ...]
    steps: bytes


@dataclass(frozen=True)
class Finished:
    """What a part came to."""

    result: bytes
    stands: Stands
    released: int
    refused: int
    missing: int


@dataclass(frozen=True)
class Handed:
    """A part as it goes out. fallen: lines of those who fell out now and were never sent."""

    result: bytes
    stands: Stands
    fallen: tuple[Position, ...]


class PartRows:
    """Of all tenants."""

    def __init__(self, rows: BulkRows, terms: Terms, clock: Clock) -> None:
        self._rows, self._terms, self._clock = rows, terms, clock

    async def waiting(self, tenant: str) -> list[Waiting]:
        """Jobs with a part that may be taken."""
        free = (parts.c.tenant_id == tenant, parts.c.done == TO_DO, parts.c.held_until <= millis(self._clock()))
        on = (jobs.c.tenant_id == parts.c.tenant_id) & (jobs.c.id == parts.c.job_id)
        query = select(parts.c.job_id).join(jobs, on).where(*free, jobs.c.state.in_(WORKING)).distinct()
        async with self._rows.reading(tenant) as rows:
            return [Waiting(tenant, job) for job in (await rows.connection.execute(query)).scalars()]

    async def take(self, waiting: Waiting) -> Turn | None:
        """The first free part; None when there is none any more."""
        now, holder = millis(self._clock()), random_id()
        free = (parts.c.job_id == waiting.job, parts.c.done == TO_DO, parts.c.held_until <= now)

        async def work(rows: Rows) -> tuple[Row, Row] | None:
            job = await rows.one(jobs, jobs.c.id == waiting.job, lock=True)
            part = await rows.one(parts, *free, lock=True) if job and job["state"] in WORKING else None
            if job is None or part is None:
                return None
            if job["state"] == "wacht":
                await rows.change(jobs, job, state="loopt")
            held = {"holder": holder, "held_until": self._held(now), "attempt": part["attempt"] + 1}
            return job, await rows.change(parts, part, **held)

        taken = await self._rows.written(waiting.tenant, work)
        return await self._opened(waiting, *taken) if taken else None

    async def remember(self, turn: Turn, steps: bytes) -> bool:
        """Before the lines of these steps are written. False: somebody else has it, or the job has ended."""
        return await self._still(turn, steps=turn.box.steps(turn.no, steps))

    @property
    def beat(self) -> float:
        """Seconds between two renewals: two may fail before others take the part."""
        return self._terms.held_seconds / 3

    async def renew(self, turn: Turn) -> bool:
        """It is still worked on: nobody else takes it. False: it is not in these hands any more."""
        return await self._still(turn)

    async def finish(self, turn: Turn, done: Finished) -> Finish:
        """From here on the recipient can fetch it; its list is gone. The last one finishes the job."""
        counts = {"released": done.released, "refused": done.refused, "missing": done.missing}
        texts = {"listed": b"", "steps": b"", "result": done.result, "stands": done.stands.to_bytes()}
        to_do = (parts.c.tenant_id == turn.box.tenant, parts.c.job_id == turn.box.job, parts.c.done == TO_DO)

        async def work(rows: Rows) -> tuple[Finish, bool]:
            job, part = await self._mine(rows, turn)
            if job is None or part is None:
                return "ended" if job and job["state"] in ENDED else "lost", False
            await rows.change(parts, part, done=DONE, holder="", **counts, **texts)
            last = (await rows.connection.execute(select(parts.c.no).where(*to_do).limit(1))).first() is None
            if last:
                await rows.change(jobs, job, **self._terms.ready(millis(self._clock())))
            return "done", last

        how, last = await self._rows.written(turn.box.tenant, work)
        if last:
            self._rows.keys.forget(turn.box.tenant, turn.box.job)
        return how

    async def give_back(self, turn: Turn) -> None:
        """It failed: others may try, after a while."""
        async with self._rows.writing(turn.box.tenant) as rows:
            _, part = await self._mine(rows, turn)
            if part is not None:
                await rows.change(parts, part, held_until=millis(self._clock()) + patience(turn.attempt))

    async def stands(self, tenant: str, job: str, no: int) -> Stands:
        """Of a part that is done. Raises JobEnded."""
        async with self._rows.reading(tenant) as rows:
            return Stands.from_bytes(_there(await rows.one(parts, parts.c.job_id == job, parts.c.no == no))["stands"])

    async def hand(self, tenant: str, job: str, no: int, fallen: frozenset[int]) -> Handed:
        """It goes out now, without these: from here on nobody says that it was not delivered. Raises JobEnded."""
        async with self._rows.writing(tenant) as rows:
            whole = await rows.one(jobs, jobs.c.id == job, lock=True)
            part = _there(await rows.one(parts, parts.c.job_id == job, parts.c.no == no, lock=True))
            if whole is None or whole["state"] != "klaar":
                raise JobEnded("De resultaten van deze opdracht zijn verwijderd.")
            before, fresh = Stands.from_bytes(part["stands"]), not part["handed_at"]
            result, left = without_answers(bytes(part["result"]), fallen), before.without(fallen)
            if fresh or fallen:
                handed = part["handed_at"] or millis(self._clock())
                await rows.change(parts, part, result=result, stands=left.to_bytes(), handed_at=handed)
            return Handed(result, left, before.places(fallen) if fresh else ())

    async def unfetched(self, tenant: str, job: str, no: int) -> tuple[Position, ...]:
        """Releases of a part of an ended job that nobody was ever sent."""
        async with self._rows.reading(tenant) as rows:
            part = await rows.one(parts, parts.c.job_id == job, parts.c.no == no)
        return Stands.from_bytes(part["stands"]).places() if part and not part["handed_at"] else ()

    async def uncleared(self, tenant: str, job: str) -> list[int]:
        """Parts of an ended job with something in them."""
        mine = (parts.c.tenant_id == tenant, parts.c.job_id == job, parts.c.done != CLEARED)
        async with self._rows.reading(tenant) as rows:
            return list((await rows.connection.execute(select(parts.c.no).where(*mine).limit(MANY))).scalars())

    async def clear(self, tenant: str, job: str, no: int) -> None:
        """Nothing is left of it but its counts."""
        nothing = dict.fromkeys(("listed", "steps", "result", "stands"), b"")
        async with self._rows.writing(tenant) as rows:
            await rows.one(jobs, jobs.c.id == job, lock=True)
            part = await rows.one(parts, parts.c.job_id == job, parts.c.no == no, lock=True)
            if part is not None:
                await rows.change(parts, part, done=CLEARED, holder="", **nothing)

    async def _still(self, turn: Turn, **changed: bytes) -> bool:
        """Whether it was in these hands, and so stays for a while."""

        async def work(rows: Rows) -> bool:
            _, part = await self._mine(rows, turn)
            if part is not None:
                await rows.change(parts, part, held_until=self._held(millis(self._clock())), **changed)
            return part is not None

        return await self._rows.written(turn.box.tenant, work)

    async def _mine(self, rows: Rows, turn: Turn) -> tuple[Row | None, Row | None]:
        """The job, locked, and the part while it is still in these hands."""
        job = await rows.one(jobs, jobs.c.id == turn.box.job, lock=True)
        mine = (parts.c.job_id == turn.box.job, parts.c.no == turn.no, parts.c.done == TO_DO)
        works = job is not None and job["state"] in WORKING
        part = await rows.one(parts, *mine, parts.c.holder == turn.holder, lock=True) if works else None
        return job, part

    def _held(self, now: int) -> int:
        return now + int(self._terms.held_seconds * 1000)

    async def _opened(self, waiting: Waiting, job: Row, part: Row) -> Turn:
        async with self._rows.guarded():
            box = await self._rows.keys.open(waiting.tenant, waiting.job, bytes(job["wrapped"]))
            return Turn(
                box=box,
                no=part["no"],
                first=part["first"],
                attempt=part["attempt"],
                holder=part["holder"],
                placed=box.read_placed(bytes(job["placed"])),
                listed=box.read_listed(part["no"], bytes(part["listed"])),
                steps=box.read_steps(part["no"], bytes(part["steps"])),
            )


def _there(part: Row | None) -> Row:
    if part is None or part["done"] != DONE:
        raise JobEnded("De resultaten van deze opdracht zijn verwijderd.")
    return part
