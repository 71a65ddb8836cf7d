"""What this process knows of a log by itself: the edge of its tree and where its fences stand, at one size.

Rows of the database are held against it before they are used. It grows by the lines that lead from its own edge to the
head: what an act says moved is believed because the leaf commits to the act, and the tree to the leaf.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import ColumnClause, bindparam, literal_column, select
from sqlalchemy.ext.asyncio import AsyncConnection

from audit.chain import Stretch, stretches
from audit.doubts import Unsound
from audit.fencemap import FenceMap, bucket_of, digest, entry
from audit.heads import Head
from audit.keychain import TenantKeys
from audit.leaf import ACT, SALT, act_place, opened
from audit.permit import Position
from audit.signer import Known
from audit.slots import ZERO
from audit.tables import fences, lines
from audit.terms import term_of
from kernel.canonical import read_canonical
from kernel.crypto import hmac_sha256, same
from kernel.proof.hashes import ProofError, leaf_hash
from kernel.proof.tree import Edge, Growth
from kernel.sql.prepared import Prepared, Row, any_of

SET_BACK = "Een hek is teruggezet of veranderd buiten het logboek om; het logboek is verzegeld."
# Of `fences`: the database makes it from the fence, so no MAC covers it; what it leads to is held against the map.
BUCKET: ColumnClause[str] = literal_column("bucket")
_IN_BUCKETS = Prepared(select(fences).where(fences.c.tenant_id == bindparam("tenant"), BUCKET.in_(any_of("buckets"))))
AT_ONCE = 10_000  # rows, when all are read
COMMIT = slice(4, 4 + SALT)  # of a leaf: act_commit, behind the magic

Buckets = dict[str, dict[str, int]]


class _Moved(dict[str, list[int]]):
    """Per fence the epochs to which lines moved it, in order."""


@dataclass(frozen=True)
class Memory:
    """Of the log of `origin`, at the size of `edge`. Never changed, only replaced by what came after it."""

    origin: str
    edge: Edge = field(default_factory=Edge)
    fences: FenceMap = field(default_factory=FenceMap)

    @property
    def size(self) -> int:
        """How many lines of its term it speaks of."""
        return self.edge.size

    @property
    def term(self) -> str:
        """In which it stands."""
        return term_of(self.origin)

    @property
    def place(self) -> tuple[str, int]:
        """Ordered as the log is."""
        return self.term, self.size

    @property
    def last(self) -> Position | None:
        """The newest line."""
        return Position(term=self.term, index=self.size - 1) if self.size else None


async def followed(reading: AsyncConnection, memory: Memory, head: Head, keys: TenantKeys) -> Memory:
    """The memory at `head`, from the lines since, in whatever term. Raises Unsound, ProofError, CannotOpen."""
    edge, moved = memory.edge, _Moved()
    for part in await stretches(reading, head, memory.place, keys):
        growth = Growth(edge if part.begin else Edge(), await _since(reading, head.tenant, part, keys, moved))
        if growth.root() != part.root:
            raise ProofError("the lines do not lead to the head")
        edge = growth.edge
    if not moved:
        return Memory(head.origin, edge, memory.fences)
    now = await _standing(reading, head.tenant, moved)
    _demand_before(memory.fences, now, moved)
    return Memory(head.origin, edge, memory.fences.changed(now))


async def built(reading: AsyncConnection, head: Head) -> Memory:
    """From the rows, when nothing is known yet: to be held against the signer."""
    entries: dict[str, list[bytes]] = {}
    query = select(fences.c.fence, fences.c.epoch).where(fences.c.tenant_id == head.tenant)
    async for part in (await reading.stream(query)).partitions(AT_ONCE):
        for fence, epoch in part:
            entries.setdefault(bucket_of(fence), []).append(entry(fence, epoch))
    return Memory(
        head.origin, head.edge, FenceMap().replaced({bucket: digest(found) for bucket, found in entries.items()})
    )


async def demand_signed(reading: AsyncConnection, memory: Memory, known: Known, head: Head, keys: TenantKeys) -> None:
    """What was built is what the signer knows, and what the lines since then moved. Raises Unsound, ProofError."""
    if known.state.map_root == ZERO:
        return  # signed before there was a map: the rows are believed once
    moved = _Moved()
    for part in await stretches(reading, head, known.place, keys):
        await _since(reading, head.tenant, part, keys, moved)
    now = await _standing(reading, head.tenant, moved)
    if memory.fences.changed(_before(now, moved)).root != known.state.map_root:
        raise Unsound(SET_BACK)


async def buckets_of(reading: AsyncConnection, tenant: str, wanted: Iterable[str]) -> list[Row]:
    """All fences in these buckets, as rows."""
    names = sorted(wanted)
    if not names:
        return []
    return await _IN_BUCKETS.rows(reading, tenant=tenant, buckets=names)


def demand_held(fence_map: FenceMap, rows: Iterable[Row], wanted: Iterable[str]) -> Buckets:
    """Fences and epochs of these buckets, when they are those of the map. Raises Unsound."""
    found: Buckets = {bucket: {} for bucket in wanted}
    for row in rows:
        found[bucket_of(row["fence"])][row["fence"]] = row["epoch"]
    if not all(fence_map.holds(bucket, standing) for bucket, standing in found.items()):
        raise Unsound(SET_BACK)
    return found


async def _since(reading: AsyncConnection, tenant: str, part: Stretch, keys: TenantKeys, moved: _Moved) -> list[bytes]:
    """Leaf hashes of these lines; `moved` learns what they moved, in order."""
    hashes: list[bytes] = []
    if part.begin == part.end:  # nearly always: nobody else wrote
        return hashes
    columns = (lines.c.event_id, lines.c.act, lines.c.leaf)
    at = (lines.c.tenant_id == tenant, lines.c.term == part.term, lines.c.idx.between(part.begin, part.end - 1))
    for event_id, act, leaf in await reading.execute(select(*columns).where(*at).order_by(lines.c.idx)):
        text, salt = opened(keys.act(part.term), act_place(tenant, part.term, event_id), bytes(act))
        if not same(bytes(leaf)[COMMIT], hmac_sha256(salt, ACT, text.encode())):
            raise ProofError("a leaf does not belong to its act")
        hashes.append(leaf_hash(bytes(leaf)))
        for fence, epoch in read_canonical(text).get("verzet", ()):
            moved.setdefault(fence, []).append(int(epoch))
    return hashes


async def _standing(reading: AsyncConnection, tenant: str, moved: Mapping[str, list[int]]) -> Buckets:
    found: Buckets = {bucket_of(fence): {} for fence in moved}
    for row in await buckets_of(reading, tenant, found):
        found[bucket_of(row["fence"])][row["fence"]] = row["epoch"]
    if any(found[bucket_of(fence)].get(fence, 0) != epochs[-1] for fence, epochs in moved.items()):
        raise Unsound(SET_BACK)
    return found


def _before(now: Buckets, moved: Mapping[str, list[int]]) -> Buckets:
    """As these buckets were before the lines that moved something in them."""
    then = {bucket: dict(standing) for bucket, standing in now.items()}
    for fence, epochs in moved.items():
        then[bucket_of(fence)][fence] = epochs[0] - 1
    return then


def _demand_before(fence_map: FenceMap, now: Buckets, moved: Mapping[str, list[int]]) -> None:
    if not all(fence_map.holds(bucket, standing) for bucket, standing in _before(now, moved).items()):
        raise Unsound(SET_BACK)
