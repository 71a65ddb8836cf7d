"""Receipts: the act of a line, opened, with its proof against a signed head."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from audit.heads import Head
from audit.keychain import TenantKeys
from audit.leaf import act_place, opened
from audit.nodes import inclusion_proofs
from audit.permit import Position, Receipt
from audit.signer import SignedHead
from audit.storing import Made
from audit.tables import lines
from audit.terms import origin_in
from kernel.proof.checks import check_inclusion
from kernel.proof.hashes import leaf_hash
from kernel.proof.tlogproof import TlogProof
from kernel.proof.tree import Growth


class Shown(NamedTuple):
    """What a receipt shows of a line."""

    act: str
    salt: bytes
    leaf: bytes


async def stored_acts(
    reading: AsyncConnection, tenant: str, places: Iterable[Position], keys: TenantKeys
) -> dict[Position, Shown]:
    """Lines of whatever terms. Raises CannotOpen."""
    wanted = sorted({(place.term, place.index) for place in places})
    query = select(lines.c.term, lines.c.idx, lines.c.event_id, lines.c.act, lines.c.leaf).where(
        lines.c.tenant_id == tenant,
        lines.c.term.in_({term for term, _ in wanted}),
        lines.c.idx.in_([index for _, index in wanted]),
    )
    found = {}
    for term, index, event_id, act, leaf in await reading.execute(query):
        text, salt = opened(keys.act(term), act_place(tenant, term, event_id), bytes(act))
        found[Position(term=term, index=index)] = Shown(text, salt, bytes(leaf))
    return found


def shown_of(made: Sequence[Made]) -> dict[Position, Shown]:
    """Lines of this batch."""
    return {m.draft.position: Shown(m.written.act_text.decode(), m.written.act_salt, m.written.leaf) for m in made}


def grown(head: Head, shown: Mapping[Position, Shown], signed: SignedHead, growth: Growth) -> dict[Position, Receipt]:
    """Receipts for the lines of the batch that gave the signed head, in its order: nothing has to be read."""
    proofs = growth.inclusions()
    return {
        place: _receipt(head.origin, place, each, hashes, signed)
        for (place, each), hashes in zip(shown.items(), proofs, strict=True)
    }


async def read_back(
    reading: AsyncConnection, head: Head, shown: Mapping[Position, Shown], signed: SignedHead
) -> dict[Position, Receipt]:
    """Receipts for other lines, all of one term, of which `signed` is a head. What the database says is checked first.
    Raises ProofError."""
    (term,) = {place.term for place in shown}
    hashes = await inclusion_proofs(reading, (head.tenant, term), [place.index for place in shown], signed.size)
    for place, each in shown.items():
        check_inclusion(place.index, signed.size, leaf_hash(each.leaf), hashes[place.index], signed.root)
    origin = origin_in(head.origin, term)
    return {place: _receipt(origin, place, each, hashes[place.index], signed) for place, each in shown.items()}


def _receipt(origin: str, place: Position, shown: Shown, hashes: tuple[bytes, ...], signed: SignedHead) -> Receipt:
    return Receipt(
        origin=origin,
        position=place,
        act=shown.act,
        act_salt=shown.salt.hex(),
        leaf=shown.leaf.hex(),
        proof=TlogProof(place.index, hashes, signed.note).encode(),
    )
