"""Gives each receipt a place in a status list, and says how all places of a list stand now.

A list is made from the rows each time: there is no second truth to lag behind. First the rows follow the log, so a stop
whose row was not stored counts; then the log is asked whether all that stands still does, so a row that was set back
does not. The log away, or a list that is not ours: no list.
"""

import json
from collections.abc import Collection
from typing import Final

from anyio import to_thread

from audit.contract import Audit, FenceAt, Overtaken
from consent.contract import NoSuchThing, RegisterUnavailable
from consent.deciding import newest_versions
from consent.following import Following
from consent.receipts.statuslist import ROOM, SIZE, SUSPENDED, VALID, decoy, decoys, status_of
from consent.receipts.tables import status_lists
from consent.requesting import newest_of
from consent.rows import Register, Row, Rows, passing_over
from consent.tables import consents
from kernel.caller import room_of
from kernel.clock import Clock, millis
from kernel.crypto import random_bytes
from kernel.ids import random_id

EACH: Final = 8  # places of one consent for one holder in one list: who fetches more receipts gets one of these again
DRAWS: Final = 4_096  # after which a list is full: of what a receipt says one place in a hundred at least says the same

Stands = dict[str, tuple[int, FenceAt]]


class Places:
    """Owns `status_lists`."""

    def __init__(self, register: Register, audit: Audit, following: Following, clock: Clock) -> None:
        self._register, self._audit, self._following, self._clock = register, audit, following, clock

    async def take(self, tenant: str, consent_id: str, holder: str) -> tuple[str, int]:
        """A list, and a place in it that nobody has: one that says already what the receipt's will, so that nobody sees
        that it was taken. Raises RegisterUnavailable."""
        at, owner = millis(self._clock()), f"{consent_id}/{holder}"

        async def work(rows: Rows) -> tuple[str, int]:
            status = (await _stands(rows, {consent_id}, at)).get(consent_id, (SUSPENDED,))[0]
            for row in await rows.find(status_lists, status_lists.c.open == 1, lock=True, most=1):
                place = _place(row, owner, status, at)
                if place is not None and place in _taken(row):
                    return row["id"], place  # one of their own again
                if place is not None:
                    await rows.put(status_lists, row, **_with(row, place, owner))
                    return row["id"], place
                await rows.put(status_lists, row, open=0)
            row = _new(at)
            place = _place(row, owner, status, at)
            if place is None:
                raise RegisterUnavailable()
            await rows.add(status_lists, {**row, **_with(row, place, owner)})
            return row["id"], place

        return await self._register.written(tenant, work)

    async def listed(self, tenant: str, list_id: str) -> Row:
        """A list as it lies there: anybody may ask for one, and most of what can be asked for is none. Raises
        NoSuchThing, RegisterUnavailable."""
        async with self._register.reading(tenant) as rows:
            row = await rows.one(status_lists, id=list_id)
        if row is None:
            raise NoSuchThing()
        return row

    async def statuses(self, tenant: str, row: Row, at: int) -> bytes:
        """One byte per place. row: of `listed`. at: now, ms. Raises LogUnavailable, RegisterUnavailable."""
        taken = _taken(row)
        await self._following.follow(tenant)
        stands = await self._register.seen(
            tenant, lambda rows: _stands(rows, {_consent(one) for one in taken.values()}, at)
        )
        doubted = await self._doubted(tenant, [fence for status, fence in stands.values() if status == VALID])
        # a good part of a tenth of a second: others go on meanwhile
        said = await to_thread.run_sync(decoys, bytes(row["seed"]), (at - row["opened_at"]) // 1000)
        for place, owner in taken.items():
            # of one that was forged nothing is known, as of one that is gone: neither may look valid
            status, fence = stands.get(_consent(owner), (SUSPENDED, None))
            said[place] = SUSPENDED if fence is not None and fence.fence in doubted else status
        return bytes(said)

    async def _doubted(self, tenant: str, fences: list[FenceAt]) -> set[str]:
        """Those that do not stand where their rows say: moved just now, or the row was set back."""
        try:
            await self._audit.holds(room_of(tenant, "consent"), fences)
        except Overtaken as overtaken:
            return {one.fence for one in overtaken.moved}
        return set()


async def _stands(rows: Rows, ids: Collection[str], at: int) -> Stands:
    found = await rows.sound(consents, consents.c.id.in_(ids))
    newest = await _newest(rows, {row["activity"] for row in found})
    return {row["id"]: (status_of(row, at, newest_of(newest, row)),
                        FenceAt(fence=row["fence"], epoch=row["epoch"])) for row in found}  # fmt: skip


async def _newest(rows: Rows, slugs: set[str]) -> dict[str, Row]:
    """Of an activity whose newest version was forged nothing is known: what rests on it does not look valid, and
    everybody else's list does not fail."""
    with passing_over():
        return await newest_versions(rows, slugs)
    found: dict[str, Row] = {}
    for slug in sorted(slugs):
        with passing_over():
            found |= await newest_versions(rows, {slug})
    return found


def _new(at: int) -> Row:
    return {"id": random_id(), "seed": random_bytes(32), "document": "{}", "opened_at": at, "open": 1}


def _place(row: Row, owner: str, status: int, at: int) -> int | None:
    """None where there is none."""
    taken, seed, age = _taken(row), bytes(row["seed"]), (at - row["opened_at"]) // 1000
    own = [place for place, one in taken.items() if one == owner]
    if len(own) >= EACH:
        return own[_drawn(len(own))]
    if len(taken) >= ROOM:
        return None
    drawn = (_drawn(SIZE) for _ in range(DRAWS))
    return next((place for place in drawn if place not in taken and decoy(seed, place, age) == status), None)


def _drawn(most: int) -> int:
    """Evenly enough: from far more numbers than there are."""
    return int.from_bytes(random_bytes(8)) % most


def _with(row: Row, place: int, owner: str) -> dict[str, str]:
    taken = {str(one): who for one, who in (_taken(row) | {place: owner}).items()}
    return {"document": json.dumps(taken, sort_keys=True)}


def _taken(row: Row) -> dict[int, str]:
    return {int(place): owner for place, owner in json.loads(row["document"]).items()}


def _consent(owner: str) -> str:
    return owner.partition("/")[0]
