"""The rows of a destruction (audit.destroying): naming a key that goes, emptying its lines, and taking it away.

Every step may be repeated: what is done already is not there to be done again.
"""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import RowMapping, delete, literal, select, tuple_, update

from audit.bulk import NOTHING, delete_rows, in_order, insert_rows
from audit.contract import Line
from audit.event import SYSTEM
from audit.gone import EMPTIED
from audit.heads import read_head
from audit.keychain import Owner
from audit.leaf import act_place, opened
from audit.log import Log
from audit.permit import Position
from audit.reading import Reader, line_rows
from audit.tables import breaches, destroyed, keys, labels, lines, tags
from audit.tags import Tagger
from kernel.canonical import read_canonical
from kernel.crypto import CannotOpen

PAGE = 200  # lines opened, and emptied, together
NUMBERS = 5_000  # acts opened together
Span = tuple[int, int]


def spans(numbers: Iterable[Span]) -> list[Span]:
    """The same numbers in as few stretches as there can be, in order."""
    found: list[Span] = []
    for first, last in sorted(numbers):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return found


class Emptying:
    """Of one open log. Every verb raises SQLAlchemyError, and what the keys raise."""

    def __init__(self, log: Log, reader: Reader) -> None:
        self._log, self._tenant, self._reader = log, log.tenant, reader

    async def name(self, begun: Mapping[Owner, tuple[Position, int]]) -> None:
        """From now on nothing is written under these keys. begun: the line that says so, and its hour."""
        seal = (await self._log.keys()).rows
        rows = [
            seal.sealed(destroyed, {
                "tenant_id": self._tenant, "subject": subject, "year": year, "at": at, "term": place.term,
                "idx": place.index, "done_term": "", "done_idx": 0,
            })
            for (subject, year), (place, at) in begun.items()
        ]  # fmt: skip
        async with self._log.database.writing(self._tenant) as tx:
            await insert_rows(tx, destroyed, in_order(destroyed, rows), NOTHING)
        self._log.keychain.forget(begun)

    async def lines(self, owner: Owner) -> int:
        """Tags go, content and label of the lines are emptied; how many there were left to do."""
        subject, year = owner
        mine = (lines.c.tenant_id == self._tenant, lines.c.subject == subject, lines.c.year == year)
        page, done = line_rows().where(*mine, ~EMPTIED).order_by(lines.c.n).limit(PAGE), 0
        while True:
            async with self._log.database.snapshot(self._tenant) as reading:
                rows = list((await reading.execute(page)).mappings())
            if not rows:
                return done
            marks = await self._marks(rows)
            numbers = [row["n"] for row in rows]
            async with self._log.database.writing(self._tenant) as tx:
                if marks is None:
                    places = tuple_(tags.c.term, tags.c.idx).in_([(row["term"], row["idx"]) for row in rows])
                    await tx.execute(delete(tags).where(tags.c.tenant_id == self._tenant, places))
                else:
                    await delete_rows(tx, tags, marks)
                emptied = update(lines).where(*mine, lines.c.n.in_(numbers))
                await tx.execute(emptied.values(content=b"", label=b""))
            done += len(rows)

    async def numbers(self, owner: Owner) -> list[Span]:
        """What goes with this key, and what lines that go with it had said to be gone: their place is taken."""
        found, last = list[Span](), 0
        pick = select(lines.c.n, lines.c.term, lines.c.event_id, lines.c.act)
        mine = (lines.c.tenant_id == self._tenant, lines.c.subject == owner[0], lines.c.year == owner[1])
        while True:
            page = pick.where(*mine, lines.c.n > last).order_by(lines.c.n).limit(NUMBERS)
            async with self._log.database.snapshot(self._tenant) as reading:
                rows = list(await reading.execute(page))
            keys = await self._log.keys(*{row.term for row in rows})
            for n, term, event_id, act in rows:
                said = read_canonical(opened(keys.act(term), act_place(self._tenant, term, event_id), bytes(act))[0])
                found.append((n, n))
                found += [(int(first), int(upto)) for first, upto in said.get("weg", ())]
            if len(rows) < NUMBERS:
                return spans(found)
            last = rows[-1].n

    async def keys(self, owners: Sequence[Owner]) -> None:
        """They are gone; with the municipality's own, its files on breaches of that year."""
        named = tuple_(keys.c.owner, keys.c.version).in_(list(owners))
        years = [year for subject, year in owners if subject == SYSTEM]
        async with self._log.database.writing(self._tenant) as tx:
            await tx.execute(delete(keys).where(keys.c.tenant_id == self._tenant, keys.c.purpose == "A", named))
            if years:
                await tx.execute(
                    delete(breaches).where(breaches.c.tenant_id == self._tenant, breaches.c.year.in_(years))
                )
        self._log.keychain.forget(owners)

    async def close(self, done: Mapping[Owner, Position]) -> None:
        """Where the last line is that says which numbers went."""
        seal = (await self._log.keys()).rows
        which = tuple_(destroyed.c.subject, destroyed.c.year).in_(list(done))
        async with self._log.database.writing(self._tenant) as tx:
            found = await tx.execute(select(destroyed).where(destroyed.c.tenant_id == self._tenant, which))
            for row in [seal.checked(destroyed, dict(each)) for each in found.mappings()]:
                place = done[row["subject"], row["year"]]
                now = seal.sealed(destroyed, row | {"done_term": place.term, "done_idx": place.index})
                mine = (destroyed.c.tenant_id == self._tenant, destroyed.c.subject == row["subject"])
                await tx.execute(update(destroyed).where(*mine, destroyed.c.year == row["year"]).values(now))

    async def labels(self) -> int:
        """Those that no line has any more; how many. Looks through all lines without a lock, then, while nobody
        writes, only through the newest."""
        keys = (await self._log.keys()).rows
        used = select(lines.c.label).where(lines.c.tenant_id == self._tenant).distinct()
        async with self._log.database.snapshot(self._tenant, patient=True) as reading:
            head = await read_head(reading, self._tenant, keys)
            known = {bytes(name) for name in (await reading.execute(used)).scalars()}
            there = select(labels.c.label).where(labels.c.tenant_id == self._tenant)
            idle = {bytes(name) for name in (await reading.execute(there)).scalars()} - known
        if not idle:
            return 0
        async with self._log.database.writing(self._tenant) as tx:
            await read_head(tx, self._tenant, keys, lock=True)
            newer = used.where(tuple_(lines.c.term, lines.c.idx) >= tuple_(literal(head.term), literal(head.size)))
            idle -= {bytes(name) for name in (await tx.execute(newer)).scalars()}
            await delete_rows(tx, labels, [(self._tenant, name) for name in sorted(idle)])
        return len(idle)

    async def _marks(self, rows: Sequence[RowMapping]) -> list[tuple[str, bytes, str, int]] | None:
        """The keys of the tags of these lines, from what they say; None when one of them does not say."""
        try:
            found: list[Line] = await self._reader.opened(rows)
        except CannotOpen:
            return None
        if any(line.gone or line.event.covert for line in found):
            return None
        tagger = Tagger((await self._log.keys()).tags)
        return [
            (self._tenant, tag, line.position.term, line.position.index)
            for line in found
            for tag in dict.fromkeys(tagger.of(line.event, line.at))
        ]
