"""Reports in their rows. An act waits in the row before its line is written: whoever comes after a crash writes the
same line, and only one act at a time can wait.

    placed ─▶ line ─▶ settled: `ontvangen`, marked          killed before the line: whoever sweeps writes it
    stepped ─▶ line ─▶ settled: the next status             killed after it: the same line again, and the row follows
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, delete, func, or_, select

from audit.contract import Entry
from connectors.bulk.rows import BulkRows, Row, Rows
from connectors.contract import Repeatable, SameKeyOtherBody
from connectors.correcting.content import PURPOSE, Content, Sealing
from connectors.correcting.contract import RESIDENT, NoSuchReport, NothingNew, Said, StepPassed, TooManyReports
from connectors.correcting.rules import (
    CORRECTED,
    LAPSED,
    LIST,
    NEXT,
    OPEN,
    RENEWED,
    Ended,
    most,
    something_new,
    touched,
)
from connectors.correcting.tables import corrections
from connectors.declared.declaration import DAYS
from kernel.clock import Clock, millis
from kernel.crypto import hmac_sha256, same
from kernel.sql.key_rows import KeyRows

MOST = 200  # in one answer
WAITS_MS = 5_000  # so long an act is whoever's it was
DAY_MS = 24 * 3_600_000
KEPT_MS = 365 * DAY_MS  # of a report that has ended
LATER = 1 << 52  # ms: not due
c = corrections.c


@dataclass(frozen=True)
class Found:
    """A row with what it says."""

    row: Row
    content: Content


class CorrectionRows:
    """Of all tenants. Whatever goes wrong below becomes NeighbourUnavailable."""

    def __init__(self, rows: BulkRows, room_keys: KeyRows, clock: Clock) -> None:
        self._rows, self._keys, self.clock = rows, room_keys, clock

    @property
    def now(self) -> int:
        """In ms."""
        return millis(self.clock())

    async def place(self, tenant: str, row: Row, content: Content, repeat: Repeatable, given_at: int) -> Found:
        """A new report, without effect until its line stands; or the one that this is once more. given_at: when the
        reporter got the value, ms. Raises SameKeyOtherBody, TooManyReports, NothingNew."""
        sealing, hashed = await self._sealing(tenant), await self._hash(tenant, repeat.body)
        zeros = {"due_at": LATER, "tries": 0, "revision": 0}
        said = {"key": repeat.key or row["id"], "request_hash": hashed, "status": "", "becomes": OPEN[0],
                "filed_at": self.now, "changed_at": self.now}  # fmt: skip
        new = {**zeros, **said, **row, "content": sealing.sealed(row["id"], content)}
        async with self._rows.writing(tenant) as rows:
            mine = c.client == row["client"]
            known = await rows.one(corrections, mine, c.key == new["key"]) if repeat.key else None
            if known is not None and not same(bytes(known["request_hash"]), hashed):
                raise SameKeyOtherBody("Neem voor een andere melding een nieuwe sleutel.")
            known = known or await rows.one(corrections, c.slot == row["slot"])
            if known is None:
                await _demand_room(rows, row)
                await _demand_new(rows, sealing, row, (given_at, content))
                await rows.add(corrections, [new])
            return _found(sealing, known or new)

    async def step(self, tenant: str, seen: Found, said: Said, entry: Entry) -> Found:
        """An act that waits for its line; the same again is the same one. It lapses only as it was seen: who spoke
        meanwhile did not keep silent. Raises NoSuchReport, StepPassed."""
        sealing, id_ = await self._sealing(tenant), seen.row["id"]
        becomes, answer = said.status, said.words or ""
        async with self._rows.writing(tenant) as rows:
            found = _found(sealing, await _locked(rows, id_))
            row, text = found.row, entry.model_dump_json()
            content = replace(found.content, answer=answer, since=said.since or "")
            if found.content == content and (row["entry"] == text or row["status"] == becomes):
                return found
            spoken = becomes == LAPSED and row["revision"] != seen.row["revision"]
            if row["entry"] or spoken or becomes not in NEXT.get(row["status"], ()):
                raise StepPassed("Deze terugmelding is al verder, of er is net iets anders over gezegd.")
            sealed = sealing.sealed(id_, content)
            changed = await rows.change(
                corrections, row, entry=text, becomes=becomes, content=sealed, changed_at=self.now
            )
            return Found(changed, content)

    async def settle(self, tenant: str, found: Found) -> Found:
        """The line of what waited stands. Once: who comes second changes nothing."""
        sealing = await self._sealing(tenant)
        async with self._rows.writing(tenant) as rows:
            row = await _locked(rows, found.row["id"])
            if not row["entry"] or row["entry"] != found.row["entry"]:
                return _found(sealing, row)
            becomes, content = row["becomes"], sealing.opened(row["id"], bytes(row["content"]))
            carried = becomes == OPEN[0] and row["way"] != LIST
            more: dict[str, Any] = {"due_at": self.now if carried else row["due_at"]}
            if becomes not in OPEN:  # nobody needs the number any more, and the value may be doubted anew
                content = replace(content, bsn=None)
                due = self.now if becomes == CORRECTED else LATER  # then who has the old value is still to be told
                more = {"due_at": due, "slot": row["id"], "content": sealing.sealed(row["id"], content)}
            done = {"status": becomes, "entry": "", "becomes": "", "revision": row["revision"] + 1, **more}
            return Found(await rows.change(corrections, row, changed_at=self.now, **done), content)

    async def sent(self, tenant: str, id_: str, **changed: Any) -> None:
        """How forwarding went. Nothing for a report that has ended meanwhile."""
        async with self._rows.writing(tenant) as rows:
            row = await _locked(rows, id_)
            if row["status"] in OPEN:
                await rows.change(corrections, row, **changed)

    async def one(self, tenant: str, id_: str, *where: ColumnElement[bool]) -> Found:
        """A report whose line stands. Raises NoSuchReport."""
        found = await self.listed(tenant, c.id == id_, *where)
        if not found:
            raise NoSuchReport("Deze terugmelding is er niet, of hij is niet van u.")
        return found[0]

    async def listed(self, tenant: str, *where: ColumnElement[bool], newest: bool = True) -> list[Found]:
        """Reports whose first line stands, at most 200."""
        sealing = await self._sealing(tenant)
        async with self._rows.reading(tenant) as rows:
            found = await rows.find(corrections, c.status != "", *where, limit=MOST, newest=newest)
        async with self._rows.guarded():
            return [_found(sealing, row) for row in found]

    async def waiting(self, tenant: str) -> list[Found]:
        """With an act whose line nobody wrote in time."""
        sealing = await self._sealing(tenant)
        late = (c.entry != "", c.changed_at <= self.now - WAITS_MS)
        async with self._rows.reading(tenant) as rows:
            return [_found(sealing, row) for row in await rows.sound(corrections, *late, limit=MOST)]

    async def overdue(self, tenant: str, days: Mapping[str, int]) -> list[Found]:
        """Open ones about which nothing was said for their term. days: by source; of one that nobody keeps any more it
        is the usual."""
        late = [(c.source == source) & (c.changed_at <= self.now - many * DAY_MS) for source, many in days.items()]
        late.append(c.source.not_in(list(days)) & (c.changed_at <= self.now - DAYS * DAY_MS))
        sealing, open_ = await self._sealing(tenant), (c.status.in_(OPEN), c.entry == "")
        async with self._rows.reading(tenant) as rows:
            return [_found(sealing, row) for row in await rows.sound(corrections, *open_, or_(*late), limit=MOST)]

    async def due(self, tenant: str) -> bool:
        """Whether there is anything to carry."""
        now = (c.due_at <= self.now) & c.status.in_(OPEN)
        there = select(c.id).where(c.tenant_id == tenant, now).limit(1)
        async with self._rows.reading(tenant) as rows:
            return await rows.connection.scalar(there) is not None

    async def take(self, tenant: str, ways: Sequence[str], lease_ms: int) -> list[Found]:
        """Those that are due, for whoever carries them now: nobody else takes them within the lease."""
        sealing, due = await self._sealing(tenant), (c.status.in_(OPEN), c.entry == "", c.due_at <= self.now)
        async with self._rows.writing(tenant) as rows:
            found = await rows.sound(corrections, *due, c.way.in_(ways), lock=True, limit=MOST)
            return [_found(sealing, await rows.change(corrections, row, due_at=self.now + lease_ms)) for row in found]

    async def corrected(self, tenant: str, lease_ms: int) -> list[Found]:
        """Those of which nobody told yet who has the old value, for whoever does it now."""
        due = (c.status == CORRECTED, c.due_at <= self.now)
        async with self._rows.reading(tenant) as rows:
            if not await rows.sound(corrections, *due, limit=MOST):
                return []
        sealing = await self._sealing(tenant)
        async with self._rows.writing(tenant) as rows:
            found = await rows.sound(corrections, *due, lock=True, limit=MOST)
            return [_found(sealing, await rows.change(corrections, row, due_at=self.now + lease_ms)) for row in found]

    async def told(self, tenant: str, found: Found) -> None:
        """All of them know."""
        async with self._rows.writing(tenant) as rows:
            await rows.change(corrections, await _locked(rows, found.row["id"]), due_at=LATER)

    async def doubted(self, tenant: str, known: tuple[int, int] | None) -> tuple[tuple[int, int], list[Row]] | None:
        """What stands in doubt now, with what tells it from another moment; None when that is `known`."""
        shown = (c.tenant_id == tenant, c.status.in_(OPEN))
        told = select(func.count(), func.coalesce(func.max(c.changed_at), 0)).where(*shown)
        async with self._rows.reading(tenant) as rows:
            count, last = (await rows.connection.execute(told)).one()
            if (int(count), int(last)) == known:
                return None
            found = await rows.find(corrections, c.status.in_(OPEN), limit=int(count) + 1)
            return (int(count), int(last)), found

    async def forget_old(self, tenant: str) -> None:
        """A report that ended a year ago is nobody's business any more."""
        old = (c.tenant_id == tenant, c.status.not_in(("", *OPEN)), c.changed_at < self.now - KEPT_MS)
        async with self._rows.writing(tenant) as rows:
            await rows.connection.execute(delete(corrections).where(*old))

    async def _sealing(self, tenant: str) -> Sealing:
        async with self._rows.guarded():
            return Sealing(tenant, await self._keys.open(tenant, PURPOSE))

    async def _hash(self, tenant: str, body: bytes) -> bytes:
        async with self._rows.guarded():
            return hmac_sha256(await self._keys.open(tenant, "RK"), body)


