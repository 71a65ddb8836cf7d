"""To found a log and to open one, which are two acts; both end with everything checked (trust.md 2.7).

The first term is the half-year in which the log was founded. A log that does not fit is opened sealed, so that its
process lives and can say so; one whose keys or database are away is not opened at all.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from anyio import to_thread
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from audit.chain import hold_of, origins_before, stretches
from audit.doubts import Unsound
from audit.heads import Head, empty_head, founding_of, insert_head, read_head
from audit.keychain import Keychain, TenantKeys
from audit.log import ROLLBACK, Log
from audit.nodes import consistency_proof, edge_at
from audit.remembering import Memory, built, demand_signed
from audit.signer import Fork, HeadSigner, Known, Signers
from audit.slots import StateLost
from audit.tables import lines
from audit.terms import half_year
from kernel.clock import Clock
from kernel.crypto import CannotOpen, KeyUnavailable
from kernel.logs import logger
from kernel.proof.checks import check_consistency
from kernel.proof.hashes import ProofError, leaf_hash
from kernel.proof.tree import Growth
from kernel.sql import Database, RowForged

REHASHED = 10_000  # the newest leaves, hashed anew at every start: half a second
EMPTIED = "De database is leeg, maar de ondertekenaar kent een logboek; het logboek is verzegeld."
STATE_GONE = "De ondertekenaar weet niet wat hij het laatst tekende; het logboek is verzegeld."
CHANGED = "Regels of de kop van het logboek zijn veranderd; het logboek is verzegeld."

_log = logger("audit.founding")


@dataclass(frozen=True)
class LogPlace:
    """Where a tenant's log lives. host: of its origin. signer: of an origin, here or in its own process.
    adopt: a person says that this is a new host and the head in the database is the newest."""

    tenant: str
    host: str
    signer: Callable[[str], HeadSigner]
    adopt: bool = False


async def open_log(place: LogPlace, database: Database, keychain: Keychain, clock: Clock) -> Log:
    """The tenant's log, founded if there is none. Raises KeyUnavailable, CannotOpen, SQLAlchemyError."""
    async with database.snapshot(place.tenant) as reading:
        founding = await founding_of(reading, place.tenant)
    origin = founding[0] if founding else f"{place.host}/{place.tenant}/{half_year(clock())}"
    log = Log(database, keychain, Signers(place.signer), (place.tenant, origin), clock)
    if founding is None:
        sealed = await _founded(log)
        if sealed:
            log.seal(sealed)
            return log
    await to_thread.run_sync(log.signers.open, origin)
    await keychain.tenant_keys(log.term)
    await _check(log, place)
    return log


async def _founded(log: Log) -> str:
    """Why it may not be founded; "" when it is."""
    try:
        if await to_thread.run_sync(log.signer.newest):
            return EMPTIED
    except (StateLost, OSError):
        return EMPTIED  # what cannot be read may be the newest
    try:
        await to_thread.run_sync(log.signer.found)
    except StateLost:
        return STATE_GONE
    await _found(log.tenant, log.origin, log.database, log.keychain)
    return ""


async def _found(tenant: str, origin: str, database: Database, keychain: Keychain) -> None:
    head = empty_head(tenant, origin)
    await keychain.found(head.term)
    keys = await keychain.tenant_keys(head.term)
    try:
        async with database.writing(tenant) as tx:
            await insert_head(tx, head, keys.rows)
    except IntegrityError:
        return  # another instance founded it at the same moment


async def _check(log: Log, place: LogPlace) -> None:
    """The signer has not seen more, the newest leaves hash to the head, and the head gets its signature."""
    try:
        await _checked(log, place)
    except OSError:
        log.seal(STATE_GONE)
    except (ProofError, RowForged, StateLost, Fork, CannotOpen, ValueError, OverflowError):
        log.seal(CHANGED)  # the keys were opened before: what does not open or read now is a row
    except Unsound as error:
        log.seal(str(error))


async def _checked(log: Log, place: LogPlace) -> None:
    keys = await log.keychain.tenant_keys(log.term)
    # the signer first: what it knows was committed before, so the head that is read after it cannot be smaller
    known = await to_thread.run_sync(_known, log.signer, place.adopt)
    async with log.database.snapshot(log.tenant) as reading:
        head = await read_head(reading, log.tenant, keys.rows)
        memory = await examined(reading, head, known, keys)
        before = await origins_before(reading, head, keys)
        log.held = bool(await hold_of(reading, head, keys))
    if known is None:
        await to_thread.run_sync(log.signer.adopt, head.size, head.root, memory.fences.root)
    log.learn(memory)
    await log.heads.sign(memory)
    await to_thread.run_sync(_open_earlier, log, before)


def known_of(signer: HeadSigner) -> Known:
    """What was signed last, in whatever term; of a log without lines its own empty state. Raises OSError, StateLost."""
    return signer.newest() or Known(signer.origin, signer.remembered())


def _known(signer: HeadSigner, adopt: bool) -> Known | None:
    """None: a new host, and a person said so. Raises OSError, StateLost."""
    try:
        return known_of(signer)
    except FileNotFoundError:
        if not adopt:
            raise
        return None


def _open_earlier(log: Log, origins: Sequence[str]) -> None:
    """Their public keys, for who checks old proofs. A key that is gone is missed by nobody else."""
    for origin in origins:
        try:
            log.signers.open(origin)
        except (KeyUnavailable, OSError):
            _log.warning("earlier_key_away", origin=origin)


async def examined(reading: AsyncConnection, head: Head, known: Known | None, keys: TenantKeys) -> Memory:
    """What the rows say, once they fit to each other and to what was signed. known: None on a new host.
    Raises Unsound, ProofError, CannotOpen."""
    if known is not None and known.place > (head.term, head.size):
        raise Unsound(ROLLBACK)
    await _rehash(reading, head)
    memory = await built(reading, head)
    if known is not None:
        await demand_signed(reading, memory, known, head, keys)
        await _continues(reading, head, known, keys)
    return memory


async def _continues(reading: AsyncConnection, head: Head, known: Known, keys: TenantKeys) -> None:
    """The tree of what was signed is that of the rows. A turn signs the last head before it begins a term, so of a
    term that ended all lines are signed. Raises ProofError."""
    first, *later = await stretches(reading, head, known.place, keys)
    if later and (first.end, first.root) != (known.state.size, known.state.root):
        raise ProofError("the term before did not end as it was signed")
    if not later and known.state.size:
        proof = await consistency_proof(reading, (head.tenant, head.term), known.state.size, head.size)
        check_consistency(known.state.size, head.size, known.state.root, head.root, proof)


async def _rehash(reading: AsyncConnection, head: Head) -> None:
    """The newest leaves hash to the head. Raises ProofError."""
    start = max(0, head.size - REHASHED)
    query = select(lines.c.leaf, lines.c.leaf_hash).where(
        lines.c.tenant_id == head.tenant, lines.c.term == head.term, lines.c.idx.between(start, head.size - 1)
    )
    rows = [(bytes(leaf), bytes(stored)) for leaf, stored in await reading.execute(query.order_by(lines.c.idx))]
    hashes = [leaf_hash(leaf) for leaf, _ in rows]
    if len(rows) != head.size - start or hashes != [stored for _, stored in rows]:
        raise ProofError("a leaf is not what it was")
    edge = await edge_at(reading, (head.tenant, head.term), start)
    if Growth(edge, hashes).root() != head.root:
        raise ProofError("the leaves do not hash to the head")
