"""Every line opened and lived through once more, beside the tables that follow from lines."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from sqlalchemy import select

from audit.fsck.files import check_breaches, check_labels
from audit.fsck.findings import Wrong
from audit.fsck.gone import Gone
from audit.fsck.marks import TagSums
from audit.fsck.replay import Replay
from audit.fsck.rows import WrappedKeys, compare, pages
from audit.fsck.saying import Saying, Told
from audit.fsck.scratch import Row, Scratch
from audit.fsck.walk import Walk
from audit.keychain import TenantKeys
from audit.slots import ZERO
from audit.tables import head, lines, moves, tags
from audit.tags import Tagger
from kernel.sql import RowForged

BATCH = 1_024  # lines opened together, some 10 MB with what they say
_ALL = (
    lines.c.idx, lines.c.leaf, lines.c.leaf_hash, lines.c.act, lines.c.body, lines.c.term, lines.c.event_id,
    lines.c.content, lines.c.subject, lines.c.n, lines.c.logged_at, lines.c.year, lines.c.label,
)  # fmt: skip


class Opened:
    """The check with keys. unreadable: bodies whose key does not open. destroyed: bodies that are empty as well, as a
    destruction leaves them. unfinished: destructions that were not ended."""

    def __init__(self, walk: Walk, keys: TenantKeys, wrapped: WrappedKeys) -> None:
        self._walk, self._keys, self._wrapped = walk, keys, wrapped
        self._saying = Saying(walk.tenant, walk.term, keys)
        self._last_at = 0
        self.unreadable = self.destroyed = self.unfinished = 0

    async def everything(self) -> None:
        """Lines, then the tables that follow from them, then keys."""
        walk, scratch = self._walk, Scratch()
        try:
            await walk.measure()
            replay, sums = Replay(scratch, walk.add), TagSums(walk.size, walk.asked.buckets)
            async for rows, hashes in walk.batches(BATCH, _ALL):
                batch = await self._told(rows, hashes, scratch)
                for told in batch:
                    self._judge(told, sums)
                self._live(replay, batch)
                await self._moves(batch)
            await compare(walk.reading, walk.tenant, scratch, self._keys.rows, walk.add)
            await self._tags(sums)
            gone = Gone(walk, scratch, self._keys.rows, self._wrapped)
            await gone.check()
            self.unfinished = gone.unfinished
            await check_labels(walk, self._keys)
            await check_breaches(walk, self._wrapped)
        finally:
            scratch.close()
        await self._wrapped.check(walk.add)
        try:
            self._keys.rows.checked(head, walk.head)
        except (RowForged, TypeError):
            walk.add(Wrong("zegel", "head"))

    def _live(self, replay: Replay, batch: Sequence[Told]) -> None:
        """Stops where somebody knows how the fences stood."""
        known = {each.size: each for each in self._walk.asked.signed if each.map_root != ZERO}
        stops = [at for at, told in enumerate(batch, 1) if told.position.index + 1 in known]
        for start, end in pairwise([0, *stops, len(batch)]):
            replay.take(batch[start:end])
            signed = known.get(batch[end - 1].position.index + 1) if end else None
            if signed and end in stops and end > start and replay.map_root() != signed.map_root:
                self._walk.add(Wrong("ondertekenaar", "fences", None, f"{signed.who} {signed.size}"))

    async def _told(self, rows: Sequence[Any], hashes: Sequence[bytes], scratch: Scratch) -> list[Told]:
        owners = {(row.subject, row.year) for row in rows}
        bodies = await self._wrapped.bodies(owners)
        closed = owners - set(bodies)
        absent: dict[Row, Row] = {owner: ("sleutel-weg",) for owner in closed - await self._wrapped.there(closed)}
        told = []
        for row, leaf in zip(rows, hashes, strict=True):
            owner = (row.subject, row.year)
            told.append(self._saying.told(dict(row._mapping), leaf, bodies.get(owner)))
            if told[-1].emptied:
                absent.setdefault(owner, ("leeg",))
            self.destroyed += told[-1].emptied and owner not in bodies
            self.unreadable += not told[-1].emptied and owner not in bodies
        scratch.put("absent", absent)
        return told

    def _judge(self, told: Told, sums: TagSums) -> None:
        place = told.position
        for what in told.wrong:
            self._walk.add(Wrong(what, "lines", place))
        if {"handeling", "inhoud"} & set(told.wrong):
            self._walk.tree.suspect(place.index)
        if told.at < self._last_at:
            self._walk.add(Wrong("tijd", "lines", place))
        self._last_at = told.at
        if told.event is None and not told.emptied:
            sums.leave_out(place.index)
        else:
            sums.expect(place.index, self._tags_of(told))

    def _tags_of(self, told: Told) -> list[tuple[bytes, int]]:
        if told.event is None or told.emptied:
            return []
        return [(tag, told.at) for tag in dict.fromkeys(Tagger(self._keys.tags).of(told.event, told.at))]

    async def _moves(self, batch: Sequence[Told]) -> None:
        """The table beside the acts. An act that does not open was named already."""
        if not batch:
            return
        first, last = batch[0].position.index, batch[-1].position.index
        query = select(moves.c.idx, moves.c.fence, moves.c.epoch).where(
            moves.c.tenant_id == self._walk.tenant, moves.c.term == self._walk.term, moves.c.idx.between(first, last)
        )
        stored = {(index, fence): epoch for index, fence, epoch in await self._walk.reading.execute(query)}
        for told in batch:
            index = told.position.index
            for fence, epoch in told.moved.items():
                found = stored.pop((index, fence), None)
                if found != epoch:
                    self._walk.add(Wrong("ontbreekt" if found is None else "rij", "moves", told.position, fence))
        closed = {told.position.index for told in batch if not told.said}
        for index, fence in stored:
            if index not in closed:
                self._walk.add(Wrong("te-veel", "moves", self._walk.at(index), fence))

    async def _tags(self, sums: TagSums) -> None:
        async for rows in pages(self._walk.reading, tags, self._walk.tenant):
            sums.stored((row["tag"], row["idx"] if row["term"] == self._walk.term else -1, row["logged_at"])
                        for row in rows)  # fmt: skip
        for _ in range(sums.outside):
            self._walk.add(Wrong("te-veel", "tags"))
        for number, stretch in enumerate(sums.differing()):
            if len(stretch) == 1:
                self._walk.add(Wrong("zoekmerk", "tags", self._walk.at(stretch.start)))
            elif number:
                first, last = self._walk.at(stretch.start), self._walk.at(stretch[-1])
                self._walk.add(Wrong("zoekmerk", "tags", first, upto=last))
            else:
                await self._name(stretch, sums)

    async def _name(self, stretch: range, sums: TagSums) -> None:
        """Which lines of the first stretch it is: they are opened once more."""
        walk, span = self._walk, (stretch.start, stretch[-1])
        here = (lines.c.tenant_id == walk.tenant, lines.c.term == walk.term, lines.c.idx.between(*span))
        rows = list(await walk.reading.execute(select(*_ALL).where(*here).order_by(lines.c.idx)))
        there = (tags.c.tenant_id == walk.tenant, tags.c.term == walk.term, tags.c.idx.between(*span))
        found: dict[int, set[tuple[bytes, int]]] = {}
        for tag, index, at in await walk.reading.execute(
            select(tags.c.tag, tags.c.idx, tags.c.logged_at).where(*there)
        ):
            found.setdefault(index, set()).add((tag, at))
        bodies = await self._wrapped.bodies({(row.subject, row.year) for row in rows})
        for row in rows:
            told = self._saying.told(dict(row._mapping), row.leaf_hash, bodies.get((row.subject, row.year)))
            if sums.readable(row.idx) and found.get(row.idx, set()) != set(self._tags_of(told)):
                walk.add(Wrong("zoekmerk", "tags", told.position))
