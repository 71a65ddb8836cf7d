"""What is missing: from where the database stands to what was signed last, over terms."""

from dataclasses import dataclass, field, replace

from audit.ended import Ended, ended_before
from audit.heads import Head
from audit.keychain import TenantKeys
from audit.leaf import act_place, opened
from audit.log import Log
from audit.recovering.supply import ALTERED, Supply, Unfit
from audit.terms import origin_in, term_of
from kernel.canonical import read_canonical
from kernel.crypto import CannotOpen
from kernel.proof.hashes import ProofError
from kernel.proof.tree import Edge

SHORT = "De kopie heeft van {origin} {there} van de {wanted} regels. Vraag een nieuwere, of kijk bij --partial."
ELSEWHERE = "De kopie sluit niet aan op de database: er ontbreekt een termijn, of dit is een ander logboek."
NO_KEY = "De sleutel voor de handelingen van {term} ontbreekt in de database en in de kopie, of gaat niet open."


@dataclass(frozen=True)
class Target:
    """Where the log must come out. root: of the first `size` lines of this origin."""

    origin: str
    size: int
    root: bytes

    @property
    def place(self) -> tuple[str, int]:
        """Ordered as the log is."""
        return term_of(self.origin), self.size


@dataclass(frozen=True)
class Part:
    """Lines `begin` up to `end` of one term. root: of its first `whole` lines, which are more than `end` when lines of
    that term were lost for good once: those stay away, for the next term went on without them."""

    origin: str
    begin: int
    end: int
    whole: int
    root: bytes
    edge: Edge = field(default_factory=Edge)

    @property
    def term(self) -> str:
        """Of all of them."""
        return term_of(self.origin)


async def course_of(log: Log, supply: Supply, head: Head | None, target: Target) -> list[Part]:
    """In order. head: None for a database without a log. Raises Unfit, LogUnavailable."""
    here = head.term if head else ""
    parts = [Part(target.origin, 0, target.size, target.size, target.root)]
    while parts[0].term > here:
        before = await _before(log, supply, parts[0])
        if before is None:
            break
        there, size = before.present
        if there != term_of(before.head.origin) or there >= parts[0].term:
            raise Unfit(ELSEWHERE)
        origin = origin_in(before.head.origin, there)
        parts.insert(0, Part(origin, 0, size, before.head.size, before.head.root))
    if head is not None:
        if parts[0].origin != head.origin or parts[0].end < head.size:
            raise Unfit(ELSEWHERE)
        parts[0] = replace(parts[0], begin=head.size, edge=head.edge)
    for part in parts:
        await _demand_there(supply, part)
    return parts


async def _before(log: Log, supply: Supply, part: Part) -> Ended | None:
    """How the term before ended, as the first line of this one says; None when it is the first of all."""
    if not part.end:
        return None
    found = await supply.lines(part.origin, 0, 1)
    if not found:
        raise Unfit(SHORT.format(origin=part.origin, there=0, wanted=part.end))
    keys = await acts_of(log, part.term)
    try:
        place = act_place(log.tenant, part.term, found[0].event_id)
        return ended_before(read_canonical(opened(keys.act(part.term), place, found[0].act)[0]))
    except (CannotOpen, ProofError, ValueError):
        raise Unfit(ALTERED.format(place=f"{part.term}-0")) from None


async def acts_of(log: Log, term: str) -> TenantKeys:
    """Raises Unfit when the key for the acts of this term is nowhere; LogUnavailable."""
    if term not in await log.keychain.terms():
        raise Unfit(NO_KEY.format(term=term))
    return await log.keys(term)


async def _demand_there(supply: Supply, part: Part) -> None:
    last = part.whole
    if last > part.begin and not await supply.lines(part.origin, last - 1, last):
        edge, _ = await supply.settled(part.origin)
        raise Unfit(SHORT.format(origin=part.origin, there=edge.size, wanted=last))
