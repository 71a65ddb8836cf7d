"""The tree of the lines beside the tree of the tables: nodes in `tiles`, roots that somebody signed, the head."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from audit.fsck.findings import SHOWN, Findings, Wrong
from audit.fsck.regrown import Regrown
from audit.permit import Position
from audit.slots import ZERO
from audit.tables import tiles
from kernel.proof.tiles import FULL, HEIGHT

_BAD_MAX = 10_000  # wrong tiles remembered; more than that is one stretch


@dataclass(frozen=True)
class Signed:
    """A size and root that somebody holds outside the tables. who: for the report. map_root: of the fences at that
    size; ZERO from who does not say. origin: of which term; "": of the open one."""

    who: str
    size: int
    root: bytes
    map_root: bytes = ZERO
    origin: str = ""


class TreeCheck:
    """Grows with the lines. Owned by one check."""

    def __init__(
        self, reading: AsyncConnection, log: tuple[str, str], signed: Sequence[Signed], findings: Findings
    ) -> None:
        self._reading, self._log, self._findings = reading, log, findings
        self._signed = signed
        self._roots: dict[int, bytes] = {0: Regrown().root}
        self._bad: list[tuple[int, int]] = []  # level and index of nodes that the table has otherwise
        self._suspects: set[int] = set()  # stretches of 256 lines in which a wrong line has been named already
        self.tree = Regrown()

    def suspect(self, index: int) -> None:
        """A line whose leaf is known to be wrong: the stretch that it is in need not be told again."""
        self._suspects.add(index >> HEIGHT)

    async def take(self, hashes: Sequence[bytes]) -> None:
        """The next leaf hashes, in order."""
        start, end = self.tree.size, self.tree.size + len(hashes)
        stops = sorted({each.size for each in self._signed if start < each.size < end} | {end})
        for stop in stops:
            done = self.tree.grow(hashes[self.tree.size - start : stop - start])
            for level, (first, nodes) in done.items():
                await self._compare(level, first, nodes)
            self._roots[stop] = self.tree.root

    async def _compare(self, level: int, first: int, nodes: Sequence[bytes]) -> None:
        tenant, term = self._log
        query = select(tiles.c.idx, tiles.c.hash).where(
            tiles.c.tenant_id == tenant,
            tiles.c.term == term,
            tiles.c.level == level,
            tiles.c.idx.between(first, first + len(nodes) - 1),
        )
        stored = {index: node for index, node in await self._reading.execute(query)}
        wrong = [at for at, node in enumerate(nodes, first) if stored.get(at) != node]
        self._bad += [(level, at) for at in wrong[: _BAD_MAX - len(self._bad)]]

    async def finish(self, root: bytes, cut: bool) -> None:
        """After all lines. root: as the head says it. cut: lines at the end are missing, which was told, or nobody says
        what the tree is."""
        sound = self._judge_signed()
        sound = self.tree.size if root == self.tree.root else sound
        stretches = []
        for level, at in self._bad:
            start, end = at << HEIGHT * level, (at + 1) << HEIGHT * level
            if end <= sound:
                self._findings.add(Wrong("tegel", "tiles", self._at(start), f"level {level} idx {at}"))
            elif level == 1:
                stretches.append((start, end))
        if not stretches and sound < self.tree.size and not self._suspects and not cut:
            stretches.append((max(sound, self.tree.size // FULL * FULL), self.tree.size))
        for start, end in stretches:
            if start >> HEIGHT not in self._suspects and start < end:
                self._findings.add(Wrong("boom", "lines", self._at(start), upto=self._at(end - 1)))

    def _judge_signed(self) -> int:
        """How far somebody outside says that the lines are right."""
        sound = 0
        for each in self._signed:
            if each.size > self.tree.size:
                self._findings.add(Wrong("teruggezet", "head", self._at(self.tree.size), f"{each.who} {each.size}"))
            elif self._roots[each.size] != each.root:
                self._findings.add(Wrong("ondertekenaar", "head", None, f"{each.who} {each.size}"))
            else:
                sound = max(sound, each.size)
        return sound

    def _at(self, index: int) -> Position:
        return Position(term=self._log[1], index=index)


async def surplus_tiles(reading: AsyncConnection, tenant: str, sizes: Mapping[str, int], findings: Findings) -> None:
    """Nodes that trees of these sizes, by term, do not have."""
    inside = [
        (tiles.c.term == term) & (tiles.c.level == level) & tiles.c.idx.between(0, (size >> HEIGHT * level) - 1)
        for term, size in sizes.items()
        for level in range(1, max(size.bit_length() // HEIGHT, 0) + 1)
    ]
    there = or_(*inside) if inside else tiles.c.level.is_(None)
    beyond = (tiles.c.tenant_id == tenant, ~there)
    rows = await reading.execute(select(tiles.c.term, tiles.c.level, tiles.c.idx).where(*beyond).limit(SHOWN))
    for found, level, index in rows:
        findings.add(Wrong("te-veel", "tiles", None, f"{found} level {level} idx {index}"))
    more = (await reading.scalar(select(func.count()).select_from(tiles).where(*beyond)) or 0) - SHOWN
    if more > 0:
        findings.counts["tiles", "te-veel"] += more
