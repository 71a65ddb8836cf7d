"""After a rollback without a mirror (trust.md 2.7): the database has fewer lines than were signed, and nobody knows
what the others said. The next term begins, and its first line says what was signed, what is there, and who decided it.

From then on the log is held: restrictions are written, nothing permits, until a line releases it. In between the
register ends whatever permits. A crash anywhere is finished by doing it again.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from anyio import to_thread

from audit.chain import Hold, ended_before_term, hold_of, released_id
from audit.contract import LogUnavailable
from audit.ended import BEFORE, PRESENT, RELEASED
from audit.event import SYSTEM, Event
from audit.heads import Head, read_head
from audit.log import Log
from audit.remembering import built
from audit.signer import Elsewhere, Known, SignedHead
from audit.terms import half_year, origin_in, term_after, term_of
from audit.turning import begun, first_event
from kernel.failpoints import reached

MOVED = "Er schrijft nog iemand in dit logboek: stop eerst alle processen."
NAME = "Zegel verbroken na verlies van regels"


@dataclass(frozen=True)
class Behind:
    """known: what was signed last. head: what the database has. anew: a term began already, and was never signed."""

    known: Known
    head: Head
    anew: bool

    @property
    def seen(self) -> str:
        """Both, in one line: what two persons must have seen alike."""
        state, head = self.known.state, self.head
        return f"{self.known.origin} {state.size} {state.root.hex()} / {head.origin} {head.size} {head.root.hex()}"


async def behind(log: Log) -> Behind | None:
    """None: the database has all that was signed. log: not opened. Raises what reading raises."""
    keys = await log.keys()
    known = await to_thread.run_sync(log.signer.newest)
    async with log.database.snapshot(log.tenant) as reading:
        head = await read_head(reading, log.tenant, keys.rows)
        before = await ended_before_term(reading, log.tenant, head.term, keys)
    if known is None:
        return None
    anew = before is not None and not before.whole and term_of(known.origin) < head.term
    return Behind(known, head, anew) if anew or known.place > (head.term, head.size) else None


async def holds(log: Log) -> Hold | None:
    """What holds the log, as nobody released it yet. Raises what reading raises."""
    keys = await log.keys()
    async with log.database.snapshot(log.tenant) as reading:
        return await hold_of(reading, await read_head(reading, log.tenant, keys.rows), keys)


async def begin_anew(log: Log, found: Behind, said: Mapping[str, str], keep_years: int) -> str:
    """The origin of the term that began. The rows were checked by then (`audit.fsck`): their fences become what the
    signer knows. Raises LogUnavailable, KeyUnavailable, SQLAlchemyError."""
    term = found.head.term if found.anew else _next(log, found)
    if not found.anew:
        await _begin(log, found, said, log.clock().year + keep_years)
    reached("audit.anew.begun")
    keys = await log.keys(term)
    async with log.database.snapshot(log.tenant) as reading:
        memory = await built(reading, await read_head(reading, log.tenant, keys.rows))
    await to_thread.run_sync(log.signers.open, memory.origin)
    await log.heads.sign(memory)
    return memory.origin


def _next(log: Log, found: Behind) -> str:
    return max(half_year(log.clock()), term_after(term_of(found.known.origin)))


async def _begin(log: Log, found: Behind, said: Mapping[str, str], year: int) -> None:
    term = _next(log, found)
    origin = origin_in(found.known.origin, term)
    last = await to_thread.run_sync(_signed_last, log, found.known)
    await to_thread.run_sync(log.signers.of(origin).found)
    await log.keychain.found(term)
    keys = await log.keys(term)
    bodies = await log.keychain.bodies([(SYSTEM, year)], make=True)
    async with log.database.writing(log.tenant) as tx:
        head = await read_head(tx, log.tenant, keys.rows, lock=True)
        if head != found.head:
            raise LogUnavailable(MOVED)
        details = {BEFORE: last.note, PRESENT: f"{head.term}-{head.size}", **said}
        await begun(tx, head, origin, (first_event(origin, details), year), (log, keys, bodies))
        reached("audit.anew.line")


def _signed_last(log: Log, known: Known) -> SignedHead:
    """The head that was signed last, once more."""
    log.signers.open(known.origin)
    state = known.state
    signed = log.signers.of(known.origin).sign(state.size, state.root, state.size, (), state.map_root)
    if isinstance(signed, Elsewhere) or signed.size != state.size:
        raise LogUnavailable(MOVED)
    return signed


def release_event(mark: str, said: Mapping[str, str]) -> Event:
    """The line with which the log is released. mark: see Hold."""
    return Event(id=released_id(mark), kind=RELEASED, subject=SYSTEM, name=NAME, details=dict(said))
