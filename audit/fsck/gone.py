"""What was destroyed beside what the lines say of it: a key that is gone has its line, and such a line its gap."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from audit.emptying import Span, spans
from audit.fsck.findings import What, Wrong
from audit.fsck.rows import WrappedKeys, pages
from audit.fsck.scratch import Row, Scratch
from audit.fsck.walk import Walk
from audit.gone import EMPTIED
from audit.keychain import Owner
from audit.permit import Position
from audit.tables import destroyed, lines
from kernel.sql import RowForged, RowSeal

_SAID = ("at", "term", "idx", "done_term", "done_idx")
_BEGUN = slice(0, 3)


@dataclass
class Gone:
    """Judges the keys of one log, after all its lines. unfinished: destructions that were begun and not ended."""

    walk: Walk
    scratch: Scratch
    seal: RowSeal
    wrapped: WrappedKeys
    unfinished: int = 0

    async def check(self) -> None:
        """Raises KeyUnavailable."""
        await self._rows()
        for (subject, year), (_, term, index, done, _) in self.scratch.left("declared"):
            self.unfinished += not done
            if done:
                await self._declared((subject, year), Position(term=term, index=index))
        for (subject, year), (what,) in self.scratch.left("absent"):
            if not self.scratch.rows("declared", [(subject, year)]):
                self._name(what, "keys" if what == "sleutel-weg" else "lines", (subject, year))

    async def _rows(self) -> None:
        """The table beside the lines."""
        async for rows in pages(self.walk.reading, destroyed, self.walk.tenant):
            places: list[Row] = [(row["subject"], row["year"]) for row in rows]
            expected = self.scratch.rows("destroyed", places)
            for row, place in zip(rows, places, strict=True):
                self._row(dict(row), expected.get(place))
            self.scratch.drop("destroyed", list(expected))
        for (subject, year), (_, _, _, done, _) in self.scratch.left("destroyed"):
            # a crash between the line that begins it and the row leaves the key as it was
            if done or not await self.wrapped.there({(subject, year)}):
                self._name("ontbreekt", "destroyed", (subject, year))

    def _row(self, row: dict[str, Any], wanted: Row | None) -> None:
        """Who died between the last line and its row finishes that the next time."""
        place, said = (row["subject"], row["year"]), tuple(row[name] for name in _SAID)
        if wanted is None:
            self._name("te-veel", "destroyed", place)
        elif said == (*wanted[_BEGUN], "", 0):
            self.unfinished += said != wanted
        elif said != wanted:
            self._name("rij", "destroyed", place)
        try:
            self.seal.checked(destroyed, row)
        except (RowForged, TypeError):
            self._name("zegel", "destroyed", place)

    async def _declared(self, owner: Owner, begun: Position) -> None:
        """The key is gone, its lines are empty, and the numbers that were named are theirs or went before."""
        if await self.wrapped.there({owner}):
            self._name("sleutel-terug", "keys", owner)
        subject, year = owner
        mine = (lines.c.tenant_id == self.walk.tenant, lines.c.subject == subject)
        left = select(lines.c.term, lines.c.idx).where(*mine, lines.c.year == year, ~EMPTIED).order_by(lines.c.idx)
        if found := (await self.walk.reading.execute(left.limit(1))).first():
            self.walk.add(Wrong("etiket", "lines", Position(term=found[0], index=found[1])))
        named = spans((first, last) for (_, _, first), (last,) in self.scratch.under("gone", owner))
        numbers = select(lines.c.n, lines.c.year).where(*mine, (lines.c.year == year) | EMPTIED).order_by(lines.c.n)
        theirs, others = list[Span](), list[Span]()
        async for n, of in await self.walk.reading.stream(numbers):
            (theirs if of == year else others).append((n, n))
        if spans([*named, *theirs]) != named or spans([*others, *theirs, *named]) != spans([*others, *theirs]):
            self.walk.add(Wrong("verklaring", "lines", begun, f"{subject} {year}"))

    def _name(self, what: What, table: str, owner: Owner) -> None:
        self.walk.add(Wrong(what, table, None, f"{owner[0]} {owner[1]}"))
