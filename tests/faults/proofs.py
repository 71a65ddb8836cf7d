"""Proofs of many lines out of two statements, byte for byte those that the public door gives one by one.

Thousands of lines are proven in one test; the checker then opens each of them offline.
"""

from base64 import b64encode

from audit.nodes import inclusion_proofs
from audit.permit import Position
from audit.receipts import stored_acts
from audit.service import Desk
from kernel.canonical import canonical
from kernel.proof.tlogproof import TlogProof


async def proofs_of(desk: Desk, term: str, indices: list[int]) -> list[str]:
    """Under one head that covers them all, in this order."""
    log, places = desk.log, [Position(term=term, index=index) for index in indices]
    signed, keys = await desk.prover.signed(max(indices) + 1, term), await log.keys(term)
    async with log.database.snapshot(log.tenant) as reading:
        shown = await stored_acts(reading, log.tenant, places, keys)
        hashes = await inclusion_proofs(reading, (log.tenant, term), indices, signed.size)
    proofs = []
    for place in places:
        one = shown[place]
        extra = {"act": one.act.encode(), "actZout": one.salt, "blad": one.leaf}
        text = canonical({name: b64encode(value).decode() for name, value in extra.items()})
        proofs.append(TlogProof(place.index, hashes[place.index], signed.note, text.encode()).encode())
    return proofs
