"""Receipts: the act of a line, opened, with its proof against a signed head."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from audit.batch import Made
from audit.heads import Head
from audit.keychain import TenantKeys
from audit.leaf import act_place, opened
from audit.nodes import inclusion_proofs
from audit.permit import Position, Receipt
from audit.signer import SignedHead
from audit.tables import lines
from kernel.proof.checks import check_inclusion
from kernel.proof.hashes import leaf_hash
from kernel.proof.tlogproof import TlogProof
from kernel.proof.tree import Growth


@dataclass(frozen=True)
class Shown:
    """What a receipt shows of a line."""

    act: str
    salt: bytes
    leaf: bytes


async def stored_acts(
    reading: AsyncConnection, tenant: str, places: Iterable[Position], keys: TenantKeys
) -> dict[Position, Shown]:
    """Lines of the open term. Raises CannotOpen."""
    wanted = sorted({(place.term, place.index) for place in places})
    query = select(lines.c.term, lines.c.idx, lines.c.event_id, lines.c.act, lines.c.leaf).where(
        lines.c.tenant_id == tenant,
        lines.c.term.in_({term for term, _ in wanted}),
        lines.c.idx.in_([index for _, index in wanted]),
    )
    found = {}
    for term, index, event_id, act, leaf in await reading.execute(query):
        text, salt = opened(keys.acts, act_place(tenant, term, event_id), bytes(act))
        found[Position(term=term, index=index)] = Shown(text, salt, bytes(leaf))
    return found


def shown_of(made: Sequence[Made]) -> dict[Position, Shown]:
    """Lines of this batch."""
    return {m.draft.position: Shown(m.written.act_text, m.written.act_salt, m.written.leaf) for m in made}


async def proven(
    reading: AsyncConnection, head: Head, shown: Mapping[Position, Shown], signed: SignedHead, growth: Growth | None
) -> dict[Position, Receipt]:
    """A receipt for each; those of `growth` cost no reading when its head is the signed one. Raises ProofError."""
    fresh = growth is not None and growth.size == signed.size
    from_growth = {p.index for p in shown if fresh and growth is not None and p.index >= growth.old.size}
    hashes = {index: growth.inclusion(index) for index in from_growth} if growth else {}
    older = [place.index for place in shown if place.index not in hashes]
    if older:
        hashes |= await inclusion_proofs(reading, (head.tenant, head.term), older, signed.size)
    for place in shown:
        if place.index in older:  # read back from the database, so not believed yet
            leaf = leaf_hash(shown[place].leaf)
            check_inclusion(place.index, signed.size, leaf, hashes[place.index], signed.root)
    return {place: _receipt(head.origin, place, each, hashes[place.index], signed) for place, each in shown.items()}


def _receipt(origin: str, place: Position, shown: Shown, hashes: tuple[bytes, ...], signed: SignedHead) -> Receipt:
    return Receipt(
        origin=origin,
        position=place,
        act=shown.act,
        act_salt=shown.salt.hex(),
        leaf=shown.leaf.hex(),
        proof=TlogProof(place.index, hashes, signed.note).encode(),
    )
