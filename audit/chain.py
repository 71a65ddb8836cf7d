"""From one place in a log to its head, over terms. Each term is the end of the one before: its first line says where
that one ended, under its own tree and key."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from audit.ended import RELEASED, Ended, ended_before
from audit.heads import Head
from audit.keychain import TenantKeys
from audit.leaf import act_place, opened
from audit.tables import lines
from audit.terms import origin_in, term_of
from kernel.canonical import read_canonical
from kernel.ids import derived_id
from kernel.proof.hashes import ProofError

TERMS_MAX = 400  # two centuries


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


def released_id(origin: str) -> str:
    """Of the line with which two persons release a log that lost lines. origin: of the term that began after it."""
    return derived_id(origin, RELEASED)


async def held(reading: AsyncConnection, head: Head, keys: TenantKeys) -> bool:
    """Whether the open term began after lines were lost and nobody released it yet. Raises CannotOpen, ProofError."""
    before = await ended_before_term(reading, head.tenant, head.term, keys)
    if before is None or before.whole:
        return False
    mine = (lines.c.tenant_id == head.tenant, lines.c.term == head.term)
    released = select(lines.c.act).where(*mine, lines.c.event_id == released_id(head.origin))
    act = await reading.scalar(released)
    if act is None:
        return True
    text, _ = opened(keys.act(head.term), act_place(head.tenant, head.term, released_id(head.origin)), bytes(act))
    return bool(read_canonical(text)["soort"] != RELEASED)
