"""What a batch leaves in the database, and the head after it. A fixed number of statements for each piece of a batch.

All of it runs inside the writer's one transaction, under the lock of the head. Who uses this sees to it that what it
stores was judged and sealed by `audit.batch`.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncConnection

from audit.batch import Made
from audit.bulk import NOTHING, Values, delete_rows, in_order, insert_rows, replacing
from audit.event import Entry
from audit.heads import Head, store_head
from audit.judging import named_fences
from audit.keychain import TenantKeys
from audit.kinds import ENDED, OUTCOME, RELEASES, UNKNOWN
from audit.labels import Labeller
from audit.permit import Position
from audit.tables import fences, labels, lines, moves, outcomes, series, tags, tiles, under_way
from kernel.failpoints import reached
from kernel.proof.tiles import FULL, completed_tiles
from kernel.proof.tree import Growth
from kernel.sql.direct import unanswered

Row = dict[str, Any]


class Stored(NamedTuple):
    """What a batch left. head: as its row says now."""

    made: list[Made]
    growth: Growth
    head: Head


class Storing:
    """Writes what a batch leaves. `seal` and `keys` are the tenant's."""

    def __init__(self, tx: AsyncConnection, old: Head, keys: TenantKeys) -> None:
        self._tx, self._old, self._keys = tx, old, keys
        self._here = (old.tenant, old.term)
        self._labeller = Labeller(keys, old.tenant)

    async def store(self, pieces: Iterable[Sequence[Made]], after: Head | None = None) -> Stored:
        """Nothing of it counts before the commit. pieces: made as they are asked for, while the database works at those
        before. after: the head that gives way to this one, when a term begins."""
        made: list[Made] = []
        with unanswered(self._tx):
            for piece in pieces:
                await self._insert(lines, [self._line(each) for each in piece])
                await self._tags(piece)
                made += piece
                reached("audit.piece")
            growth = Growth(self._old.edge, [each.written.leaf_hash for each in made])
            await self._tiles(growth)
            await self._fences(made)
            await self._series(made)
            await self._releases(made)
            # the first one under a label says it; a second sealing of the same words is not kept
            await insert_rows(self._tx, labels, self._labeller.rows(), NOTHING)
        new = self._old.grown(growth, made[-1].at)
        await store_head(self._tx, new, after or self._old, self._keys.rows)
        return Stored(made, growth, new)

    def _line(self, made: Made) -> Values:
        asked, written = made.draft.asked, made.written
        event = asked.entry.event
        return (
            *(*self._here, made.draft.position.index, event.id, asked.content, event.subject, made.n, made.at),
            *(written.leaf, written.leaf_hash, written.act, written.body, asked.year, self._labeller.of(event)),
        )

    async def _tiles(self, growth: Growth) -> None:
        rows = [
            (*self._here, tile.level, tile.n * FULL + tile.offset + at // 32, tile.hashes[at : at + 32])
            for tile in completed_tiles(growth)
            for at in range(0, len(tile.hashes), 32)
        ]
        await self._insert(tiles, rows)

    async def _fences(self, made: Sequence[Made]) -> None:
        moved = [
            (*self._here, each.draft.position.index, fence, epoch)
            for each in made
            for fence, epoch in each.draft.moved.items()
        ]
        await self._insert(moves, moved)
        newest = {
            fence: self._at_place(Position(term=term, index=index)) | {"fence": fence, "epoch": epoch}
            for _, term, index, fence, epoch in moved
        }
        await self._replace(fences, newest.values())

    async def _series(self, made: Sequence[Made]) -> None:
        newest = {each.draft.asked.entry.event.subject: each for each in made}
        rows = [
            self._at_place(each.draft.position) | {"subject": subject, "n": each.n, "leaf_hash": each.written.leaf_hash}
            for subject, each in newest.items()
        ]
        await self._replace(series, rows)

    async def _releases(self, made: Sequence[Made]) -> None:
        releases = [(each.draft, each.at) for each in made if each.draft.asked.entry.event.kind in RELEASES]
        rows = [
            (*self._here, draft.position.index, draft.asked.entry.event.id, at, _packed(draft.asked.entry))
            for draft, at in releases
        ]
        await self._insert(under_way, rows)
        closed = {
            place: (
                *(self._old.tenant, place.term, place.index, each.draft.position.term, each.draft.position.index),
                each.draft.asked.entry.event.details[OUTCOME],
            )
            # the sweeper says "onbekend" when nobody came; who comes all the same knows better, in one batch too
            for each in sorted(made, key=_knows)
            for place in each.draft.asked.entry.event.closes
            if each.draft.asked.entry.event.kind == ENDED
        }
        unknown = [row for row in closed.values() if row[-1] == UNKNOWN]
        known = [row for row in closed.values() if row[-1] != UNKNOWN]
        await insert_rows(self._tx, outcomes, known, replacing(outcomes))
        await insert_rows(self._tx, outcomes, unknown, NOTHING)
        await delete_rows(self._tx, under_way, [(self._old.tenant, place.term, place.index) for place in closed])

    async def _tags(self, made: Sequence[Made]) -> None:
        tagger, (tenant, term) = self._keys.tagger, self._here
        rows = [
            (tenant, tag, term, each.draft.position.index, each.at)
            for each in made
            for tag in tagger.of(each.draft.asked.entry.event, each.at, each.draft.asked.about, each.draft.asked.trace)
        ]
        await self._insert(tags, rows)

    def _at_place(self, place: Position) -> Row:
        return {"tenant_id": self._old.tenant, "term": place.term, "idx": place.index}

    async def _insert(self, table: Table, rows: Sequence[Values]) -> None:
        await insert_rows(self._tx, table, rows)

    async def _replace(self, table: Table, rows: Iterable[Row]) -> None:
        """Rows that get a MAC."""
        sealed = in_order(table, [self._keys.rows.sealed(table, row) for row in rows])
        await insert_rows(self._tx, table, sealed, replacing(table))


def _knows(made: Made) -> bool:
    return made.draft.asked.entry.event.details.get(OUTCOME) != UNKNOWN


def _packed(entry: Entry) -> bytes:
    """16 bytes per fence."""
    return bytes.fromhex("".join(named_fences(entry)))
