"""From one place in a log to its head, over terms. Each term is the end of the one before: its first line says where
that one ended, under its own tree and key."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from audit.ended import PRESENT, RECOVERED, RELEASED, Ended, ended_before
from audit.heads import Head
from audit.keychain import TenantKeys
from audit.leaf import act_place, opened
from audit.permit import Position
from audit.tables import lines
from audit.terms import origin_in, term_of
from kernel.canonical import read_canonical
from kernel.ids import derived_id
from kernel.proof.hashes import ProofError

TERMS_MAX = 400  # two centuries
TIMES_MAX = 1_000  # that lines may be put back in one term


@dataclass(frozen=True)
class Stretch:
    """Lines `begin` up to `end` of one term. root: of the tree at `end`."""

    origin: str
    begin: int
    end: int
    root: bytes

    @property
    def term(self) -> str:
        """Of all of them."""
        return term_of(self.origin)


async def ended_before_term(reading: AsyncConnection, tenant: str, term: str, keys: TenantKeys) -> Ended | None:
    """What the first line of this term says of the one before; None for the first term of a log.
    Raises CannotOpen, ProofError."""
    first = (lines.c.tenant_id == tenant, lines.c.term == term, lines.c.idx == 0)
    row = (await reading.execute(select(lines.c.event_id, lines.c.act).where(*first))).first()
    if row is None:
        return None
    text, _ = opened(keys.act(term), act_place(tenant, term, row.event_id), bytes(row.act))
    return ended_before(read_canonical(text))


async def ended_term(reading: AsyncConnection, tenant: str, term: str, keys: TenantKeys) -> Ended | None:
    """How this term ended; None when it is open, or unknown. Not whole when lines of it, or of the term after it, were
    lost. Raises CannotOpen, ProofError."""
    later = select(func.min(lines.c.term)).where(lines.c.tenant_id == tenant, lines.c.term > term)
    after = await reading.scalar(later)
    found = await ended_before_term(reading, tenant, after, keys) if after else None
    return found if found and term in (term_of(found.head.origin), found.present[0]) else None


async def stretches(
    reading: AsyncConnection, head: Head, since: tuple[str, int], keys: TenantKeys
) -> Sequence[Stretch]:
    """All that was written since (term, size), in order. Raises ProofError when the terms do not lead there."""
    found = [Stretch(head.origin, 0, head.size, head.root)]
    while found[0].term > since[0]:
        before = await ended_before_term(reading, head.tenant, found[0].term, keys)
        if before is None or term_of(before.head.origin) >= found[0].term:
            raise ProofError("the terms of the log do not follow each other")
        found.insert(0, Stretch(before.head.origin, 0, before.head.size, before.head.root))
    if found[0].term != since[0]:
        raise ProofError("a term of the log is missing")
    found[0] = replace(found[0], begin=since[1])
    return found


async def origins_before(reading: AsyncConnection, head: Head, keys: TenantKeys) -> list[str]:
    """Of the terms before the open one, the last first. Raises CannotOpen, ProofError, KeyUnavailable."""
    found, term = [], head.term
    for _ in range(TERMS_MAX):
        before = await ended_before_term(reading, head.tenant, term, keys)
        if before is None:
            break
        found.append(before.head.origin)
        term = term_of(before.head.origin)
        if before.present[0] < term:  # that whole term was lost
            term = before.present[0]
            found.append(origin_in(before.head.origin, term))
    return found


@dataclass(frozen=True)
class Hold:
    """Why nothing permits: lines were lost, or put back, and nobody released the log since. mark: of this loss, the
    same for everybody. line: that tells of it. since: from which place on lines are missing, or were."""

    mark: str
    line: Position
    since: Position


def recovered_id(mark: str) -> str:
    """Of the line that tells which lines were put back."""
    return derived_id(mark, RECOVERED)


def released_id(mark: str) -> str:
    """Of the line with which two persons release a log that lost lines. mark: the origin of the term that began after
    it; where lines were put back, see `hold_of`."""
    return derived_id(mark, RELEASED)


async def hold_of(reading: AsyncConnection, head: Head, keys: TenantKeys) -> Hold | None:
    """What holds the open term: that it began after a loss, or that lines were put back in it, once or more often.
    Raises CannotOpen, ProofError."""
    before, here = await ended_before_term(reading, head.tenant, head.term, keys), (reading, head, keys)
    if before and not before.whole and not await _released(*here, head.origin):
        first = Position(term=head.term, index=0)
        return Hold(head.origin, first, Position(term=before.present[0], index=before.present[1]))
    for at in range(TIMES_MAX):
        mark = mark_of(head.origin, at)
        found = await _act(*here, recovered_id(mark))
        if found is None:
            return None
        line, said = found
        if said["soort"] == RECOVERED and not await _released(*here, mark):
            return Hold(mark, line, Position.parse(said[PRESENT]))
    raise ProofError("lines were put back too often")


def mark_of(origin: str, at: int) -> str:
    """Of the time, from 0, that lines were put back in this term."""
    return f"{origin}/{at}"


async def _released(reading: AsyncConnection, head: Head, keys: TenantKeys, mark: str) -> bool:
    found = await _act(reading, head, keys, released_id(mark))
    return found is not None and found[1]["soort"] == RELEASED


async def _act(
    reading: AsyncConnection, head: Head, keys: TenantKeys, event_id: str
) -> tuple[Position, Mapping[str, Any]] | None:
    mine = (lines.c.tenant_id == head.tenant, lines.c.term == head.term, lines.c.event_id == event_id)
    row = (await reading.execute(select(lines.c.idx, lines.c.act).where(*mine))).first()
    if row is None:
        return None
    text, _ = opened(keys.act(head.term), act_place(head.tenant, head.term, event_id), bytes(row.act))
    return Position(term=head.term, index=row.idx), read_canonical(text)
