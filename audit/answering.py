"""What everybody in a batch is told once its head is signed: a receipt, or why there is none."""

from contextlib import suppress
from dataclasses import dataclass, field

from audit.contract import EventIdTaken, LogUnavailable, Verdict
from audit.doubts import Stage
from audit.event import Kind
from audit.heads import Head
from audit.judging import Barred, Judgement, Known, SetBack, Stale, Taken, refusal
from audit.keychain import TenantKeys
from audit.permit import Position, Receipt
from audit.receipts import grown, read_back, shown_of, stored_acts
from audit.remembering import Memory
from audit.signed import UNPROVEN, SignedHeads
from audit.signer import SignedHead
from audit.storing import Made
from kernel.proof.tree import Growth
from kernel.sql import Database


@dataclass
class Batch:
    """One batch on its way. kinds: of the lines that moved what somebody required."""

    head: Head
    judged: list[Judgement]
    memory: Memory
    kinds: dict[Position, Kind] = field(default_factory=dict)
    made: list[Made] = field(default_factory=list)
    growth: Growth | None = None


@dataclass
class Progress:
    """How far the transaction is: before COMMIT nothing was written, during it nobody knows. done: once committed."""

    stage: Stage = "before"
    done: Batch | None = None


async def answered(
    done: Batch, signed: SignedHead, under: tuple[Database, SignedHeads], keys: TenantKeys
) -> list[Verdict]:
    """In order. signed: covers the batch. under: where retries are read, and the heads of their terms.
    Raises ProofError, CannotOpen."""
    (database, heads), tenant = under, done.head.tenant
    shown, receipts, growth = shown_of(done.made), {}, done.growth
    again = [each.position for each in done.judged if isinstance(each, Known) and each.position not in shown]
    if growth is not None and growth.size == signed.size:
        receipts, shown = grown(done.head, shown, signed, growth), {}
    if shown or again:  # retries, or another instance signed more: its head counts for us too
        async with database.snapshot(tenant) as reading:
            shown |= await stored_acts(reading, tenant, again, keys) if again else {}
            for term in {place.term for place in shown}:
                mine = {place: each for place, each in shown.items() if place.term == term}
                with suppress(LogUnavailable):  # lines of that term are lost: these get no receipt, others do
                    head = signed if term == done.head.term else await heads.last(reading, term, keys)
                    receipts |= await read_back(reading, done.head, mine, head)
    return [_verdict(each, receipts, done.kinds) for each in done.judged]


def _verdict(judged: Judgement, receipts: dict[Position, Receipt], kinds: dict[Position, Kind]) -> Verdict:
    match judged:
        case Taken():
            return EventIdTaken("Dit kenmerk hoort bij een andere gebeurtenis.", position=str(judged.position))
        case Stale() | SetBack() | Barred():
            return refusal(judged, kinds)
        case _:
            return receipts.get(judged.position) or LogUnavailable(UNPROVEN)