async def _locked(rows: Rows, id_: str) -> Row:
    row = await rows.one(corrections, c.id == id_, lock=True)
    if row is None:
        raise NoSuchReport("Deze terugmelding is er niet, of hij is niet van u.")
    return row


async def _demand_new(rows: Rows, sealing: Sealing, new: Row, said: tuple[int, Content]) -> None:
    """A resident may say again what they said: at their own office they have a right to an answer."""
    if new["reporter"] == RESIDENT:
        return
    given_at, content = said
    # what it marks, and not by its name alone: a doubt about a part would put back the mark of the whole
    marks = c.element.in_(touched(new["element"]))
    same_value = (c.resident == new["resident"], c.reporter == new["reporter"], marks)
    before = await rows.find(corrections, *same_value, c.status.not_in(("", *OPEN)), limit=RENEWED)
    ended = [Ended(row["changed_at"], _found(sealing, row).content.words) for row in before]
    if not something_new(ended, given_at, content.words):
        raise NothingNew("Vraag het gegeven eerst opnieuw op, en zeg wat er nu anders is. Of bel wie de bron bijhoudt.")


async def _demand_room(rows: Rows, new: Row) -> None:
    whose = c.reporter == new["reporter"]
    mine = whose & (c.resident == new["resident"]) if new["reporter"] == "inwoner" else whose
    there = select(func.count()).where(c.tenant_id == rows.tenant, mine, c.slot != c.id)
    if (await rows.connection.scalar(there) or 0) >= most(new["reporter"]):
        raise TooManyReports("Wacht op antwoord op wat u eerder meldde.", wachtSeconden=3_600)


def _found(sealing: Sealing, row: Row) -> Found:
    return Found(row, sealing.opened(row["id"], bytes(row["content"])))
