"""A big log in a hurry: complete lines, put together and stored by the log's own hands, but thousands at a time, with
nobody who waits for them and no disk that is waited for. A head is signed every 100,000 lines. For measuring only.
"""

import gc
import resource
import secrets
import time
from datetime import timedelta
from functools import partial

from sqlalchemy.ext.asyncio import AsyncConnection

import kernel.sql.database as opening
from audit.batch import series_of
from audit.event import Entry
from audit.heads import read_head
from audit.judging import Asked, Draft
from audit.keychain import Owner, TenantKeys
from audit.leaf import Previous, content_hash, words_of
from audit.log import Log
from audit.permit import Position
from audit.remembering import Memory
from audit.storing import Storing
from bench.acts import outcome, release
from kernel.clock import millis, utc_now
from kernel.crypto import DataKey

AT_ONCE, KEYS_AT_ONCE, KEEP_YEARS = 5_000, 1_000, 20
LINES_EACH, APPLICATIONS = 200, 100  # lines of one resident; an application has a hundredth of all
SPAN, MS_A_LINE = timedelta(days=142), 1_200  # ten million lines in this half-year
HASTY = ("synchronous=OFF", "cache_size=-5000000", "wal_autocheckpoint=200000", "temp_store=MEMORY")


def hurry() -> None:
    """From now on this process waits for no disk: a power cut leaves nothing. Before any log is opened."""
    vars(opening)["PRAGMAS"] = (*opening.PRAGMAS, *HASTY)


def memory() -> float:
    """The most that this process ever held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class Grower:
    """Of one log. residents: who are in it. Known of the series is kept here, so that nothing is read twice."""

    def __init__(self, log: Log, residents: int) -> None:
        self._log, self._residents = log, residents
        self._year = utc_now().year + KEEP_YEARS
        self._bodies: dict[Owner, DataKey] = {}
        self._before: dict[str, Previous] = {}

    async def grow(self, size: int) -> None:
        """Until it has so many lines, and a signed head. Raises whatever is in the way."""
        await self._known()
        gc.disable()  # everybody's keys, looked through again and again, took three quarters of the time
        begun, told = time.perf_counter(), self._log.memory.size
        while (now := self._log.memory.size) < size:
            keys = await self._log.keys()
            # not before it is committed: whoever watches the log would find a database that was set back
            self._log.learn(await self._log.database.written(self._log.tenant, partial(self._put, keys)))
            if now // 100_000 > told // 100_000:
                told = now
                # who breaks it off and goes on has the next start look at no more than this
                await self._log.heads.sign(self._log.memory)
                each = (time.perf_counter() - begun) / 60
                print(f"  {now} lines after {each:.1f} minutes, {memory():.0f} MB", flush=True)
        await self._log.heads.sign(self._log.memory)

    async def _known(self) -> None:
        """Everybody's key, and where their series stand."""
        names, keys = [f"{resident:032}" for resident in range(self._residents)], await self._log.keys()
        for first in range(0, len(names), KEYS_AT_ONCE):
            some = names[first : first + KEYS_AT_ONCE]
            self._bodies |= await self._log.keychain.bodies([(name, self._year) for name in some], make=True)
            async with self._log.database.snapshot(self._log.tenant) as reading:
                self._before |= await series_of(reading, self._log.tenant, some, keys.rows)

    async def _put(self, keys: TenantKeys, tx: AsyncConnection) -> Memory:
        head = await read_head(tx, self._log.tenant, keys.rows, lock=True)
        at = max(millis(utc_now() - SPAN), head.last_logged_at + AT_ONCE * MS_A_LINE)
        places = [Position(term=head.term, index=head.size + more) for more in range(AT_ONCE)]
        # ended in the same batch: a release of months ago that is open would be closed by the sweeper
        released = [self._released() for _ in range(AT_ONCE // 2)]
        entries = [*released, *map(outcome, places, released)]
        drafts = [Draft(self._asked(entry, keys), at, {}, ()) for at, entry in zip(places, entries, strict=True)]
        stored = await Storing(tx, head, keys).write(drafts, self._before, (at, self._bodies))
        return Memory(head.origin, stored.growth.edge, self._log.memory.fences)

    def _released(self) -> Entry:
        return release(self._residents, f"bench-{secrets.randbelow(APPLICATIONS)}")

    def _asked(self, entry: Entry, keys: TenantKeys) -> Asked:
        return Asked(entry, "connectors", content_hash(keys.content, words_of(entry)), self._year)
