"""How far the database lags behind what was signed, and whether a mirror has the rest."""

from collections.abc import Sequence
from dataclasses import dataclass

from anyio import to_thread

from audit.heads import Head, founding_of, read_head
from audit.log import Log
from audit.permit import Position
from audit.recovering.course import Part, Target, course_of
from audit.recovering.judged import Sources
from audit.recovering.supply import Unfit
from audit.terms import term_of
from kernel.crypto import verify
from kernel.proof.checkpoint import open_checkpoint
from kernel.proof.hashes import ProofError
from kernel.proof.note import VerifierKey

NO_MEMORY = (
    "Hier is geen geheugen van de ondertekenaar: zie REGIE_HOUSE_ADOPT in de documentatie, bij een nieuwe machine."
)
NOT_OURS = "De kop in de kopie is niet door dit logboek getekend."


@dataclass(frozen=True)
class Missing:
    """head: None for a database without a log. target: as the signer says; by_mirror: as the mirror does. partial: the
    log stays behind what was signed."""

    head: Head | None
    target: Target
    course: Sequence[Part]
    by_mirror: bool
    partial: bool

    @property
    def count(self) -> int:
        """Lines."""
        return sum(part.end - part.begin for part in self.course)

    @property
    def since(self) -> Position:
        """The first line that is missing."""
        first = self.course[0]
        return Position(term=first.term, index=first.begin)

    @property
    def seen(self) -> str:
        """What two persons must have seen alike."""
        return f"{self.target.origin} {self.target.size} {self.target.root.hex()}"


async def missing(at: Sources, is_new_host: bool, partial: bool) -> Missing | None:
    """None: the database has all that was signed. is_new_host: a person says that nobody holds a longer log than the
    mirror. Raises Unfit, LogUnavailable, and what reading raises."""
    known = await to_thread.run_sync(at.log.signer.newest)
    head = await _head(at.log)
    here = (head.term, head.size) if head else ("", 0)
    if known is None and not is_new_host:
        raise Unfit(NO_MEMORY)
    target = Target(known.origin, known.state.size, known.state.root) if known else await _settled(at)
    if target.place <= here:
        return None
    if known and partial:
        target = min(target, await _settled(at), key=lambda one: one.place)
        if target.place <= here:
            raise Unfit("De kopie heeft niets dat de database niet heeft.")
    course = await course_of(at.log, at.supply, head, target)
    is_less = known is not None and target.place < (term_of(known.origin), known.state.size)
    return Missing(head, target, course, known is None, is_less)


async def _head(log: Log) -> Head | None:
    async with log.database.snapshot(log.tenant) as reading:
        founding = await founding_of(reading, log.tenant)
    if founding is None:
        return None
    keys = await log.keys(founding[1])
    async with log.database.snapshot(log.tenant) as reading:
        return await read_head(reading, log.tenant, keys.rows)


async def _settled(at: Sources) -> Target:
    """The newest head in the hands of the mirror, under the signature of the log. Raises KeyUnavailable too."""
    origin = (await at.supply.origins())[-1]
    edge, note = await at.supply.settled(origin)
    signer = at.log.signers.of(origin)
    await to_thread.run_sync(at.log.signers.open, origin)
    try:
        found = open_checkpoint(note, [VerifierKey(origin, signer.public_key)], verify)
    except (ProofError, TypeError):
        raise Unfit(NOT_OURS) from None
    if (found.size, found.root) != (edge.size, edge.root()):
        raise Unfit(NOT_OURS)
    return Target(origin, edge.size, edge.root())
